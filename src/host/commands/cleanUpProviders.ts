import { l10n, ProgressLocation, window } from 'vscode';
import type { Roots } from '../roots.ts';
import { maySend } from '../trust.ts';
import { number } from '../words.ts';

/** *Clean Up Provider Files*: removes what finished batches left at the providers and here. */
export async function cleanUpProviders(roots: Roots): Promise<void> {
  if (!maySend()) return;
  const reports = await window.withProgress(
    { location: ProgressLocation.Notification, title: l10n.t('Cleaning up after finished batches') },
    async () => Promise.all((await roots.all()).map((root) => root.cleanUp())),
  );
  const batches = reports.reduce((sum, report) => sum + report.batches, 0);
  const failures = reports.flatMap((report) => report.failures);
  if (failures.length > 0) {
    void window.showWarningMessage(
      l10n.t('Not everything could be removed: {0}', failures.slice(0, 3).join(' ')),
    );
    return;
  }
  void window.showInformationMessage(
    l10n.t('Nothing is left at the providers of {0} finished batches.', number(batches)),
  );
}
