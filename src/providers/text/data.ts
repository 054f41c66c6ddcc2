import { BlockList, enumerate, type TextBlock } from './blocks.ts';
import { plainBlocks } from './plain.ts';

/** Rows beyond this many say nothing new about what a table holds. */
const MAX_ROWS = 2000;

/** Blocks of a CSV or TSV file: what its columns are, then its rows. */
export function tableBlocks(text: string): readonly TextBlock[] {
  const lines = text.split(/\r\n|[\n\r]/u).filter((line) => line.trim() !== '');
  const header = lines[0];
  if (header === undefined) return [];
  const separator = ['\t', ';', ','].find((candidate) => header.includes(candidate));
  if (separator === undefined) return plainBlocks(text);
  const columns = header.split(separator).map((name) => name.trim().replace(/^"(.*)"$/u, '$1'));
  const list = new BlockList();
  const rows = lines.length - 1;
  list.add(
    'fact',
    `Table of ${String(rows)} ${rows === 1 ? 'row' : 'rows'} with the ${columnList(columns)}.`,
  );
  for (const line of lines.slice(1, MAX_ROWS + 1))
    list.add('item', line.split(separator).join(`${separator} `));
  return list.blocks;
}

function columnList(columns: readonly string[]): string {
  const named = columns.slice(0, 12);
  const rest = columns.length - named.length;
  const names = rest > 0 ? [...named, `${String(rest)} more`] : named;
  return `${columns.length === 1 ? 'column' : 'columns'} ${enumerate(names)}`;
}

/** Blocks of a JSON file: what its top level is, then the longer texts in it. Broken JSON is read as plain text. */
export function jsonBlocks(text: string): readonly TextBlock[] {
  const value = parseDocument(text);
  if (typeof value !== 'object' || value === null) return plainBlocks(text);
  const list = new BlockList();
  list.add('fact', describeTopLevel(value));
  // A stack of our own: hostile nesting must not overflow the call stack.
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') {
      if (/\S\s+\S+\s+\S/u.test(next)) list.add('prose', next);
    } else if (typeof next === 'object' && next !== null)
      open.push(...(Object.values(next) as unknown[]).reverse().slice(-MAX_ROWS));
  }
  return list.blocks;
}

/** A JSON document, or the values of JSON lines as one array; `undefined` where the text is neither. */
function parseDocument(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      return text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => JSON.parse(line) as unknown);
    } catch {
      return undefined;
    }
  }
}

function describeTopLevel(value: object): string {
  if (!Array.isArray(value)) return `JSON object with ${keyList(value)}.`;
  const first: unknown = value[0];
  const count = `JSON list of ${String(value.length)} ${value.length === 1 ? 'entry' : 'entries'}`;
  return typeof first === 'object' && first !== null && !Array.isArray(first)
    ? `${count}, the first with ${keyList(first)}.`
    : `${count}.`;
}

function keyList(value: object): string {
  const keys = Object.keys(value);
  if (keys.length === 0) return 'no keys';
  const named = keys.slice(0, 12);
  const rest = keys.length - named.length;
  return `the ${keys.length === 1 ? 'key' : 'keys'} ${enumerate(rest > 0 ? [...named, `${String(rest)} more`] : named)}`;
}
