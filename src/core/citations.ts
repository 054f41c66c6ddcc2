import type { CheckedAnswer } from './answerCheck.ts';
import type { EngineContext } from './engineContext.ts';
import type { Citation, Job } from './job.ts';
import type { RowResult } from './provider.ts';
import type { LedgerRow } from './runLedger.ts';

/**
 * Citations with the path of the file that they are from, and whether what they cite stands there word for word. The
 * source is read again: where it has changed since it was sent or is no text (the pages of a PDF), nothing is said to be
 * verified. What was sent is what the ledger says, which a replanned row has of its own.
 */
export async function withVerifiedCitations(
  { loader }: Pick<EngineContext, 'loader'>,
  { planned, inputHash }: LedgerRow,
  result: RowResult,
): Promise<RowResult> {
  if (result.citations === undefined || result.citations.length === 0) return result;
  const loaded = await loader.load(planned);
  const unchanged = loaded.ok && loaded.inputHash === inputHash;
  const text = unchanged ? textOf(loaded.job) : undefined;
  return {
    ...result,
    citations: result.citations.map((one) => {
      const citation = { ...one, file: planned.source, verified: false };
      return text === undefined ? citation : verifiedIn(text, citation);
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
function verifiedIn(text: string, citation: Citation): Citation {
  const { citedText, charRange } = citation;
  if (citedText === '') return citation;
  if (charRange === undefined) return { ...citation, verified: text.includes(citedText) };
  if (text.slice(...charRange) === citedText) return { ...citation, verified: true };
  // A service may count characters where this counts UTF-16 units, of which an emoji has two.
  const range = charRange.map((count) => unitsOf(text, count)) as [number, number];
  return text.slice(...range) === citedText ? { ...citation, charRange: range, verified: true } : citation;
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

/** A text file's content; `undefined` for what is no UTF-8 text. */
function textOf({ file }: Job): string | undefined {
  if (file === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file.bytes);
  } catch {
    return undefined;
  }
}
