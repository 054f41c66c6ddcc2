import { l10n, window } from 'vscode';
import type { RunView } from '../../workspace/runWatch.ts';
import type { RunTrait } from '../contributions.ts';
import { hasTrait } from '../runs/runTraits.ts';
import type { RunsModel } from '../runs/runsModel.ts';
import { age, countsInWords, moneyInWords, stateWord } from '../words.ts';
import { showInformation } from '../notify.ts';

/**
 * The run that a command is about: the given one, the only one there is, or the one that the person picks, newest first.
 * `undefined`: they picked none, or there is none, which they are told.
 *
 * @param argument - What the command was called with, by whomever: a line of the tree or a run's id name a run.
 */
export async function chooseRun(
  model: RunsModel,
  argument: unknown,
  trait: RunTrait,
): Promise<RunView | undefined> {
  await model.refresh();
  const id = idOf(argument);
  if (id !== undefined) return model.find(id);
  const runs = model.runs.filter((run) => hasTrait(run, trait)).toReversed();
  const [only] = runs;
  if (only === undefined) {
    void showInformation(nothingFor(trait));
    return undefined;
  }
  if (runs.length === 1) return only;
  const picked = await window.showQuickPick(
    runs.map((run) => ({
      label: run.title,
      description: `${stateWord(run)}, ${age(run.createdAt, Date.now())}`,
      detail: `${countsInWords(run.status, run.service)}; ${moneyInWords(run.status)}`,
      run,
    })),
    { title: l10n.t('Which run?'), matchOnDescription: true, matchOnDetail: true },
  );
  return picked?.run;
}

function idOf(argument: unknown): string | undefined {
  if (typeof argument === 'string') return argument;
  const run: unknown = isObject(argument) && 'run' in argument ? argument.run : undefined;
  return isObject(run) && 'runId' in run && typeof run.runId === 'string' ? run.runId : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function nothingFor(trait: RunTrait): string {
  switch (trait) {
    case 'undecided':
      return l10n.t('No run needs a decision.');
    case 'resumable':
      return l10n.t('No run waits to be resumed.');
    case 'results':
      return l10n.t('No run has results yet.');
    case 'driven':
      return l10n.t('No run is being driven.');
    case 'open':
      return l10n.t('No run is open.');
    case 'failed':
      return l10n.t('No run has rows to run again.');
    case 'deletable':
      return l10n.t('No run can be deleted: those that are open may have batches at a service.');
    case 'jobFile':
    case 'confirmed':
      return l10n.t('There are no runs yet.');
  }
}
