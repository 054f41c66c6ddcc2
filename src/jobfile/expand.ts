import { echoIssue } from '../core/echo.ts';
import { ValidationError, describeCause, isBatchbookError, type Problem } from '../core/errors.ts';
import type { RequestParameters } from '../core/job.ts';
import type { ModelConfig } from '../core/modelConfig.ts';
import { mergeRetry, type RetryPolicy } from '../core/plan.ts';
import { expandRows, type CellRow } from './expandRows.ts';
import { leftOutFile, type LeftOutFile } from './files.ts';
import { rowId } from './ids.ts';
import { LeaveOut } from './leaveOut.ts';
import { didYouMean, nearest } from '../core/nearest.ts';
import { checkOutputs, type PlannedOutput, type WrittenBefore } from './outputChecks.ts';
import { DEFAULT_OUTPUT_ROWS, foldPath, outputPath, type OutputSettings } from './outputPaths.ts';
import { mergeParameters } from './parameters.ts';
import { ProblemList } from './problemList.ts';
import type { JobFileRanges } from './ranges.ts';
import { ResponseSchemas } from './responseSchema.ts';
import { insideRoot } from './root.ts';
import { RowSources, sourceOf } from './rowSources.ts';
import { JOB_FILE_DEFAULTS, type JobFile, type RequestCell } from './schema.ts';
import type { TemplateValues } from './templates.ts';

export interface ExpandOptions {
  /** Absolute path of the root. */
  readonly root: string;
  /** Relative to the root, with `/`. */
  readonly jobFilePath: string;
  readonly jobFile: JobFile;
  readonly ranges: JobFileRanges;
  /** Id of the run to be, for `{{run.id}}`. */
  readonly runId: string;
  /** @throws ValidationError `unknownModel`. */
  readonly modelConfig: (name: string) => ModelConfig;
  /** Names that a mistyped model may have meant. */
  readonly modelNames: readonly string[];
  /** Id of the one cell to expand; absent: all. */
  readonly only?: string;
  /** Names of inputs that the person does not want to be sent, see `LeaveOut`. */
  readonly leaveOut?: readonly string[];
  /** Who reads the data files; absent: they are read for this call alone. */
  readonly sources?: RowSources;
  /** By path, outputs that earlier runs of this root wrote. */
  readonly writtenBefore: ReadonlyMap<string, WrittenBefore>;
}

/** One row as its cell gives it, before its content is read. */
export interface ExpandedRow {
  readonly id: string;
  readonly cell: string;
  /** As `PlannedRow.source`. */
  readonly source: string;
  /** Where the answer goes, relative to the root; absent: nowhere. */
  readonly outputPath?: string;
  readonly values: TemplateValues;
  /** Size of the row's file; absent where it has none. */
  readonly fileBytes?: number;
}

/** What all rows of a cell share. */
export interface ExpandedCell {
  readonly id: string;
  /** Index in the job file. */
  readonly index: number;
  readonly kind: RequestCell['kind'];
  readonly model: ModelConfig;
  readonly parameters: RequestParameters;
  readonly retry: RetryPolicy;
  readonly rows: number;
}

export interface Notice {
  readonly cell: string;
  readonly message: string;
}

export interface Expansion {
  /** In the order of cells, files by path and data rows by line. */
  readonly rows: readonly ExpandedRow[];
  readonly cells: readonly ExpandedCell[];
  /** With an `error` among them nothing may be sent. */
  readonly problems: readonly Problem[];
  readonly notices: readonly Notice[];
  /** `path` of what the person left out is its name in the plan, which may be that of a data row. */
  readonly leftOut: readonly (LeftOutFile & { readonly cell: string })[];
}

/** A cell while it is expanded. */
interface WorkingCell {
  readonly cell: RequestCell;
  readonly index: number;
  readonly rows: readonly CellRow[];
}

/**
 * Expands a parsed job file into rows and checks everything that can be checked on this machine. File contents are not
 * read but for the first bytes; data files are.
 *
 * @throws ValidationError `usage` where `only` names no cell with rows, or `leaveOut` something that is no input.
 */
export async function expandJobFile(options: ExpandOptions): Promise<Expansion> {
  const problems = new ProblemList(options.jobFilePath, options.ranges);
  const notices: Notice[] = [];
  const leftOut: Expansion['leftOut'][number][] = [];
  const cells: ExpandedCell[] = [];
  const working: WorkingCell[] = [];
  const inputs = new Map<string, string>();
  const schemas = new ResponseSchemas(options.root);
  const { sources = new RowSources(options.root) } = options;
  const unwanted = new LeaveOut(options.leaveOut ?? []);
  const jobFile = await insideRoot(options.root, options.jobFilePath);
  if (jobFile.ok) inputs.set(foldPath(jobFile.path), 'the job file');
  for (const { cell, index } of selectCells(options.jobFile, options.only)) {
    const prepared = await prepareCell(options, cell, index, problems, schemas);
    notices.push(...prepared.notices.map((message) => ({ cell: cell.id, message })));
    if (prepared.schemaFile !== undefined)
      inputs.set(foldPath(prepared.schemaFile), `the response schema of cell "${cell.id}"`);
    const expanded = await expandRows(cell, index, {
      ...options,
      jobFilePath: jobFile.ok ? jobFile.path : options.jobFilePath,
      resultsDir: options.jobFile.resultsDir ?? JOB_FILE_DEFAULTS.resultsDir,
      // Without a model nobody can tell which binary files are fine; the missing model is the problem to solve first.
      fileTypes: prepared.model?.fileTypes ?? ['*'],
      sources,
      problems,
    });
    for (const [file, what] of expanded.inputs) inputs.set(foldPath(file), what);
    notices.push(...expanded.notices.map((message) => ({ cell: cell.id, message })));
    const { wanted = [], left = [] } = Object.groupBy(expanded.rows, ({ key }) =>
      unwanted.has(nameOf(cell, key)) ? 'left' : 'wanted',
    );
    const byYou = left.map(({ key }) => leftOutFile(nameOf(cell, key), 'byYou'));
    leftOut.push(...[...expanded.leftOut, ...byYou].map((file) => ({ cell: cell.id, ...file })));
    working.push({ cell, index, rows: wanted });
    const { model, parameters } = prepared;
    if (model === undefined || parameters === undefined) continue;
    const retry = mergeRetry(cell.retry, options.jobFile.defaults?.retry);
    cells.push({ id: cell.id, index, kind: cell.kind, model, parameters, retry, rows: wanted.length });
  }
  for (const { path } of leftOut) unwanted.has(path); // left out anyway is as the person wants it
  unwanted.assertAllFound(working.flatMap(({ cell, rows }) => rows.map(({ key }) => nameOf(cell, key))));
  const rows = await placeRows(options, working, inputs, problems, notices);
  return { rows, cells, problems: problems.all, notices, leftOut };
}

/** What a plan calls an input. */
function nameOf(cell: RequestCell, key: string): string {
  return sourceOf(cell, key) || rowId(cell.id, key);
}

function selectCells(
  jobFile: JobFile,
  only: string | undefined,
): readonly { readonly cell: RequestCell; readonly index: number }[] {
  const all = jobFile.cells.flatMap((cell, index) => (cell.kind === 'markdown' ? [] : [{ cell, index }]));
  if (only === undefined) return all;
  const chosen = all.filter(({ cell }) => cell.id === only);
  if (chosen.length > 0) return chosen;
  const ids = all.map(({ cell }) => cell.id);
  const known = ids.length === 0 ? 'It has no cells with rows.' : `Its cells: ${ids.join(', ')}.`;
  throw new ValidationError(
    'usage',
    `The job file has no cell "${only}" with rows.${didYouMean(only, ids)} ${known}`,
  );
}

interface PreparedCell {
  readonly model?: ModelConfig;
  readonly parameters?: RequestParameters;
  readonly schemaFile?: string;
  readonly notices: readonly string[];
}

/** Model, parameters and schema of a cell, with everything that is wrong about them. */
async function prepareCell(
  { jobFile, modelConfig, modelNames }: ExpandOptions,
  cell: RequestCell,
  index: number,
  problems: ProblemList,
  schemas: ResponseSchemas,
): Promise<PreparedCell> {
  const at = ['cells', index] as const;
  const answer = await schemas.of(cell);
  if (!answer.ok) problems.add([...at, answer.key], answer.message);
  const schemaFile = answer.ok && answer.file !== undefined ? { schemaFile: answer.file } : {};
  const name = cell.model ?? jobFile.defaults?.model;
  if (name === undefined) {
    problems.add([...at, 'model'], `Cell "${cell.id}" names no model, and "defaults" has none. Add "model".`);
    return { notices: [], ...schemaFile };
  }
  let model: ModelConfig;
  try {
    model = modelConfig(name);
  } catch (error) {
    if (!isBatchbookError(error) || error.code !== 'unknownModel') throw error;
    const where = cell.model === undefined ? (['defaults', 'model'] as const) : ([...at, 'model'] as const);
    problems.add(where, error.userMessage, { instead: nearest(name, modelNames) });
    return { notices: [], ...schemaFile };
  }
  const merged = mergeParameters(cell, jobFile.defaults, model);
  for (const { key, message } of merged.issues) problems.add([...at, key], message);
  const schema = answer.ok ? answer.schema : undefined;
  const unfit = merged.parameters.echo === true && schema !== undefined ? echoIssue(schema) : undefined;
  if (unfit !== undefined)
    problems.add(cell.echo === undefined ? ['defaults', 'echo'] : [...at, 'echo'], unfit);
  const parameters = { ...merged.parameters, ...(schema === undefined ? {} : { responseSchema: schema }) };
  return { model, parameters, notices: merged.notices, ...schemaFile };
}

/** Gives every row its id and output, and checks them all against each other and the disk. */
async function placeRows(
  options: ExpandOptions,
  working: readonly WorkingCell[],
  inputs: ReadonlyMap<string, string>,
  problems: ProblemList,
  notices: Notice[],
): Promise<readonly ExpandedRow[]> {
  const settings: OutputSettings = {
    resultsDir: options.jobFile.resultsDir ?? JOB_FILE_DEFAULTS.resultsDir,
    runId: options.runId,
    rows: working.reduce((sum, { rows }) => sum + rows.length, 0),
  };
  const rows: ExpandedRow[] = [];
  const outputs: (PlannedOutput & { readonly index: number })[] = [];
  const owners = new Map<string, string>();
  for (const { cell, index, rows: cellRows } of working) {
    if (cell.output === undefined && settings.rows > DEFAULT_OUTPUT_ROWS) {
      const message = `The run has more than ${String(DEFAULT_OUTPUT_ROWS)} rows, so no file is written for each. Set "output": "each" to have them.`;
      notices.push({ cell: cell.id, message });
    }
    const lacking: string[] = [];
    for (const { key, values, fileBytes, name } of cellRows) {
      const id = rowId(cell.id, key);
      const owner = owners.get(id);
      if (owner !== undefined)
        problems.add(
          ['cells', index],
          `Rows ${owner} and ${name} have the same id ${id}. Rename one of them.`,
        );
      owners.set(id, name);
      let file: string | undefined;
      try {
        file = outputPath(cell, key, values, settings);
      } catch (error) {
        lacking.push(`Row ${name}: ${describeCause(error)}`);
      }
      const source = sourceOf(cell, key);
      rows.push({
        id,
        cell: cell.id,
        source,
        values,
        ...(file === undefined ? {} : { outputPath: file }),
        ...(fileBytes === undefined ? {} : { fileBytes }),
      });
      if (file !== undefined)
        outputs.push({ row: name, path: file, overwrite: cell.overwrite === true, index });
    }
    problems.addMany(['cells', index, 'output'], lacking);
  }
  const context = { root: options.root, protectedPaths: inputs };
  const issues = await checkOutputs(outputs, context, options.writtenBefore);
  for (const [index, group] of Map.groupBy(issues, ({ output }) => output.index)) {
    const messages = group.map(
      ({ output, message }) => `The output of row ${output.row}, "${output.path}", ${message}.`,
    );
    const usesResultsDir = [undefined, 'each'].includes(outputOf(options.jobFile, index));
    const isTopLevel = usesResultsDir && options.jobFile.resultsDir !== undefined;
    if (isTopLevel) problems.addMany(['resultsDir'], messages);
    else problems.addMany(['cells', index, 'output'], messages, usesResultsDir ? undefined : 'each');
  }
  return rows;
}

function outputOf(jobFile: JobFile, index: number): string | undefined {
  const cell = jobFile.cells[index];
  return cell === undefined || cell.kind === 'markdown' || cell.output === false ? undefined : cell.output;
}
