import path from 'node:path';
import { insideRoot } from './root.ts';
import { DataTables, keyRows, type DataRow, type DataTable, type LineProblem } from './rows.ts';
import type { RequestCell, RowsCell } from './schema.ts';
import type { TemplateValues } from './templates.ts';

/** The rows of a data file by key. */
export interface KeyedTable {
  readonly table: DataTable;
  readonly byKey: ReadonlyMap<string, DataRow>;
  readonly problems: readonly LineProblem[];
  /** Real path of the data file, relative to the root. */
  readonly path: string;
}

export type KeyedTableResult =
  | ({ readonly ok: true } & KeyedTable)
  | { readonly ok: false; readonly missing: boolean; readonly message: string };

/** `PlannedRow.source` of a row: the path of its file, `data file#key`, or empty. */
export function sourceOf(cell: RequestCell, key: string): string {
  if (cell.kind === 'files') return key;
  return cell.kind === 'rows' ? `${dataPath(cell)}#${key}` : '';
}

/** The reverse of `sourceOf`: path of the file or key of the data row; the cell's id for its one conversation. */
export function keyOf(cell: RequestCell, source: string): string {
  if (cell.kind === 'files') return source;
  return cell.kind === 'rows' ? source.slice(dataPath(cell).length + 1) : cell.id;
}

function dataPath(cell: RowsCell): string {
  return path.posix.normalize(cell.data).normalize('NFC');
}

/** Finds what the variables of a row stand for. Data files are read once for as long as they do not change. */
export class RowSources {
  readonly #root: string;
  readonly #tables = new DataTables();
  readonly #keyed = new WeakMap<DataTable, Map<string, Omit<KeyedTable, 'path'>>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The rows of a cell's data file as it is now. */
  async keyed(cell: RowsCell): Promise<KeyedTableResult> {
    const located = await insideRoot(this.#root, cell.data);
    if (!located.ok) return { ok: false, missing: false, message: `"${cell.data}" ${located.message}.` };
    let table: DataTable;
    try {
      table = await this.#tables.read(located.absolute);
    } catch {
      const message = `The data file "${cell.data}" does not exist below the root, or cannot be read.`;
      return { ok: false, missing: true, message };
    }
    const byColumn = this.#keyed.get(table) ?? new Map<string, Omit<KeyedTable, 'path'>>();
    this.#keyed.set(table, byColumn);
    const cacheKey = JSON.stringify([cell.key]);
    const known = byColumn.get(cacheKey) ?? keyTable(table, cell.key);
    byColumn.set(cacheKey, known);
    return { ok: true, ...known, path: located.path };
  }

  /** What the variables of a planned row stand for; `undefined` where its data row is there no more. */
  async values(cell: RequestCell, key: string): Promise<TemplateValues | undefined> {
    if (cell.kind === 'files') return { cellId: cell.id, filePath: key };
    if (cell.kind === 'messages') return { cellId: cell.id };
    const keyed = await this.keyed(cell);
    const row = keyed.ok ? keyed.byKey.get(key) : undefined;
    return keyed.ok && row !== undefined ? rowValues(cell.id, keyed.table, row) : undefined;
  }
}

/** Variables of a data row. */
export function rowValues(cellId: string, table: DataTable, row: DataRow): TemplateValues {
  return { cellId, column: (name) => table.value(row, name) };
}

function keyTable(table: DataTable, key: string | undefined): Omit<KeyedTable, 'path'> {
  const { rows, problems } = keyRows(table, key);
  return { table, byKey: new Map(rows.map((keyed) => [keyed.key, keyed.row])), problems };
}
