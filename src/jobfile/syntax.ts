import { createScanner, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import type { SourceRange } from '../core/errors.ts';
import { LineIndex, type JsonPath } from './ranges.ts';

/** Job files are written by people; a larger one is a mistake, and every key stroke parses it. */
const MAX_CHARACTERS = 5_000_000;
const MAX_DEPTH = 100;
/** After the first errors of syntax the rest are mostly echoes. */
const MAX_SYNTAX_PROBLEMS = 10;

/** Something wrong with the text, before anybody looks at what it says. */
export interface SyntaxProblem {
  readonly message: string;
  readonly path: JsonPath;
  readonly range: SourceRange;
}

export type SyntaxResult =
  | { readonly ok: true; readonly root: Node; readonly value: unknown; readonly text: string }
  | { readonly ok: false; readonly problems: readonly SyntaxProblem[] };

/**
 * Parses JSON with comments and trailing commas; a byte order mark is skipped. Duplicate keys are errors, since one of
 * the two values would be dropped in silence. Never throws.
 */
export function parseJsonc(source: string): SyntaxResult {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source;
  const lines = new LineIndex(text);
  const fail = (message: string, start: number, end: number): SyntaxResult => ({
    ok: false,
    problems: [{ message, path: [], range: lines.range(start, end) }],
  });
  if (text.length > MAX_CHARACTERS) {
    return fail(
      `The file has ${String(text.length)} characters, and a job file may have ${String(MAX_CHARACTERS)}. Put data into a file of its own and name it in \`data\`.`,
      0,
      0,
    );
  }
  const tooDeep = offsetBeyondDepth(text);
  if (tooDeep !== undefined) {
    return fail(`Objects and lists may be nested ${String(MAX_DEPTH)} deep at most.`, tooDeep, tooDeep + 1);
  }
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, disallowComments: false });
  if (text.trim() === '') return fail('The file is empty. A job file is an object.', 0, 0);
  if (errors.length > 0 || root === undefined) {
    const problems = errors.slice(0, MAX_SYNTAX_PROBLEMS).map((error) => ({
      message: describeSyntaxError(error.error),
      path: [],
      range: lines.range(error.offset, error.offset + error.length),
    }));
    return problems.length > 0 ? { ok: false, problems } : fail('The file holds no value.', 0, 0);
  }
  const problems = keyProblems(root, [], lines);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, root, value: valueOf(root), text };
}

/** Offset of the first bracket that is nested too deep: the parser is recursive, so it must not see such a text. */
function offsetBeyondDepth(text: string): number | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (;;) {
    scanner.scan();
    // Not by the length of the token: after a comment that is not closed the scanner stands beyond the end.
    if (scanner.getTokenOffset() >= text.length) return undefined;
    const bracket = scanner.getTokenLength() === 1 ? text[scanner.getTokenOffset()] : undefined;
    if (bracket === '{' || bracket === '[') depth++;
    if (bracket === '}' || bracket === ']') depth--;
    if (depth > MAX_DEPTH) return scanner.getTokenOffset();
  }
}

function keyProblems(node: Node, path: JsonPath, lines: LineIndex): SyntaxProblem[] {
  if (node.type === 'array')
    return (node.children ?? []).flatMap((child, i) => keyProblems(child, [...path, i], lines));
  if (node.type !== 'object') return [];
  const seen = new Map<string, number>();
  return (node.children ?? []).flatMap((property) => {
    const [keyNode, valueNode] = property.children ?? [];
    if (keyNode === undefined || valueNode === undefined) return [];
    const key = String(keyNode.value);
    const keyPath = [...path, key];
    const range = lines.range(keyNode.offset, keyNode.offset + keyNode.length);
    const inner = keyProblems(valueNode, keyPath, lines);
    const firstLine = seen.get(key);
    seen.set(key, firstLine ?? range.line);
    if (firstLine !== undefined) {
      const message = `${JSON.stringify(key)} is already set on line ${String(firstLine)} in the same object. Remove one of the two.`;
      return [{ message, path: keyPath, range }, ...inner];
    }
    if (key === '__proto__')
      return [{ message: '"__proto__" cannot be a key.', path: keyPath, range }, ...inner];
    return inner;
  });
}

/** What a node of a text without errors says. */
export function valueOf(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(valueOf);
  if (node.type !== 'object') return node.value as unknown;
  return Object.fromEntries(
    (node.children ?? []).flatMap(({ children }) => {
      const [key, value] = children ?? [];
      return key === undefined || value === undefined ? [] : [[String(key.value), valueOf(value)] as const];
    }),
  );
}

const SYNTAX_MESSAGES: Readonly<Record<string, string>> = {
  InvalidSymbol: 'This is not JSON. Strings and keys stand in double quotes.',
  InvalidNumberFormat: 'This is not a number.',
  PropertyNameExpected: 'A key in double quotes is expected here.',
  ValueExpected: 'A value is expected here.',
  ColonExpected: 'A colon is expected after the key.',
  CommaExpected: 'A comma is expected here.',
  CloseBraceExpected: 'A closing brace "}" is expected here.',
  CloseBracketExpected: 'A closing bracket "]" is expected here.',
  EndOfFileExpected: 'Nothing may follow the end of the object.',
  UnexpectedEndOfComment: 'This comment is not closed.',
  UnexpectedEndOfString: 'This string is not closed on its line.',
  UnexpectedEndOfNumber: 'This number is not complete.',
  InvalidUnicode: 'After "\\u" four hexadecimal digits are expected.',
  InvalidEscapeCharacter: 'This is not an escape sequence of JSON. A backslash is written "\\\\".',
  InvalidCharacter: 'A control character must be escaped, such as "\\n" or "\\t".',
};

function describeSyntaxError(code: ParseError['error']): string {
  return SYNTAX_MESSAGES[printParseErrorCode(code)] ?? 'This is not JSON.';
}
