import { SOME_TOKEN, answerTokens, withEcho } from '../core/echo.ts';
import { priced } from '../core/estimate.ts';
import { isBatchbookError } from '../core/errors.ts';
import { spread } from '../core/pilot.ts';
import type { ProviderRegistry } from '../core/provider.ts';
import { createJobFileLoader } from '../jobfile/loader.ts';
import type { JobFile, RequestCell } from '../jobfile/schema.ts';
import { parseTemplate, renderTemplate } from '../jobfile/templates.ts';
import type { InspectedCell } from './inspectJobFile.ts';

/** Inputs that are read to tell what a cell would come to; further ones are taken to be like them. */
const SAMPLED_ROWS = 60;

/** What a cell would send, and what it would cost without anything answered before. */
export interface CellForecast {
  readonly rows: number;
  readonly bytes: number;
  readonly inputTokens: number;
  readonly outputTokensAtMost: number;
  readonly expectedNanoUsd: number;
  readonly worstNanoUsd: number;
  /** How many inputs were read for it; fewer than `rows`: the rest is taken to be like them. */
  readonly sampled: number;
  /** Why it cannot be told, such as an unknown price. */
  readonly problem?: string;
}

export interface ForecastContext {
  readonly root: string;
  readonly registry: ProviderRegistry;
  readonly jobFile: JobFile;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Works out what a cell would come to from some of its inputs. Sends nothing. */
export async function forecastCell(context: ForecastContext, cell: InspectedCell): Promise<CellForecast> {
  const { registry } = context;
  const { rows, expanded } = cell;
  const bytes = rows.reduce((sum, { fileBytes = 0 }) => sum + fileBytes, 0);
  const nothing = { inputTokens: 0, outputTokensAtMost: 0, expectedNanoUsd: 0, worstNanoUsd: 0, sampled: 0 };
  if (expanded === undefined || rows.length === 0) return { rows: rows.length, bytes, ...nothing };
  const { model, parameters } = expanded;
  const provider = await registry.providerOf(model.name);
  const loader = loaderOf(context);
  let [sampled, expected, upperBound, sampledBytes, textBytes] = [0, 0, 0, 0, 0];
  for (const index of spread(Math.min(SAMPLED_ROWS, rows.length), rows.length)) {
    const row = rows[index];
    const loaded = row === undefined ? undefined : await loader.load(row);
    // What cannot be read, or fits no model, is told when the run is planned.
    if (loaded?.ok !== true) continue;
    const tokens = provider.estimateTokens(withEcho(loaded.job, SOME_TOKEN));
    sampled += 1;
    expected += tokens.expected;
    upperBound += tokens.upperBound;
    sampledBytes += loaded.job.file?.bytes.length ?? 0;
    textBytes += Buffer.byteLength((loaded.job.prompt ?? '') + (loaded.job.system ?? ''));
  }
  if (sampled === 0) return { rows: rows.length, bytes, ...nothing };
  // Files weigh as much as they are long; rows of a table as one another.
  const factor = sampledBytes > 0 ? bytes / sampledBytes : rows.length / sampled;
  const each = {
    expected: (expected * factor) / rows.length,
    upperBound: (upperBound * factor) / rows.length,
  };
  const base = {
    rows: rows.length,
    bytes: Math.round(bytes + (textBytes * rows.length) / sampled),
    inputTokens: Math.round(expected * factor),
    outputTokensAtMost: answerTokens(parameters, model) * rows.length,
    sampled,
  };
  try {
    const one = priced(model, each, parameters, context.now);
    const [expectedNanoUsd, worstNanoUsd] = [one.expectedNanoUsd, one.reservedNanoUsd].map((nano) =>
      Math.round(nano * rows.length),
    ) as [number, number];
    return { ...base, expectedNanoUsd, worstNanoUsd };
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return { ...base, expectedNanoUsd: 0, worstNanoUsd: 0, problem: error.userMessage };
  }
}

/** The prompt of one row as it would be sent. */
export interface RenderedPrompt {
  /** How a person names the row. */
  readonly name: string;
  readonly prompt: string;
  /** Of the whole request, its file included; absent where it cannot be read. */
  readonly inputTokens?: number;
  /** Why it cannot be sent. */
  readonly problem?: string;
}

/** @param index Of the row in `cell.rows`. @returns `undefined` where there is none. */
export async function renderPrompt(
  context: ForecastContext,
  cell: InspectedCell,
  index: number,
): Promise<RenderedPrompt | undefined> {
  const row = cell.rows[index];
  const source = context.jobFile.cells.find(({ id }) => id === cell.id);
  if (row === undefined || source === undefined || source.kind === 'markdown') return undefined;
  const name = row.source === '' ? cell.id : row.source;
  try {
    const prompt = promptOf(source, row.values);
    const loaded = await loaderOf(context).load(row);
    if (!loaded.ok) return { name, prompt, problem: loaded.message };
    const provider = await context.registry.providerOf(loaded.job.model);
    const issue = provider.validateJob(loaded.job)[0];
    const { expected } = provider.estimateTokens(withEcho(loaded.job, SOME_TOKEN));
    return {
      name,
      prompt,
      inputTokens: expected,
      ...(issue === undefined ? {} : { problem: issue.message }),
    };
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return { name, prompt: '', problem: error.userMessage };
  }
}

function promptOf(cell: RequestCell, values: InspectedCell['rows'][number]['values']): string {
  if (cell.kind === 'messages')
    return cell.messages.map(({ role, content }) => `**${role}**\n\n${content}`).join('\n\n');
  return renderTemplate(parseTemplate(cell.prompt, cell.kind).parts, values);
}

function loaderOf({ root, jobFile, registry }: ForecastContext): ReturnType<typeof createJobFileLoader> {
  return createJobFileLoader({ root, jobFile, modelConfig: (name) => registry.modelConfig(name) });
}
