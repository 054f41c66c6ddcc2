import { access } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { ValidationError, describeCause, isBatchbookError } from '../core/errors.ts';
import { placeWritten } from '../jobfile/placeFile.ts';

/** Pieces are gathered to this many characters before they go to the disk. */
const CHUNK_CHARACTERS = 256 * 1024;
/** Writing many pieces lets others have their turn after this many milliseconds. */
const TURN_MS = 12;

export interface ExportOptions {
  readonly signal?: AbortSignal;
  /** Called with the pieces written so far and their number in all, roughly one a row. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Whether the person was asked about a file that is there, and wants it replaced. */
  readonly replace?: boolean;
}

/**
 * Writes pieces of text into a file, whole or not at all: what is there stays until all is written.
 *
 * @param file Absolute path.
 * @param total Roughly how many pieces there are.
 * @returns False when it was broken off; then nothing is left.
 * @throws ValidationError `outputConflict` where the file exists and is not to be replaced, or cannot be written.
 */
export async function writePieces(
  file: string,
  pieces: Iterable<string> | AsyncIterable<string>,
  total: number,
  { signal, onProgress, replace = false }: ExportOptions,
): Promise<boolean> {
  if (!replace && (await exists(file))) throw taken(file);
  let written: boolean;
  try {
    written = await placeWritten(
      file,
      async (handle) => {
        let [done, chunk, turn] = [0, '', performance.now()];
        for await (const piece of pieces) {
          if (signal?.aborted === true) return false;
          chunk += piece;
          onProgress?.((done += 1), total);
          if (chunk.length >= CHUNK_CHARACTERS) {
            await handle.appendFile(chunk);
            chunk = '';
          }
          if (performance.now() - turn < TURN_MS) continue;
          await setImmediate();
          turn = performance.now();
        }
        await handle.appendFile(chunk);
        return signal?.aborted !== true;
      },
      replace,
    );
  } catch (error) {
    if (isBatchbookError(error) || !(error instanceof Error && 'code' in error)) throw error;
    const message = `${file} cannot be written: ${describeCause(error)}`;
    throw new ValidationError('outputConflict', message, { cause: error });
  }
  if (!written && signal?.aborted !== true) throw taken(file);
  return written;
}

function taken(file: string): ValidationError {
  const message = `${file} exists, and an existing file is never replaced. Name another.`;
  return new ValidationError('outputConflict', message);
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
