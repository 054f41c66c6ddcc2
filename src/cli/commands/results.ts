import path from 'node:path';
import { EXIT_CODES } from '../../core/vocabulary.ts';
import { exportResults, formatResults, type ResultFormat } from '../../workspace/exportResults.ts';
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
      if (piece !== '' && !process.stdout.write(piece))
        await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
    return EXIT_CODES.ok;
  }
  const file = path.resolve(options.out);
  const stop = new AbortController();
  const onSignal = (): void => {
    stop.abort();
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    if (!(await exportResults(run, options.format, file, { signal: stop.signal }))) {
      output.note('Stopped: nothing was written.');
      return EXIT_CODES.interrupted;
    }
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
  output.note(`Written to ${file}`);
  output.document({ runId: run.meta.runId, format: options.format, file });
  return EXIT_CODES.ok;
}
