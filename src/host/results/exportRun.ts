import path from 'node:path';
import { commands, l10n, Uri, window } from 'vscode';
import type { ResultFormat } from '../../workspace/exportResults.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import type { Roots } from '../roots.ts';
import { number } from '../words.ts';
import { showInformation, showWarning, withNotification } from '../notify.ts';

const FORMATS = {
  csv: 'CSV',
  jsonl: 'JSON Lines',
  json: 'JSON',
  md: 'Markdown report',
} as const satisfies Record<ResultFormat, string>;

/** *Export…*: all results of a run into a file that the person names. One that is broken off leaves what was there. */
export async function exportRun(roots: Roots, run: RunView): Promise<void> {
  const formats = Object.keys(FORMATS) as ResultFormat[];
  const format = await window.showQuickPick(
    formats.map((id) => ({ label: FORMATS[id], description: `.${id}`, id })),
    { title: l10n.t('Export the results of {0} as', run.title) },
  );
  if (format === undefined) return;
  const name = `${run.title.replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, '-')}.${format.id}`;
  const target = await window.showSaveDialog({
    defaultUri: Uri.file(path.join(run.root, name)),
    filters: { [format.label]: [format.id] },
    title: l10n.t('Export results'),
  });
  if (target === undefined) return;
  const { exportResults } = await import('../../workspace/exportResults.ts');
  const reader = await roots.at(run.root).read(run.runId);
  const damaged = await withNotification(
    { title: l10n.t('Exporting {0}', run.title), cancellable: true },
    (progress, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => {
        stop.abort();
      });
      let shown = 0;
      return exportResults(reader, format.id, target.fsPath, {
        signal: stop.signal,
        replace: true, // VS Code's dialog has asked
        onProgress: (done, total) => {
          const percent = Math.floor((100 * done) / Math.max(1, total));
          if (percent === shown) return;
          progress.report({ increment: percent - shown, message: l10n.t('{0} %', percent) });
          shown = percent;
        },
      });
    },
  );
  if (damaged === undefined) {
    window.setStatusBarMessage(l10n.t('Export stopped; nothing was written.'), 5_000);
    return;
  }
  const open = l10n.t('Open');
  const file = target.fsPath;
  const choice =
    damaged === 0
      ? await showInformation(l10n.t('Written to {0}.', file), open)
      : await showWarning(l10n.t('Written to {0}. {1}', file, damagedInWords(damaged)), open);
  if (choice === open) await commands.executeCommand('vscode.open', target);
}

function damagedInWords(n: number): string {
  return n === 1
    ? l10n.t('1 result could not be read, since results.jsonl was changed. Its row says so.')
    : l10n.t('{0} results could not be read, since results.jsonl was changed. Their rows say so.', number(n));
}
