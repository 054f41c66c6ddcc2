import path from 'node:path';
import { l10n, Position, Range, TabInputCustom, Uri, window, workspace } from 'vscode';
import { isBatchbookError, type JobFileError, type Problem } from '../../core/errors.ts';
import type { RunReader } from '../../core/stateManager.ts';
import type { JobPlan, PlanOptions } from '../../workspace/planJobFile.ts';
import type { Workspace } from '../../workspace/workspace.ts';
import type { Confirm } from '../confirm/confirmPlan.ts';
import type { Roots } from '../roots.ts';
import type { RunsModel } from '../runs/runsModel.ts';
import type { WindowRuns } from '../runs/windowRuns.ts';
import { maySend } from '../trust.ts';
import { number } from '../words.ts';
import { showError, showInformation, showWarning, withNotification } from '../notify.ts';

export interface RunJobFileDeps {
  readonly roots: Roots;
  readonly model: RunsModel;
  readonly runs: WindowRuns;
  /** Shows what would leave this machine; resolves to what the person wants (promise P7). */
  readonly confirm: Confirm;
  /** Puts the problems of a job file where the editor shows them. */
  readonly showProblems: (root: string, problems: readonly Problem[]) => void;
}

export type RunOptions = Partial<Pick<PlanOptions, 'cell' | 'pilot' | 'all'>>;

/**
 * Runs a job file: goes on with its open run, or plans, shows what leaves, asks, and starts. Resolves, once the run is
 * under way, to its id; to `undefined` when the person decided against it.
 */
export async function runJobFile(
  deps: RunJobFileDeps,
  file: Uri,
  options: RunOptions = {},
): Promise<string | undefined> {
  if (!maySend()) return undefined;
  await saveIfDirty(file);
  const root = await deps.roots.of(file.fsPath);
  const open = await root.openRunOf(file.fsPath);
  if (open === undefined) return startNew(deps, root, file, options);
  const another = l10n.t('Start Another Run…');
  const { goesOn, told } = await goOn(deps, root, open, options);
  const show = goesOn ? showInformation : showWarning;
  if ((await show(told, another)) === another) return startNew(deps, root, file, options, open);
  return goesOn ? open.meta.runId : undefined;
}

/** The job file that a command is about: the given one, the one in front, or the one that the person picks. */
export async function chooseJobFile(given: Uri | undefined): Promise<Uri | undefined> {
  if (given instanceof Uri) return given;
  const front = window.activeTextEditor?.document.uri ?? activeCustomEditor();
  if (front?.scheme === 'file' && isJobFile(front)) return front;
  const found = await workspace.findFiles('**/*.batch.json', '**/node_modules/**');
  if (found.length === 0) {
    void showInformation(
      l10n.t('There is no job file (NAME.batch.json) in this window. Make one with "New Job File…".'),
    );
    return undefined;
  }
  if (found.length === 1) return found[0];
  const items = found
    .map((uri) => ({ label: workspace.asRelativePath(uri), uri }))
    .sort((a, b) => a.label.localeCompare(b.label));
  return (await window.showQuickPick(items, { title: l10n.t('Which job file?') }))?.uri;
}

function activeCustomEditor(): Uri | undefined {
  const input = window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof TabInputCustom ? input.uri : undefined;
}

/** The cell of a job file that the person picks. */
export async function chooseCell(roots: Roots, file: Uri): Promise<string | undefined> {
  await saveIfDirty(file);
  const cells = await (await roots.of(file.fsPath)).cellsOf(file.fsPath);
  const items = cells.map(({ id, kind, prompt }) => ({ label: id, description: kind, detail: prompt }));
  return (await window.showQuickPick(items, { title: l10n.t('Run which cell?') }))?.label;
}

/** How many rows the person wants to try first. */
export async function choosePilot(): Promise<number | undefined> {
  const text = await window.showInputBox({
    title: l10n.t('Run a pilot'),
    prompt: l10n.t('Rows to send first. The run then waits and shows what the rest would cost.'),
    value: '20',
    validateInput: (value) =>
      /^[1-9]\d*$/.test(value.trim()) ? undefined : l10n.t('A whole number above 0.'),
  });
  return text === undefined ? undefined : Number(text.trim());
}

export function isJobFile(uri: Uri): boolean {
  return uri.path.endsWith('.batch.json');
}

/** What became of an open run, and what the person is told of it. */
interface Going {
  /** Whether it is driven, here or elsewhere. */
  readonly goesOn: boolean;
  readonly told: string;
}

/** Drives the open run if nobody does. One that came with its folder may be refused, by the person or by what it is. */
async function goOn(
  deps: RunJobFileDeps,
  root: Workspace,
  open: RunReader,
  options: RunOptions,
): Promise<Going> {
  const { runId, title } = open.meta;
  const driven = await root.isDriven(open);
  try {
    if (!driven && !(await deps.runs.resume(root, runId))) {
      const told = l10n.t('Nothing was sent of the open run of {0}, which came with its folder.', title);
      return { goesOn: false, told };
    }
  } catch (error) {
    if (!isBatchbookError(error) || error.code !== 'corruptState') throw error;
    return { goesOn: false, told: error.userMessage };
  }
  const told = [
    driven
      ? l10n.t('{0} is already running, as it was agreed to.', title)
      : l10n.t('Going on with the open run of {0}, as it was agreed to.', title),
  ];
  if (await root.jobFileChanged(open))
    told.push(l10n.t('The job file has changed since; run it again afterwards to send what changed.'));
  if (options.all === true || options.pilot !== undefined || options.cell !== undefined)
    told.push(l10n.t('What you asked for now can be a run of its own beside it.'));
  return { goesOn: true, told: told.join(' ') };
}

async function startNew(
  deps: RunJobFileDeps,
  root: Workspace,
  file: Uri,
  options: RunOptions,
  beside?: RunReader,
): Promise<string | undefined> {
  const plan = await planned(deps, root, file, options);
  if (plan === undefined) return undefined;
  const agreed = await agree(deps, root, file, options, plan, beside);
  if (agreed === undefined) return undefined;
  try {
    await deps.runs.start(root, agreed, beside?.meta.runId);
  } catch (error) {
    if (!isBatchbookError(error) || error.code !== 'runOpen') throw error;
    // Somebody else started this job file while the question stood there.
    const begun = await root.openRunOf(file.fsPath);
    if (begun === undefined) throw error;
    const { goesOn, told } = await goOn(deps, root, begun, options);
    void showInformation(told);
    return goesOn ? begun.meta.runId : undefined;
  }
  await deps.model.refresh();
  return agreed.meta.runId;
}

/** What is sent as the person agreed to it; a plan that sends nothing needs no agreement. */
async function agree(
  deps: RunJobFileDeps,
  root: Workspace,
  file: Uri,
  options: RunOptions,
  plan: JobPlan,
  beside: RunReader | undefined,
): Promise<JobPlan | undefined> {
  if (plan.summary.rowsToSend === 0) return plan;
  if (beside !== undefined && !(await confirmBeside(root, beside))) return undefined;
  const decision = await deps.confirm({
    root: root.root,
    plan,
    replan: (changes) => root.plan(file.fsPath, { ...planOptions(options), ...changes }),
  });
  return decision.kind === 'send' ? decision.plan : undefined;
}

async function confirmBeside(root: Workspace, open: RunReader): Promise<boolean> {
  const { counts } = await root.statusOf(open);
  const go = l10n.t('Plan Another Run');
  const choice = await showWarning(
    l10n.t('{0} has an open run already.', open.meta.title),
    {
      modal: true,
      detail: l10n.t(
        '{0} of its rows are at the provider and {1} wait. Rows that it has not answered yet would be sent, and paid, a second time.',
        number(counts.submitted),
        number(counts.pending),
      ),
    },
    go,
  );
  return choice === go;
}

async function planned(
  deps: RunJobFileDeps,
  root: Workspace,
  file: Uri,
  options: RunOptions,
): Promise<JobPlan | undefined> {
  const name = path.basename(file.fsPath);
  try {
    return await withNotification({ title: l10n.t('Reading what {0} would send', name) }, () =>
      root.plan(file.fsPath, planOptions(options)),
    );
  } catch (error) {
    if (!isBatchbookError(error) || error.code !== 'jobFile' || !('problems' in error)) throw error;
    const { problems } = error as JobFileError;
    deps.showProblems(root.root, problems);
    showFirst(root, problems);
    return undefined;
  }
}

/** Opens the job file at its first problem, with the problem as the message. */
function showFirst(root: Workspace, problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length === 1 ? '' : l10n.t(' ({0} more problems)', problems.length - 1);
  const show = l10n.t('Show');
  void showError(first.message + more, show).then(async (choice) => {
    if (choice !== show) return;
    const at = new Position(first.range.line - 1, first.range.column - 1);
    await window.showTextDocument(Uri.file(path.join(root.root, first.file)), {
      selection: new Range(at, at),
    });
  });
}

function planOptions(options: RunOptions): PlanOptions {
  return { ...options, all: options.all ?? false };
}

async function saveIfDirty(file: Uri): Promise<void> {
  const document = workspace.textDocuments.find((open) => open.uri.toString() === file.toString());
  if (document?.isDirty === true) await document.save();
}
