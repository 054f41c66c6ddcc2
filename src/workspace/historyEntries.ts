import type { RunEvent } from '../core/events.ts';
import { fromRanges } from '../core/rowRanges.ts';
import type { LedgerBatch, RunLedger } from '../core/runLedger.ts';
import {
  ATTEMPT_OUTCOMES,
  type BatchState,
  type ErrorCode,
  type RowOutcome,
  type RunState,
} from '../core/vocabulary.ts';

/** A batch as an entry names it. */
export interface BatchName {
  /** Its place in the run, from 1. */
  readonly number: number;
  readonly provider: string;
  readonly rows: number;
}

/** Rows by how they ended; outcomes without rows are absent. */
export type Outcomes = Readonly<Partial<Record<RowOutcome, number>>>;

/** One line of the log of a run: what happened, in facts that are put into words where they are shown. */
export type HistoryEntry = {
  /** Epoch milliseconds. */
  readonly at: number;
} & (
  | { readonly kind: 'agreed'; readonly rows: number; readonly worstNanoUsd: number }
  /** Such as `window 4711`. */
  | { readonly kind: 'taken'; readonly holder: string }
  | { readonly kind: 'reused'; readonly rows: number }
  | ({ readonly kind: 'sent'; readonly reservedNanoUsd: number; readonly found: boolean } & BatchName)
  | ({ readonly kind: 'rejected'; readonly code: ErrorCode; readonly message: string } & BatchName)
  | ({ readonly kind: 'uncertain'; readonly message: string } & BatchName)
  | ({
      readonly kind: 'closed';
      readonly took: number;
      /** What the service said of it last. */
      readonly reported: BatchState;
      readonly outcomes: Outcomes;
      /** Rows that are asked again. */
      readonly again: number;
      readonly costNanoUsd: number;
      /** The service had no room for it. */
      readonly queueFull: boolean;
    } & BatchName)
  | ({ readonly kind: 'givenUp'; readonly message: string } & BatchName)
  | ({ readonly kind: 'withdrawn' } & BatchName)
  /** Rows that ended without being sent. */
  | { readonly kind: 'unsent'; readonly outcomes: Outcomes }
  | { readonly kind: 'limit'; readonly limitNanoUsd: number | null }
  | { readonly kind: 'writtenOff'; readonly nanoUsd: number }
  | { readonly kind: 'cancelRequested' }
  | { readonly kind: 'continued' }
  | { readonly kind: 'retry'; readonly rows: number }
  | { readonly kind: 'moved'; readonly rows: number; readonly model: string }
  | { readonly kind: 'notice'; readonly code: string; readonly message: string }
  | {
      readonly kind: 'halted';
      readonly state: RunState;
      readonly reason: string | undefined;
      readonly code: ErrorCode | undefined;
    }
);

/** What an entry is made from. */
interface Moment {
  /** As it is after the event. */
  readonly ledger: RunLedger;
  /** The place of a batch in the run, from 1. */
  readonly numberOf: (nonce: string) => number;
}

/** The line that an event adds to the log; `undefined`: it is a detail of the machinery. */
export function entryOf(event: RunEvent, moment: Moment): HistoryEntry | undefined {
  const { at } = event;
  const { ledger } = moment;
  const named = (nonce: string): BatchName => nameOf(ledger.batch(nonce), moment);
  switch (event.e) {
    case 'leaseTaken':
      return { at, kind: 'taken', holder: event.holder };
    case 'confirmed':
      return { at, kind: 'agreed', rows: event.rows, worstNanoUsd: event.worstNanoUsd };
    case 'rowsReused':
      return { at, kind: 'reused', rows: event.rows.length };
    case 'batchAccepted': {
      const batch = ledger.batch(event.nonce);
      const found = event.adopted === true;
      return { at, kind: 'sent', ...named(event.nonce), reservedNanoUsd: batch.reservedNanoUsd, found };
    }
    case 'batchRejected': {
      const { code, message } = event;
      return { at, kind: 'rejected', ...named(event.nonce), code, message };
    }
    case 'batchUncertain':
      return {
        at,
        kind: 'uncertain',
        ...named(event.nonce),
        message: event.message,
      };
    case 'batchClosed':
      return { at, kind: 'closed', ...closingOf(ledger.batch(event.nonce), moment) };
    case 'batchAbandoned':
      return { at, kind: 'givenUp', ...named(event.nonce), message: event.reason };
    case 'batchWithdrawn':
      return { at, kind: 'withdrawn', ...named(event.nonce) };
    case 'rowsFinished':
      if (event.nonce !== undefined || event.rows.length === 0) return undefined;
      return {
        at,
        kind: 'unsent',
        outcomes: tally(event.rows.map((row) => ATTEMPT_OUTCOMES[row[2]].status)),
      };
    case 'limitSet':
      return { at, kind: 'limit', limitNanoUsd: event.limitNanoUsd };
    case 'writtenOff':
      return { at, kind: 'writtenOff', nanoUsd: event.nanoUsd };
    case 'cancelRequested':
      return { at, kind: 'cancelRequested' };
    case 'continued':
      return { at, kind: 'continued' };
    case 'retryRequested':
      return { at, kind: 'retry', rows: fromRanges(event.rows).length };
    case 'rowsMoved':
      return { at, kind: 'moved', rows: event.rows.length, model: event.model };
    case 'notice':
      return { at, kind: 'notice', code: event.code, message: event.message };
    case 'runEnded':
      return { at, kind: 'halted', state: event.state, reason: event.reason, code: event.code };
    case 'runCreated':
    case 'rowReplanned':
    case 'rowsCounted':
    case 'cellRefused':
    case 'batchIntended':
    case 'batchLooked':
    case 'batchState':
    case 'artifactsDeleted':
    case 'rowsWritten':
    case 'requestHandled':
      return undefined;
  }
}

/** How the rows of a batch whose results are on disk have ended, and how many of them are asked again. */
export function outcomesOf(
  batch: LedgerBatch,
  ledger: RunLedger,
): { readonly outcomes: Outcomes; readonly again: number } {
  // A row that is asked again since has another batch, or waits: it counts by the status it has only while it stays.
  const ended = [...batch.finished.values()].filter(([ordinal]) => {
    const row = ledger.row(ordinal);
    return row.lastBatch === batch.nonce && row.status !== 'pending' && row.status !== 'submitted';
  });
  return {
    outcomes: tally(ended.map(([, , outcome]) => ATTEMPT_OUTCOMES[outcome].status)),
    again: batch.rows.length - ended.length,
  };
}

function closingOf(
  batch: LedgerBatch,
  moment: Moment,
): Omit<Extract<HistoryEntry, { kind: 'closed' }>, 'at' | 'kind'> {
  const { createdAt, intendedAt, endedAt, reported, costNanoUsd, queueFullAt } = batch;
  return {
    ...nameOf(batch, moment),
    ...outcomesOf(batch, moment.ledger),
    took: Math.max(0, (endedAt ?? intendedAt) - (createdAt ?? intendedAt)),
    reported: reported ?? 'ended',
    costNanoUsd,
    queueFull: queueFullAt !== undefined,
  };
}

function nameOf({ nonce, provider, rows }: LedgerBatch, { numberOf }: Moment): BatchName {
  return { number: numberOf(nonce), provider, rows: rows.length };
}

function tally(outcomes: readonly RowOutcome[]): Outcomes {
  const counts: Partial<Record<RowOutcome, number>> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
