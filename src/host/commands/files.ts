import path from 'node:path';
import { l10n, Uri, window, workspace, type QuickPickItem, type WorkspaceFolder } from 'vscode';
import type { JobTemplate } from '../../workspace/newJobFile.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import type { Roots } from '../roots.ts';
import type { ReadSettings } from '../settings.ts';
import { runJobFile, type RunJobFileDeps } from './runJobFile.ts';
import { showInformation } from '../notify.ts';

/** *New Job File…*: a job file to begin with, in a folder of the window, opened. Never replaces one. */
export async function newJobFile(settings: ReadSettings): Promise<Uri | undefined> {
  const folder = await chooseFolder();
  if (folder === undefined) return undefined;
  const { TEMPLATE_NAMES, newJobFileText } = await import('../../workspace/newJobFile.ts');
  const template = await chooseTemplate();
  if (template === undefined) return undefined;
  const name = await window.showInputBox({
    title: l10n.t('New job file'),
    prompt: l10n.t('Its name; ".batch.json" is added.'),
    value: TEMPLATE_NAMES[template],
    ignoreFocusOut: true,
    validateInput: (text) => nameProblem(folder, text),
  });
  if (name === undefined) return undefined;
  const title = stemOf(name);
  const file = path.join(folder.uri.fsPath, `${title}.batch.json`);
  const { writeNew } = await import('../../workspace/selectionJobFile.ts');
  const text = newJobFileText({
    title,
    template,
    model: settings('model', folder.uri),
    costLimitUsd: settings('costLimitUsd', folder.uri),
  });
  await writeNew(file, text);
  await window.showTextDocument(Uri.file(file));
  return Uri.file(file);
}

/** *Try the Sample*: puts three texts and a job file into the window's folder, opens the job file and runs it. */
export async function trySample(deps: RunJobFileDeps): Promise<string | undefined> {
  const folder = await chooseFolder();
  if (folder === undefined) return undefined;
  const { writeSample } = await import('../../workspace/sample.ts');
  const jobFile = Uri.file(await writeSample(folder.uri.fsPath));
  await window.showTextDocument(jobFile);
  return runJobFile(deps, jobFile);
}

/** *Open Job File*: the file itself; a run goes on by its own snapshot when it is gone. */
export async function openJobFile(roots: Roots, run: RunView): Promise<void> {
  if (run.jobFile === undefined) return;
  const file = Uri.file(path.join(run.root, run.jobFile));
  try {
    await workspace.fs.stat(file);
  } catch {
    const { meta } = await roots.at(run.root).read(run.runId);
    const document = await workspace.openTextDocument({
      language: 'jsonc',
      content: meta.jobFile?.text ?? '',
    });
    await window.showTextDocument(document);
    void showInformation(l10n.t('{0} is gone; this is the job file as the run keeps it.', run.jobFile));
    return;
  }
  await window.showTextDocument(file);
}

async function chooseTemplate(): Promise<JobTemplate | undefined> {
  const items: readonly (QuickPickItem & { readonly template: JobTemplate })[] = [
    { template: 'summarize', label: l10n.t('Summarize'), detail: l10n.t('One short text for each file') },
    { template: 'extract', label: l10n.t('Extract to a schema'), detail: l10n.t('Named fields, checked') },
    { template: 'classify', label: l10n.t('Classify'), detail: l10n.t('One label from your list') },
    { template: 'translate', label: l10n.t('Translate'), detail: l10n.t('Same files, other language') },
    { template: 'review', label: l10n.t('Review code'), detail: l10n.t('Findings with line and severity') },
    { template: 'compare', label: l10n.t('Compare models'), detail: l10n.t('One prompt, two answers') },
  ];
  const title = l10n.t('What should happen to each file?');
  return (await window.showQuickPick(items, { title, ignoreFocusOut: true }))?.template;
}

async function chooseFolder(): Promise<WorkspaceFolder | undefined> {
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (folders.length === 0) {
    void showInformation(l10n.t('Open a folder first: job files, runs and results are kept in it.'));
    return undefined;
  }
  return folders.length === 1
    ? folders[0]
    : window.showWorkspaceFolderPick({ placeHolder: l10n.t('In which folder?') });
}

async function nameProblem(folder: WorkspaceFolder, text: string): Promise<string | undefined> {
  const stem = stemOf(text);
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,60}$/u.test(stem))
    return l10n.t('Letters, digits, spaces, dots and dashes, beginning with a letter or a digit.');
  try {
    await workspace.fs.stat(Uri.joinPath(folder.uri, `${stem}.batch.json`));
    return l10n.t('{0} exists.', `${stem}.batch.json`);
  } catch {
    return undefined;
  }
}

function stemOf(name: string): string {
  return name.trim().replace(/\.batch\.json$/, '');
}
