import { hasEnded, jobResultOf, type ResultSource } from '../core/assembleResult.ts';
import { isBatchbookError } from '../core/errors.ts';
import type { RowLoader } from '../core/plan.ts';
import { looksBinary } from '../jobfile/sniff.ts';
import { asFileText, type FileText } from './fileText.ts';
import { snapshotOf } from './runSnapshot.ts';

/** An editor's preview of more files than this is no help to anybody; the rest is offered when these are done. */
export const MOST_FILES = 1_000;

/** A cell whose answers may take the place of its files: one text for each. */
export interface FileCell {
  readonly id: string;
  readonly prompt: string;
  /** Rows that ended ok. */
  readonly answers: number;
}

/** A file with the answer that may take its place. */
export interface FileAnswer {
  readonly ordinal: number;
  /** Relative to the root, with `/`. */
  readonly source: string;
  /** The file as it is now, which is as it was sent; without its byte order mark. */
  readonly before: string;
  /** With the line ends of the file. */
  readonly after: string;
  /** Whether the answer stood in a Markdown code block, which was taken off. */
  readonly unwrapped: boolean;
}

/** Why a file is left as it is. */
export interface RefusedFile {
  readonly source: string;
  readonly reason: string;
}

export type FileOffer =
  | ({ readonly kind: 'change' } & FileAnswer)
  | ({ readonly kind: 'refused' } & RefusedFile)
  /** It says what the answer says already. */
  | { readonly kind: 'same'; readonly source: string };

/** Cells of a run whose rows are files and whose answers are texts. @throws StateError as `snapshotOf`. */
export function fileCells({ meta, ledger }: Pick<ResultSource, 'meta' | 'ledger'>): readonly FileCell[] {
  return snapshotOf(meta).jobFile.cells.flatMap((cell) => {
    if (cell.kind !== 'files') return [];
    if (cell.responseSchema !== undefined || cell.responseSchemaFile !== undefined) return [];
    const { id, prompt } = cell;
    const answers = ledger.rows.filter(
      ({ planned, status }) => planned.cell === id && status === 'ok',
    ).length;
    return answers === 0 ? [] : [{ id, prompt, answers }];
  });
}

/**
 * What becomes of each file of a cell: a change by its answer, or why there is none. Only answers of rows that ended ok
 * count, and only for files that are still, byte for byte, what was sent. Writes nothing.
 *
 * @param loader Of the run, so that links are resolved and what is read is compared as it was when it was sent.
 */
export async function* answersForFiles(
  run: ResultSource,
  cell: string,
  loader: RowLoader,
): AsyncGenerator<FileOffer> {
  for (const [ordinal, row] of run.ledger.rows.entries()) {
    const { planned, status } = row;
    const { source } = planned;
    if (planned.cell !== cell) continue;
    if (status !== 'ok') {
      const reason = hasEnded(status) ? `Its row ended "${status}".` : 'Its row has not ended yet.';
      yield { kind: 'refused', source, reason };
      continue;
    }
    const loaded = await loader.load(planned, row.movedTo?.model);
    const bytes = loaded.ok ? loaded.job.file?.bytes : undefined;
    if (!loaded.ok || bytes === undefined) {
      yield { kind: 'refused', source, reason: loaded.ok ? 'It is not a file any more.' : loaded.message };
      continue;
    }
    yield offerOf(run, ordinal, source, bytes, loaded.inputHash === row.inputHash);
  }
}

function offerOf(
  run: ResultSource,
  ordinal: number,
  source: string,
  bytes: Uint8Array,
  isAsSent: boolean,
): FileOffer {
  const refused = (reason: string): FileOffer => ({ kind: 'refused', source, reason });
  const file = fileTextOf(bytes);
  if (typeof file === 'string') return refused(file);
  let response: string | undefined;
  try {
    response = jobResultOf(run, ordinal).response;
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return refused(error.userMessage);
  }
  if (response === undefined || response.trim() === '') return refused('Its answer is empty.');
  if (response.includes('\0')) return refused('Its answer holds a character that no text file has.');
  const { text, unwrapped } = asFileText(response, file);
  if (text === file.text) return { kind: 'same', source };
  if (!isAsSent)
    return refused(
      'It, or what is sent with it, has changed since it was sent; the answer is about what it was.',
    );
  return { kind: 'change', ordinal, source, before: file.text, after: text, unwrapped };
}

/** The text of a file that an edit can keep as it is otherwise; or why it cannot. */
function fileTextOf(bytes: Uint8Array): FileText | string {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (!utf16 && looksBinary(bytes)) return 'It is not a text file.';
  const encoding = !utf16 ? 'utf-8' : bytes[0] === 0xff ? 'utf-16le' : 'utf-16be';
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return 'It is neither UTF-8 nor UTF-16, and might not be saved as it was.';
  }
  const ends = new Set(text.match(/\r\n|\r|\n/g));
  if (ends.size > 1) return 'Its lines end in different ways, which an edit would make one.';
  const [lineEnd = '\n'] = ends;
  if (lineEnd === '\r') return 'Its lines end in an old way, which an edit would change.';
  return { text, lineEnd };
}
