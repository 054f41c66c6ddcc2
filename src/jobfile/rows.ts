import * as fs from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { describeCause, type Problem } from '../core/errors.ts';
import { hashDigits } from './ids.ts';

/** A table is held in memory while it is planned and sent. */
const MAX_DATA_BYTES = 200_000_000;
const MAX_LINE_PROBLEMS = 20;

/** One row of a data file. */
export interface DataRow {
  /** First line of the row in the file, from 1. */
  readonly line: number;
  /** By the index of the column; absent where the row does not have it. */
  readonly values: readonly (string | undefined)[];
}

/** Something wrong with a line of a data file. */
export interface LineProblem {
  readonly line: number;
  readonly message: string;
}

/** A data file, parsed. */
export class DataTable {
  readonly columns: readonly string[];
  readonly rows: readonly DataRow[];
  readonly problems: readonly LineProblem[];
  readonly #index: ReadonlyMap<string, number>;

  constructor(columns: readonly string[], rows: readonly DataRow[], problems: readonly LineProblem[]) {
    this.columns = columns;
    this.rows = rows;
    this.problems = problems;
    this.#index = new Map(columns.map((column, i) => [column, i]));
  }

  has(column: string): boolean {
    return this.#index.has(column);
  }

  /** The value as text; `undefined` where the row does not have the column. */
  value(row: DataRow, column: string): string | undefined {
    const index = this.#index.get(column);
    return index === undefined ? undefined : row.values[index];
  }
}

/** A data row with the key that names it. */
export interface KeyedRow {
  readonly key: string;
  readonly row: DataRow;
}

export interface KeyedRows {
  readonly rows: readonly KeyedRow[];
  readonly problems: readonly LineProblem[];
}

/**
 * Parses CSV, TSV or JSON lines. Column names are trimmed and NFC; line ends inside quotes become `\n`. Lines that
 * cannot be read are problems of the table.
 *
 * @param name Name of the file: its extension says what it is.
 */
export function parseTable(bytes: Uint8Array, name: string): DataTable {
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  if (!['csv', 'tsv', 'jsonl', 'ndjson'].includes(extension)) {
    return unusable(1, 'A data file is a .csv, .tsv, .jsonl or .ndjson file.');
  }
  if (bytes.length > MAX_DATA_BYTES) {
    return unusable(1, `A data file may have ${String(MAX_DATA_BYTES / 1_000_000)} MB. Split it.`);
  }
  const text = decode(bytes);
  if (typeof text !== 'string') return text;
  const table =
    extension === 'jsonl' || extension === 'ndjson' ? parseJsonLines(text) : parseCsv(text, extension);
  if (table.rows.length > 0 || table.problems.length > 0) return table;
  return new DataTable(table.columns, [], [{ line: 1, message: 'The data file has no rows.' }]);
}

function unusable(line: number, message: string): DataTable {
  return new DataTable([], [], [{ line, message }]);
}

function decode(bytes: Uint8Array): string | DataTable {
  try {
    // Decoding takes the byte order mark away.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r\n/g, '\n');
  } catch {
    let line = 1;
    for (let start = 0; start < bytes.length; line++) {
      const newline = bytes.indexOf(10, start);
      const end = newline < 0 ? bytes.length : newline + 1;
      if (!isUtf8(bytes.subarray(start, end))) break;
      start = end;
    }
    return unusable(line, 'The data file is not UTF-8. Save it as UTF-8.');
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function parseCsv(text: string, extension: string): DataTable {
  const problems: LineProblem[] = [];
  const records = parse(text, {
    info: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    delimiter: extension === 'tsv' ? '\t' : delimiterOf(text),
    on_skip: (error) => {
      if (error?.code === 'CSV_QUOTE_NOT_CLOSED') {
        const line = lineOfQuote(text, Number(error['bytes']));
        problems.push({ line, message: 'The quote that opens a value here is not closed. Close it.' });
        return undefined;
      }
      const line = Number(error?.['lines'] ?? 1);
      problems.push({ line, message: `${describeCause(error)}. Correct the line.` });
      return undefined;
    },
  }) as unknown as readonly {
    readonly record: readonly string[];
    readonly info: { readonly lines: number };
  }[];
  const [header, ...body] = records;
  const columns = (header?.record ?? []).map((name) => name.trim().normalize('NFC'));
  const repeated = columns.find((column, i) => columns.indexOf(column) !== i);
  if (repeated !== undefined)
    return unusable(1, `Two columns are called "${repeated}". Give one of them another name.`);
  const rows = body.map(({ record, info }) => ({
    line: info.lines - record.reduce((sum, value) => sum + value.split('\n').length - 1, 0),
    values: record,
  }));
  return new DataTable(columns, rows, problems);
}

/** The line of the first quote behind the last value that was read whole. @param bytes Where that one ends. */
function lineOfQuote(text: string, bytes: number): number {
  const utf8 = Buffer.from(text);
  return utf8.subarray(0, utf8.indexOf('"', bytes)).toString().split('\n').length;
}

/** Spreadsheets of many countries separate by semicolon or tab. */
function delimiterOf(text: string): string {
  const header = (/^[^\n]*/.exec(text)?.[0] ?? '').replace(/"[^"]*"/g, '');
  return [',', ';', '\t'].find((delimiter) => header.includes(delimiter)) ?? ',';
}

function parseJsonLines(text: string): DataTable {
  const columns = new Map<string, number>();
  const rows: DataRow[] = [];
  const problems: LineProblem[] = [];
  for (const [index, source] of text.split('\n').entries()) {
    if (source.trim() === '') continue;
    const line = index + 1;
    const value = parseObject(source);
    if (typeof value === 'string') {
      problems.push({ line, message: value });
      continue;
    }
    const values: (string | undefined)[] = [];
    for (const [name, field] of Object.entries(value)) {
      const column = name.normalize('NFC');
      const at = columns.get(column) ?? columns.size;
      columns.set(column, at);
      values[at] = fieldText(field);
    }
    rows.push({ line, values });
  }
  return new DataTable([...columns.keys()], rows, problems);
}

function parseObject(source: string): object | string {
  try {
    const value: unknown = JSON.parse(source);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
    return 'Each line of the data file must be a JSON object.';
  } catch (error) {
    return `The line is not JSON: ${describeCause(error)}`;
  }
}

function fieldText(field: unknown): string {
  if (field === null) return '';
  return typeof field === 'string' ? field : JSON.stringify(field);
}

/**
 * Names every row: by the column `key`, or without one by a hash of its values, with `#2`, `#3` for repeats in file
 * order. Rows without a usable key are problems.
 */
export function keyRows(table: DataTable, key: string | undefined): KeyedRows {
  return key === undefined ? keyByHash(table) : keyByColumn(table, key.normalize('NFC'));
}

function keyByColumn(table: DataTable, column: string): KeyedRows {
  const rows: KeyedRow[] = [];
  const problems: LineProblem[] = [];
  const lines = new Map<string, number>();
  for (const row of table.rows) {
    const key = table.value(row, column)?.normalize('NFC');
    const earlier = key === undefined ? undefined : lines.get(key);
    if (key === undefined || key.trim() === '') {
      problems.push({
        line: row.line,
        message: `The key column "${column}" is empty on line ${String(row.line)}.`,
      });
    } else if (earlier !== undefined) {
      const message = `Lines ${String(earlier)} and ${String(row.line)} have the same key "${key}" in column "${column}". Keys must be unique.`;
      problems.push({ line: row.line, message });
    } else {
      lines.set(key, row.line);
      rows.push({ key, row });
    }
  }
  return { rows, problems };
}

function keyByHash(table: DataTable): KeyedRows {
  const counts = new Map<string, number>();
  const sorted = [...table.columns].sort();
  const rows = table.rows.map((row): KeyedRow => {
    const named = sorted.flatMap((column) => {
      const value = table.value(row, column);
      return value === undefined ? [] : [[column, value]];
    });
    const hash = hashDigits(JSON.stringify(named), 26);
    const count = (counts.get(hash) ?? 0) + 1;
    counts.set(hash, count);
    return { key: count === 1 ? hash : `${hash}#${String(count)}`, row };
  });
  return { rows, problems: [] };
}

/** Problems of a data file as problems of the job file's check, the first ones by line and how many more there are. */
export function tableProblems(
  problems: readonly LineProblem[],
  file: string,
  path: string,
): readonly Problem[] {
  const shown = problems.slice(0, MAX_LINE_PROBLEMS);
  const more = problems.length - shown.length;
  return shown.map(({ line, message }, i): Problem => {
    const last =
      i === shown.length - 1 && more > 0 ? ` (and ${String(more)} more problems in this file)` : '';
    const range = { line, column: 1, endLine: line, endColumn: 1 };
    return { severity: 'error', message: message + last, file, path, range };
  });
}

/** Reads tables, each once for as long as its file keeps its size and time. */
export class DataTables {
  readonly #tables = new Map<string, { readonly stamp: string; readonly table: Promise<DataTable> }>();

  /** @throws The file system's error where the file cannot be read. */
  async read(file: string): Promise<DataTable> {
    const stat = await fs.stat(file);
    const stamp = `${String(stat.mtimeMs)} ${String(stat.size)}`;
    const known = this.#tables.get(file);
    if (known?.stamp === stamp) return known.table;
    const table = fs.readFile(file).then((bytes) => parseTable(bytes, file));
    this.#tables.set(file, { stamp, table });
    table.catch(() => this.#tables.delete(file));
    return table;
  }
}
