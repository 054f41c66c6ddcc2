import { fullQueues, type FullQueue } from './fullQueues.ts';
import { usdFromNano } from './money.ts';
import { isNearLimit } from './nearLimit.ts';
import type { BatchCandidate } from './provider.ts';
import type { RunReader } from './stateManager.ts';
import type { LedgerBatch } from './runLedger.ts';
import { isLate, type UsualDurations } from './usualDurations.ts';
import { hasEnded } from './assembleResult.ts';
import {
  LIVE_BATCH_STATES,
  ROW_STATUSES,
  type BatchState,
  type ErrorCode,
  type RowStatus,
  type RunState,
} from './vocabulary.ts';

/** The status document of a run, the same for the library, `status --json` and the window. */
export interface RunStatus {
  readonly runId: string;
  readonly title: string;
  readonly state: RunState;
  /** What the state means here and what to do next; absent while all goes well. */
  readonly reason?: string;
  /** Of the error that stopped the run. */
  readonly code?: ErrorCode;
  readonly counts: { readonly total: number } & Readonly<Record<RowStatus, number>>;
  /** Rows that have ended, whatever the outcome. */
  readonly completed: number;
  readonly total: number;
  /** Rows taken over from earlier runs, at no cost. */
  readonly reused: number;
  readonly costUsd: {
    readonly spent: number;
    readonly inFlight: number;
    readonly unconfirmed: number;
    readonly limit: number | null;
    /** Most of the limit is used. */
    readonly nearLimit?: true;
    /** What prompt caching has saved, against the same rows without; absent where nothing was cached. */
    readonly cacheSaved?: number;
  };
  /** Of all attempts whose usage the services have told. */
  readonly tokens: { readonly input: number; readonly output: number };
  /** Milliseconds until the end by the pace so far; `null` where there is none to go by. */
  readonly etaMs: number | null;
  /** Since when whoever drives it cannot reach one of its services, epoch milliseconds; absent where nothing says so. */
  readonly offlineSince?: number;
  readonly batches: readonly BatchStatus[];
  /** Rows that wait because a service takes no more for now. */
  readonly fullQueues: readonly FullQueue[];
  readonly notices: readonly string[];
}

export interface BatchStatus {
  /** The provider's id; the nonce while there is none. */
  readonly id: string;
  readonly nonce: string;
  readonly provider: string;
  readonly model: string;
  readonly rows: number;
  readonly state: BatchState;
  readonly costUsd: number;
  /** What its rows were expected to cost in all. */
  readonly expectedUsd: number;
  readonly message?: string;
  /** When it was sent, epoch milliseconds. */
  readonly sentAt: number;
  /** When the service made it, epoch milliseconds; absent as long as nobody knows. */
  readonly acceptedAt?: number;
  /** When the service's work on it ended, epoch milliseconds; absent before its results were on disk. */
  readonly endedAt?: number;
  /** Of a batch whose results are not here yet: until when the service keeps them at the least, epoch milliseconds. */
  readonly keptUntil?: number;
  /** Of a batch that the service works on: how long it has by now, in milliseconds. */
  readonly ageMs?: number;
  /** How long batches of its provider and model usually take here; absent where too few have ended to tell. */
  readonly usualMs?: number;
  /** It takes longer than nearly all before it, or than the service promises. */
  readonly late?: true;
  /** Of a batch of which nobody knows whether it arrived: what is at the service and may be it, as last seen. */
  readonly candidates?: readonly BatchCandidate[];
}

/** @param driven Whether a process that is not known to be dead drives the run. */
export function runStatus(
  run: Pick<RunReader, 'meta' | 'ledger'>,
  options: {
    readonly driven: boolean;
    readonly now: number;
    readonly usual?: UsualDurations;
    readonly offlineSince?: number | undefined;
  },
): RunStatus {
  const { ledger, meta } = run;
  const byStatus = Object.fromEntries(ROW_STATUSES.map((status) => [status, 0])) as Record<RowStatus, number>;
  let reused = 0;
  for (const row of ledger.rows) {
    byStatus[row.status] += 1;
    if (row.reusedFrom !== undefined) reused += 1;
  }
  const total = ledger.rows.length;
  const completed = total - byStatus.pending - byStatus.submitted;
  const undriven = !options.driven && (ledger.phase === 'running' || ledger.phase === 'cancelling');
  const open = ledger.openBatches().length;
  const reason = undriven
    ? `Nobody drives this run: ${String(open)} ${open === 1 ? 'batch goes' : 'batches go'} on at the service and ${String(byStatus.pending)} ${byStatus.pending === 1 ? 'row waits' : 'rows wait'}. Resume it to go on.`
    : ledger.endReason;
  return {
    runId: meta.runId,
    title: meta.title,
    state: undriven ? 'stopped' : ledger.phase,
    ...(reason === undefined ? {} : { reason }),
    ...(ledger.endCode === undefined ? {} : { code: ledger.endCode }),
    counts: { total, ...byStatus },
    completed,
    total,
    reused,
    costUsd: {
      spent: usdFromNano(ledger.money.spentNanoUsd),
      inFlight: usdFromNano(ledger.money.inFlightNanoUsd),
      unconfirmed: usdFromNano(ledger.money.unconfirmedNanoUsd),
      limit: ledger.money.limitNanoUsd === undefined ? null : usdFromNano(ledger.money.limitNanoUsd),
      ...(isNearLimit(ledger) ? { nearLimit: true as const } : {}),
      ...(ledger.cacheSavedNanoUsd === 0 ? {} : { cacheSaved: usdFromNano(ledger.cacheSavedNanoUsd) }),
    },
    tokens: { ...ledger.tokens },
    etaMs: options.driven ? eta(run, options.now) : null,
    ...(options.driven && options.offlineSince !== undefined ? { offlineSince: options.offlineSince } : {}),
    batches: [...ledger.batches.values()].map((batch) => ({
      id: batch.batchId ?? batch.nonce,
      nonce: batch.nonce,
      provider: batch.provider,
      model: batch.model,
      rows: batch.rows.length,
      state: batch.state,
      costUsd: usdFromNano(batch.costNanoUsd),
      expectedUsd: usdFromNano(
        batch.rows.reduce((sum, ordinal) => sum + ledger.row(ordinal).estimate.expectedNanoUsd, 0),
      ),
      ...messageOf(batch),
      sentAt: batch.intendedAt,
      ...(batch.endedAt === undefined ? {} : { endedAt: batch.endedAt }),
      ...keptOf(batch),
      ...ageOf(batch, options.now, options.usual),
      ...(batch.state === 'uncertain' ? { candidates: batch.candidates } : {}),
    })),
    fullQueues: fullQueues(run),
    notices: ledger.notices.map((notice) => notice.message),
  };
}

function messageOf({ message, queueFullAt }: LedgerBatch): Pick<BatchStatus, 'message'> {
  if (message !== undefined) return { message };
  return queueFullAt === undefined
    ? {}
    : { message: 'The service had no room for it; its rows were not worked on.' };
}

function keptOf({ keptUntil, state }: LedgerBatch): Pick<BatchStatus, 'keptUntil'> {
  return keptUntil === undefined || state === 'closed' || state === 'abandoned' ? {} : { keptUntil };
}

/** How long a live batch has taken so far, against what is usual. */
function ageOf(
  { createdAt, state, provider, model }: LedgerBatch,
  now: number,
  usual?: UsualDurations,
): Pick<BatchStatus, 'acceptedAt' | 'ageMs' | 'usualMs' | 'late'> {
  if (createdAt === undefined) return {};
  if (!LIVE_BATCH_STATES.has(state)) return { acceptedAt: createdAt };
  const ageMs = Math.max(0, now - createdAt);
  const duration = usual?.(provider, model);
  return {
    acceptedAt: createdAt,
    ageMs,
    ...(duration === undefined ? {} : { usualMs: duration.medianMs }),
    ...(isLate(ageMs, duration) ? { late: true } : {}),
  };
}

/** By the pace of the rows sent in this run; reused ones took no time. */
function eta({ ledger }: Pick<RunReader, 'ledger'>, now: number): number | null {
  const sent = ledger.rows.filter((row) => row.reusedFrom === undefined);
  const done = sent.filter((row) => hasEnded(row.status)).length;
  const begun = Math.min(...[...ledger.batches.values()].map((batch) => batch.intendedAt));
  if (done === 0 || !Number.isFinite(begun)) return null;
  return Math.round(((now - begun) / done) * (sent.length - done));
}
