import { expandFiles, type LeftOutFile } from './files.ts';
import { didYouMean } from '../core/nearest.ts';
import type { ProblemList } from './problemList.ts';
import { formatJsonPath, type JsonPath } from './ranges.ts';
import type { RowSources } from './rowSources.ts';
import { rowValues } from './rowSources.ts';
import { tableProblems, type DataTable } from './rows.ts';
import type { FilesCell, RequestCell, RowsCell } from './schema.ts';
import { columnsOf, parseTemplate, type TemplateValues } from './templates.ts';

/** A row of a cell before it has an id. */
export interface CellRow {
  /** Path of the file or key of the data row. */
  readonly key: string;
  /** How the row is named to a person. */
  readonly name: string;
  readonly values: TemplateValues;
  readonly fileBytes?: number;
}

export interface CellRows {
  readonly rows: readonly CellRow[];
  /** Files that are read, with what each is. */
  readonly inputs: readonly (readonly [path: string, what: string])[];
  readonly leftOut: readonly LeftOutFile[];
  readonly notices: readonly string[];
}

export interface RowContext {
  readonly root: string;
  readonly jobFilePath: string;
  readonly resultsDir: string;
  readonly fileTypes: readonly string[];
  readonly writtenBefore: { has(path: string): boolean };
  readonly sources: RowSources;
  readonly problems: ProblemList;
}

const NO_ROWS: CellRows = { rows: [], inputs: [], leftOut: [], notices: [] };

/** The rows of one cell; what is wrong goes to `context.problems`. */
export async function expandRows(cell: RequestCell, index: number, context: RowContext): Promise<CellRows> {
  switch (cell.kind) {
    case 'files':
      return expandFilesCell(cell, index, context);
    case 'rows':
      return expandRowsCell(cell, index, context);
    case 'messages':
      return { ...NO_ROWS, rows: [{ key: cell.id, name: cell.id, values: { cellId: cell.id } }] };
  }
}

async function expandFilesCell(cell: FilesCell, index: number, context: RowContext): Promise<CellRows> {
  const { included, leftOut, issues, notices } = await expandFiles({
    root: context.root,
    patterns: cell.files,
    gitignore: cell.gitignore ?? true,
    fileTypes: context.fileTypes,
    jobFilePath: context.jobFilePath,
    resultsDir: context.resultsDir,
    ownOutputs: context.writtenBefore,
  });
  const at: JsonPath = ['cells', index, 'files'];
  for (const { pattern, message, severity, about } of issues)
    context.problems.add(pattern === undefined ? at : [...at, pattern], message, { severity, about });
  return {
    rows: included.map(({ path, bytes }) => ({
      key: path,
      name: path,
      values: { cellId: cell.id, filePath: path },
      fileBytes: bytes,
    })),
    inputs: included.map(({ path }) => [path, `an input of cell "${cell.id}"`] as const),
    leftOut,
    notices,
  };
}

async function expandRowsCell(cell: RowsCell, index: number, context: RowContext): Promise<CellRows> {
  const { problems, sources } = context;
  const at = ['cells', index] as const;
  const keyed = await sources.keyed(cell);
  if (!keyed.ok) {
    problems.add([...at, 'data'], keyed.message);
    return NO_ROWS;
  }
  const { table, byKey, path } = keyed;
  const inputs = [[path, `the data file of cell "${cell.id}"`] as const];
  const dataAt = formatJsonPath([...at, 'data']);
  problems.push(tableProblems(table.problems, path, dataAt));
  if (table.rows.length === 0) return { ...NO_ROWS, inputs };
  if (cell.key !== undefined && !table.has(cell.key.normalize('NFC'))) {
    problems.add([...at, 'key'], missingColumn(cell.key, table, path));
    return { ...NO_ROWS, inputs };
  }
  problems.push(tableProblems(keyed.problems, path, dataAt));
  for (const [key, template] of [
    ['prompt', cell.prompt],
    ['output', cell.output],
  ] as const) {
    if (typeof template === 'string') checkColumns(template, key, [...at, key], table, path, problems);
  }
  const rows = [...byKey].map(([key, row]): CellRow => {
    const name = `${path}:${String(row.line)}${cell.key === undefined ? '' : ` (${key})`}`;
    return { key, name, values: rowValues(cell.id, table, row) };
  });
  return { ...NO_ROWS, rows, inputs };
}

/** A column that no row has is a mistake in the template; one that some rows lack is a mistake in the data. */
function checkColumns(
  template: string,
  key: 'prompt' | 'output',
  at: JsonPath,
  table: DataTable,
  path: string,
  problems: ProblemList,
): void {
  const { parts } = parseTemplate(template, 'rows', key === 'output');
  for (const column of columnsOf(parts)) {
    if (!table.has(column)) {
      problems.add(at, missingColumn(column, table, path));
      continue;
    }
    const lacking = table.rows.filter((row) => table.value(row, column) === undefined);
    const found = lacking.map(({ line }) => ({
      line,
      message: `The row has no "${column}", which the ${key} names. Add it, or remove the row.`,
    }));
    problems.push(tableProblems(found, path, formatJsonPath(at)));
  }
}

function missingColumn(column: string, table: DataTable, path: string): string {
  const columns = table.columns.slice(0, 20).join(', ');
  return `${path} has no column "${column}".${didYouMean(column, table.columns)} Columns: ${columns}.`;
}
