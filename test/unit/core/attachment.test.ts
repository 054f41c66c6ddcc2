import assert from 'node:assert/strict';
import { attachmentOf, type AttachTarget } from '../../../src/core/attachment.ts';
import { cellIn } from '../../../src/core/engineContext.ts';
import { nextAttempt } from '../../../src/core/packing.ts';
import type { Attachment } from '../../../src/core/stateManager.ts';
import { createProviderRegistry } from '../../../src/providers/registry.ts';
import type { World, WorldOptions } from '../../support/engine.ts';
import { assertBilledOnce, assertNoRowInTwoLiveBatches } from '../../support/mockService/ledger.ts';
import { NEVER } from '../../support/mockService/pretendBatch.ts';
import { inWorld, resultsOf, resumeWith } from './scenario.ts';

/** A run that was sent in two batches of which the first has ended, and whose folder is lost; and another of its plan. */
async function afterLoss<T>(
  work: (parts: {
    readonly lost: World;
    readonly here: World;
    readonly registry: ReturnType<typeof createProviderRegistry>;
  }) => Promise<T>,
  options: WorldOptions = {},
): Promise<T> {
  const shape = { rows: 6, settings: { jobsPerBatch: 4 } };
  return inWorld({ ...shape, service: { runningMs: [60_000, 7_200_000] } }, async (lost) => {
    await lost.plan();
    const run = await lost.start();
    while (lost.service.ledger().batches.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await run.shutdown();
    await lost.clock.sleep(120_000);
    return inWorld({ ...shape, ...options, clock: lost.clock, seed: 2 }, async (here) => {
      await here.plan();
      const registry = createProviderRegistry({
        offlineDirectory: here.dir,
        extraProviders: [lost.provider],
      });
      return work({ lost, here, registry });
    });
  });
}

async function targetOf({ lost: { registry }, here }: { lost: World; here: World }): Promise<AttachTarget> {
  const { meta, ledger } = await here.state().readRun(here.runId);
  return {
    ledger,
    cellOf: (row) => cellIn(meta, row),
    reservationOf: (ordinal) => {
      const row = ledger.row(ordinal);
      const cell = cellIn(meta, row);
      const model = registry.modelConfig(cell.model);
      return nextAttempt(row, ordinal, cell, model, here.clock.now()).reservedNanoUsd;
    },
  };
}

describe('A batch of a run whose folder is lost', () => {
  it('is attached to a run of the same plan: its answers land on their rows, and only the rest is sent (P2, P4)', () =>
    afterLoss(async ({ lost, here, registry }) => {
      const target = await targetOf({ lost, here });
      const attachment = await attachmentOf(target, lost.provider, 'mockbatch-1', NEVER);
      assert.deepEqual(attachment.rows, [[0, 3]]);
      const status = await resumeWith(here, { kind: 'attach', ...attachment }, { registry });
      assert.equal(status.counts.ok, 6, status.reason);
      for (const [ordinal, { response }] of (await resultsOf(here)).entries())
        assert.ok(response?.endsWith(`to: Prompt ${String(ordinal)}`), response);
      const sent = lost.service.ledger().batches.map(({ rows }) => rows.map(({ ordinal }) => ordinal));
      assert.deepEqual(sent, [
        [0, 1, 2, 3],
        [4, 5],
        [4, 5],
      ]);
      assert.equal(status.batches[0]?.id, 'mockbatch-1');
      assert.ok(status.batches[0].costUsd > 0, 'what it cost is booked here');
    }));

  it('may be attached with another one, and then nothing is sent at all', () =>
    afterLoss(async ({ lost, here, registry }) => {
      await here.clock.sleep(7_200_000);
      for (const batchId of ['mockbatch-1', 'mockbatch-2']) {
        const attachment = await attachmentOf(await targetOf({ lost, here }), lost.provider, batchId, NEVER);
        await here.state().request(here.runId, { kind: 'attach', ...attachment });
      }
      const status = await here.resume({ registry });
      assert.equal(status.counts.ok, 6, status.reason);
      const ledger = lost.service.ledger();
      assert.equal(ledger.batches.length, 2);
      assertNoRowInTwoLiveBatches(ledger);
      assertBilledOnce(ledger);
    }));

  it('is refused with the reason as long as nobody can tell which rows it has', () =>
    afterLoss(async ({ lost, here }) => {
      await assert.rejects(
        attachmentOf(await targetOf({ lost, here }), lost.provider, 'mockbatch-2', NEVER),
        {
          code: 'usage',
          message:
            'Batch mockbatch-2 cannot be attached: which rows it has can be told only once it has ended. Try again then.',
        },
      );
    }));

  it('of another plan is refused, also by the driver, which then sends nothing (P4)', () =>
    afterLoss(
      async ({ lost, here, registry }) => {
        const target = await targetOf({ lost, here });
        await assert.rejects(attachmentOf(target, lost.provider, 'mockbatch-1', NEVER), {
          code: 'usage',
          message: /nobody can prove that it was made from the same plan as this run/,
        });
        const [batch] = lost.service.ledger().batches;
        const forged: Attachment = {
          provider: 'mock',
          batchId: 'mockbatch-1',
          nonce: batch?.nonce ?? '',
          rows: [[0, 3]],
        };
        const status = await resumeWith(here, { kind: 'attach', ...forged }, { registry });
        assert.equal(status.state, 'stopped');
        assert.equal(status.counts.pending, 6);
        assert.match(
          status.notices[0] ?? '',
          /^Batch mockbatch-1 cannot be attached: .* The run was stopped/,
        );
        assert.equal(lost.service.ledger().batches.length, 2);
      },
      { prompt: (ordinal) => (ordinal === 5 ? 'Another prompt' : `Prompt ${String(ordinal)}`) },
    ));

  it('counts against the limit like one that is sent from here (P3)', () =>
    afterLoss(
      async ({ lost, here }) => {
        await assert.rejects(
          attachmentOf(await targetOf({ lost, here }), lost.provider, 'mockbatch-1', NEVER),
          { code: 'costLimit', message: /It needs a limit of \$0\.001006\./ },
        );
      },
      { settings: { jobsPerBatch: 4, limitNanoUsd: 4 * 251_500 - 1 } },
    ));

  it('gives no answers to rows that have one here already', () =>
    afterLoss(async ({ lost, here, registry }) => {
      const writer = await here.state().driveRun(here.runId, { kind: 'cli' });
      await writer.append({ e: 'rowsReused', at: 1, run: 'earlier', rows: [[1, 0, 0, 0]] });
      await writer.release();
      const target = await targetOf({ lost, here });
      const attachment = await attachmentOf(target, lost.provider, 'mockbatch-1', NEVER);
      assert.deepEqual(attachment.rows, [
        [0, 0],
        [2, 3],
      ]);
      const status = await resumeWith(here, { kind: 'attach', ...attachment }, { registry });
      assert.equal(status.counts.ok, 6, status.reason);
      assert.equal((await here.state().readRun(here.runId)).ledger.row(1).reusedFrom, 'earlier');
    }));

  it('is attached once, also when the process died in the middle of it', () =>
    afterLoss(async ({ lost, here, registry }) => {
      const target = await targetOf({ lost, here });
      const attachment = await attachmentOf(target, lost.provider, 'mockbatch-1', NEVER);
      const { attachmentEvents } = await import('../../../src/core/attachment.ts');
      const [intended] = attachmentEvents(target, attachment, here.clock.now());
      assert.ok(intended);
      const writer = await here.state().driveRun(here.runId, { kind: 'cli' });
      await writer.append(intended);
      await writer.release();
      for (let i = 0; i < 2; i++) await here.state().request(here.runId, { kind: 'attach', ...attachment });
      const status = await here.resume({ registry });
      assert.equal(status.counts.ok, 6, status.reason);
      assert.deepEqual(status.notices, []);
      assert.equal(status.batches.filter(({ id }) => id === 'mockbatch-1').length, 1);
    }));
});
