import assert from 'node:assert/strict';
import type { MockLedger, MockLedgerBatch, MockLedgerRow } from '../../../src/providers/mock/mockLedger.ts';

/** One row's stay in one batch. */
export interface RowVisit {
  readonly batch: MockLedgerBatch;
  readonly row: MockLedgerRow;
}

export interface LedgerScope {
  /** Looks only at the batches of these nonces: for a service that has served several runs. Default: at all. */
  readonly nonces?: ReadonlySet<string>;
}

/** By ordinal, the batches a row was in, in order of creation. Rows with strange custom ids are left out. */
export function rowVisits(ledger: MockLedger, { nonces }: LedgerScope = {}): Map<number, RowVisit[]> {
  const visits = new Map<number, RowVisit[]>();
  for (const batch of ledger.batches) {
    if (nonces?.has(batch.nonce) === false) continue;
    for (const row of batch.rows) {
      if (row.ordinal < 0) continue;
      const known = visits.get(row.ordinal);
      if (known === undefined) visits.set(row.ordinal, [{ batch, row }]);
      else known.push({ batch, row });
    }
  }
  return visits;
}

/** Promise P2: a row's next batch was created only when the one before was terminal. */
export function assertNoRowInTwoLiveBatches(ledger: MockLedger, scope: LedgerScope = {}): void {
  forEachPair(ledger, scope, (ordinal, earlier, later) => {
    const { batchId, liveUntil } = earlier.batch;
    assert.ok(
      liveUntil !== undefined && liveUntil <= later.batch.liveFrom,
      `Row ${String(ordinal)} was sent in ${later.batch.batchId} while ${batchId} was live.`,
    );
  });
}

/** Promise P2: a row's next batch was created only after the results of the one before were read to the end. */
export function assertReadBeforeResent(ledger: MockLedger, scope: LedgerScope = {}): void {
  forEachPair(ledger, scope, (ordinal, earlier, later) => {
    const { batchId, readOrder, queueFull } = earlier.batch;
    assert.ok(
      queueFull || (readOrder !== undefined && readOrder < later.batch.createdOrder),
      `Row ${String(ordinal)} was sent in ${later.batch.batchId} before the results of ${batchId} were read.`,
    );
  });
}

export interface BilledOnceOptions extends LedgerScope {
  /** Allows a further paid attempt after one whose answer was truncated, invalid or never delivered. */
  readonly allowRetries?: boolean;
}

/** Promise P2: no row was paid for twice. */
export function assertBilledOnce(ledger: MockLedger, options: BilledOnceOptions = {}): void {
  for (const [ordinal, visits] of rowVisits(ledger, options)) {
    const paid = visits.filter(({ row }) => row.billed !== undefined);
    const settled = options.allowRetries === true ? paid.slice(0, -1).filter(wasUsable) : paid.slice(1);
    assert.equal(
      settled.length,
      0,
      `Row ${String(ordinal)} was paid for in ${paid.map(({ batch }) => batch.batchId).join(' and ')}.`,
    );
  }
}

/** What the service billed, in nanodollars. */
export function billedNanoUsd(ledger: MockLedger, scope: LedgerScope = {}): number {
  return [...rowVisits(ledger, scope).values()].flat().reduce((sum, { row }) => sum + row.billedNanoUsd, 0);
}

function wasUsable({ row }: RowVisit): boolean {
  return row.delivered && (row.outcome === 'ok' || row.outcome === 'refused');
}

function forEachPair(
  ledger: MockLedger,
  scope: LedgerScope,
  check: (ordinal: number, earlier: RowVisit, later: RowVisit) => void,
): void {
  for (const [ordinal, visits] of rowVisits(ledger, scope)) {
    visits.slice(1).forEach((later, index) => {
      const earlier = visits[index];
      assert.ok(earlier !== undefined);
      check(ordinal, earlier, later);
    });
  }
}
