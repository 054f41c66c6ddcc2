import type { Citation } from '../../core/job.ts';
import { insideRoot } from '../../jobfile/root.ts';
import { kindOf } from '../../providers/shared/inputContent.ts';
import type { SourceTexts } from './sourceTexts.ts';

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

/** Data rows are named `table.csv#key`. */
const DATA_ROW = /^(.+?\.(?:csv|tsv|jsonl|ndjson))#/i;

/** The file that a row is of; of a data row its table. */
export function fileOf(source: string): string {
  return DATA_ROW.exec(source)?.[1] ?? source;
}

/** Citations as they stand now. Only of texts it is looked at what they say: a PDF takes its time. */
export async function lookAtCitations(
  texts: SourceTexts,
  citations: readonly Citation[],
): Promise<readonly SeenCitation[]> {
  const read = new Map<string, Promise<SourceText>>();
  return Promise.all(
    citations.map(async (citation) => {
      const reading = read.get(citation.file) ?? textOf(texts, citation.file);
      read.set(citation.file, reading);
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

async function textOf(texts: SourceTexts, source: string): Promise<SourceText> {
  if (DATA_ROW.test(source) || !isText(source))
    return (await texts.isThere(fileOf(source))) ? { text: undefined } : 'gone';
  const reading = await texts.read(source);
  if (reading.ok) return { text: (await reading.read(0, 1)).join('') };
  return reading.reason === 'gone' ? 'gone' : { text: undefined };
}
