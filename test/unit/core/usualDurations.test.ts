import assert from 'node:assert/strict';
import { describeAge, describeStatus } from '../../../src/core/describeStatus.ts';
import { formatDuration } from '../../../src/core/duration.ts';
import { runStatus } from '../../../src/core/status.ts';
import { DurationHistory } from '../../../src/core/usualDurations.ts';
import type { ProviderBatchState } from '../../../src/core/vocabulary.ts';
import type { World, WorldOptions } from '../../support/engine.ts';
import { inWorld } from './scenario.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** One batch of a run's journal: made at 0, and closed at some time if it is. */
interface Told {
  readonly closedAt?: number;
  /** When the service says that it ended. */
  readonly endedAt?: number;
  readonly state?: ProviderBatchState;
}

/** A run whose journal tells of these batches of one row each, made at the world's time. */
function telling<T>(
  batches: readonly Told[],
  work: (world: World, history: DurationHistory) => Promise<T>,
  options: WorldOptions = {},
): Promise<T> {
  return inWorld({ rows: batches.length, ...options }, async (world) => {
    await world.plan();
    const writer = await world.state().driveRun(world.runId, { kind: 'cli' });
    const from = world.clock.now();
    for (const [i, { closedAt, endedAt, state = 'ended' }] of batches.entries()) {
      const nonce = `batch${String(i)}`;
      await writer.append(
        {
          e: 'batchIntended',
          at: from,
          nonce,
          provider: 'mock',
          model: 'mock-small',
          rows: [[i, i]],
          payloadHash: '',
          bytes: 1,
          reservedNanoUsd: 1,
        },
        { e: 'batchAccepted', at: from, nonce, batchId: `id-${String(i)}` },
        { e: 'batchState', at: from, nonce, state: closedAt === undefined ? 'running' : state, raw: state },
      );
      if (closedAt !== undefined)
        await writer.append({
          e: 'batchClosed',
          at: from + closedAt,
          nonce,
          lines: 1,
          strays: 0,
          ...(endedAt === undefined ? {} : { endedAt: from + endedAt }),
        });
    }
    await writer.release();
    const history = new DurationHistory();
    history.note(await world.state().readRun(world.runId));
    return work(world, history);
  });
}

const minutes = (...all: readonly number[]): Told[] => all.map((m) => ({ closedAt: m * MINUTE_MS }));

describe('How long batches usually take here', () => {
  it('is the median of those that have ended, and what nine of ten took at most', () =>
    telling(minutes(50, 10, 20, 40, 30, 60, 70, 80, 90, 900), async (_world, history) => {
      assert.deepEqual(history.usual('mock', 'mock-small'), {
        medianMs: 50 * MINUTE_MS,
        mostMs: 90 * MINUTE_MS,
      });
      assert.equal(history.usual('mock', 'mock-large'), undefined, 'of another model nothing is known');
      assert.equal(history.usual('other', 'mock-small'), undefined);
    }));

  it('is not told by fewer than five', () =>
    telling(minutes(1, 2, 3, 4), async (_world, history) => {
      assert.equal(history.usual('mock', 'mock-small'), undefined);
    }));

  it('counts until the service was done, not until somebody came to collect it', () =>
    telling(
      minutes(10, 10, 10, 10).concat({ closedAt: 20 * HOUR_MS, endedAt: 12 * MINUTE_MS }),
      async (_world, history) => {
        assert.equal(history.usual('mock', 'mock-small')?.mostMs, 12 * MINUTE_MS);
      },
    ));

  it('does not count what was cancelled, failed or expired', () =>
    telling(
      [
        ...minutes(10, 10, 10, 10),
        ...(['cancelled', 'failed', 'expired'] as const).map((state) => ({ closedAt: 1, state })),
      ],
      async (_world, history) => {
        assert.equal(history.usual('mock', 'mock-small'), undefined);
      },
    ));

  it('counts a run once, as it is now', () =>
    telling(minutes(10, 10, 10, 10), async (world, history) => {
      history.note(await world.state().readRun(world.runId));
      assert.equal(history.usual('mock', 'mock-small'), undefined);
    }));
});

describe('A batch that takes longer than usual (b-9)', () => {
  it('says so in a line, with what is usual; one that does not says both too', () =>
    telling([...minutes(30, 40, 40, 50, 60), {}], async (world, { usual }) => {
      const reader = await world.state().readRun(world.runId);
      const statusAt = (ms: number): ReturnType<typeof runStatus> =>
        runStatus(reader, { driven: true, now: world.clock.now() + ms, usual });
      const [early, late] = [statusAt(20 * MINUTE_MS), statusAt(6 * HOUR_MS)];
      const batch = early.batches[5];
      assert.deepEqual(
        [batch?.ageMs, batch?.usualMs, batch?.late],
        [20 * MINUTE_MS, 40 * MINUTE_MS, undefined],
      );
      assert.equal(batch && describeAge(batch), 'running for 20 min; here they usually take 40 min');
      assert.doesNotMatch(describeStatus(early), /running for/);
      assert.equal(late.batches[5]?.late, true);
      assert.match(
        describeStatus(late),
        /^ {2}Batch id-5: running for 6 h; here they usually take 40 min\.$/m,
      );
      assert.equal(statusAt(61 * MINUTE_MS).batches[5]?.late, true);
      assert.equal(statusAt(60 * MINUTE_MS).batches[5]?.late, undefined, 'one of ten took as long');
      assert.equal(early.batches[0]?.ageMs, undefined, 'it has ended');
    }));

  it('is late after a day where nobody knows what is usual, and never within half an hour', async () => {
    await telling([{}], async (world, { usual }) => {
      const reader = await world.state().readRun(world.runId);
      const lateAt = (ms: number): boolean =>
        runStatus(reader, { driven: true, now: world.clock.now() + ms, usual }).batches[0]?.late ?? false;
      assert.deepEqual([lateAt(24 * HOUR_MS), lateAt(24 * HOUR_MS + 1)], [false, true]);
      const [batch] = runStatus(reader, { driven: true, now: world.clock.now() + 1000 }).batches;
      assert.equal(batch && describeAge(batch), 'running for 1 s; they take up to 24 h');
    });
    await telling([...minutes(1, 1, 1, 1, 1), {}], async (world, { usual }) => {
      const reader = await world.state().readRun(world.runId);
      const now = world.clock.now() + 30 * MINUTE_MS;
      assert.equal(runStatus(reader, { driven: true, now, usual }).batches[5]?.late, undefined);
      assert.equal(runStatus(reader, { driven: true, now: now + 1, usual }).batches[5]?.late, true);
    });
  });
});

describe('A duration', () => {
  it('is said in its largest fitting unit', () => {
    const said = [0, 17_000, 59_400, 60_000, 89 * MINUTE_MS, 90 * MINUTE_MS, 47 * HOUR_MS, 72 * HOUR_MS];
    assert.deepEqual(said.map(formatDuration), [
      '0 s',
      '17 s',
      '59 s',
      '1 min',
      '89 min',
      '2 h',
      '47 h',
      '3 d',
    ]);
  });
});
