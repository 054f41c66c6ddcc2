import type { RetryPolicy, RowEstimate } from './plan.ts';
import type { BatchCandidate } from './provider.ts';
import type { RowRanges } from './rowRanges.ts';
import type { AttemptOutcome, ErrorCode, ProviderBatchState, RunState } from './vocabulary.ts';

/** Where a line stands in `results.jsonl`. */
export type ResultLocation = readonly [offset: number, length: number, crc32: number];

/**
 * One attempt of one row that has ended. `costNanoUsd` is `null` where the service did not tell the usage and does not
 * document it as free: then the row's reservation becomes unconfirmed money when its batch closes.
 */
export type FinishedRow = readonly [
  row: number,
  attempt: number,
  outcome: AttemptOutcome,
  offset: number,
  length: number,
  crc32: number,
  costNanoUsd: number | null,
  inputTokens: number,
  outputTokens: number,
  /** What prompt caching has saved; absent where nothing was cached. */
  cacheSavedNanoUsd?: number,
];

/** A row whose input was counted anew: tokens expected, and what they can and are expected to cost in nanodollars. */
export type RecountedRow = readonly [
  row: number,
  inputTokens: number,
  reservedNanoUsd: number,
  expectedNanoUsd: number,
];

/** What the person saw and agreed to before the first submission (promise P7). */
export interface Confirmation {
  readonly by: 'flag' | 'prompt' | 'window' | 'library';
  readonly rows: number;
  readonly bytes: number;
  readonly expectedNanoUsd: number;
  readonly worstNanoUsd: number;
  readonly destinations: readonly string[];
  /** The very text that the person saw; absent in journals of before 0.2 and where a program agreed. */
  readonly shown?: string;
}

/** Where rows go that a batch did not answer, as the person saw and agreed to it (promise P7). */
export interface MoveTarget {
  readonly model: string;
  readonly provider: string;
  /** Where they are sent, such as `https://api.openai.com`; `null` for this machine. */
  readonly origin: string | null;
  /** The most that they may cost, in nanodollars. */
  readonly worstNanoUsd: number;
  /** The very text that the person saw. */
  readonly shown: string;
}

/** A row that goes to another model: what it is asked there, and what that is estimated to need. */
export type MovedRow = readonly [
  row: number,
  inputHash: string,
  bytes: number,
  inputTokens: number,
  reservedNanoUsd: number,
  expectedNanoUsd: number,
];

/**
 * The journal's events, the one source of truth of a run. `e` names the kind; `at` is epoch milliseconds; `n` is the
 * epoch of the writer's lease, which the writer adds: an event of an older epoch than the last `leaseTaken` was written
 * by a holder that had already lost the run, and is ignored by every reader.
 */
export type RunEvent =
  | { readonly e: 'runCreated'; readonly at: number; readonly rows: number; readonly planSha256: string }
  | { readonly e: 'leaseTaken'; readonly at: number; readonly holder: string }
  | ({ readonly e: 'confirmed'; readonly at: number } & Confirmation)
  | {
      readonly e: 'rowsReused';
      readonly at: number;
      readonly run: string;
      readonly rows: readonly (readonly [row: number, offset: number, length: number, crc32: number])[];
    }
  | {
      readonly e: 'rowReplanned';
      readonly at: number;
      readonly row: number;
      readonly inputHash: string;
      readonly estimate: RowEstimate;
    }
  | {
      readonly e: 'rowsCounted';
      readonly at: number;
      /** Whether the service has counted these very rows; else they are estimated by what it counted of others. */
      readonly exact: boolean;
      readonly rows: readonly RecountedRow[];
    }
  | {
      readonly e: 'cellRefused';
      readonly at: number;
      readonly cell: string;
      /** What the service said when it was asked to count rows of the cell. */
      readonly message: string;
    }
  | {
      readonly e: 'batchIntended';
      readonly at: number;
      readonly nonce: string;
      readonly provider: string;
      readonly model: string;
      readonly rows: RowRanges;
      readonly payloadHash: string;
      readonly bytes: number;
      readonly reservedNanoUsd: number;
      /** One a row, where they differ from the plan's (a larger re-ask). */
      readonly reservations?: readonly number[];
      /** Of the key that it is sent with. */
      readonly keyFingerprint?: string;
    }
  | {
      readonly e: 'batchAccepted';
      readonly at: number;
      readonly nonce: string;
      readonly batchId: string;
      readonly keyFingerprint?: string;
      readonly adopted?: true;
      /** Taken by the person's word: it is ours only once its results say so. */
      readonly unproved?: true;
      /** When the service made it, epoch milliseconds; absent where that is now. */
      readonly createdAt?: number;
      /** Until when its results are kept at the least, epoch milliseconds; absent where the service does not say. */
      readonly keptUntil?: number;
    }
  | {
      readonly e: 'batchRejected';
      readonly at: number;
      readonly nonce: string;
      readonly code: ErrorCode;
      readonly message: string;
    }
  | { readonly e: 'batchUncertain'; readonly at: number; readonly nonce: string; readonly message: string }
  | {
      readonly e: 'batchLooked';
      readonly at: number;
      readonly nonce: string;
      readonly look: number;
      readonly candidates: readonly BatchCandidate[];
      /** Ids of batches that this look found to be others. */
      readonly ruledOut?: readonly string[];
    }
  | {
      readonly e: 'batchState';
      readonly at: number;
      readonly nonce: string;
      readonly state: ProviderBatchState;
      readonly raw: string;
      readonly completed?: number;
    }
  | {
      readonly e: 'rowsFinished';
      readonly at: number;
      /** Absent where the rows ended without being sent. */
      readonly nonce?: string;
      readonly rows: readonly FinishedRow[];
    }
  | {
      readonly e: 'batchClosed';
      readonly at: number;
      readonly nonce: string;
      readonly lines: number;
      /** Lines that no row could accept: unknown ids, duplicates, no id. */
      readonly strays: number;
      /** When the service's work on it ended, by its own clock, epoch milliseconds; absent where it does not say. */
      readonly endedAt?: number;
      /** The batch as a whole failed for want of room at the service: its rows use up no attempt. */
      readonly queueFull?: true;
    }
  | {
      /** The person wants a batch cancelled at its service, and what it does not answer sent again. */
      readonly e: 'batchWithdrawn';
      readonly at: number;
      readonly nonce: string;
      /** Absent: to the same model. */
      readonly moveTo?: MoveTarget;
    }
  | {
      /** Rows of one cell that wait go to another model from now on. */
      readonly e: 'rowsMoved';
      readonly at: number;
      readonly model: string;
      readonly provider: string;
      /** Most tokens of an answer there. */
      readonly maxTokens: number;
      readonly retry: RetryPolicy;
      readonly rows: readonly MovedRow[];
    }
  /** What a closed batch had left at its service was removed there. */
  | { readonly e: 'artifactsDeleted'; readonly at: number; readonly nonce: string }
  | { readonly e: 'batchAbandoned'; readonly at: number; readonly nonce: string; readonly reason: string }
  | {
      readonly e: 'rowsWritten';
      readonly at: number;
      /** `sha256` of the file's bytes, in hex. */
      readonly rows: readonly (readonly [row: number, path: string | null, sha256: string])[];
    }
  | { readonly e: 'limitSet'; readonly at: number; readonly limitNanoUsd: number | null }
  | { readonly e: 'writtenOff'; readonly at: number; readonly nanoUsd: number }
  | { readonly e: 'requestHandled'; readonly at: number; readonly id: string; readonly kind: string }
  | { readonly e: 'cancelRequested'; readonly at: number }
  | { readonly e: 'continued'; readonly at: number }
  | { readonly e: 'retryRequested'; readonly at: number; readonly rows: RowRanges }
  | { readonly e: 'notice'; readonly at: number; readonly code: string; readonly message: string }
  | {
      readonly e: 'runEnded';
      readonly at: number;
      readonly state: RunState;
      readonly reason?: string;
      /** Of the error that stopped it. */
      readonly code?: ErrorCode;
    };

export type RunEventKind = RunEvent['e'];

/**
 * Which events are on disk (fsynced) before the writer goes on. The others may be lost to a power cut and are then
 * found out again: from the service, from `results.jsonl`, or from the output files.
 */
export const DURABLE_EVENTS: Readonly<Record<RunEventKind, boolean>> = {
  runCreated: true,
  leaseTaken: true,
  confirmed: true,
  rowsReused: true,
  rowReplanned: false, // precedes its `batchIntended`, which is durable
  rowsCounted: false, // as above
  cellRefused: false, // a `runEnded` follows, or it is asked again
  batchIntended: true,
  batchAccepted: true,
  batchRejected: true,
  batchUncertain: true,
  batchLooked: false,
  batchState: false,
  rowsFinished: false, // precedes its `batchClosed`, which is durable
  batchClosed: true,
  artifactsDeleted: false, // deleting again does no harm
  batchAbandoned: true,
  batchWithdrawn: true,
  rowsMoved: false, // precedes its `batchIntended`, which is durable
  rowsWritten: false, // an output that is already there byte for byte is recognised
  limitSet: true,
  writtenOff: true,
  requestHandled: true,
  cancelRequested: true,
  continued: true,
  retryRequested: true,
  notice: false,
  runEnded: true,
};
