import { l10n } from 'vscode';
import type { RunView } from '../../workspace/runWatch.ts';
import type { Roots } from '../roots.ts';
import { exportToFile } from './exportToFile.ts';

/** *Export…*: all results of a run into a file that the person names. */
export function exportRun(roots: Roots, run: RunView): Promise<void> {
  return exportToFile({
    title: run.title,
    formats: { csv: 'CSV', jsonl: 'JSON Lines', json: 'JSON', md: 'Markdown report' },
    question: l10n.t('Export the results of {0} as', run.title),
    folder: run.root,
    write: async (format, file, options) => {
      const { exportResults } = await import('../../workspace/exportResults.ts');
      return exportResults(await roots.at(run.root).read(run.runId), format, file, options);
    },
  });
}
