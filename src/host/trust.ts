import { commands, l10n, workspace } from 'vscode';
import { showWarning } from './notify.ts';

/** Whether something may be sent here. In an untrusted workspace the person is told why not, and what to do. */
export function maySend(): boolean {
  if (workspace.isTrusted) return true;
  const manage = l10n.t('Manage Workspace Trust');
  const text = l10n.t(
    'This folder is in Restricted Mode. Job files and results can be read; nothing is sent to a service until you trust the folder.',
  );
  void showWarning(text, manage).then((choice) => {
    if (choice === manage) void commands.executeCommand('workbench.trust.manage');
  });
  return false;
}
