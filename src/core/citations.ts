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

/** At the place that is named, or anywhere in a source without such places. */
function standsThere(text: string, { citedText, charRange }: Citation): boolean {
  if (citedText === '') return false;
  return charRange === undefined ? text.includes(citedText) : text.slice(...charRange) === citedText;
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
