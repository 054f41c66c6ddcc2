import { Disposable, window, workspace, type ExtensionContext, type Uri } from 'vscode';
import { chooseRun } from './commands/chooseRun.ts';
import { cleanUpProviders } from './commands/cleanUpProviders.ts';
import { cancelRun, rerunFailed, resolveRun, resumeRun, setLimit, stopRun } from './commands/decide.ts';
import { decideBatch } from './commands/decideLive.ts';
import { newJobFile, openJobFile, trySample } from './commands/files.ts';
import {
  chooseCell,
  chooseJobFile,
  choosePilot,
  runJobFile,
  type RunJobFileDeps,
} from './commands/runJobFile.ts';
import { runPrompt, summarize } from './commands/runSelection.ts';
import { deleteRun } from './commands/deleteRun.ts';
import { showAtProviders, takeOverBatch } from './commands/showAtProviders.ts';
import { registerCommands } from './commands.ts';
import { createConfirm } from './confirm/confirmPlan.ts';
import type { RunTrait } from './contributions.ts';
import { JobEditors } from './editor/jobEditors.ts';
import { hostAccess } from './keys/hostAccess.ts';
import { SecretKeys } from './keys/secretKeys.ts';
import { setApiKey } from './keys/setApiKey.ts';
import { registerCompletions } from './problems/completions.ts';
import { JobFileProblems } from './problems/jobFileProblems.ts';
import { registerQuickFixes } from './problems/quickFixes.ts';
import { ProgressPanels } from './progress/progressPanels.ts';
import { concernsProviders } from './providerSettings.ts';
import { createReport } from './report.ts';
import { applyToFiles } from './results/applyAnswers.ts';
import { bringBackComparisons, compareResults, type CompareDeps } from './results/comparePanel.ts';
import { exportRun } from './results/exportRun.ts';
import { Findings } from './results/findings.ts';
import { ResultDocuments } from './results/resultDocuments.ts';
import { ResultsPanels } from './results/resultsPanels.ts';
import { rowsAskedFor } from './results/rowsAskedFor.ts';
import { Roots } from './roots.ts';
import { createAskConsent } from './runs/askConsent.ts';
import { Notices } from './runs/notices.ts';
import { Reopening } from './runs/reopening.ts';
import { RunsModel } from './runs/runsModel.ts';
import { Strays } from './runs/strays.ts';
import { WindowRuns } from './runs/windowRuns.ts';
import { readSetting } from './settings.ts';
import { StatusBar } from './statusBar.ts';
import { RunsTree } from './tree/runsTree.ts';
import type { RunView } from '../workspace/runWatch.ts';

/** What `deactivate` needs of the extension. */
export interface BatchbookExtension {
  shutdown(): Promise<void>;
}

/** Builds the services, then every feature on them. Nothing is read from disk before VS Code asks for it. */
export function createExtension(context: ExtensionContext): BatchbookExtension {
  const { extensionUri } = context;
  const log = window.createOutputChannel('Batchbook', { log: true });
  const report = createReport(log);
  const settings = readSetting;
  const keys = new SecretKeys(context.secrets);
  const access = hostAccess({ keys, settings, env: process.env });
  const roots = new Roots(access, settings);
  const model = new RunsModel(roots);
  const documents = new ResultDocuments(roots, model);
  const results = new ResultsPanels({
    extensionUri,
    roots,
    model,
    openText: (run) => documents.openRun(run),
    exportRun: (run) => exportRun(roots, run),
    compare: (run) => compare(run),
    report,
  });
  const comparing: CompareDeps = {
    extensionUri,
    roots,
    model,
    report,
    openResults: (one) => results.show(one),
  };
  const compare = (run: RunView): Promise<void> => compareResults(comparing, run);
  const runs = new WindowRuns(
    model,
    createAskConsent((rest, text) => documents.openRest(rest, text)),
  );
  const strays = new Strays();
  const statusBar = new StatusBar(model);
  const progress = new ProgressPanels({ extensionUri, roots, model, report });
  const findings = new Findings(roots);
  const problems = new JobFileProblems(roots, report);
  const running: RunJobFileDeps = {
    roots,
    model,
    runs,
    confirm: createConfirm(extensionUri, report),
    showProblems: (root, found) => {
      problems.show(root, found);
    },
  };
  const editors = new JobEditors({ extensionUri, running, problems, settings, report });
  const deciding = { roots, model, runs };
  const selecting = { ...running, settings };
  const notices = new Notices({ roots, model, runs, memento: context.workspaceState, report });
  const reopening = new Reopening({
    roots,
    model,
    runs,
    settings,
    report,
    showSent: (run) => documents.openAgreed(run),
  });

  const showProgress = (run: RunView | undefined): void => {
    if (run !== undefined) statusBar.lookedAt(run.runId);
    progress.show(run);
  };

  const tree = new RunsTree(model, roots, strays, (runId) => {
    showProgress(model.find(runId));
  });

  /** A command about one run, called from the tree, the status bar or the palette. */
  const about =
    (trait: RunTrait, act: (run: RunView, which: unknown) => unknown) =>
    async (argument?: unknown, which?: unknown): Promise<void> => {
      const run = await chooseRun(model, argument, trait);
      if (run !== undefined) await act(run, which);
    };

  const commands = registerCommands(
    {
      'batchbook.summarize': (clicked?: Uri, selected?: readonly Uri[]) =>
        summarize(selecting, clicked, selected),
      'batchbook.runPrompt': (clicked?: Uri, selected?: readonly Uri[]) =>
        runPrompt(selecting, clicked, selected),
      'batchbook.run': async (given?: Uri) => {
        const file = await chooseJobFile(given);
        return file === undefined ? undefined : runJobFile(running, file);
      },
      'batchbook.runCell': async (given?: Uri) => {
        const file = await chooseJobFile(given);
        const cell = file === undefined ? undefined : await chooseCell(roots, file);
        return file === undefined || cell === undefined ? undefined : runJobFile(running, file, { cell });
      },
      'batchbook.runPilot': async (given?: Uri) => {
        const file = await chooseJobFile(given);
        const pilot = file === undefined ? undefined : await choosePilot();
        return file === undefined || pilot === undefined ? undefined : runJobFile(running, file, { pilot });
      },
      'batchbook.runAll': async (given?: Uri) => {
        const file = await chooseJobFile(given);
        return file === undefined ? undefined : runJobFile(running, file, { all: true });
      },
      'batchbook.resume': about('resumable', (run) => resumeRun(deciding, run)),
      'batchbook.stop': about('driven', (run) => stopRun(deciding, run)),
      'batchbook.cancelAtProvider': about('open', (run) => cancelRun(deciding, run)),
      'batchbook.rerunFailed': about('failed', (run) => rerunFailed(deciding, run)),
      'batchbook.setLimit': about('open', (run) => setLimit(deciding, run)),
      'batchbook.resolve': about('undecided', (run) => resolveRun(deciding, run)),
      'batchbook.decideBatch': (node?: unknown) => decideBatch(deciding, node),
      'batchbook.showProgress': async (argument?: unknown) => {
        await model.refresh();
        const run = argument === undefined ? undefined : await chooseRun(model, argument, 'results');
        showProgress(run ?? model.runs.findLast(isDriven) ?? model.runs.at(-1));
      },
      'batchbook.openResults': about('results', async (run, which) => {
        statusBar.lookedAt(run.runId);
        await results.show(run, rowsAskedFor(which));
      }),
      'batchbook.openResultsAsText': about('results', async (run) => {
        statusBar.lookedAt(run.runId);
        await documents.openRun(run);
      }),
      'batchbook.openRow': async (runId: unknown, row: unknown) => {
        const run = typeof runId === 'string' ? model.find(runId) : undefined;
        if (run !== undefined && isRowOf(run, row)) await results.show(run, { row });
      },
      'batchbook.showSent': about('confirmed', (run) => documents.openAgreed(run)),
      'batchbook.compareRuns': about('results', compare),
      'batchbook.export': about('results', (run) => exportRun(roots, run)),
      'batchbook.applyToFiles': about('results', (run) => applyToFiles(roots, run)),
      'batchbook.showFindings': about('results', (run) => findings.show(run)),
      'batchbook.clearFindings': () => {
        findings.clear();
      },
      'batchbook.openJobFile': about('jobFile', (run) => openJobFile(roots, run)),
      'batchbook.newJobFile': () => newJobFile(settings),
      'batchbook.trySample': () => trySample(running),
      'batchbook.setApiKey': () => setApiKey({ keys, access, settings }),
      'batchbook.showAtProviders': () => showAtProviders({ ...deciding, strays }),
      'batchbook.takeOverBatch': (node?: unknown) => takeOverBatch({ ...deciding, strays }, node),
      'batchbook.deleteRun': async (argument?: unknown) => {
        // The Delete key says only that it was pressed in the tree.
        const run = await chooseRun(
          model,
          argument === 'selected' ? tree.selectedRun : argument,
          'deletable',
        );
        if (run !== undefined) await deleteRun(deciding, run);
      },
      'batchbook.cleanUp': () => cleanUpProviders(roots),
    },
    report,
  );

  const comparisons = bringBackComparisons(comparing);
  const textSide = Disposable.from(registerQuickFixes(problems), registerCompletions(roots));
  const changes = workspace.onDidChangeConfiguration((change) => {
    if (!concernsProviders(change)) return;
    roots.settingsChanged();
    editors.renewModels();
  });
  context.subscriptions.push(
    Disposable.from(
      commands,
      changes,
      textSide,
      reopening,
      notices,
      editors,
      problems,
      results,
      comparisons,
      documents,
      progress,
      findings,
      statusBar,
      tree,
      strays,
      runs,
      model,
      roots,
      log,
    ),
  );
  // After `activate` has returned: the window is there first, its runs a moment later.
  setImmediate(() => void model.refresh());
  return { shutdown: () => runs.shutdown() };
}

function isRowOf({ status }: RunView, row: unknown): row is number {
  return typeof row === 'number' && Number.isInteger(row) && row >= 0 && row < status.total;
}

function isDriven({ holder }: RunView): boolean {
  return holder !== undefined;
}
