import { findNodeAtLocation, type Node } from 'jsonc-parser';
import type { SourceRange } from '../core/errors.ts';

/** Where a value stands in a JSON document: `['cells', 0, 'files']`. */
export type JsonPath = readonly (string | number)[];

/** `cells[0].files`; empty for the whole file. */
export function formatJsonPath(path: JsonPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${String(step)}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** The reverse of `formatJsonPath`. */
export function parseJsonPath(text: string): JsonPath {
  return [...text.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\.?([A-Za-z_$][\w$]*)/g)].map(
    ([, index, quoted, name = '']) =>
      index !== undefined ? Number(index) : quoted !== undefined ? String(JSON.parse(quoted)) : name,
  );
}

/** Lines and columns of a text. Columns count UTF-16 units, as VS Code does; `\r\n`, `\n` and `\r` end a line. */
export class LineIndex {
  readonly #starts: number[] = [0];
  readonly #length: number;

  constructor(text: string) {
    for (const match of text.matchAll(/\r\n|\n|\r/g)) this.#starts.push(match.index + match[0].length);
    this.#length = text.length;
  }

  /** The offset of a line and column that count from 1, cut to the text. */
  offset(line: number, column: number): number {
    const start = this.#starts[Math.max(0, line - 1)] ?? this.#length;
    return Math.min(start + column - 1, this.#length);
  }

  /** The range of these offsets, cut to the text. */
  range(start: number, end: number): SourceRange {
    const from = this.#position(start);
    const to = this.#position(Math.max(start, end));
    return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  }

  #position(offset: number): { line: number; column: number } {
    const inside = Math.min(Math.max(offset, 0), this.#length);
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= inside) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: inside - (this.#starts[low] ?? 0) + 1 };
  }
}

/** Finds the place of every key and value of a parsed job file in its text. */
export class JobFileRanges {
  readonly #text: string;
  readonly #root: Node;
  readonly #lines: LineIndex;

  /** @param text Without byte order mark, the text that `root` was parsed from. */
  constructor(text: string, root: Node) {
    this.#text = text;
    this.#root = root;
    this.#lines = new LineIndex(text);
  }

  /** The value at `path`; where there is none, the opening bracket of the nearest object or array around it. */
  value(path: JsonPath): SourceRange {
    const node = findNodeAtLocation(this.#root, [...path]);
    if (node !== undefined) return this.#lines.range(node.offset, node.offset + node.length);
    for (let depth = path.length - 1; depth >= 0; depth--) {
      const around = findNodeAtLocation(this.#root, path.slice(0, depth));
      if (around !== undefined) return this.#lines.range(around.offset, around.offset + 1);
    }
    return this.#lines.range(this.#root.offset, this.#root.offset + 1);
  }

  /** The key of the property at `path`, quotes included. */
  key(path: JsonPath): SourceRange {
    const node = findNodeAtLocation(this.#root, [...path]);
    const key = node?.parent?.type === 'property' ? node.parent.children?.[0] : undefined;
    if (key === undefined) return this.value(path);
    return this.#lines.range(key.offset, key.offset + key.length);
  }

  /** A part of the string at `path`, by offsets in the decoded string; escape sequences are accounted for. */
  inString(path: JsonPath, start: number, end: number): SourceRange {
    const node = findNodeAtLocation(this.#root, [...path]);
    if (node?.type !== 'string') return this.value(path);
    const raw = this.#text.slice(node.offset + 1, node.offset + node.length - 1);
    const from = rawOffset(raw, start);
    const to = rawOffset(raw, end);
    return this.#lines.range(node.offset + 1 + from, node.offset + 1 + to);
  }
}

/** The reverse of `rawOffset`: how much of a string stands before an offset between its quotes. */
export function decodedOffset(raw: string, offset: number): number {
  let decoded = 0;
  for (let at = 0; at < Math.min(offset, raw.length); decoded++)
    at += raw[at] !== '\\' ? 1 : raw[at + 1] === 'u' ? 6 : 2;
  return decoded;
}

/** Offset in the text between the quotes of what is at `decoded` in the string that it stands for. */
function rawOffset(raw: string, decoded: number): number {
  let offset = 0;
  for (let seen = 0; seen < decoded && offset < raw.length; seen++) {
    if (raw[offset] !== '\\') offset += 1;
    else offset += raw[offset + 1] === 'u' ? 6 : 2;
  }
  return Math.min(offset, raw.length);
}
