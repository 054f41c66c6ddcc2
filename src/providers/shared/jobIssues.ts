import type { Job } from '../../core/job.ts';
import { undatedName, type ModelConfig } from '../../core/modelConfig.ts';
import type { JobIssue, TokenEstimate } from '../../core/provider.ts';
import { kindOf } from './inputContent.ts';

export interface IssueContext {
  /** The most that one encoded request may have. */
  readonly maxRequestBytes: number;
  readonly tokens: TokenEstimate;
}

/** What a model cannot take of a job, by its ModelConfig and the service's size of a request. Nothing is cut silently. */
export function jobIssues(
  job: Job,
  models: readonly ModelConfig[],
  context: IssueContext,
): readonly JobIssue[] {
  const model = modelOf(job.model, models);
  if (model === undefined) return [{ parameter: 'model', message: `There is no model "${job.model}" here.` }];
  const issues: JobIssue[] = [];
  const refuse = (parameter: string, message: string): void => void issues.push({ parameter, message });
  if (job.temperature !== undefined && !model.supportsTemperature)
    refuse('temperature', `${model.name} takes no temperature. Leave it out.`);
  if (job.effort !== undefined && model.efforts?.includes(job.effort) !== true)
    refuse(
      'effort',
      `${model.name} has no effort "${job.effort}". It has: ${model.efforts?.join(', ') || 'none'}.`,
    );
  if (job.maxTokens > model.maxOutputTokens)
    refuse('maxTokens', `${model.name} answers with at most ${String(model.maxOutputTokens)} tokens.`);
  if (job.responseSchema !== undefined && !model.supportsStructuredOutput)
    refuse('responseSchema', `${model.name} cannot be held to a schema. Choose another model.`);
  if (job.enableCitations === true && !model.supportsCitations)
    refuse('enableCitations', `${model.name} does not cite. Choose a model of Anthropic.`);
  const input = job.file === undefined ? 'messages' : 'file';
  if (context.tokens.expected > model.maxInputTokens)
    refuse(
      input,
      `The input has about ${String(context.tokens.expected)} tokens, and ${model.name} reads at most ${String(model.maxInputTokens)}. Split it.`,
    );
  if (job.file !== undefined) {
    if (kindOf(job.file) === 'image' && !model.supportsImages)
      refuse('file', `${model.name} takes no images.`);
    // Base64 makes four bytes of three.
    const bytes =
      kindOf(job.file) === 'text' ? job.file.bytes.length : Math.ceil(job.file.bytes.length / 3) * 4;
    if (bytes > context.maxRequestBytes)
      refuse(
        'file',
        `The file makes a request of ${String(bytes)} bytes, and one may have ${String(context.maxRequestBytes)}. Split it.`,
      );
  }
  return issues;
}

/** By its exact name, or without the date behind it. */
function modelOf(name: string, models: readonly ModelConfig[]): ModelConfig | undefined {
  const base = undatedName(name);
  return models.find((model) => model.name === name) ?? models.find((model) => model.name === base);
}
