import { ordinalOf } from '../../core/ids.ts';
import type { Usage } from '../../core/job.ts';
import type { MockBatch, MockState } from './mockBatch.ts';
import type { MockOutcome } from './mockOptions.ts';

/** One row in one batch, as the pretend service knows it. */
export interface MockLedgerRow {
  readonly customId: string;
  /** -1 where the custom id is not `<nonce>-<ordinal in base 36>`. */
  readonly ordinal: number;
  readonly attempt: number;
  /** Absent while the batch has not reached the row, and for good if it ended before. */
  readonly outcome?: MockOutcome;
  /** Whether the batch's lines have it under its custom id. */
  readonly delivered: boolean;
  /** Absent: nothing was billed. */
  readonly billed?: Usage;
  readonly billedNanoUsd: number;
}

/** One batch that was ever committed, deleted ones included. */
export interface MockLedgerBatch {
  readonly batchId: string;
  readonly nonce: string;
  readonly model: string;
  readonly state: MockState;
  /** Monotonic milliseconds of the service's clock. */
  readonly liveFrom: number;
  /** When it became terminal; absent while it is live. */
  readonly liveUntil?: number;
  /** Creations and complete downloads are numbered in the order in which they happened. */
  readonly createdOrder: number;
  /** Of the first download that was read to its last byte, faults aside. */
  readonly readOrder?: number;
  /** It failed for want of room in the queue, without having looked at a row. */
  readonly queueFull: boolean;
  readonly deleted: boolean;
  readonly rows: readonly MockLedgerRow[];
}

/** The truth of the pretend service, to compare a client's books with. */
export interface MockLedger {
  readonly batches: readonly MockLedgerBatch[];
  readonly billedNanoUsd: number;
}

/** What the service keeps beside a batch. */
export interface BatchRecord {
  readonly batch: MockBatch;
  readonly createdOrder: number;
  readOrder: number | undefined;
  deleted: boolean;
}

/** The ledger at a time of the service's monotonic clock. */
export function ledgerOf(records: Iterable<BatchRecord>, now: number): MockLedger {
  const batches = Array.from(records, (record) => ledgerBatch(record, now));
  const billedNanoUsd = batches
    .flatMap((batch) => batch.rows)
    .reduce((sum, row) => sum + row.billedNanoUsd, 0);
  return { batches, billedNanoUsd };
}

function ledgerBatch({ batch, createdOrder, readOrder, deleted }: BatchRecord, now: number): MockLedgerBatch {
  const { batchId, nonce, model, liveFrom, queueFull } = batch.made;
  const completed = batch.completedAt(now);
  return {
    batchId,
    nonce,
    model,
    state: batch.stateAt(now),
    liveFrom,
    ...(batch.isTerminal(now) && { liveUntil: batch.liveUntil }),
    createdOrder,
    ...(readOrder !== undefined && { readOrder }),
    queueFull,
    deleted,
    rows: batch.made.rows.map(({ row, outcome, usage, billedNanoUsd, lines }, index) => ({
      customId: row.customId,
      ordinal: ordinalOf(nonce, row.customId) ?? -1,
      attempt: row.attempt,
      ...(index < completed
        ? {
            outcome,
            delivered: lines.some((line) => line.customId !== undefined),
            ...(usage !== undefined && { billed: usage }),
            billedNanoUsd,
          }
        : { delivered: false, billedNanoUsd: 0 }),
    })),
  };
}
