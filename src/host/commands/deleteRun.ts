import { l10n } from 'vscode';
import type { RunView } from '../../workspace/runWatch.ts';
import { bytesInWords, files, number } from '../words.ts';
import type { DecideDeps } from './askDriver.ts';
import { showWarning } from '../notify.ts';

/** *Delete Run…*: asks, and says what goes and what stays. One that is open or driven is refused with the reason. */
export async function deleteRun(deps: Pick<DecideDeps, 'roots' | 'model'>, run: RunView): Promise<void> {
  const { deleteRun: remove, remainsOf } = await import('../../workspace/deleteRun.ts');
  const root = deps.roots.at(run.root);
  const { bytes, answers, written } = await remainsOf(root, run.runId);
  const go = l10n.t('Delete Run');
  const detail = [
    l10n.t(
      'Its record goes: {0} answers with their costs, {1}. Rows that are sent again later are paid again.',
      number(answers),
      bytesInWords(bytes),
    ),
    written === 0
      ? l10n.t('The job file and its inputs stay.')
      : l10n.t('The job file, its inputs and {0} that the run has written stay.', files(written)),
  ].join('\n');
  const question = l10n.t('Delete {0}?', run.title);
  if ((await showWarning(question, { modal: true, detail }, go)) !== go) return;
  await remove(root, run.runId);
  await deps.model.refresh();
}
