import { SOME_TOKEN, answerTokens, withEcho } from './echo.ts';
import type { Job, RequestParameters, Usage } from './job.ts';
import { costNanoUsd, worstCostNanoUsd, type ModelConfig } from './modelConfig.ts';
import type { RowEstimate } from './plan.ts';
import type { Provider, TokenEstimate } from './provider.ts';

/** Share of `maxTokens` that an answer is expected to use, for the expected (not the reserved) price. */
const EXPECTED_SHARE = 0.5;

/** The part of a row's input that is expected to be cached. */
export interface CachedPrefix {
  readonly tokens: number;
  /** Whether this row is the one that writes it. */
  readonly writes: boolean;
}

/**
 * What a job is expected to need and the most it can cost, worked out on this machine.
 * @throws ValidationError `unknownPrice`, or `validation` as `withEcho`.
 */
export function estimateRow(
  provider: Provider,
  model: ModelConfig,
  job: Job,
  at: number,
  cached?: CachedPrefix,
): RowEstimate {
  const tokens = provider.estimateTokens(withEcho(job, SOME_TOKEN));
  const text = [job.prompt ?? '', job.system ?? '', ...(job.messages ?? []).map((m) => m.content)].join('');
  return {
    bytes: (job.file?.bytes.length ?? 0) + Buffer.byteLength(text),
    inputTokens: tokens.expected,
    ...priced(model, tokens, job, at, cached),
  };
}

/** What so many tokens are expected to cost, and the most that they can. @throws ValidationError `unknownPrice`. */
export function priced(
  model: ModelConfig,
  tokens: TokenEstimate,
  parameters: Pick<RequestParameters, 'maxTokens' | 'cache' | 'echo'>,
  at: number,
  cached?: CachedPrefix,
): Pick<RowEstimate, 'reservedNanoUsd' | 'expectedNanoUsd'> {
  const { cache } = parameters;
  const maxTokens = answerTokens(parameters, model);
  return {
    reservedNanoUsd: worstCostNanoUsd(model, { inputTokens: tokens.upperBound, maxTokens, cache }, at),
    expectedNanoUsd: costNanoUsd(
      model,
      { ...inputOf(tokens.expected, cached), output: Math.ceil(maxTokens * EXPECTED_SHARE) },
      at,
    ),
  };
}

function inputOf(tokens: number, cached: CachedPrefix | undefined): Omit<Usage, 'output'> {
  if (cached === undefined) return { input: tokens };
  const prefix = Math.min(tokens, cached.tokens);
  return { input: tokens - prefix, ...(cached.writes ? { cacheWrite1h: prefix } : { cacheRead: prefix }) };
}
