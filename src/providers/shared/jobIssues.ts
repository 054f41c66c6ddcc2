import type { Job } from '../../core/job.ts';
import { undatedName, type ModelConfig } from '../../core/modelConfig.ts';
import type { JobIssue, TokenEstimate } from '../../core/provider.ts';
import { fileIssue, type InputLimits } from './fileIssue.ts';
import { base64Length, contentOf, kindOf } from './inputContent.ts';

export interface IssueContext {
  readonly limits: InputLimits;
  readonly tokens: TokenEstimate;
}

/** Of a request around its texts and its file: names of fields, parameters, the custom id. */
const FRAME_BYTES = 2_000;
/** A character of text, such as a control character, may take this many bytes in JSON (`\u0001`). */
const MOST_ESCAPED = 6;

/**
 * What a model cannot take of a job, by its ModelConfig and the service's limits, the most telling first. Nothing is cut
 * silently.
 */
export function jobIssues(
  job: Job,
  models: readonly ModelConfig[],
  context: IssueContext,
): readonly JobIssue[] {
  const model = modelOf(job.model, models);
  if (model === undefined) return [{ parameter: 'model', message: `There is no model "${job.model}" here.` }];
  return [...parameterIssues(job, model), ...inputIssues(job, model, context)];
}

function parameterIssues(job: Job, model: ModelConfig): readonly JobIssue[] {
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
  return issues;
}

function inputIssues(job: Job, model: ModelConfig, { limits, tokens }: IssueContext): readonly JobIssue[] {
  const input = job.file !== undefined ? 'file' : job.messages !== undefined ? 'messages' : 'prompt';
  const empty = job.messages?.findIndex(({ content }) => content.trim() === '') ?? -1;
  if (empty >= 0)
    return [{ parameter: 'messages', message: `Message ${String(empty + 1)} is empty: give it a text.` }];
  if (job.messages === undefined && (job.prompt ?? '').trim() === '')
    return [{ parameter: 'prompt', message: 'The prompt is empty: say what is to be done.' }];
  const file = job.file === undefined ? undefined : fileIssue(job.file, model, limits);
  if (file !== undefined) return [{ parameter: 'file', message: file }];
  const bytes = requestBytes(job, limits.maxRequestBytes);
  if (bytes > limits.maxRequestBytes)
    return [
      {
        parameter: input,
        message: `The request has about ${String(bytes)} bytes, and one may have ${String(limits.maxRequestBytes)}. Split the input.`,
      },
    ];
  // What the pages of a PDF take is known so roughly that only what is sure to be too long is refused.
  const least = job.file !== undefined && kindOf(job.file) === 'pdf' ? tokens.expected / 2 : tokens.expected;
  if (least > model.maxInputTokens)
    return [
      {
        parameter: input,
        message: `The input has about ${String(tokens.expected)} tokens, and ${model.name} reads at most ${String(model.maxInputTokens)}. Split it.`,
      },
    ];
  return [];
}

/** The bytes of a job's request, or less where they are sure to be below `most`. */
function requestBytes({ system, prompt, messages, responseSchema, file }: Job, most: number): number {
  const texts = [system ?? '', prompt ?? '', ...(messages ?? []).map(({ content }) => content)];
  if (responseSchema !== undefined) texts.push(JSON.stringify(responseSchema));
  const isText = file !== undefined && kindOf(file) === 'text';
  const raw = texts.reduce((sum, text) => sum + text.length, 0) + (isText ? file.bytes.length : 0);
  const binary = file === undefined || isText ? 0 : base64Length(file.bytes.length);
  const least = raw + binary + FRAME_BYTES;
  if (raw * MOST_ESCAPED + binary + FRAME_BYTES <= most) return least;
  const content = isText ? contentOf(file) : undefined;
  if (content?.kind === 'text') texts.push(content.text);
  return texts.reduce((sum, text) => sum + Buffer.byteLength(JSON.stringify(text)), binary + FRAME_BYTES);
}

/** By its exact name, or without the date behind it. */
function modelOf(name: string, models: readonly ModelConfig[]): ModelConfig | undefined {
  const base = undatedName(name);
  return models.find((model) => model.name === name) ?? models.find((model) => model.name === base);
}
