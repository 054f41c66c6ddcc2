import { HINT_TOKENS } from './askedAgain.ts';
import { maxTokensFor } from './attempts.ts';
import type { ModelConfig } from './modelConfig.ts';
import { worstCostNanoUsd } from './modelConfig.ts';
import type { PlannedCell, RowEstimate } from './plan.ts';
import type { Lead } from './probing.ts';
import type { BatchLimits } from './provider.ts';
import type { LedgerRow, RunLedger } from './runLedger.ts';

/** A row chosen for the next batch, with what is reserved for it and how long its answer may be. */
export interface PackedRow {
  readonly ordinal: number;
  readonly reservedNanoUsd: number;
  readonly maxTokens: number;
}

/** Rows of one model that go into one batch. */
export interface Pack {
  readonly model: string;
  readonly provider: string;
  readonly rows: readonly PackedRow[];
}

export interface PackingRules {
  /** Rows that may be sent now, in plan order. */
  readonly candidates: readonly number[];
  readonly cellOf: (row: LedgerRow) => PlannedCell;
  readonly modelConfig: (model: string) => ModelConfig;
  readonly limits: (provider: string) => BatchLimits;
  /** Numbers of rows that the next batch of a provider must not have, see `Provider.findsBySize`. */
  readonly takenSizes: (provider: string) => ReadonlySet<number>;
  /** Whether one row of a cell goes before its others. */
  readonly leadOf: (cell: PlannedCell) => Lead;
  readonly jobsPerBatch: number | 'auto';
  /** Groups (`provider/model`) that wait for the service's queue, and the most rows they may send after a refusal. */
  readonly isHeld: (group: string) => boolean;
  readonly largest: (group: string) => number;
  readonly now: number;
}

/** The name under which rows are packed together: one provider, one model. */
export function groupOf(provider: string, model: string): string {
  return `${provider}/${model}`;
}

/** What a row's next attempt reserves and may answer with: a re-ask of a truncated answer is larger. */
export function nextAttempt(
  row: LedgerRow,
  ordinal: number,
  cell: PlannedCell,
  model: ModelConfig,
  now: number,
): PackedRow {
  const { maxTokens: base, cache } = cell.parameters;
  const worst = (inputTokens: number, maxTokens: number, at = now): number =>
    worstCostNanoUsd(model, { inputTokens, maxTokens, cache }, at);
  const maxTokens = maxTokensFor(base, row.used, model.maxOutputTokens);
  const hint = row.outcome === 'invalid' ? HINT_TOKENS : 0;
  // At the model's largest prompt, so that the dearest tier prices the difference.
  const prompt = model.maxInputTokens;
  const isLarger = hint > 0 || maxTokens > base;
  const larger = isLarger ? worst(prompt + hint, maxTokens) - worst(prompt, base) : 0;
  const first = firstReservation(row, model, (tokens, at) => worst(tokens, base, at), now);
  const reserved = first + larger;
  if (hint === 0) return { ordinal, reservedNanoUsd: reserved, maxTokens };
  // The hint may lift the prompt into a dearer tier, which reprices all of it.
  const lifted = largestFitting(prompt, (tokens) => worst(tokens, base) <= first) + hint;
  return { ordinal, reservedNanoUsd: Math.max(reserved, worst(lifted, maxTokens)), maxTokens };
}

/**
 * What a first attempt reserves: as it was estimated, or more where the model is dearer by now. Between the two a run may
 * have waited for weeks, and prices change on known days, with a new version, or by the person's own word.
 */
function firstReservation(
  { estimate, estimatedAt }: LedgerRow,
  { prices, maxInputTokens: prompt }: ModelConfig,
  worst: (inputTokens: number, at: number) => number,
  now: number,
): number {
  const { reservedNanoUsd, inputTokens } = estimate;
  const isDearer =
    estimatedAt !== undefined && prices.length > 1 && worst(prompt, now) > worst(prompt, estimatedAt);
  const bound = isDearer
    ? largestFitting(prompt, (tokens) => worst(tokens, estimatedAt) <= reservedNanoUsd)
    : 0;
  return Math.max(reservedNanoUsd, worst(Math.max(bound, inputTokens), now));
}

/** The largest number up to `most` that fits, by halving: what fits is all below a bound. */
function largestFitting(most: number, fits: (value: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The next batch: rows of the first group that has any, in plan order, as many as the service's limits and the money
 * allow. Rows that do not fit the money are passed over. `undefined` when no row fits.
 */
export function packNext(ledger: RunLedger, rules: PackingRules): Pack | undefined {
  const passedOver = new Set<string>();
  for (const first of rules.candidates) {
    const cell = rules.cellOf(ledger.row(first));
    const group = groupOf(cell.provider, cell.model);
    const lead = rules.leadOf(cell);
    const part = lead === 'due' ? cell.id : group;
    if (lead === 'sent' || passedOver.has(part)) continue;
    passedOver.add(part);
    if (rules.isHeld(group)) continue;
    const rows =
      lead === 'due'
        ? fill(ledger, rules, cell, 1, (other) => other.id === cell.id)
        : fill(
            ledger,
            rules,
            cell,
            Infinity,
            (other) => groupOf(other.provider, other.model) === group && rules.leadOf(other) === 'none',
          );
    if (rows.length > 0) return { model: cell.model, provider: cell.provider, rows };
  }
  return undefined;
}

function fill(
  ledger: RunLedger,
  rules: PackingRules,
  of: PlannedCell,
  atMost: number,
  takes: (cell: PlannedCell) => boolean,
): PackedRow[] {
  const limits = rules.limits(of.provider);
  const most = Math.min(
    atMost,
    limits.maxRows,
    rules.largest(groupOf(of.provider, of.model)),
    rules.jobsPerBatch === 'auto' ? Infinity : rules.jobsPerBatch,
  );
  const model = rules.modelConfig(of.model);
  const rows: PackedRow[] = [];
  let reserved = 0;
  let tokens = 0;
  for (const ordinal of rules.candidates) {
    if (rows.length >= most) break;
    const row = ledger.row(ordinal);
    const cell = rules.cellOf(row);
    if (!takes(cell)) continue;
    const next = nextAttempt(row, ordinal, cell, model, rules.now);
    if (!ledger.money.fits(reserved + next.reservedNanoUsd)) continue;
    if (rows.length > 0 && tokens + row.estimate.inputTokens > (limits.maxEnqueuedTokens ?? Infinity)) break;
    rows.push(next);
    reserved += next.reservedNanoUsd;
    tokens += row.estimate.inputTokens;
  }
  const taken = rules.takenSizes(of.provider);
  while (taken.has(rows.length)) rows.pop();
  return rows;
}

/** Into how many waves the limit cuts rows with these reservations, when each wave must have ended before the next. */
export function countWaves(reservations: readonly number[], limitNanoUsd: number | undefined): number {
  if (reservations.length === 0) return 0;
  if (limitNanoUsd === undefined) return 1;
  let waves = 1;
  let inWave = 0;
  for (const reserved of reservations) {
    if (inWave > 0 && inWave + reserved > limitNanoUsd) {
      waves += 1;
      inWave = 0;
    }
    inWave += reserved;
  }
  return waves;
}

/** A row as `countBatches` looks at it. */
export interface CountedRow {
  /** Rows of one group go into one batch, see `groupOf`. */
  readonly group: string;
  readonly limits: BatchLimits;
  readonly estimate: RowEstimate;
}

export interface BatchCount {
  readonly batches: number;
  /** False where estimated bytes, tokens or money decide where a batch ends, so that it may come out otherwise. */
  readonly exact: boolean;
}

/** A file is sent as base64 at most, beside the parameters of its request. */
const ENCODED_SHARE = 4 / 3;
const REQUEST_BYTES = 1_000;

/**
 * How many batches rows will make when each is answered at the first attempt, by the rules of `packNext`: no group
 * mixed, no limit of the service or of `jobsPerBatch` exceeded, and none larger than the money of its wave.
 *
 * @param rows In plan order.
 */
export function countBatches(
  rows: readonly CountedRow[],
  {
    jobsPerBatch,
    limitNanoUsd,
  }: { readonly jobsPerBatch: number | 'auto'; readonly limitNanoUsd: number | undefined },
): BatchCount {
  const most = jobsPerBatch === 'auto' ? Infinity : jobsPerBatch;
  const filling = new Map<string, { rows: number; bytes: number; tokens: number }>();
  let batches = 0;
  let exact = true;
  let inWave = 0;
  for (const { group, limits, estimate } of rows) {
    if (inWave > 0 && inWave + estimate.reservedNanoUsd > (limitNanoUsd ?? Infinity)) {
      filling.clear(); // the next wave begins when this one has ended
      inWave = 0;
      exact = false;
    }
    inWave += estimate.reservedNanoUsd;
    const bytes = estimate.bytes * ENCODED_SHARE + REQUEST_BYTES;
    const maxTokens = limits.maxEnqueuedTokens ?? Infinity;
    let batch = filling.get(group);
    const isFull =
      batch === undefined ||
      batch.rows >= Math.min(most, limits.maxRows) ||
      batch.bytes + bytes > limits.maxBytes ||
      batch.tokens + estimate.inputTokens > maxTokens;
    if (batch === undefined || isFull) {
      batch = { rows: 0, bytes: 0, tokens: 0 };
      filling.set(group, batch);
      batches += 1;
    }
    batch.rows += 1;
    batch.bytes += bytes;
    batch.tokens += estimate.inputTokens;
    // Near a limit that only an estimate tells, the last rows may or may not fit.
    if (batch.bytes > limits.maxBytes / 2 || batch.tokens > maxTokens / 2) exact = false;
  }
  return { batches, exact };
}
