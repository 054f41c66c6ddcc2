import type { MockLedger, MockLedgerBatch, MockLedgerRow } from '../../../src/providers/mock/mockLedger.ts';
import { billedNanoUsd } from './billing.ts';
import type { FakeBatch, FakeRow, Work } from './fakeBatch.ts';

/**
 * The truth of a fake in the form of the pretend service's: what is asserted of one holds of the other.
 *
 * @param stateOf The word of `ledger.ts` for where a batch stands.
 */
export function fakeLedger<B extends FakeBatch>(
  batches: readonly B[],
  workOf: (row: FakeRow) => Work,
  stateOf: (batch: B) => MockLedgerBatch['state'],
): MockLedger {
  const all = batches.map((batch): MockLedgerBatch => {
    const [first] = batch.rows;
    return {
      batchId: batch.id,
      nonce: batch.nonce,
      model: first === undefined ? '' : workOf(first).model,
      state: stateOf(batch),
      liveFrom: batch.liveFrom,
      ...(batch.liveUntil === undefined ? {} : { liveUntil: batch.liveUntil }),
      createdOrder: batch.createdOrder,
      ...(batch.readOrder === undefined ? {} : { readOrder: batch.readOrder }),
      queueFull: batch.queueFull,
      deleted: batch.isDeleted,
      rows: batch.rows.map((row, i) =>
        ledgerRow(row, i < batch.done ? workOf(row) : undefined, batch.endedAt),
      ),
    };
  });
  return {
    batches: all,
    billedNanoUsd: all.flatMap(({ rows }) => rows).reduce((sum, row) => sum + row.billedNanoUsd, 0),
  };
}

/** The ledgers of several services as one. */
export function mergedLedgers(ledgers: readonly MockLedger[]): MockLedger {
  return {
    batches: ledgers.flatMap(({ batches }) => batches),
    billedNanoUsd: ledgers.reduce((sum, { billedNanoUsd: billed }) => sum + billed, 0),
  };
}

function ledgerRow(row: FakeRow, work: Work | undefined, at: number | undefined): MockLedgerRow {
  const { customId, ordinal, attempt } = row;
  const base = { customId, ordinal: Number.isNaN(ordinal) ? -1 : ordinal, attempt };
  if (work === undefined || at === undefined) return { ...base, delivered: false, billedNanoUsd: 0 };
  const { outcome, usage, model } = work;
  const isLost = outcome === 'missing' || outcome === 'malformed' || outcome === 'keyless';
  return {
    ...base,
    outcome: isLost || outcome === 'duplicate' ? 'ok' : outcome,
    delivered: !isLost,
    ...(usage === undefined ? {} : { billed: usage }),
    billedNanoUsd: usage === undefined ? 0 : billedNanoUsd(model, usage, at),
  };
}
