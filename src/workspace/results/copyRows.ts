import type { JobResult } from '../../core/job.ts';
import { withoutFormula } from '../spreadsheetText.ts';

export type CopyFormat = 'markdown' | 'tsv' | 'json';

export interface CopiedRows {
  readonly text: string;
  /** Rows that are in it: fewer than were asked for where a clipboard would suffer. */
  readonly rows: number;
}

const MOST_CHARACTERS = 20_000_000;

/** Rows with their names as one text. @param fields Of a structured answer; each becomes a column of TSV and Markdown. */
export function copyText(
  results: Iterable<readonly [name: string, result: JobResult]>,
  format: CopyFormat,
  fields: readonly string[],
): CopiedRows {
  const pieces: string[] = [];
  let characters = 0;
  for (const [name, result] of results) {
    const piece = pieceOf(name, result, format, fields);
    if (characters + piece.length > MOST_CHARACTERS && pieces.length > 0) break;
    pieces.push(piece);
    characters += piece.length;
  }
  const head = ['name', 'outcome', ...(fields.length > 0 ? fields : ['answer']), 'error'];
  return { text: joined(pieces, format, head), rows: pieces.length };
}

function joined(pieces: readonly string[], format: CopyFormat, head: readonly string[]): string {
  switch (format) {
    case 'json':
      return `[\n${pieces.join(',\n')}\n]\n`;
    case 'tsv':
      return [head.map(tsvCell).join('\t'), ...pieces].join('\n');
    case 'markdown':
      return [
        `| ${head.map(markdownCell).join(' | ')} |`,
        `|${' --- |'.repeat(head.length)}`,
        ...pieces,
      ].join('\n');
  }
}

function pieceOf(name: string, result: JobResult, format: CopyFormat, fields: readonly string[]): string {
  if (format === 'json') return JSON.stringify({ name, ...result });
  const answer = fields.length === 0 ? [result.response] : fields.map((field) => fieldOf(result, field));
  const values = [name, result.status, ...answer, result.error?.message];
  return format === 'tsv' ? values.map(tsvCell).join('\t') : `| ${values.map(markdownCell).join(' | ')} |`;
}

function fieldOf({ parsedResponse }: JobResult, field: string): unknown {
  if (typeof parsedResponse !== 'object' || parsedResponse === null) return undefined;
  return Object.hasOwn(parsedResponse, field)
    ? (parsedResponse as Readonly<Record<string, unknown>>)[field]
    : undefined;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** With a quotation mark in front, a spreadsheet reads on into the next cells until it finds another. */
const QUOTED = /^[\s\p{Cf}\p{DI}]*"/u;

/** On one line, in one cell, and never a formula: a spreadsheet would run what a model wrote. */
function tsvCell(value: unknown): string {
  const text = textOf(value).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  if (typeof value !== 'string') return text;
  return QUOTED.test(text) ? `'${text}` : withoutFormula(text);
}

/** On one line, without what Markdown would read in it. */
function markdownCell(value: unknown): string {
  return textOf(value)
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replaceAll(/[\\`*_[\]<>#|~!]/g, '\\$&');
}
