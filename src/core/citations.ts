import type { EngineContext } from './engineContext.ts';
import type { Citation, Job } from './job.ts';
import type { PlannedRow } from './plan.ts';
import type { RowResult } from './provider.ts';

/**
 * Citations with the path of the file that they are from, and whether what they cite stands there word for word. The
 * source is read again: where it has changed or is no text (the pages of a PDF), nothing is said to be verified.
 */
export async function withVerifiedCitations(
  { loader }: Pick<EngineContext, 'loader'>,
  row: PlannedRow,
  result: RowResult,
): Promise<RowResult> {
  if (result.citations === undefined || result.citations.length === 0) return result;
  const loaded = await loader.load(row);
  const unchanged = loaded.ok && loaded.inputHash === row.inputHash;
  const text = unchanged ? textOf(loaded.job) : undefined;
  return {
    ...result,
    citations: result.citations.map((citation) => ({
      ...citation,
      file: row.source,
      verified: text !== undefined && standsThere(text, citation),
    })),
  };
}

/**
 * At the place that is named, or anywhere in a source without such places. Whether a service counts a character beyond
 * the basic plane, such as an emoji, as one or as two is not documented: either is taken.
 */
function standsThere(text: string, { citedText, charRange }: Citation): boolean {
  if (citedText === '') return false;
  if (charRange === undefined) return text.includes(citedText);
  if (text.slice(...charRange) === citedText) return true;
  const hasOthers = /[\u{10000}-\u{10ffff}]/u.test(text);
  return (
    hasOthers &&
    Array.from(text)
      .slice(...charRange)
      .join('') === citedText
  );
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
