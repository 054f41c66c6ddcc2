import { createScanner, type Node } from 'jsonc-parser';
import type { Layout } from './formatJson.ts';

/** Kinds of tokens, as jsonc-parser 3 numbers them: it declares them as an enum that a single module cannot be compiled with. */
const KIND = { comma: 5, lineComment: 12, blockComment: 13, lineBreak: 14, space: 15, end: 17 } as const;

/** A child of an object or array as it is written, with the white space and the comments that belong to it. */
export interface Child {
  /** White space and comments before it. */
  readonly lead: string;
  /** A value, or a property with its key. */
  readonly body: string;
  /** What stands between it and its comma. */
  readonly between: string;
  /** A comment behind it on the same line. */
  readonly trail: string;
}

/** The inside of an object or array, from bracket to bracket; put together again it is the same text. */
export interface Children {
  /** A comment behind the opening bracket on the same line. */
  readonly head: string;
  readonly items: readonly Child[];
  /** What stands before the closing bracket. */
  readonly tail: string;
  /** Whether the last item has a comma too. */
  readonly lastComma: boolean;
}

/** @param node An object or array of `text`. */
export function splitChildren(text: string, node: Node): Children {
  const nodes = node.children ?? [];
  const end = node.offset + node.length - 1;
  const head = commentOnLine(text, node.offset + 1, end);
  const items: Child[] = [];
  let position = node.offset + 1 + head.length;
  let lastComma = false;
  for (const child of nodes) {
    const childEnd = child.offset + child.length;
    const comma = commaAfter(text, childEnd, end);
    lastComma = comma !== undefined;
    const trail = commentOnLine(text, comma === undefined ? childEnd : comma + 1, end);
    items.push({
      lead: text.slice(position, child.offset),
      body: text.slice(child.offset, childEnd),
      between: comma === undefined ? '' : text.slice(childEnd, comma),
      trail,
    });
    position = (comma === undefined ? childEnd : comma + 1) + trail.length;
  }
  return { head, items, tail: text.slice(position, end), lastComma };
}

/** The text between the brackets. No comment swallows what comes behind it. */
export function joinChildren({ head, items, tail, lastComma }: Children, { eol }: Layout): string {
  let text = head;
  const add = (piece: string): void => {
    const swallowed = endsInLineComment(text) && !/^[^\S\r\n]*[\r\n]/.test(piece) && piece !== '';
    text += swallowed ? eol + piece : piece;
  };
  for (const [i, { lead, body, between, trail }] of items.entries()) {
    add(lead + body);
    const comma = i < items.length - 1 || lastComma ? ',' : '';
    if (between === '') text += comma + trail;
    else {
      text += between;
      add(comma + trail);
    }
  }
  // The bracket itself must not be swallowed.
  add(tail === '' && endsInLineComment(text) ? eol : tail);
  return text;
}

/** Offset of the comma behind a child. */
function commaAfter(text: string, from: number, end: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(from);
  const kind: number = scanner.scan();
  return kind === KIND.comma && scanner.getTokenOffset() < end ? scanner.getTokenOffset() : undefined;
}

/** White space and comments from `from` on, where nothing else follows them on their line; else empty. */
function commentOnLine(text: string, from: number, end: number): string {
  const scanner = createScanner(text, false);
  scanner.setPosition(from);
  let commentEnd = from;
  for (;;) {
    const kind: number = scanner.scan();
    const offset = scanner.getTokenOffset();
    if (offset >= end || kind === KIND.lineBreak) return text.slice(from, commentEnd);
    if (kind === KIND.lineComment) return text.slice(from, offset + scanner.getTokenLength());
    if (kind === KIND.blockComment) {
      const comment = scanner.getTokenValue();
      commentEnd = offset + scanner.getTokenLength();
      if (/[\r\n]/.test(comment)) return '';
    } else if (kind !== KIND.space) return '';
  }
}

function endsInLineComment(text: string): boolean {
  // What a string holds may look like a comment, so the last line is scanned and not searched.
  const scanner = createScanner(text, false);
  scanner.setPosition(lastSafeStart(text));
  let last = 0;
  for (;;) {
    const kind: number = scanner.scan();
    if (kind === KIND.end) return last === KIND.lineComment;
    last = kind;
  }
}

/** No string or line comment goes over a line end, so scanning may begin behind one, unless a block comment is open there. */
function lastSafeStart(text: string): number {
  const line = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
  return text.slice(line).includes('*/') ? 0 : line;
}
