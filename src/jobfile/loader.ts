import * as fs from 'node:fs/promises';
import { describeCause, isBatchbookError } from '../core/errors.ts';
import { hashInput } from '../core/inputHash.ts';
import type { InputFile, Job } from '../core/job.ts';
import type { ModelConfig } from '../core/modelConfig.ts';
import type { LoadedRow, PlannedRow, RowLoader } from '../core/plan.ts';
import { mergeParameters } from './parameters.ts';
import { ResponseSchemas } from './responseSchema.ts';
import { insideRoot } from './root.ts';
import { RowSources, keyOf } from './rowSources.ts';
import type { JobFile, RequestCell } from './schema.ts';
import { MAX_FILE_BYTES, looksBinary, takesBinary } from './sniff.ts';
import { parseTemplate, renderTemplate } from './templates.ts';

export interface JobFileLoaderOptions {
  /** Absolute path of the root. */
  readonly root: string;
  /** The job file that the run follows: its snapshot once there is a run. */
  readonly jobFile: JobFile;
  /** @throws ValidationError `unknownModel`. */
  readonly modelConfig: (name: string) => ModelConfig;
}

/** The part of a planned row that says where its input is; an `ExpandedRow` has it too. */
export type RowReference = Pick<PlannedRow, 'id' | 'cell' | 'source'>;

export interface JobFileLoader extends RowLoader {
  load(row: RowReference, model?: string): Promise<LoadedRow>;
}

type Refusal = Extract<LoadedRow, { ok: false }>;

/**
 * Reads rows of a job file as they are now. Planning and sending share it, so that what was confirmed and what is sent
 * can be compared by hash. Data and schema files are read again only when their size or time changed.
 */
export function createJobFileLoader({ root, jobFile, modelConfig }: JobFileLoaderOptions): JobFileLoader {
  const sources = new RowSources(root);
  const schemas = new ResponseSchemas(root);
  const cells = new Map<string, RequestCell>();
  for (const cell of jobFile.cells) if (cell.kind !== 'markdown') cells.set(cell.id, cell);

  const build = async (
    cell: RequestCell,
    row: RowReference,
    other: string | undefined,
  ): Promise<Job | Refusal> => {
    const model = modelConfig(other ?? cell.model ?? jobFile.defaults?.model ?? '');
    const { parameters, issues } = mergeParameters(cell, jobFile.defaults, model);
    // Of the cell's own model they were told when the run was planned.
    if (other !== undefined && issues[0] !== undefined) return refusal('unreadable', issues[0].message);
    const answer = await schemas.of(cell);
    if (!answer.ok) return refusal('unreadable', answer.message);
    const schema = answer.schema === undefined ? {} : { responseSchema: answer.schema };
    const base = { id: row.id, ...parameters, ...schema };
    if (cell.kind === 'messages') return { ...base, messages: cell.messages };
    const values = await sources.values(cell, keyOf(cell, row.source));
    if (values === undefined) return refusal('gone', 'The row is not in its data file any more.');
    const prompt = renderTemplate(parseTemplate(cell.prompt, cell.kind).parts, values);
    if (cell.kind === 'rows') return { ...base, prompt };
    const file = await readInput(root, row.source, model.fileTypes);
    return 'ok' in file ? file : { ...base, prompt, file };
  };

  return {
    load: async (row, model) => {
      const cell = cells.get(row.cell);
      if (cell === undefined) return refusal('gone', `The job file has no cell "${row.cell}" any more.`);
      try {
        const built = await build(cell, row, model);
        return 'ok' in built ? built : { ok: true, job: built, inputHash: hashInput(built) };
      } catch (error) {
        if (!isBatchbookError(error) || error.code !== 'validation') throw error;
        return refusal('unreadable', error.userMessage);
      }
    },
  };
}

function refusal(code: Refusal['code'], message: string): Refusal {
  return { ok: false, code, message };
}

/** Reads an input once. Links are resolved again: what was inside the root when it was confirmed must still be (P7). */
async function readInput(
  root: string,
  source: string,
  fileTypes: readonly string[],
): Promise<InputFile | Refusal> {
  try {
    const located = await insideRoot(root, source);
    if (!located.ok) return refusal('unreadable', `The path ${located.message}.`);
    if (located.path !== source)
      return refusal('unreadable', `The path is now a link to ${located.path}, which nobody confirmed.`);
    const stat = await fs.stat(located.absolute);
    if (!stat.isFile()) return refusal('unreadable', 'The path is not a file any more.');
    if (stat.size > MAX_FILE_BYTES) return refusal('tooLarge', `The file has ${String(stat.size)} bytes.`);
    const bytes = await fs.readFile(located.absolute);
    if (bytes.length === 0) return refusal('unreadable', 'The file is empty now.');
    if (looksBinary(bytes.subarray(0, 8192)) && !takesBinary(source, fileTypes))
      return refusal('unreadable', 'The file is not text now, and the model does not take its type.');
    return { path: source, bytes };
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return missing
      ? refusal('gone', 'The file does not exist any more.')
      : refusal('unreadable', `The file cannot be read: ${describeCause(error)}`);
  }
}
