import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Citation } from '../../core/job.ts';
import { insideRoot } from '../../jobfile/root.ts';
import { kindOf } from '../../providers/shared/inputContent.ts';
import { decodeText } from '../../providers/text/decode.ts';

/**
 * Whether what is cited stands in its source: when the answer came, and now. `changed`: it did and does not any more.
 * `gone`: there is no such file.
 */
export type CitationState = 'verified' | 'notFound' | 'changed' | 'gone';

export interface SeenCitation extends Citation {
  readonly state: CitationState;
  /** Where it stands in a text, from 1; `undefined` where that is not known, or where it has pages. */
  readonly line: number | undefined;
  /** Whether its source is a text, which an editor can show. */
  readonly isText: boolean;
}

/** Where a citation leads. */
export interface CitedPlace {
  /** Absolute, links resolved, below the root. */
  readonly file: string;
  readonly text: string;
  readonly charRange: readonly [start: number, end: number] | undefined;
  /** The first page, from 1. */
  readonly page: number | undefined;
}

/** A source beyond this is not read for its citations: they stay as they were verified. */
const READ_BYTES = 20_000_000;
/** Data rows are named `table.csv#key`. */
const DATA_ROW = /^(.+?\.(?:csv|tsv|jsonl|ndjson))#/i;

/** The file that a row is of; of a data row its table. */
export function fileOf(source: string): string {
  return DATA_ROW.exec(source)?.[1] ?? source;
}

/** Citations as they stand now. A file is read once, however often it is cited. */
export async function lookAtCitations(
  root: string,
  citations: readonly Citation[],
): Promise<readonly SeenCitation[]> {
  const texts = new Map<string, Promise<SourceText>>();
  return Promise.all(
    citations.map(async (citation) => {
      const reading = texts.get(citation.file) ?? textOf(root, citation.file);
      texts.set(citation.file, reading);
      const source = await reading;
      const state = stateOf(citation, source);
      return { ...citation, state, line: lineOf(citation, state, source), isText: isText(citation.file) };
    }),
  );
}

/** Whether an editor can show what is cited. Of a data row its table can be shown. */
function isText(file: string): boolean {
  return kindOf({ path: fileOf(file) }) === 'text';
}

function lineOf({ charRange }: Citation, state: CitationState, source: SourceText): SeenCitation['line'] {
  if (state !== 'verified' || charRange === undefined || source === 'gone' || source.text === undefined)
    return undefined;
  let line = 1;
  for (
    let at = source.text.indexOf('\n');
    at >= 0 && at < charRange[0];
    at = source.text.indexOf('\n', at + 1)
  )
    line++;
  return line;
}

/** `undefined` where it leads out of the root. */
export async function citedPlace(root: string, citation: Citation): Promise<CitedPlace | undefined> {
  const located = await insideRoot(root, fileOf(citation.file));
  if (!located.ok) return undefined;
  const { citedText, charRange, pageRange } = citation;
  return { file: located.absolute, text: citedText, charRange, page: pageRange?.[0] };
}

function stateOf(citation: Citation, source: SourceText): CitationState {
  if (source === 'gone') return 'gone';
  const { text } = source;
  if (!citation.verified) return 'notFound';
  if (text === undefined || citation.charRange === undefined) return 'verified';
  return text.slice(...citation.charRange) === citation.citedText ? 'verified' : 'changed';
}

/** `undefined` where it is no text, such as of a PDF. */
type SourceText = { readonly text: string | undefined } | 'gone';

async function textOf(root: string, source: string): Promise<SourceText> {
  const located = await insideRoot(root, fileOf(source));
  if (!located.ok) return 'gone';
  const stats = await stat(located.absolute).catch(() => undefined);
  if (stats === undefined) return 'gone';
  if (stats.size > READ_BYTES || DATA_ROW.test(source)) return { text: undefined };
  try {
    return { text: decodeText(path.basename(source), await readFile(located.absolute)) };
  } catch {
    return { text: undefined };
  }
}
