import type { RunReader } from '../core/stateManager.ts';
import type { RunStatus } from '../core/status.ts';
import type { UsualDurations } from '../core/usualDurations.ts';
import { LIVE_BATCH_STATES } from '../core/vocabulary.ts';

/** Where a run will probably stand. */
export interface ForecastPoint {
  /** Epoch milliseconds, after now. */
  readonly at: number;
  /** Rows that will have ended by then. */
  readonly finished: number;
  readonly spentNanoUsd: number;
}

export interface ForecastContext {
  readonly now: number;
  /** How long batches usually take here. */
  readonly usual: UsualDurations;
  /** By the pace so far; see `RunStatus`. */
  readonly etaMs: RunStatus['etaMs'];
}

/** Waves that are worked out one by one; more are put together. */
const MOST_WAVES = 200;
/** Steps in which a pace is shown. */
const PACE_STEPS = 12;

/**
 * How a run that somebody drives will probably go on: by what batches of its model usually take here, else by its pace
 * so far. Empty where there is nothing to go by. The last point is the end.
 */
export function forecast(run: Pick<RunReader, 'meta' | 'ledger'>, context: ForecastContext): ForecastPoint[] {
  const { ledger } = run;
  const now = { finished: finishedIn(run), spentNanoUsd: ledger.money.spentNanoUsd };
  const steps = usualSteps(run, context) ?? paceSteps(run, context);
  let { finished, spentNanoUsd } = now;
  return steps
    .sort((a, b) => a.at - b.at)
    .map((step) => {
      finished += step.rows;
      spentNanoUsd += step.nanoUsd;
      return { at: step.at, finished, spentNanoUsd };
    });
}

interface Step {
  readonly at: number;
  readonly rows: number;
  readonly nanoUsd: number;
}

/** Each live batch ends when such batches usually do; what waits follows in as many at once as the run may have. */
function usualSteps(
  { meta, ledger }: Pick<RunReader, 'meta' | 'ledger'>,
  { now, usual }: ForecastContext,
): Step[] | undefined {
  const expected = (ordinals: readonly number[]): number =>
    ordinals.reduce((sum, ordinal) => sum + ledger.row(ordinal).estimate.expectedNanoUsd, 0);
  const steps: Step[] = [];
  for (const batch of ledger.openBatches()) {
    const median = usual(batch.provider, batch.model)?.medianMs;
    if (median === undefined) return undefined;
    const began = LIVE_BATCH_STATES.has(batch.state) ? (batch.createdAt ?? now) : now;
    // One that takes longer than usual may end at any moment, and the longer it has taken, the less is known of when.
    const at = Math.max(now + (now - began) / 10, began + median);
    steps.push({ at, rows: batch.rows.length, nanoUsd: expected(batch.rows) });
  }
  const pending = ledger.pendingRows();
  if (pending.length === 0) return steps;
  const medians = meta.cells.flatMap(({ provider, model }) => usual(provider, model)?.medianMs ?? []);
  const sizes = [...ledger.batches.values()].map(({ rows }) => rows.length);
  if (medians.length < meta.cells.length || sizes.length === 0) return undefined;
  const median = Math.max(...medians);
  const size = Math.max(...sizes, Math.ceil(pending.length / MOST_WAVES));
  const free = steps.map(({ at }) => at).sort((a, b) => a - b);
  while (free.length < meta.settings.maxConcurrent) free.unshift(now);
  const each = expected(pending) / pending.length;
  for (let left = pending.length; left > 0; left -= size) {
    const rows = Math.min(size, left);
    const at = (free.shift() ?? now) + median;
    steps.push({ at, rows, nanoUsd: Math.round(each * rows) });
    free.push(at);
    free.sort((a, b) => a - b);
  }
  return steps;
}

/** At the pace so far, evenly. */
function paceSteps(run: Pick<RunReader, 'meta' | 'ledger'>, { now, etaMs }: ForecastContext): Step[] {
  if (etaMs === null || etaMs <= 0) return [];
  const { ledger } = run;
  const left = ledger.rows.filter(({ status }) => status === 'pending' || status === 'submitted');
  const nanoUsd = left.reduce((sum, row) => sum + row.estimate.expectedNanoUsd, 0);
  const steps = Math.min(PACE_STEPS, left.length);
  const until = (all: number, i: number): number => Math.round((all * i) / steps);
  return Array.from({ length: steps }, (_, i) => ({
    at: now + until(etaMs, i + 1),
    rows: until(left.length, i + 1) - until(left.length, i),
    nanoUsd: until(nanoUsd, i + 1) - until(nanoUsd, i),
  }));
}

function finishedIn({ ledger }: Pick<RunReader, 'ledger'>): number {
  return ledger.rows.filter(({ status }) => status !== 'pending' && status !== 'submitted').length;
}
