import { freeId } from '../ids.ts';
import { ALLOWED_KEYS, CELL_ID_PATTERN, CELL_KINDS, type CellKind } from '../schema.ts';

/** Names a cell for as long as somebody edits it: ids may change, places do. */
export type CellKey = string;
export type JsonPath = readonly (string | number)[];

/** A change of a job file, in terms of its cells. */
export type Edit =
  /** Sets or removes (`value` absent) a value of a cell (`key`) or outside the cells (`key` null). */
  | { readonly op: 'set'; readonly key: CellKey | null; readonly path: JsonPath; readonly value?: unknown }
  /** Inserts a new cell before the cell that is at `at` now; with the kind's own beginning, and a free id. */
  | { readonly op: 'insert'; readonly at: number; readonly kind: CellKind }
  /** Inserts these cells, with ids that are free here. */
  | { readonly op: 'paste'; readonly at: number; readonly cells: readonly unknown[] }
  | { readonly op: 'remove'; readonly keys: readonly CellKey[] }
  /** Puts a cell before the one that is at `to` once it is taken out. */
  | { readonly op: 'move'; readonly key: CellKey; readonly to: number }
  /** Makes a Markdown cell of a cell that has a prompt, or the reverse. */
  | { readonly op: 'turnInto'; readonly key: CellKey; readonly kind: 'markdown' | 'files' };

/** A job file as a value, however wrong, with the keys of its cells. */
export interface KeyedJob {
  readonly value: Loose;
  /** One for each of `value.cells`. */
  readonly keys: readonly CellKey[];
}

type Loose = Readonly<Record<string, unknown>>;

/** Why an edit cannot be made: what it names is not there any more. */
export class EditError extends Error {
  override readonly name = 'EditError';
}

/**
 * The job file after an edit. Keys that come new stand where people look for them; what is not named stays as it is.
 * @param freshKey A key that no cell has had.
 * @throws EditError where it names a cell or a place that is not there.
 */
export function applyEdit(job: KeyedJob, edit: Edit, freshKey: () => CellKey): KeyedJob {
  const cells = cellsOf(job.value);
  const withCells = (next: readonly unknown[], keys: readonly CellKey[]): KeyedJob => ({
    value: setKey(job.value, 'cells', next, ALLOWED_KEYS.top),
    keys,
  });
  switch (edit.op) {
    case 'set': {
      if (edit.key === null) return { ...job, value: setIn(job.value, edit.path, edit.value, 'top') };
      const index = indexOf(job, edit.key);
      const cell = cells[index];
      return withCells(
        cells.with(index, setIn(objectOf(cell), edit.path, edit.value, kindOf(cell))),
        job.keys,
      );
    }
    case 'insert':
      return insertCells(job, edit.at, [newCell(edit.kind)], freshKey);
    case 'paste':
      return insertCells(job, edit.at, edit.cells.map(objectOf), freshKey);
    case 'remove': {
      const gone = new Set(edit.keys.map((key) => indexOf(job, key)));
      const stay = (_: unknown, index: number): boolean => !gone.has(index);
      return withCells(cells.filter(stay), job.keys.filter(stay));
    }
    case 'move': {
      const index = indexOf(job, edit.key);
      const to = Math.min(Math.max(0, edit.to), cells.length - 1);
      return withCells(
        cells.toSpliced(index, 1).toSpliced(to, 0, cells[index]),
        job.keys.toSpliced(index, 1).toSpliced(to, 0, edit.key),
      );
    }
    case 'turnInto': {
      const index = indexOf(job, edit.key);
      const turned = turnInto(objectOf(cells[index]), edit.kind, idsOf(cells));
      return withCells(cells.with(index, turned), job.keys);
    }
  }
}

/** The cells of a job file that may be wrong. */
export function cellsOf(value: Loose): readonly unknown[] {
  return Array.isArray(value['cells']) ? (value['cells'] as readonly unknown[]) : [];
}

/** What a cell says it is; `undefined` for what is no cell. */
export function kindOf(cell: unknown): CellKind | undefined {
  const kind = objectOf(cell)['kind'];
  return CELL_KINDS.find((known) => known === kind);
}

export function objectOf(value: unknown): Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {};
}

function insertCells(job: KeyedJob, at: number, fresh: readonly Loose[], freshKey: () => CellKey): KeyedJob {
  const cells = cellsOf(job.value);
  const place = Math.min(Math.max(0, at), cells.length);
  const ids = idsOf(cells);
  const named = fresh.map((cell) => {
    const kind = kindOf(cell);
    if (kind === 'markdown' && cell['id'] === undefined) return cell;
    const { id: wanted } = cell;
    const like = typeof wanted === 'string' && CELL_ID_PATTERN.test(wanted) ? wanted : (kind ?? 'cell');
    const id = freeId(like, ids);
    ids.add(id);
    return setKey(cell, 'id', id, kind === undefined ? [] : ALLOWED_KEYS[kind]);
  });
  const versioned = job.value['version'] === undefined ? { version: 1, ...job.value } : job.value;
  return {
    value: setKey(versioned, 'cells', cells.toSpliced(place, 0, ...named), ALLOWED_KEYS.top),
    keys: job.keys.toSpliced(place, 0, ...named.map(freshKey)),
  };
}

function newCell(kind: CellKind): Loose {
  switch (kind) {
    case 'markdown':
      return { kind, text: '' };
    case 'files':
      return { kind, id: kind, files: [], prompt: '' };
    case 'rows':
      return { kind, id: kind, data: '', prompt: '' };
    case 'messages':
      return { kind, id: kind, messages: [{ role: 'user', content: '' }] };
  }
}

function turnInto(cell: Loose, kind: 'markdown' | 'files', ids: ReadonlySet<string>): Loose {
  if (cell['kind'] === kind) return cell;
  if (kind === 'files') {
    const { id = freeId('files', ids), text = '' } = cell;
    return { kind, id, files: [], prompt: text };
  }
  const messages: readonly unknown[] = Array.isArray(cell['messages']) ? cell['messages'] : [];
  const { prompt = objectOf(messages.at(-1))['content'] ?? '', id } = cell;
  return { kind, ...(id === undefined ? {} : { id }), text: prompt };
}

function idsOf(cells: readonly unknown[]): Set<string> {
  return new Set(
    cells.flatMap((cell) => (typeof objectOf(cell)['id'] === 'string' ? [String(objectOf(cell)['id'])] : [])),
  );
}

function indexOf({ keys }: KeyedJob, key: CellKey): number {
  const index = keys.indexOf(key);
  if (index < 0) throw new EditError('The cell is not there any more.');
  return index;
}

/** The order of keys in the objects that job files have. */
function keysOf(what: CellKind | 'top' | undefined, path: JsonPath): readonly string[] {
  if (path.length === 0) return what === undefined ? [] : ALLOWED_KEYS[what];
  const last = path.at(-1);
  if (what === 'top' && path.length === 1 && last === 'defaults') return ALLOWED_KEYS.defaults;
  if (last === 'retry') return ALLOWED_KEYS.retry;
  return what === 'messages' && path[0] === 'messages' && path.length === 2 ? ALLOWED_KEYS.message : [];
}

function setIn(
  value: Loose,
  path: JsonPath,
  put: unknown,
  what: CellKind | 'top' | undefined,
  above: JsonPath = [],
): Loose {
  const [step, ...rest] = path;
  if (step === undefined) return objectOf(put);
  if (typeof step === 'number') throw new EditError('There is no list at this place any more.');
  const order = keysOf(what, above);
  if (rest.length === 0) return setKey(value, step, put, order);
  const inner = value[step];
  const here = [...above, step];
  if (Array.isArray(inner)) return setKey(value, step, setInList(inner, rest, put, what, here), order);
  if (put === undefined && inner === undefined) return value;
  return setKey(value, step, setIn(objectOf(inner), rest, put, what, here), order);
}

function setInList(
  list: readonly unknown[],
  [step, ...rest]: JsonPath,
  put: unknown,
  what: CellKind | 'top' | undefined,
  above: JsonPath,
): readonly unknown[] {
  if (typeof step !== 'number' || step < 0 || step > list.length || (rest.length > 0 && step === list.length))
    throw new EditError('The list has no such place any more.');
  const item = list[step];
  const here = [...above, step];
  if (rest.length === 0) return put === undefined ? list.toSpliced(step, 1) : list.toSpliced(step, 1, put);
  if (Array.isArray(item)) return list.with(step, setInList(item, rest, put, what, here));
  return list.with(step, setIn(objectOf(item), rest, put, what, here));
}

/** Sets or removes (`undefined`) a key: where it was, else before the first that comes later in the usual order. */
function setKey(object: Loose, key: string, value: unknown, order: readonly string[]): Loose {
  if (value === undefined) return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
  if (Object.hasOwn(object, key)) return { ...object, [key]: value };
  const entries = Object.entries(object);
  const rank = order.indexOf(key);
  const later = rank < 0 ? -1 : entries.findIndex(([name]) => order.indexOf(name) > rank);
  return Object.fromEntries(entries.toSpliced(later < 0 ? entries.length : later, 0, [key, value]));
}
