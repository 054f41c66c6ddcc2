import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { ValidationError, describeCause } from '../../core/errors.ts';
import { EXIT_CODES } from '../../core/vocabulary.ts';
import { formatResults, type ResultFormat } from '../exportResults.ts';
import { openSession, type GlobalOptions } from '../session.ts';

export interface ResultsOptions extends GlobalOptions {
  readonly format: ResultFormat;
  readonly out?: string;
}

/**
 * `results RUN`: writes the rows that have ended, one by one, to standard output or a new file. With `--json` standard
 * output gets JSON lines, or the document of what was written where.
 */
export async function resultsCommand(named: string | undefined, options: ResultsOptions): Promise<number> {
  const { workspace, output } = await openSession(options, named);
  const run = await workspace.findRun(named);
  if (options.out === undefined) {
    for (const piece of formatResults(run, output.json ? 'jsonl' : options.format)) {
      if (!process.stdout.write(piece)) await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
    return EXIT_CODES.ok;
  }
  const file = path.resolve(options.out);
  await writeNew(file, formatResults(run, options.format));
  output.note(`Written to ${file}`);
  output.document({ runId: run.meta.runId, format: options.format, file });
  return EXIT_CODES.ok;
}

/** Writes a file that was not there, whole or not at all. @throws ValidationError `outputConflict`. */
async function writeNew(file: string, pieces: Iterable<string>): Promise<void> {
  const handle = await open(file, 'wx').catch((error: unknown) => {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const message = exists
      ? `${file} exists, and an existing file is never replaced. Name another.`
      : `${file} cannot be written: ${describeCause(error)}`;
    throw new ValidationError('outputConflict', message, { cause: error });
  });
  try {
    for (const piece of pieces) await handle.appendFile(piece);
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}
