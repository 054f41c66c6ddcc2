import path from 'node:path';
import { ValidationError } from '../../core/errors.ts';
import { EXIT_CODES } from '../../core/vocabulary.ts';
import { exportResults, formatResults, type ResultFormat } from '../../workspace/exportResults.ts';
import { count } from '../../workspace/planText.ts';
import type { Output } from '../output.ts';
import { openSession, type GlobalOptions } from '../session.ts';
import { terminalText } from '../terminalText.ts';

export interface ResultsOptions extends GlobalOptions {
  /** Default `jsonl`. */
  readonly format?: ResultFormat;
  readonly out?: string;
}

/**
 * `results RUN`: writes the rows that have ended, one by one, to standard output or a new file. With `--json` standard
 * output gets JSON lines, or the document of what was written where.
 * @throws ValidationError `usage` where another format is to go where `--json` promises JSON.
 */
export async function resultsCommand(named: string | undefined, options: ResultsOptions): Promise<number> {
  const { format = 'jsonl' } = options;
  if (options.json === true && options.out === undefined && !format.startsWith('json'))
    throw new ValidationError(
      'usage',
      `--json prints JSON, and --format ${format} is none. Leave one of them out, or write a file with --out.`,
    );
  const { workspace, output } = await openSession(options, named);
  const run = await workspace.findRun(named);
  if (options.out === undefined) {
    let damaged = 0;
    for (const piece of formatResults(run, format, () => damaged++)) {
      if (piece !== '' && !process.stdout.write(process.stdout.isTTY ? terminalText(piece) : piece))
        await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
    noteDamaged(output, damaged);
    return EXIT_CODES.ok;
  }
  const file = path.resolve(options.out);
  const stop = new AbortController();
  const onSignal = (): void => {
    stop.abort();
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  let damaged: number | undefined;
  try {
    damaged = await exportResults(run, format, file, { signal: stop.signal });
    if (damaged === undefined) {
      output.note('Stopped: nothing was written.');
      return EXIT_CODES.interrupted;
    }
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
  output.note(`Written to ${file}`);
  noteDamaged(output, damaged);
  output.document({ runId: run.meta.runId, format, file });
  return EXIT_CODES.ok;
}

function noteDamaged(output: Output, damaged: number): void {
  if (damaged === 0) return;
  output.note(
    `${count(damaged, 'result')} could not be read, since results.jsonl was changed: restore it from a backup. Each has this error in its row.`,
  );
}
