import type { RequestParameters } from '../core/job.ts';
import type { ModelConfig } from '../core/modelConfig.ts';
import { JOB_FILE_DEFAULTS, type JobFileDefaults, type RequestCell } from './schema.ts';

/** Parameters of a cell without the schema of its answer, which may be in a file. */
export type CellParameters = Omit<RequestParameters, 'responseSchema'>;

export interface MergedParameters {
  readonly parameters: CellParameters;
  /** What the cell itself asks for and the model refuses, by key. */
  readonly issues: readonly { readonly key: string; readonly message: string }[];
  /** Inherited defaults that the model refuses, and which were left out or lowered. */
  readonly notices: readonly string[];
}

/** The cell's own parameters over the defaults, as far as the model takes them. */
export function mergeParameters(
  cell: RequestCell,
  defaults: JobFileDefaults | undefined,
  model: ModelConfig,
): MergedParameters {
  const issues: { key: string; message: string }[] = [];
  const notices: string[] = [];
  /** The value to send; a refused one is an issue where the cell asks for it, and a notice where it is inherited. */
  const take = <T>(
    key: string,
    own: T | undefined,
    inherited: T | undefined,
    refused: boolean,
  ): T | undefined => {
    const value = own ?? inherited;
    if (value === undefined || !refused) return value;
    const what = `Model "${model.name}" does not take "${key}"`;
    if (own !== undefined) issues.push({ key, message: `${what}. Remove it, or choose another model.` });
    else notices.push(`${what}; the default is left out for cell "${cell.id}".`);
    return undefined;
  };
  const temperature = take(
    'temperature',
    cell.temperature,
    defaults?.temperature,
    !model.supportsTemperature,
  );
  const citations = cell.enableCitations ?? defaults?.enableCitations;
  const enableCitations = take(
    'enableCitations',
    cell.enableCitations,
    defaults?.enableCitations,
    citations === true && !model.supportsCitations,
  );
  for (const key of ['responseSchema', 'responseSchemaFile'] as const)
    take(key, cell[key], undefined, !model.supportsStructuredOutput);
  const system = cell.system ?? defaults?.system;
  const wanted = cell.effort ?? defaults?.effort;
  const effort = take(
    'effort',
    cell.effort,
    defaults?.effort,
    wanted !== undefined && model.efforts?.includes(wanted) !== true,
  );
  const cache = cell.cache ?? defaults?.cache;
  const wantsEcho = cell.echo ?? defaults?.echo;
  const echo = take('echo', cell.echo, defaults?.echo, wantsEcho === true && model.supportsEcho === false);
  const parameters: CellParameters = {
    model: model.name,
    maxTokens: maxTokens(cell, defaults, model, issues, notices),
    ...(system === undefined ? {} : { system }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(effort === undefined ? {} : { effort }),
    ...(enableCitations === undefined ? {} : { enableCitations }),
    ...(cache === undefined ? {} : { cache }),
    ...(echo === undefined ? {} : { echo }),
  };
  return { parameters, issues, notices };
}

function maxTokens(
  cell: RequestCell,
  defaults: JobFileDefaults | undefined,
  model: ModelConfig,
  issues: { key: string; message: string }[],
  notices: string[],
): number {
  const value = cell.maxTokens ?? defaults?.maxTokens ?? JOB_FILE_DEFAULTS.maxTokens;
  if (value <= model.maxOutputTokens) return value;
  const most = String(model.maxOutputTokens);
  if (cell.maxTokens !== undefined) {
    const message = `"maxTokens" is ${String(value)}, and model "${model.name}" answers with ${most} tokens at most. Lower it.`;
    issues.push({ key: 'maxTokens', message });
  } else {
    notices.push(
      `"maxTokens" is lowered to ${most}, the most of model "${model.name}", for cell "${cell.id}".`,
    );
  }
  return model.maxOutputTokens;
}
