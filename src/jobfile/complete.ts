import { findNodeAtLocation, getLocation, parseTree } from 'jsonc-parser';
import { variablesOf, type TemplateScope } from './templates.ts';

/** Something that may be written at a place of a job file. */
export interface Completion {
  readonly kind: 'model' | 'variable';
  /** What is written, and shown. */
  readonly text: string;
  /** Offsets of what it takes the place of, UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/** What is known of the cell that the place is in. */
export interface CompletionFacts {
  readonly models: readonly string[];
  /** Columns of a cell's table, by the path of its data file; empty where it cannot be read. */
  readonly columnsOf: (data: string) => Promise<readonly string[]>;
}

/**
 * What fits at an offset of a job file that may be half written: names of models, and variables within `{{` of a prompt
 * or an output. Everything else is in the schema of the file.
 */
export async function completionsAt(
  text: string,
  offset: number,
  facts: CompletionFacts,
): Promise<readonly Completion[]> {
  const { path, previousNode } = getLocation(text, offset);
  const key = path.at(-1);
  const node = previousNode;
  if (node?.type !== 'string' || offset <= node.offset || offset >= node.offset + node.length + 1) return [];
  if (key === 'model' && (path[0] === 'defaults' || path[0] === 'cells')) {
    // Between the quotes; a string without an end is taken to the end of its line by the parser.
    const start = node.offset + 1;
    const closed = text[node.offset + node.length - 1] === '"' && node.length > 1;
    const end = closed ? node.offset + node.length - 1 : offset;
    return facts.models.map((model) => ({ kind: 'model', text: model, start, end }));
  }
  if (path[0] !== 'cells' || typeof path[1] !== 'number' || (key !== 'prompt' && key !== 'output')) return [];
  const open = text.lastIndexOf('{{', offset - 1);
  const begun = text.slice(open + 2, offset);
  if (open < node.offset || /[{}"\n]/.test(begun) || text[open - 1] === '\\') return [];
  const cell = cellAt(text, path[1]);
  if (cell === undefined) return [];
  const columns = cell.scope === 'rows' && cell.data !== undefined ? await facts.columnsOf(cell.data) : [];
  const names = [
    ...columns.filter((column) => /^[^{}"\\]+$/.test(column)).map((column) => `row.${column}`),
    ...variablesOf(cell.scope, key === 'output'),
  ];
  const rest = /^[\w. ]*(?:\}\})?/.exec(text.slice(offset))?.[0] ?? '';
  return names.map((name) => ({
    kind: 'variable',
    text: `{{${name}}}`,
    start: open,
    end: offset + rest.length,
  }));
}

/** Kind and data of a cell, read from whatever there is of it. */
function cellAt(
  text: string,
  index: number,
): { readonly scope: TemplateScope; readonly data?: string } | undefined {
  const root = parseTree(text);
  const cell = root === undefined ? undefined : findNodeAtLocation(root, ['cells', index]);
  const valueOf = (key: string): unknown =>
    cell === undefined ? undefined : findNodeAtLocation(cell, [key])?.value;
  const [kind, data] = [valueOf('kind'), valueOf('data')];
  if (kind !== 'files' && kind !== 'rows' && kind !== 'messages') return undefined;
  return { scope: kind, ...(typeof data === 'string' ? { data } : {}) };
}
