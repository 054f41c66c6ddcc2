import path from 'node:path';
import { commands, l10n, Uri, window } from 'vscode';
import type { ExportOptions } from '../../workspace/writePieces.ts';
import { showInformation, showWarning, withNotification } from '../notify.ts';
import { number } from '../words.ts';

export interface FileExport<Format extends string> {
  /** Of what is exported. */
  readonly title: string;
  /** Formats with their names; a format is the end of the file's name too. */
  readonly formats: Readonly<Record<Format, string>>;
  /** Title of the choice of a format. */
  readonly question: string;
  /** Folder in which the file is offered, absolute. */
  readonly folder: string;
  /** Resolves to how many results could not be read from disk, which their rows say; to `undefined` where it was broken off. */
  readonly write: (
    format: Format,
    file: string,
    options: Required<ExportOptions>,
  ) => Promise<number | undefined>;
}

/** Writes into a file that the person names, with progress and a way to stop. What is broken off leaves what was there. */
export async function exportToFile<Format extends string>({
  title,
  formats,
  question,
  folder,
  write,
}: FileExport<Format>): Promise<void> {
  const ids = Object.keys(formats) as Format[];
  const format = await window.showQuickPick(
    ids.map((id) => ({ label: formats[id], description: `.${id}`, id })),
    { title: question },
  );
  if (format === undefined) return;
  const name = `${title.replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, '-')}.${format.id}`;
  const target = await window.showSaveDialog({
    defaultUri: Uri.file(path.join(folder, name)),
    filters: { [format.label]: [format.id] },
    title: l10n.t('Export results'),
  });
  if (target === undefined) return;
  const damaged = await withNotification(
    { title: l10n.t('Exporting {0}', title), cancellable: true },
    (progress, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => {
        stop.abort();
      });
      let shown = 0;
      return write(format.id, target.fsPath, {
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
  const choice =
    damaged === 0
      ? await showInformation(l10n.t('Written to {0}.', target.fsPath), open)
      : await showWarning(l10n.t('Written to {0}. {1}', target.fsPath, damagedInWords(damaged)), open);
  if (choice === open) await commands.executeCommand('vscode.open', target);
}

function damagedInWords(n: number): string {
  return n === 1
    ? l10n.t('1 result could not be read, since results.jsonl was changed. Its row says so.')
    : l10n.t('{0} results could not be read, since results.jsonl was changed. Their rows say so.', number(n));
}
