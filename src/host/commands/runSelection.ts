import path from 'node:path';
import { l10n, Uri, window, workspace } from 'vscode';
import type { Selection } from '../../workspace/selectionJobFile.ts';
import type { ReadSettings } from '../settings.ts';
import { maySend } from '../trust.ts';
import { isJobFile, runJobFile, type RunJobFileDeps } from './runJobFile.ts';
import { showError, showInformation } from '../notify.ts';

export interface RunSelectionDeps extends RunJobFileDeps {
  readonly settings: ReadSettings;
}

/** *Summarize Selected Files*: the prompt of the settings, the job file `summaries.batch.json`. */
export async function summarize(
  deps: RunSelectionDeps,
  clicked: Uri | undefined,
  selected: readonly Uri[] | undefined,
): Promise<readonly string[]> {
  return runSelection(deps, chosenFiles(clicked, selected), {
    prompt: deps.settings('summarizePrompt'),
    title: l10n.t('Summaries'),
    name: 'summaries',
  });
}

/** *Run Prompt on Selected Files…*: asks for the prompt and for a name of the job file. */
export async function runPrompt(
  deps: RunSelectionDeps,
  clicked: Uri | undefined,
  selected: readonly Uri[] | undefined,
): Promise<readonly string[]> {
  const files = chosenFiles(clicked, selected);
  if (!maySend() || !anyFile(files)) return [];
  const prompt = await window.showInputBox({
    title: l10n.t('Run a prompt on the selected files'),
    prompt: l10n.t('What is asked of each file. {{file.name}} and {{file.path}} are filled in.'),
    placeHolder: l10n.t('List the names of all people in this text.'),
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === '' ? l10n.t('A prompt has words.') : undefined),
  });
  if (prompt === undefined) return [];
  const name = await window.showInputBox({
    title: l10n.t('Name of the job file'),
    prompt: l10n.t('The prompt and the files are kept in NAME.batch.json, the answers in the folder NAME.'),
    value: nameFrom(prompt),
    ignoreFocusOut: true,
    validateInput: (text) =>
      /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,60}$/u.test(text.trim())
        ? undefined
        : l10n.t('Letters, digits, spaces, dots and dashes, beginning with a letter or a digit.'),
  });
  if (name === undefined) return [];
  return runSelection(deps, files, { prompt: prompt.trim(), title: name.trim(), name: name.trim() });
}

/** One job file and one run for every folder of the window that files were selected in. */
async function runSelection(
  deps: RunSelectionDeps,
  files: readonly Uri[],
  what: Pick<Selection, 'prompt' | 'title' | 'name'>,
): Promise<readonly string[]> {
  if (!maySend() || !anyFile(files)) return [];
  const { jobFileOfSelection } = await import('../../workspace/selectionJobFile.ts');
  const runs: string[] = [];
  for (const [folder, members] of Map.groupBy(files, (uri) => workspace.getWorkspaceFolder(uri))) {
    if (folder === undefined) {
      const outside = members.map(({ fsPath }) => fsPath).join(', ');
      void showError(l10n.t('{0} is in no folder of this window. Open its folder first.', outside));
      continue;
    }
    const { root } = await deps.roots.of(path.join(folder.uri.fsPath, 'any.batch.json'));
    const jobFile = await jobFileOfSelection(root, {
      ...what,
      files: members.map(({ fsPath }) =>
        path.relative(root, fsPath).split(path.sep).join('/').normalize('NFC'),
      ),
      model: deps.settings('model', folder.uri),
      costLimitUsd: deps.settings('costLimitUsd', folder.uri),
    });
    const run = await runJobFile(deps, Uri.file(jobFile));
    if (run !== undefined) runs.push(run);
  }
  return runs;
}

/** VS Code passes the clicked file and all selected ones; a click outside the selection means that file alone. */
function chosenFiles(clicked: Uri | undefined, selected: readonly Uri[] | undefined): readonly Uri[] {
  const front = window.activeTextEditor?.document.uri;
  const files = selected !== undefined && selected.length > 0 ? selected : [clicked ?? front];
  return files.filter((uri): uri is Uri => uri?.scheme === 'file' && !isJobFile(uri));
}

function anyFile(files: readonly Uri[]): boolean {
  if (files.length > 0) return true;
  void showInformation(
    l10n.t('Select files or folders in the Explorer, then choose this from their context menu.'),
  );
  return false;
}

/** The first words of a prompt, as a file name. */
function nameFrom(prompt: string): string {
  const words = prompt.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.slice(0, 4).join('-').slice(0, 40) || 'prompt';
}
