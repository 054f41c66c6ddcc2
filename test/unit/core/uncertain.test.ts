import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ProviderError } from '../../../src/core/errors.ts';
import { sortableId } from '../../../src/core/ids.ts';
import type { Provider } from '../../../src/core/provider.ts';
import type { RunRequest } from '../../../src/core/stateManager.ts';
import type { RunStatus } from '../../../src/core/status.ts';
import type { MockProvider } from '../../../src/providers/mock/mockProvider.ts';
import type { World, WorldOptions } from '../../support/engine.ts';
import { assertNoRowInTwoLiveBatches } from '../../support/mockService/ledger.ts';
import { questionJob } from '../../support/mockService/pretendBatch.ts';
import { inWorld, nano, resumeWith, withProvider } from './scenario.ts';

const HOUR_MS = 3_600_000;
const COLLEAGUE = 'abcdefgh0123456789ab';

/** A service that tells batches apart by their size until they have ended, as Anthropic does. */
function bySize(options: WorldOptions): WorldOptions {
  return { rows: 4, ...options, provider: { findsBySize: true, ...options.provider } };
}

/** What a colleague sends to the same service, with so many rows. */
async function colleagueSends(world: World, rows: number, nonce = COLLEAGUE): Promise<string> {
  const lines = Array.from({ length: rows }, (_, i) =>
    world.provider.encodeRow(questionJob(i), `${nonce}-${String(i)}`),
  );
  return world.service.create((await Promise.all(lines)).join('\n'), nonce, 'mock-small').batchId;
}

/** The first create call is lost on its way, while a colleague sends something else. */
function lostWhileColleagueSends(
  world: World,
  rows: number,
  also: (provider: MockProvider) => Partial<MockProvider> = () => ({}),
): ReturnType<typeof withProvider> {
  let calls = 0;
  return withProvider(world, (provider) => ({
    ...also(provider),
    createBatch: async (...args: Parameters<Provider['createBatch']>) => {
      if (++calls > 1) return provider.createBatch(...args);
      await colleagueSends(world, rows);
      throw new ProviderError('ambiguous', 'mock', 'The connection broke.');
    },
  }));
}

/** Leaves a request as soon as the status is as told. */
function requestWhen(
  world: World,
  when: (status: RunStatus) => boolean,
  requestOf: (status: RunStatus) => RunRequest,
): (status: RunStatus) => void {
  let asked = false;
  return (status) => {
    if (asked || !when(status)) return;
    asked = true;
    void world.state().request(world.runId, requestOf(status));
  };
}

const hasCandidate = (status: RunStatus): boolean =>
  status.batches.some(({ candidates = [] }) => candidates.length > 0);

async function journalOf(world: World): Promise<string> {
  return readFile(path.join(world.stateDir, 'runs', world.runId, 'journal.jsonl'), 'utf8');
}

describe('A batch that its service tells by its size alone until it has ended (b-1)', function () {
  this.timeout(60_000);

  it('is waited for while one of its size runs, shown, and adopted by itself when its end shows the nonce', () =>
    inWorld(bySize({ service: { runningMs: 3 * HOUR_MS, faults: { lostReply: 1 } } }), async (world) => {
      const createdAt = world.clock.now();
      let shown: unknown;
      const status = await world.run({
        onProgress: ({ batches }) => {
          shown ??= batches[0]?.candidates?.[0];
        },
      });
      assert.equal(status.state, 'finished', status.reason);
      assert.equal(status.counts.ok, 4);
      assert.equal(world.service.ledger().batches.length, 1, 'nothing was sent again');
      assert.deepEqual(shown, {
        batchId: 'mockbatch-1',
        certain: false,
        createdAt,
        rows: 4,
        state: 'running',
      });
      assert.ok(world.clock.monotonic() >= 3 * HOUR_MS);
      const looks = (await journalOf(world)).match(/"batchLooked"/g)?.length ?? 0;
      assert.equal(looks, 4, 'a look that finds nothing new is not journalled for hours');
    }));

  it('is for the person to decide once what may be it has ended and carries another nonce; that is read once', () =>
    inWorld(
      bySize({ rows: 6, settings: { jobsPerBatch: 4 }, service: { runningMs: [2 * HOUR_MS, 60_000] } }),
      async (world) => {
        const read: string[] = [];
        const status = await world.run(
          lostWhileColleagueSends(world, 4, (provider) => ({
            findBatches: async (intent) => {
              const found = await provider.findBatches(intent);
              read.push(...found.ruledOut);
              return found;
            },
          })),
        );
        assert.equal(status.state, 'needsDecision', status.reason);
        assert.ok(world.clock.monotonic() >= 2 * HOUR_MS, 'not before its end');
        assert.deepEqual(status.batches[0]?.candidates, []);
        assert.equal(status.counts.ok, 2, 'the other batch went on meanwhile');
        assert.deepEqual([status.counts.submitted, status.batches[1]?.state], [4, 'closed']);
        assert.deepEqual(read, ['mockbatch-1']);
        const again = await world.resume({
          ...withProvider(world, (provider) => ({
            findBatches: (intent) => {
              assert.ok(intent.except.has('mockbatch-1'), 'known to be another, also by the next driver');
              return provider.findBatches(intent);
            },
          })),
        });
        assert.equal(again.state, 'needsDecision');
      },
    ));

  it('the person may send it again at any moment while one of its size still runs', () =>
    inWorld(
      bySize({ service: { runningMs: [30 * HOUR_MS, 60_000], expiresAfterMs: 48 * HOUR_MS } }),
      async (world) => {
        const lost = lostWhileColleagueSends(world, 4);
        const onProgress = requestWhen(world, hasCandidate, () => ({ kind: 'resend' }));
        const status = await world.run({ ...lost, onProgress });
        assert.equal(status.state, 'finished', status.reason);
        assert.equal(status.counts.ok, 4);
        assert.ok(world.clock.monotonic() < HOUR_MS, 'nobody waited for the other batch');
        assert.equal(nano(status.costUsd.unconfirmed), 4 * 251_500, 'what may be paid twice stays counted');
      },
    ));

  it('the person may adopt it while it still runs; it is followed at once', () =>
    inWorld(bySize({ service: { runningMs: 3 * HOUR_MS, faults: { lostReply: 1 } } }), async (world) => {
      const states = new Set<string>();
      const adopt = requestWhen(world, hasCandidate, ({ batches }) => ({
        kind: 'adopt',
        nonce: batches[0]?.nonce ?? '',
        batchId: 'mockbatch-1',
      }));
      const status = await world.run({
        onProgress: (seen) => {
          adopt(seen);
          if (world.clock.monotonic() < HOUR_MS) for (const { state } of seen.batches) states.add(state);
        },
      });
      assert.equal(status.counts.ok, 4, status.reason);
      assert.ok(states.has('running'), [...states].join());
      assert.match(await journalOf(world), /"adopted":true,"createdAt":\d+,"unproved":true/);
    }));

  it('one of another size is not adopted: the reason is noted, and nothing else happens', () =>
    inWorld(bySize({ service: { faults: { lostRequest: 1 } } }), async (world) => {
      const before = await world.run();
      await colleagueSends(world, 7);
      const nonce = before.batches[0]?.nonce ?? '';
      const status = await resumeWith(world, { kind: 'adopt', nonce, batchId: 'mockbatch-1' });
      assert.equal(status.state, 'needsDecision');
      assert.deepEqual(status.notices, [
        'Nothing was adopted. Batch mockbatch-1 is not the one that was sent: it has 7 rows, and 4 were sent.',
      ]);
      const gone = await resumeWith(world, { kind: 'adopt', nonce, batchId: 'nowhere' });
      assert.match(gone.notices[1] ?? '', /mock has no batch nowhere for this key/);
      assert.doesNotMatch(await journalOf(world), /"batchAccepted"/);
    }));

  it('a wrong one that the person adopts is given back when its end shows it, unread and not deleted', () =>
    inWorld(bySize({ service: { runningMs: 2 * HOUR_MS } }), async (world) => {
      const onProgress = requestWhen(world, hasCandidate, ({ batches }) => ({
        kind: 'adopt',
        nonce: batches[0]?.nonce ?? '',
        batchId: 'mockbatch-1',
      }));
      const status = await world.run({ ...lostWhileColleagueSends(world, 4), onProgress });
      assert.equal(status.state, 'needsDecision', status.reason);
      assert.match(status.batches[0]?.message ?? '', /has no results of ours/);
      assert.deepEqual([status.counts.submitted, status.costUsd.spent], [4, 0]);
      assert.equal(world.service.ledger().batches[0]?.deleted, false);
    }));

  it('one that nobody can tell for ours is never cancelled, whatever the run is told (b-6)', () =>
    inWorld(bySize({ service: { runningMs: 2 * HOUR_MS } }), async (world) => {
      const adopt = requestWhen(world, hasCandidate, ({ batches }) => ({
        kind: 'adopt',
        nonce: batches[0]?.nonce ?? '',
        batchId: 'mockbatch-1',
      }));
      const isFollowed = (seen: RunStatus): boolean => seen.batches[0]?.state === 'running';
      const cancel = requestWhen(world, isFollowed, () => ({ kind: 'cancel' }));
      const status = await world.run({
        ...lostWhileColleagueSends(world, 4),
        onProgress: (seen) => {
          adopt(seen);
          cancel(seen);
        },
      });
      assert.equal(world.service.ledger().batches[0]?.state, 'ended', 'the colleague has all answers');
      assert.deepEqual(
        status.notices.filter((notice) => notice.includes('is not cancelled')).length,
        1,
        status.notices.join(),
      );
    }));

  it('what was created well after its call had ended is no candidate, nor is a batch of another run here', () =>
    inWorld(bySize({ service: { runningMs: 20 * HOUR_MS } }), async (world) => {
      await world.plan();
      const theirs = await colleagueSends(world, 4);
      const { meta, ledger } = await world.state().readRun(world.runId);
      const runId = sortableId(world.clock.now(), world.randomBytes);
      await world
        .state()
        .createRun({ meta: { ...meta, runId }, plan: ledger.rows.map((row) => row.planned) });
      const writer = await world.state().driveRun(runId, { kind: 'cli' });
      const at = world.clock.now();
      const nonce = COLLEAGUE;
      await writer.append(
        {
          e: 'batchIntended',
          at,
          nonce,
          provider: 'mock',
          model: 'mock-small',
          rows: [[0, 3]],
          payloadHash: '',
          bytes: 1,
          reservedNanoUsd: 4 * 251_500,
        },
        { e: 'batchAccepted', at, nonce, batchId: theirs },
      );
      await writer.release();
      let looks = 0;
      world.service.configure({ faults: { lostRequest: 1 } });
      const status = await world.resume(
        withProvider(world, (provider) => ({
          findBatches: async (intent) => {
            if (++looks === 3) await colleagueSends(world, 4, 'hgfedcba0123456789ab');
            return provider.findBatches(intent);
          },
        })),
      );
      assert.equal(status.state, 'needsDecision', status.reason);
      assert.deepEqual([looks, status.batches[0]?.candidates], [4, []]);
      assert.ok(world.clock.monotonic() < HOUR_MS);
    }));
});

describe('Two batches that both carry the nonce', function () {
  this.timeout(60_000);

  it('are for the person to decide, at once', () =>
    inWorld({ rows: 4 }, async (world) => {
      const twice = withProvider(world, (provider) => ({
        createBatch: async (...args: Parameters<Provider['createBatch']>) => {
          await provider.createBatch(...args);
          await provider.createBatch(...args);
          throw new ProviderError('ambiguous', 'mock', 'The connection broke.');
        },
      }));
      const status = await world.run(twice);
      assert.equal(status.state, 'needsDecision');
      assert.deepEqual(
        status.batches[0]?.candidates?.map(({ batchId, certain }) => [batchId, certain]),
        [
          ['mockbatch-2', true],
          ['mockbatch-1', true],
        ],
      );
      assert.ok(world.clock.monotonic() < 60_000, 'waiting tells nothing more');
      const nonce = status.batches[0].nonce;
      const after = await resumeWith(world, { kind: 'adopt', nonce, batchId: 'mockbatch-1' });
      assert.equal(after.counts.ok, 4);
    }));
});

describe('An input that changes while its batch is encoded', function () {
  this.timeout(60_000);

  it('makes a batch that says so of itself: its mark is of the plan as it goes out (P4)', () => {
    const prompts = new Map<number, string>();
    return inWorld(
      { rows: 3, prompt: (ordinal) => prompts.get(ordinal) ?? `Prompt ${String(ordinal)}` },
      async (world) => {
        await world.plan();
        prompts.set(1, 'Another prompt');
        const status = await world.resume();
        assert.equal(status.counts.ok, 3);
        const { planDigits, planOf } = await import('../../../src/core/ids.ts');
        const { rows } = (await world.state().readRun(world.runId)).ledger;
        const [batch] = world.service.ledger().batches;
        assert.equal(planOf(batch?.nonce ?? ''), planDigits(rows));
        assert.notEqual(
          planDigits(rows),
          planDigits(rows.map(({ planned }) => ({ planned, inputHash: planned.inputHash }))),
        );
        assertNoRowInTwoLiveBatches(world.service.ledger());
      },
    );
  });
});
