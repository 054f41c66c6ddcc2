import * as fs from 'node:fs/promises';
import path from 'node:path';
import { BatchbookError, ValidationError, describeCause } from '../core/errors.ts';
import type { JobResult } from '../core/job.ts';
import type { OutputOutcome, OutputRequest, OutputWriter, PlannedRow } from '../core/plan.ts';
import { notOurs, placeOutput, sha256Of, type OutputContext, type WrittenBefore } from './outputChecks.ts';
import { foldPath, outputPath } from './outputPaths.ts';
import { errorCode, makeFolders, placeFile } from './placeFile.ts';
import { RowSources, keyOf } from './rowSources.ts';
import { JOB_FILE_DEFAULTS, type JobFile, type RequestCell } from './schema.ts';

export interface JobFileOutputOptions {
  /** Absolute path of the root. */
  readonly root: string;
  /** Relative to the root, with `/`. */
  readonly jobFilePath: string;
  /** The snapshot that the run follows. */
  readonly jobFile: JobFile;
  readonly runId: string;
  /** All rows of the run, whose inputs are never written. */
  readonly rows: readonly Pick<PlannedRow, 'cell' | 'source'>[];
  /** By path, what earlier runs of this root wrote. */
  readonly writtenBefore: ReadonlyMap<string, WrittenBefore>;
}

/** Where the answer of a row goes. */
export interface RowOutput {
  /** Relative to the root. */
  readonly path: string;
  readonly overwrite: boolean;
  /** The parsed answer is what is written to a `.json` file. */
  readonly hasSchema: boolean;
}

/** Failures of one file or folder; they must not stop the run. Others (a full disk) must. */
const LOCAL_FAILURES = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EISDIR',
  'ENAMETOOLONG',
  'ELOOP',
  'EINVAL',
]);

/** Writes the outputs of a job file's rows. What was checked when the run was planned is checked again at every write. */
export function createJobFileOutputs(options: JobFileOutputOptions): OutputWriter {
  const { jobFile, root } = options;
  const cells = new Map<string, RequestCell>();
  for (const cell of jobFile.cells) if (cell.kind !== 'markdown') cells.set(cell.id, cell);
  const sources = new RowSources(root);
  const settings = {
    resultsDir: jobFile.resultsDir ?? JOB_FILE_DEFAULTS.resultsDir,
    runId: options.runId,
    rows: options.rows.length,
  };
  const outputOf = async (row: PlannedRow): Promise<RowOutput | undefined> => {
    const cell = cells.get(row.cell);
    if (cell === undefined || cell.output === false) return undefined;
    const key = keyOf(cell, row.source);
    // Data may have changed since; the default output needs the key alone.
    const byKey = cell.output === undefined || cell.output === 'each';
    const values = byKey ? { cellId: cell.id } : await sources.values(cell, key);
    if (values === undefined)
      throw new ValidationError('validation', `The row is not in its data file any more.`);
    const file = outputPath(cell, key, values, settings);
    if (file === undefined) return undefined;
    const hasSchema = cell.responseSchema !== undefined || cell.responseSchemaFile !== undefined;
    return { path: file, overwrite: cell.overwrite === true, hasSchema: hasSchema && !byKey };
  };
  const protectedPaths = protectedOf(options, cells);
  return createOutputWriter({ root, protectedPaths, outputOf, writtenBefore: options.writtenBefore });
}

function protectedOf(
  { jobFilePath, rows }: JobFileOutputOptions,
  cells: ReadonlyMap<string, RequestCell>,
): ReadonlyMap<string, string> {
  const paths = new Map([[foldPath(jobFilePath), 'the job file']]);
  for (const cell of cells.values()) {
    if (cell.kind === 'rows') paths.set(foldPath(path.posix.normalize(cell.data)), 'a data file');
    if (cell.responseSchemaFile !== undefined)
      paths.set(foldPath(path.posix.normalize(cell.responseSchemaFile)), 'a response schema');
  }
  for (const { cell, source } of rows)
    if (cells.get(cell)?.kind === 'files') paths.set(foldPath(source), 'an input of the run');
  return paths;
}

export interface OutputWriterOptions extends OutputContext {
  /** As in `JobFileOutputOptions`. */
  readonly writtenBefore: ReadonlyMap<string, WrittenBefore>;
  /** @throws ValidationError where the place can no longer be told. */
  readonly outputOf: (row: PlannedRow) => Promise<RowOutput | undefined>;
}

/**
 * Writes answers below the root and replaces only what is ours (promise P5): a file with the very bytes that are to be
 * written, or with those that were written before for this job file, or any file where the cell says `overwrite`.
 */
export function createOutputWriter(options: OutputWriterOptions): OutputWriter {
  /** By folded path, the row that wrote it: a row never replaces another one's answer, even with `overwrite`. */
  const owners = new Map<string, string>();
  return {
    write: async (request) => {
      let output: RowOutput | undefined;
      try {
        output = await options.outputOf(request.row);
      } catch (error) {
        if (!(error instanceof ValidationError)) throw error;
        return { kind: 'leftAlone', path: `The output of ${request.row.source}`, reason: error.userMessage };
      }
      if (output === undefined) return { kind: 'none' };
      try {
        return await writeOutput(options, output, request, owners);
      } catch (error) {
        const reason = `It cannot be written: ${describeCause(error)}.`;
        if (LOCAL_FAILURES.has(errorCode(error) ?? ''))
          return { kind: 'leftAlone', path: output.path, reason };
        const message = `${output.path} cannot be written: ${describeCause(error)}. Resume the run once that is mended; nothing is lost.`;
        throw new BatchbookError('disk', message, { cause: error });
      }
    },
  };
}

async function writeOutput(
  context: OutputWriterOptions,
  output: RowOutput,
  { row, result, previousSha256 }: OutputRequest,
  owners: Map<string, string>,
): Promise<OutputOutcome> {
  const leftAlone = (reason: string): OutputOutcome => ({ kind: 'leftAlone', path: output.path, reason });
  const before = await placeOutput(context, output.path);
  if (!before.ok) return leftAlone(`It ${before.message}.`);
  const owner = owners.get(foldPath(before.path));
  if (owner !== undefined && owner !== row.id) return leftAlone(`It holds the answer of row ${owner}.`);
  const bytes = Buffer.from(outputText(output, result));
  const sha256 = sha256Of(bytes);
  const written: OutputOutcome = { kind: 'written', path: output.path, sha256 };
  await makeFolders(path.dirname(before.absolute));
  // Looked at again: a folder may have become a link meanwhile.
  const place = await placeOutput(context, output.path);
  if (!place.ok) return leftAlone(`It ${place.message}.`);
  if (!place.exists) {
    if (!(await placeFile(place.absolute, bytes, false)))
      return leftAlone('Somebody else has just created it.');
  } else {
    const there = sha256Of(await fs.readFile(place.absolute));
    if (there !== sha256) {
      const own = previousSha256 === undefined ? undefined : { sha256: previousSha256 };
      const reason = notOurs(there, own ?? context.writtenBefore.get(output.path));
      // What we wrote in this run and somebody changed since is theirs, also where the job file says overwrite.
      if (reason !== undefined && !(output.overwrite && own === undefined)) return leftAlone(`It ${reason}.`);
      await placeFile(place.absolute, bytes, true);
    }
  }
  owners.set(foldPath(place.path), row.id);
  return written;
}

function outputText({ path: file, hasSchema }: RowOutput, result: JobResult): string {
  if (file.toLowerCase().endsWith('.json')) {
    const value = hasSchema && result.parsedResponse !== undefined ? result.parsedResponse : result;
    return `${JSON.stringify(value, undefined, 2)}\n`;
  }
  const text = result.response ?? '';
  return text.endsWith('\n') ? text : `${text}\n`;
}
