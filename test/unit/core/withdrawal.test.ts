import assert from 'node:assert/strict';
import type { MoveTarget } from '../../../src/core/events.ts';
import { hashInput } from '../../../src/core/inputHash.ts';
import type { RetryPolicy } from '../../../src/core/plan.ts';
import type { RunRequest } from '../../../src/core/stateManager.ts';
import type { RunStatus } from '../../../src/core/status.ts';
import type { World, WorldOptions } from '../../support/engine.ts';
import {
  assertBilledOnce,
  assertNoRowInTwoLiveBatches,
  assertReadBeforeResent,
  billedNanoUsd,
} from '../../support/mockService/ledger.ts';
import { assertCountsSum, inWorld, nano, resultsOf, resumeWith, withProvider } from './scenario.ts';

const HOUR_MS = 3_600_000;
const NO_RETRY: RetryPolicy = { truncated: 0, invalid: 0, transient: 0, missing: 0 };
/** What a row of these tests reserves, of mock-small and of mock-large. */
const SMALL = 251_500;
const LARGE = 754_500;

/** The first batch takes ten hours, those after it a minute. */
function slow(options: WorldOptions = {}): WorldOptions {
  const service = { runningMs: [10 * HOUR_MS, 60_000], ...options.service };
  return { rows: 10, cell: { retry: NO_RETRY }, ...options, service };
}

function toLarge(changes: Partial<MoveTarget> = {}): MoveTarget {
  const target = { model: 'mock-large', provider: 'mock', origin: null, worstNanoUsd: 10 * LARGE };
  return { ...target, shown: 'what the person saw', ...changes };
}

/** Runs until the first batch has run for three hours, then asks that it be taken back. */
async function runAndWithdraw(world: World, moveTo?: MoveTarget): Promise<RunStatus> {
  await world.plan();
  return (await world.start({ onProgress: withdrawing(world, moveTo) })).finished();
}

function withdrawing(world: World, moveTo?: MoveTarget): (status: RunStatus) => void {
  let asked = false;
  return ({ batches }) => {
    if (asked || world.clock.monotonic() < 3 * HOUR_MS || batches[0]?.state !== 'running') return;
    asked = true;
    const request: RunRequest = { kind: 'withdraw', nonce: batches[0].nonce };
    void world.state().request(world.runId, moveTo === undefined ? request : { ...request, moveTo });
  };
}

function assertClean(world: World): void {
  const ledger = world.service.ledger();
  assertNoRowInTwoLiveBatches(ledger);
  assertReadBeforeResent(ledger);
  assertBilledOnce(ledger);
}

describe('A batch that takes too long, by the person’s word (b-9)', function () {
  this.timeout(60_000);

  it('is cancelled; what it has done is kept, and only the rest is sent again, however often it was tried (P2)', () =>
    inWorld(slow(), async (world) => {
      const status = await runAndWithdraw(world);
      assert.equal(status.state, 'finished', status.reason);
      assert.equal(status.counts.ok, 10);
      const [first, second, ...others] = world.service.ledger().batches;
      assert.deepEqual([first?.state, others.length], ['cancelled', 0]);
      const done = first?.rows.filter(({ billed }) => billed !== undefined).length ?? 0;
      assert.ok(done > 0 && done < 10, String(done));
      assert.equal(second?.rows.length, 10 - done);
      assertClean(world);
      assert.equal(nano(status.costUsd.spent), billedNanoUsd(world.service.ledger()));
      assert.equal(status.costUsd.unconfirmed, 0);
      assert.deepEqual(status.notices, [], 'it was from here');
      const attempts = (await resultsOf(world)).map((result) => result.attempts);
      assert.deepEqual(attempts, [...Array<number>(done).fill(1), ...Array<number>(10 - done).fill(2)]);
    }));

  it('is left alone by everybody else: nothing happens by itself', () =>
    inWorld(slow(), async (world) => {
      const status = await world.run();
      assert.equal(status.counts.ok, 10);
      assert.ok(world.clock.monotonic() >= 10 * HOUR_MS);
      assert.equal(world.service.ledger().batches.length, 1);
    }));

  it('stays live until the service says that it has ended, and is asked to cancel again where that was not heard', () =>
    inWorld(slow({ service: { cancelMs: 600_000, faults: { cancelIgnored: 2 } } }), async (world) => {
      let cancels = 0;
      await world.plan();
      const run = await world.start({
        ...withProvider(world, (provider) => ({
          cancelBatch: (batchId) => {
            cancels += 1;
            return provider.cancelBatch(batchId);
          },
        })),
        onProgress: withdrawing(world),
      });
      const status = await run.finished();
      assert.equal(status.counts.ok, 10);
      assert.equal(cancels, 3);
      assertClean(world);
    }));

  it('of a service that tells nothing of what a cancelled batch has cost stays counted as unconfirmed (P3)', () =>
    inWorld(slow({ service: { linesForUnfinished: false, unreportedIsFree: false } }), async (world) => {
      const status = await runAndWithdraw(world);
      assert.equal(status.counts.ok, 10);
      const again = world.service.ledger().batches[1]?.rows.length ?? 0;
      assert.equal(nano(status.costUsd.unconfirmed), again * SMALL);
    }));

  it('is cancelled by the next driver where the one that was asked died before', () =>
    inWorld(slow(), async (world) => {
      await world.plan();
      const run = await world.start();
      while (world.service.ledger().batches.length === 0)
        await new Promise((resolve) => setImmediate(resolve));
      await run.shutdown();
      await world.clock.sleep(3 * HOUR_MS);
      const nonce = run.status().batches[0]?.nonce ?? '';
      const writer = await world.state().driveRun(world.runId, { kind: 'cli' });
      await writer.append({ e: 'batchWithdrawn', at: 1, nonce });
      await writer.release();
      const status = await world.resume();
      assert.equal(status.counts.ok, 10);
      assert.equal(world.service.ledger().batches[0]?.state, 'cancelled');
      assertClean(world);
    }));

  it('is not taken back where it has ended, was never there, or nobody knows whether it arrived', () =>
    inWorld(slow({ service: { runningMs: 1000, faults: { lostRequest: [2] } } }), async (world) => {
      const first = await world.run();
      const ended = first.batches[0]?.nonce ?? '';
      const after = await resumeWith(world, { kind: 'withdraw', nonce: ended });
      assert.match(after.notices[0] ?? '', /Batch mockbatch-1 is not cancelled: it has ended already/);
      assert.equal((await resumeWith(world, { kind: 'withdraw', nonce: 'nothere0' })).notices.length, 1);
      await inWorld(slow({ service: { faults: { lostRequest: 1 } } }), async (other) => {
        const uncertain = await other.run();
        const nonce = uncertain.batches[0]?.nonce ?? '';
        const still = await resumeWith(other, { kind: 'withdraw', nonce });
        assert.equal(still.state, 'needsDecision');
        assert.match(still.notices[0] ?? '', /nobody knows yet whether it arrived/);
      });
    }));
});

describe('What is left of a batch, moved to another model by the person’s word', function () {
  this.timeout(60_000);

  it('is answered by that model, at its price; results say who has answered (P4)', () =>
    inWorld(slow(), async (world) => {
      const status = await runAndWithdraw(world, toLarge());
      assert.equal(status.state, 'finished', status.reason);
      assert.equal(status.counts.ok, 10);
      assertCountsSum(status);
      assertClean(world);
      const [first, second] = world.service.ledger().batches;
      const done = first?.rows.filter(({ billed }) => billed !== undefined).length ?? 0;
      assert.deepEqual(
        [first?.model, second?.model, second?.rows.length],
        ['mock-small', 'mock-large', 10 - done],
      );
      const { ledger } = await world.state().readRun(world.runId);
      for (const [ordinal, { model, response }] of (await resultsOf(world)).entries()) {
        const expected = ordinal < done ? 'mock-small' : 'mock-large';
        assert.equal(model, expected, String(ordinal));
        assert.ok(response?.endsWith(`to: Prompt ${String(ordinal)}`), response);
        const job = { id: '', prompt: `Prompt ${String(ordinal)}`, model: expected, maxTokens: 100 };
        assert.equal(
          ledger.row(ordinal).inputHash,
          hashInput(job),
          'so that it is reused for that model alone',
        );
      }
      assert.equal(nano(status.costUsd.spent), billedNanoUsd(world.service.ledger()));
    }));

  it('is reserved at the other model’s price, within the limit (P3)', () =>
    inWorld(slow({ settings: { limitNanoUsd: 10 * SMALL } }), async (world) => {
      let most = 0;
      await world.plan();
      const withdraw = withdrawing(world, toLarge());
      const run = await world.start({
        onProgress: (status) => {
          withdraw(status);
          const { spent, inFlight, unconfirmed } = status.costUsd;
          most = Math.max(most, nano(spent) + nano(inFlight) + nano(unconfirmed));
        },
      });
      const status = await run.finished();
      assert.equal(status.counts.ok, 10, status.reason);
      assert.ok(most <= 10 * SMALL, String(most));
      const sizes = world.service.ledger().batches.map(({ rows }) => rows.length);
      assert.ok(sizes.length > 2, 'in waves, three times as dear as before');
    }));

  it('is not sent where it costs more, or goes elsewhere, than the person saw: it ends as cancelled (P7)', async () => {
    for (const [target, why] of [
      [toLarge({ worstNanoUsd: LARGE }), /They may cost \$[\d.]+ by now, and at most \$[\d.]+ was agreed to/],
      [
        toLarge({ origin: 'https://elsewhere.example' }),
        /is reached at this machine now, and https:\/\/elsewhere/,
      ],
      [toLarge({ model: 'mock-none' }), /There is no model "mock-none"/],
      [toLarge({ provider: 'nobody' }), /There is no provider "nobody"/],
    ] as const)
      await inWorld(slow(), async (world) => {
        const status = await runAndWithdraw(world, target);
        assert.equal(status.state, 'finished', status.reason);
        const [first, ...others] = world.service.ledger().batches;
        assert.deepEqual(others, []);
        const done = first?.rows.filter(({ billed }) => billed !== undefined).length ?? 0;
        assert.deepEqual([status.counts.ok, status.counts.cancelled], [done, 10 - done]);
        assert.match(status.notices[0] ?? '', why);
        const again = await resumeWith(world, { kind: 'retry' });
        assert.equal(again.counts.ok, 10, 'by the model that was planned, once the person wants that');
        assert.deepEqual(
          world.service.ledger().batches.map(({ model }) => model),
          ['mock-small', 'mock-small'],
        );
      });
  });

  it('is not sent where an input has changed or gone, or the model cannot take it; the others are', () => {
    let since = false;
    return inWorld(
      slow({
        model: 'mock-large',
        prompt: (ordinal) => {
          if (ordinal === 9 && since) return undefined;
          if (ordinal === 7) return 'word '.repeat(300_000);
          return `Prompt ${String(ordinal)}${ordinal === 8 && since ? ', changed' : ''}`;
        },
      }),
      async (world) => {
        await world.plan();
        const withdraw = withdrawing(world, toLarge({ model: 'mock-small', worstNanoUsd: 10 * SMALL }));
        const run = await world.start({
          onProgress: (status) => {
            since ||= status.batches[0]?.state === 'running';
            withdraw(status);
          },
        });
        const status = await run.finished();
        assert.deepEqual([status.counts.ok, status.counts.error], [7, 3], status.reason);
        const codes = (await resultsOf(world)).map(({ error }) => error?.code).slice(7);
        assert.deepEqual(codes, ['unreadable', 'changed', 'gone']);
      },
    );
  });

  it('leaves what was answered, and is asked again, with the model that has answered it', () =>
    inWorld(
      slow({
        cell: { retry: { ...NO_RETRY, truncated: 1 } },
        service: { outcomes: { rows: { 0: ['truncated', 'ok'] } } },
      }),
      async (world) => {
        const status = await runAndWithdraw(world, toLarge());
        assert.equal(status.counts.ok, 10, status.reason);
        const models = (await resultsOf(world)).map(({ model }) => model);
        assert.equal(models[0], 'mock-small');
        assert.equal(models[9], 'mock-large');
      },
    ));

  it('is moved by the next driver where the one before died between the end of the batch and that', () =>
    inWorld(slow({ rows: 6 }), async (world) => {
      await world.plan();
      const withdraw = withdrawing(world, toLarge());
      const run = await world.start({
        onProgress: (status) => {
          withdraw(status);
          if (status.batches[0]?.state === 'closed') void run.shutdown();
        },
      });
      await run.finished();
      const { rows } = (await world.state().readRun(world.runId)).ledger;
      assert.ok(rows.some(({ status, movingTo }) => status === 'pending' && movingTo !== undefined));
      assert.ok(rows.every(({ movedTo }) => movedTo === undefined));
      const status = await world.resume();
      assert.equal(status.counts.ok, 6, status.reason);
      assert.equal(world.service.ledger().batches[1]?.model, 'mock-large');
      assertClean(world);
    }));
});
