import { window, type QuickPickItem } from 'vscode';
import type { RunView } from '../../workspace/runWatch.ts';
import type { RunsModel } from '../runs/runsModel.ts';
import { countsInWords, moneyInWords } from '../words.ts';
import { madeInWords } from './resultsState.ts';

/** Runs of the same job file that have results, this one among them if it has; the newest first. */
export function siblingRuns(model: RunsModel, { root, jobFile }: RunView): readonly RunView[] {
  return model.runs
    .filter((run) => run.root === root && run.jobFile === jobFile && run.status.completed > 0)
    .toSorted((a, b) => b.createdAt - a.createdAt);
}

/** Lets the person choose one of them. @param shown The one that is marked as shown. */
export async function pickRun(
  runs: readonly RunView[],
  title: string,
  shown?: RunView,
): Promise<RunView | undefined> {
  const picked = await window.showQuickPick(
    runs.map((run): QuickPickItem & { readonly run: RunView } => ({
      label: `${run.runId === shown?.runId ? '$(check) ' : ''}${madeInWords(run.createdAt)}`,
      description: [...new Set(run.cells.map(({ model }) => model))].join(', '),
      detail: `${countsInWords(run.status, run.service)}; ${moneyInWords(run.status)}`,
      run,
    })),
    { title, matchOnDescription: true },
  );
  return picked?.run;
}
