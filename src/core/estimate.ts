import type { Job } from './job.ts';
import { costNanoUsd, worstCostNanoUsd, type ModelConfig } from './modelConfig.ts';
import type { RowEstimate } from './plan.ts';
import type { Provider } from './provider.ts';

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
    reservedNanoUsd: worstCostNanoUsd(
      model,
      { inputTokens: tokens.upperBound, maxTokens: job.maxTokens, cache: job.cache },
      at,
    ),
    expectedNanoUsd: costNanoUsd(
      model,
      { input: tokens.expected, output: Math.ceil(job.maxTokens * EXPECTED_SHARE) },
      at,
    ),
  };
}
