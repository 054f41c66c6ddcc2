import type { Job, RequestParameters } from './job.ts';
import { costNanoUsd, worstCostNanoUsd, type ModelConfig } from './modelConfig.ts';
import type { RowEstimate } from './plan.ts';
import type { Provider, TokenEstimate } from './provider.ts';

/** Share of `maxTokens` that an answer is expected to use, for the expected (not the reserved) price. */
const EXPECTED_SHARE = 0.5;

/**
 * What a job is expected to need and the most it can cost, worked out on this machine.
 * @throws ValidationError `unknownPrice`.
 */
export function estimateRow(provider: Provider, model: ModelConfig, job: Job, at: number): RowEstimate {
  const tokens = provider.estimateTokens(job);
  const text = [job.prompt ?? '', job.system ?? '', ...(job.messages ?? []).map((m) => m.content)].join('');
  return {
    bytes: (job.file?.bytes.length ?? 0) + Buffer.byteLength(text),
    inputTokens: tokens.expected,
    ...priced(model, tokens, job, at),
  };
}

/** What so many tokens are expected to cost, and the most that they can. @throws ValidationError `unknownPrice`. */
export function priced(
  model: ModelConfig,
  tokens: TokenEstimate,
  { maxTokens }: Pick<RequestParameters, 'maxTokens'>,
  at: number,
): Pick<RowEstimate, 'reservedNanoUsd' | 'expectedNanoUsd'> {
  return {
    reservedNanoUsd: worstCostNanoUsd(model, tokens.upperBound, maxTokens, at),
    expectedNanoUsd: costNanoUsd(
      model,
      { input: tokens.expected, output: Math.ceil(maxTokens * EXPECTED_SHARE) },
      at,
    ),
  };
}
