import type { RequestParameters, Usage } from './job.ts';
import { costNanoUsd, type ModelConfig } from './modelConfig.ts';
import type { PlannedCell } from './plan.ts';
import type { Provider } from './provider.ts';
import type { RunLedger } from './runLedger.ts';

/**
 * Fewest rows for which it pays to write a prefix into a service's cache for an hour and read it from there: writing
 * costs twice the input, reading a tenth, so that the second row does not yet make up for the first.
 */
export const FEWEST_ROWS = 3;

/** What becomes of a cell that asks for caching. */
export interface CachingPlan {
  /** Tokens that all its rows begin with, where caching is on. */
  readonly prefixTokens?: number;
  /** Why it is off although it was asked for. */
  readonly why?: string;
}

/** Decides whether the system prompt that all rows of a cell share is worth caching. Sends nothing. */
export function planCaching(provider: Provider, parameters: RequestParameters, rows: number): CachingPlan {
  if (parameters.cache !== true) return {};
  const { cachePrefix } = provider;
  const title = provider.title ?? provider.name;
  if (cachePrefix === undefined) return { why: `${title} caches by itself, or not at all.` };
  if (rows < FEWEST_ROWS) return { why: `It pays from ${String(FEWEST_ROWS)} rows on.` };
  const { model, maxTokens, system = '' } = parameters;
  const { expected } = provider.estimateTokens({ id: '', model, maxTokens, system });
  if (expected < cachePrefix.minTokens)
    return {
      why: `What all rows share is the system prompt, with about ${String(expected)} tokens, and ${title} keeps ${String(cachePrefix.minTokens)} or more. Put what is the same for all rows into "system".`,
    };
  return { prefixTokens: expected };
}

/** Parameters whose caching is as it was decided. */
export function withCache<T extends RequestParameters>(parameters: T, cache: boolean): T {
  return parameters.cache === undefined ? parameters : { ...parameters, cache };
}

/** What caching has saved, in nanodollars; less than 0 where more was paid for writing than was saved by reading. */
export function cacheSavingNanoUsd(model: ModelConfig, usage: Usage, at: number): number {
  const { cacheRead = 0, cacheWrite = 0, cacheWrite1h = 0, input, ...rest } = usage;
  const cached = cacheRead + cacheWrite + cacheWrite1h;
  if (cached === 0) return 0;
  return costNanoUsd(model, { ...rest, input: input + cached }, at) - costNanoUsd(model, usage, at);
}

/**
 * How the shared prefix of a cell stands at its service. `cold`: one row goes alone, since a batch works on its rows side
 * by side and none would find what another has just written. `priming`: that row is there. `warm`: all others may go.
 */
export type CacheState = 'warm' | 'cold' | 'priming';

/**
 * @param waiting Rows of the cell that may be sent next.
 * @param now Epoch milliseconds.
 */
export function cacheState(
  ledger: RunLedger,
  cell: PlannedCell,
  provider: Provider,
  waiting: number,
  now: number,
): CacheState {
  if (cell.prefixTokens === undefined || provider.cachePrefix === undefined || waiting < FEWEST_ROWS)
    return 'warm';
  const since = now - provider.cachePrefix.lifeMs;
  const rows = ledger.rows.filter(
    ({ planned, movedTo }) => planned.cell === cell.id && movedTo === undefined,
  );
  // However it ended: a row that failed is not waited for again.
  if (rows.some(({ lastBatch, finishedAt }) => lastBatch !== undefined && finishedAt > since)) return 'warm';
  const live = new Set(rows.flatMap(({ liveIn }) => liveIn ?? []));
  const batches = [...live].map((nonce) => ledger.batch(nonce));
  if (batches.length === 0) return 'cold';
  const first = batches.every((batch) => batch.rows.length === 1 && batch.state !== 'uncertain');
  return first ? 'priming' : 'warm';
}
