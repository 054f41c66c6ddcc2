import { FileType, l10n, Uri, window, workspace, type WorkspaceFolder } from 'vscode';

/**
 * Shows the version, and which folders of the workspace hold Batchbook runs.
 *
 * @param version - Version of the running extension.
 * @returns The message that is shown.
 */
export async function showAbout(version: string): Promise<string> {
  const message = l10n.t('Batchbook {0}. {1}', version, await describeWorkspace());
  // The command is done when the message shows, not when somebody closes it.
  void window.showInformationMessage(message);
  return message;
}

async function describeWorkspace(): Promise<string> {
  const folders = workspace.workspaceFolders ?? [];
  if (folders.length === 0) return l10n.t('No folder is open: open the folder that holds your files.');
  const withState: WorkspaceFolder[] = [];
  for (const folder of folders) if (await hasState(folder)) withState.push(folder);
  return withState.length === 0
    ? l10n.t('This workspace holds no runs yet.')
    : l10n.t('Runs are kept in: {0}.', withState.map((folder) => `${folder.name}/.batchbook`).join(', '));
}

async function hasState(folder: WorkspaceFolder): Promise<boolean> {
  try {
    const { type } = await workspace.fs.stat(Uri.joinPath(folder.uri, '.batchbook'));
    return (type & FileType.Directory) !== 0;
  } catch {
    return false; // not there, or not readable: either way no run can be shown
  }
}
