import { retryAllowed, useAttempt, type UsedAttempts } from './attempts.ts';
import { CostTracker } from './costTracker.ts';
import { BatchbookError } from './errors.ts';
import type { Confirmation, FinishedRow, MoveTarget, ResultLocation, RunEvent } from './events.ts';
import type { PlannedRow, RetryPolicy, RowEstimate } from './plan.ts';
import type { BatchCandidate } from './provider.ts';
import { fromRanges } from './rowRanges.ts';
import {
  ATTEMPT_OUTCOMES,
  type AttemptOutcome,
  type BatchState,
  type ErrorCode,
  type ProviderBatchState,
  type RetryBudget,
  type RowStatus,
  type RunState,
} from './vocabulary.ts';

/** A row as the journal tells it. */
export interface LedgerRow {
  readonly planned: PlannedRow;
  estimate: RowEstimate;
  /** When it was estimated, by the prices of that day; epoch milliseconds, `undefined` before that is known. */
  estimatedAt: number | undefined;
  inputHash: string;
  /** Whether the service itself has counted its input as it is. */
  counted: boolean;
  status: RowStatus;
  /** Attempts that have ended. */
  attempts: number;
  used: UsedAttempts;
  /** Over all attempts. */
  costNanoUsd: number;
  outcome: AttemptOutcome | undefined;
  location: ResultLocation | undefined;
  /** The live batch that holds it. */
  liveIn: string | undefined;
  /** The batch of its last ended attempt. */
  lastBatch: string | undefined;
  finishedAt: number;
  reusedFrom: string | undefined;
  /** It waits to be asked of another model; nothing else may be done with it before. */
  movingTo: MoveTarget | undefined;
  /** The model that it is asked of instead of its cell's. */
  movedTo: MovedTo | undefined;
  written: { readonly path: string | null; readonly sha256: string } | undefined;
}

/** Another model than that of a row's cell, with what depends on it. */
export interface MovedTo {
  readonly model: string;
  readonly provider: string;
  readonly maxTokens: number;
  readonly retry: RetryPolicy;
}

/** A batch as the journal tells it. */
export interface LedgerBatch {
  readonly nonce: string;
  readonly provider: string;
  readonly model: string;
  readonly rows: readonly number[];
  readonly intendedAt: number;
  readonly reservedNanoUsd: number;
  readonly payloadHash: string;
  state: BatchState;
  batchId: string | undefined;
  keyFingerprint: string | undefined;
  acceptedAt: number | undefined;
  /** Until when the service keeps its results at the least, epoch milliseconds. */
  keptUntil: number | undefined;
  /** When the service had no room for it, epoch milliseconds. */
  queueFullAt: number | undefined;
  /** Whether what it had left at its service was removed there. */
  artifactsDeleted: boolean;
  /** When the service made it, by its own clock where it was found there; epoch milliseconds. */
  createdAt: number | undefined;
  /** Whether it is ours beyond doubt: the service gave us its id, or it carries our nonce. */
  certain: boolean;
  /** What the service said last. */
  reported: ProviderBatchState | undefined;
  rawState: string | undefined;
  completed: number | undefined;
  /** When the service's work on it ended, by its own clock, else when its results were on disk; epoch milliseconds. */
  endedAt: number | undefined;
  /** Whether the person wants it cancelled, and what it does not answer sent again. */
  withdrawn: boolean;
  /** The model that is to answer what it does not; absent: its own. */
  moveTo: MoveTarget | undefined;
  /** Why it is uncertain, rejected or abandoned. */
  message: string | undefined;
  /** When its creation became uncertain; epoch milliseconds. */
  uncertainAt: number | undefined;
  /** Reconcile looks made so far, and what the last one found. */
  looks: number;
  candidates: readonly BatchCandidate[];
  /** Ids of batches at its service that are others. */
  readonly ruledOut: Set<string>;
  /** Rows whose result is on disk. */
  readonly finished: Map<number, FinishedRow>;
  costNanoUsd: number;
}

export interface LedgerOptions {
  readonly plan: readonly PlannedRow[];
  /** The retry policy of a cell. */
  readonly retryOf: (cell: string) => RetryPolicy;
  readonly limitNanoUsd: number | undefined;
  readonly money?: CostTracker;
}

/**
 * What a run's journal says: rows, batches and money, rebuilt by applying its events in order and by nothing else.
 * The driver applies an event only after it was written, so what is in memory was on disk first.
 */
export class RunLedger {
  readonly rows: readonly LedgerRow[];
  readonly batches = new Map<string, LedgerBatch>();
  readonly money: CostTracker;
  readonly notices: { readonly at: number; readonly code: string; readonly message: string }[] = [];
  phase: RunState = 'planned';
  endReason: string | undefined;
  endCode: ErrorCode | undefined;
  epoch = 0;
  createdAt = 0;
  cancelRequested = false;
  confirmation: Confirmation | undefined;
  /** Whether the person has seen a pilot that was done and told the run to go on. */
  pilotContinued = false;
  #endedWaiting = false;
  /** Cells whose rows a service has refused to count, and what it said. */
  readonly refusedCells = new Map<string, string>();
  /** Cells that the person has told to go on with although rows of theirs were refused. */
  readonly sentAnyway = new Set<string>();
  /** A row that cost more than was reserved for it, until the person has looked (promise P3). */
  overspentRow: number | undefined;
  /** The limit of which the person was told that most of it is used. */
  warnedAtLimit: number | undefined;
  /** Who drives or drove it last, such as `window 4711`. */
  lastHolder: string | undefined;
  /** Whether a person has stopped it since somebody took it. */
  stoppedByPerson = false;
  /** Of all attempts whose usage the services have told. */
  readonly tokens = { input: 0, output: 0 };
  /** By prompt caching, against the same rows without. */
  cacheSavedNanoUsd = 0;
  readonly handledRequests = new Set<string>();
  readonly #retryOf: (cell: string) => RetryPolicy;

  constructor(options: LedgerOptions) {
    this.rows = options.plan.map((planned) => ({
      planned,
      estimate: planned.estimate,
      estimatedAt: undefined,
      inputHash: planned.inputHash,
      counted: false,
      status: 'pending',
      attempts: 0,
      used: {},
      costNanoUsd: 0,
      outcome: undefined,
      location: undefined,
      liveIn: undefined,
      lastBatch: undefined,
      finishedAt: 0,
      reusedFrom: undefined,
      movingTo: undefined,
      movedTo: undefined,
      written: undefined,
    }));
    this.money = options.money ?? new CostTracker(options.limitNanoUsd);
    this.#retryOf = options.retryOf;
  }

  /** The row of an ordinal. @throws BatchbookError `corruptState` where the plan has no such row. */
  row(ordinal: number): LedgerRow {
    const row = this.rows[ordinal];
    if (row === undefined) {
      throw new BatchbookError(
        'corruptState',
        `The journal names row ${String(ordinal)}, which the plan does not have.`,
      );
    }
    return row;
  }

  /** The batch of a nonce. @throws BatchbookError `corruptState` where none was intended. */
  batch(nonce: string): LedgerBatch {
    const batch = this.batches.get(nonce);
    if (batch === undefined) {
      throw new BatchbookError('corruptState', `The journal names batch ${nonce}, which was never intended.`);
    }
    return batch;
  }

  /** Batches that a service may still be working on, or whose results are not on disk yet. */
  openBatches(): LedgerBatch[] {
    return [...this.batches.values()].filter((batch) => !hasEnded(batch));
  }

  /** Numbers of rows of the batches of a provider of which nobody knows yet whether they exist. */
  openSizes(provider: string): ReadonlySet<number> {
    const open = this.openBatches().filter((batch) => batch.provider === provider && isUndecided(batch));
    return new Set(open.map(({ rows }) => rows.length));
  }

  /** Ordinals of the rows that wait to be sent. */
  pendingRows(): number[] {
    return this.rows.flatMap((row, ordinal) => (row.status === 'pending' ? [ordinal] : []));
  }

  /** Whether an event of this epoch changes anything: one that a holder wrote who had already lost the run does not. */
  counts(epoch: number): boolean {
    return epoch >= this.epoch;
  }

  /** Applies one event. `epoch` is the writer's, as read from the journal. */
  apply(event: RunEvent, epoch: number): void {
    if (!this.counts(epoch)) return;
    switch (event.e) {
      case 'runCreated':
        this.createdAt = event.at;
        for (const row of this.rows) row.estimatedAt = event.at;
        return;
      case 'leaseTaken':
        this.epoch = epoch;
        this.lastHolder = event.holder;
        this.stoppedByPerson = false;
        this.phase = this.cancelRequested ? 'cancelling' : 'running';
        this.endReason = undefined;
        this.endCode = undefined;
        return;
      case 'confirmed':
        this.confirmation = event;
        return;
      case 'rowsReused':
        for (const [ordinal, ...location] of event.rows) {
          Object.assign(this.row(ordinal), {
            status: 'ok',
            outcome: 'ok',
            location,
            reusedFrom: event.run,
            finishedAt: event.at,
          } satisfies Partial<LedgerRow>);
        }
        return;
      case 'rowReplanned':
        Object.assign(this.row(event.row), {
          inputHash: event.inputHash,
          estimate: event.estimate,
          estimatedAt: event.at,
          counted: false,
        } satisfies Partial<LedgerRow>);
        return;
      case 'rowsCounted':
        for (const [ordinal, inputTokens, reservedNanoUsd, expectedNanoUsd] of event.rows) {
          const row = this.row(ordinal);
          row.estimate = { bytes: row.estimate.bytes, inputTokens, reservedNanoUsd, expectedNanoUsd };
          row.estimatedAt = event.at;
          row.counted = event.exact;
        }
        return;
      case 'cellRefused':
        this.refusedCells.set(event.cell, event.message);
        return;
      case 'batchIntended':
        this.#intend(event);
        return;
      case 'batchAccepted': {
        const batch = this.batch(event.nonce);
        if (!isUndecided(batch)) return;
        batch.state = 'validating';
        batch.batchId = event.batchId;
        batch.keyFingerprint = event.keyFingerprint;
        batch.keptUntil = event.keptUntil;
        batch.acceptedAt = event.at;
        batch.createdAt = event.createdAt ?? event.at;
        batch.certain = event.unproved !== true;
        batch.message = undefined;
        return;
      }
      case 'batchUncertain': {
        const batch = this.batch(event.nonce);
        if (hasEnded(batch)) return;
        batch.state = 'uncertain';
        batch.uncertainAt ??= event.at;
        batch.message = event.message;
        return;
      }
      case 'batchLooked': {
        const batch = this.batch(event.nonce);
        batch.looks = event.look;
        batch.candidates = event.candidates;
        for (const batchId of event.ruledOut ?? []) batch.ruledOut.add(batchId);
        return;
      }
      case 'batchRejected':
        if (event.code === 'queueFull') this.batch(event.nonce).queueFullAt = event.at;
        this.#giveBack(event.nonce, 'rejected', event.message);
        return;
      case 'batchAbandoned':
        this.#giveBack(event.nonce, 'abandoned', event.reason);
        return;
      case 'artifactsDeleted':
        this.batch(event.nonce).artifactsDeleted = true;
        return;
      case 'batchWithdrawn': {
        const batch = this.batch(event.nonce);
        if (hasEnded(batch) || batch.withdrawn) return; // the first word counts
        batch.withdrawn = true;
        batch.moveTo = event.moveTo;
        return;
      }
      case 'rowsMoved': {
        const { model, provider, maxTokens, retry } = event;
        for (const [ordinal, inputHash, bytes, inputTokens, reservedNanoUsd, expectedNanoUsd] of event.rows)
          Object.assign(this.row(ordinal), {
            inputHash,
            estimate: { bytes, inputTokens, reservedNanoUsd, expectedNanoUsd },
            estimatedAt: event.at,
            counted: false,
            movingTo: undefined,
            movedTo: { model, provider, maxTokens, retry },
          } satisfies Partial<LedgerRow>);
        return;
      }
      case 'batchState': {
        const batch = this.batch(event.nonce);
        if (hasEnded(batch)) return;
        batch.state = event.state;
        batch.reported = event.state;
        batch.rawState = event.raw;
        batch.completed = event.completed;
        return;
      }
      case 'rowsFinished':
        for (const finished of event.rows) this.#finishRow(finished, event.nonce, event.at);
        return;
      case 'batchClosed':
        this.batch(event.nonce).endedAt = event.endedAt ?? event.at;
        if (event.queueFull === true) this.batch(event.nonce).queueFullAt = event.at;
        this.#close(event.nonce, 'closed');
        return;
      case 'rowsWritten':
        for (const [ordinal, path, sha256] of event.rows) this.row(ordinal).written = { path, sha256 };
        return;
      case 'limitSet':
        this.money.setLimit(event.limitNanoUsd ?? undefined);
        this.overspentRow = undefined;
        return;
      case 'writtenOff':
        this.money.writeOff(event.nanoUsd);
        return;
      case 'requestHandled':
        this.handledRequests.add(event.id);
        if (event.kind === 'stop') this.stoppedByPerson = true;
        return;
      case 'cancelRequested':
        this.cancelRequested = true;
        this.phase = 'cancelling';
        return;
      case 'continued':
        if (this.#endedWaiting) this.#goOnDespiteRefusals();
        this.overspentRow = undefined;
        return;
      case 'retryRequested':
        this.cancelRequested = false;
        if (this.phase === 'cancelling') this.phase = 'running';
        for (const ordinal of fromRanges(event.rows)) {
          const row = this.row(ordinal);
          if (row.liveIn === undefined && row.status !== 'ok')
            Object.assign(row, { status: 'pending', used: {} });
        }
        return;
      case 'notice':
        this.notices.push(event);
        if (event.code === 'nearLimit') this.warnedAtLimit = this.money.limitNanoUsd;
        return;
      case 'runEnded':
        this.phase = event.state;
        this.#endedWaiting = event.state === 'waiting';
        this.endReason = event.reason;
        this.endCode = event.code;
        return;
    }
  }

  /** The person has seen what a pilot or a probe has brought. */
  #goOnDespiteRefusals(): void {
    this.pilotContinued = true;
    for (const cell of this.refusedCells.keys()) this.sentAnyway.add(cell);
    for (const { outcome, planned } of this.rows)
      if (outcome === 'permanent') this.sentAnyway.add(planned.cell);
  }

  #intend(event: Extract<RunEvent, { e: 'batchIntended' }>): void {
    const rows = fromRanges(event.rows);
    rows.forEach((ordinal, i) => {
      const row = this.row(ordinal);
      row.status = 'submitted';
      row.liveIn = event.nonce;
      this.money.reserve(ordinal, event.reservations?.[i] ?? row.estimate.reservedNanoUsd);
    });
    this.batches.set(event.nonce, {
      nonce: event.nonce,
      provider: event.provider,
      model: event.model,
      rows,
      intendedAt: event.at,
      reservedNanoUsd: event.reservedNanoUsd,
      payloadHash: event.payloadHash,
      state: 'submitting',
      batchId: undefined,
      keyFingerprint: event.keyFingerprint,
      acceptedAt: undefined,
      keptUntil: undefined,
      queueFullAt: undefined,
      artifactsDeleted: false,
      createdAt: undefined,
      certain: false,
      reported: undefined,
      rawState: undefined,
      completed: undefined,
      withdrawn: false,
      moveTo: undefined,
      endedAt: undefined,
      message: undefined,
      uncertainAt: undefined,
      looks: 0,
      candidates: [],
      ruledOut: new Set(),
      finished: new Map(),
      costNanoUsd: 0,
    });
  }

  /**
   * Its rows go back to wait, without having used up an attempt; a row whose result was read before ends as it is. What
   * an abandoned batch may have cost stays counted.
   */
  #giveBack(nonce: string, state: 'rejected' | 'abandoned', message: string): void {
    const batch = this.batch(nonce);
    if (!isUndecided(batch)) return;
    batch.message = message;
    this.#close(nonce, state);
  }

  #finishRow(finished: FinishedRow, nonce: string | undefined, at: number): void {
    const [ordinal, attempt, outcome, offset, length, crc32, costNanoUsd, inputTokens, outputTokens, saved] =
      finished;
    const row = this.row(ordinal);
    const batch = nonce === undefined ? undefined : this.batch(nonce);
    // Once per batch and row, also when a batch was read a second time after a crash.
    if (batch !== undefined && (row.liveIn !== nonce || batch.finished.has(ordinal))) return;
    row.attempts = attempt;
    row.outcome = outcome;
    row.location = [offset, length, crc32];
    row.finishedAt = at;
    row.reusedFrom = undefined;
    row.movingTo = undefined;
    row.lastBatch = nonce;
    batch?.finished.set(ordinal, finished);
    this.tokens.input += inputTokens;
    this.tokens.output += outputTokens;
    this.cacheSavedNanoUsd += saved ?? 0;
    if (costNanoUsd !== null) {
      if (costNanoUsd > this.money.reservedFor(ordinal)) this.overspentRow = ordinal;
      this.money.account(ordinal, costNanoUsd);
      row.costNanoUsd += costNanoUsd;
      if (batch !== undefined) batch.costNanoUsd += costNanoUsd;
    }
    if (batch === undefined || !this.#retries(row, outcome)) row.status = ATTEMPT_OUTCOMES[outcome].status;
  }

  #close(nonce: string, state: 'closed' | 'rejected' | 'abandoned'): void {
    const batch = this.batch(nonce);
    batch.state = state;
    for (const ordinal of batch.rows) {
      const row = this.row(ordinal);
      if (row.liveIn !== nonce) continue;
      row.liveIn = undefined;
      const finished = batch.finished.get(ordinal);
      const mayHaveCost = finished === undefined ? state === 'abandoned' : finished[6] === null;
      if (mayHaveCost) this.money.moveToUnconfirmed(ordinal);
      else this.money.release(ordinal);
      if (finished === undefined)
        row.status = 'pending'; // rejected, abandoned, or the queue was full: no attempt was made
      else if (this.#retries(row, finished[2])) {
        row.used = useAttempt(finished[2], row.used);
        row.status = 'pending';
      }
      // What was answered, and is asked again, stays with the model that has answered it.
      const isUnanswered = finished === undefined || !RE_ASKED.has(ATTEMPT_OUTCOMES[finished[2]].budget);
      if (row.status === 'pending' && isUnanswered) row.movingTo = batch.moveTo;
    }
  }

  #retries(row: LedgerRow, outcome: AttemptOutcome): boolean {
    return retryAllowed(outcome, row.used, row.movedTo?.retry ?? this.#retryOf(row.planned.cell));
  }
}

/** Budgets of endings that have brought an answer. */
const RE_ASKED: ReadonlySet<RetryBudget> = new Set(['truncated', 'invalid']);

function hasEnded(batch: LedgerBatch): boolean {
  return batch.state === 'closed' || batch.state === 'rejected' || batch.state === 'abandoned';
}

/**
 * Whether nobody has said yet if the service has a batch. The first word counts: the person may have given a batch up
 * while a look for it was under way, or the look have found it while the person's word was.
 */
function isUndecided(batch: LedgerBatch): boolean {
  return batch.state === 'submitting' || batch.state === 'uncertain';
}
