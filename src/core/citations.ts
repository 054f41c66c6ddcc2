import type { CheckedAnswer } from './answerCheck.ts';
import type { Citation, InputFile } from './job.ts';
import type { RowLoader } from './plan.ts';
import type { RowResult } from './provider.ts';
import type { LedgerRow } from './runLedger.ts';

/**
 * The text of an input: one for each page of a PDF, one for any other file; `undefined` where there is none to be had,
 * such as of a picture.
 */
export type ReadSource = (file: InputFile) => Promise<readonly string[] | undefined>;

/**
 * Citations with the path of the file that they are from, and whether what they cite stands there word for word. The
 * source is read again: where it has changed since it was sent, or has no text, nothing is said to be verified. What was
 * sent is what the ledger says, which a replanned row has of its own.
 */
export async function withVerifiedCitations(
  { loader, readSource }: { readonly loader: RowLoader; readonly readSource: ReadSource | undefined },
  { planned, inputHash, movedTo }: LedgerRow,
  result: RowResult,
): Promise<RowResult> {
  if (result.citations === undefined || result.citations.length === 0) return result;
  const loaded = await loader.load(planned, movedTo?.model);
  const file = loaded.ok && loaded.inputHash === inputHash ? loaded.job.file : undefined;
  const pages = file === undefined ? undefined : await readSource?.(file);
  return {
    ...result,
    citations: result.citations.map((one) => {
      const citation = { ...one, file: planned.source, verified: false };
      return pages === undefined ? citation : verifiedIn(pages, citation);
    }),
  };
}

/** Citations with the fields of the answer that stand in the part that rests on them. */
export function withCitedFields(
  result: RowResult,
  fieldsIn: Extract<CheckedAnswer, { ok: true }>['fieldsIn'],
): RowResult {
  if (result.citations === undefined) return result;
  const citations = result.citations.map((citation) => {
    const fields = citation.answerRange === undefined ? [] : fieldsIn(citation.answerRange);
    return fields.length === 0 ? citation : { ...citation, fields };
  });
  return { ...result, citations };
}

/** At the place that is named, or anywhere in a source without such places. */
function verifiedIn(pages: readonly string[], citation: Citation): Citation {
  const { citedText, charRange, pageRange } = citation;
  if (citedText.trim() === '') return citation;
  if (pageRange !== undefined) {
    const [from, to] = pageRange;
    // Where lines end in a PDF, and which spaces there are, is for every reader to guess.
    const text = withoutSpace(pages.slice(from - 1, to - 1).join(''));
    return { ...citation, verified: text.includes(withoutSpace(citedText)) };
  }
  const text = pages.join('');
  if (charRange === undefined) return { ...citation, verified: text.includes(citedText) };
  if (text.slice(...charRange) === citedText) return { ...citation, verified: true };
  // A service may count characters where this counts UTF-16 units, of which an emoji has two.
  const range = charRange.map((count) => unitsOf(text, count)) as [number, number];
  return text.slice(...range) === citedText ? { ...citation, charRange: range, verified: true } : citation;
}

function withoutSpace(text: string): string {
  return text.replace(/\s+/gu, '');
}

/** UTF-16 units of the first so many characters. */
function unitsOf(text: string, characters: number): number {
  let units = 0;
  for (const character of text) {
    if (characters-- <= 0) break;
    units += character.length;
  }
  return units;
}
