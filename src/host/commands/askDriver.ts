import {} from 'vscode';
import type { RunRequest } from '../../core/stateManager.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import type { Roots } from '../roots.ts';
import type { RunsModel } from '../runs/runsModel.ts';
import type { WindowRuns } from '../runs/windowRuns.ts';
import { maySend } from '../trust.ts';
import { showWarning } from '../notify.ts';

/** What commands that decide something about a run work with. */
export interface DecideDeps {
  readonly roots: Roots;
  readonly model: RunsModel;
  readonly runs: WindowRuns;
}

/**
 * Leaves a request for whoever drives the run: this window, another one, or a command line. With no driver it is
 * carried out by the next one; `resume` makes that this window, at once.
 *
 * @param request - What is wanted, or what leaves it after a check of its own and resolves to its id.
 */
export async function askDriver(
  deps: DecideDeps,
  run: RunView,
  request: RunRequest | (() => Promise<string>),
  undriven: 'resume' | 'leave' = 'leave',
): Promise<void> {
  const root = deps.roots.at(run.root);
  const id = typeof request === 'function' ? await request() : await root.request(run.runId, request);
  const reader = await root.read(run.runId);
  if (!(await root.untilHandled(reader, id)) && undriven === 'resume' && maySend())
    await deps.runs.resume(root, run.runId);
  deps.model.touch();
}

/** A modal question with one way to agree. */
export async function agreed(question: string, go: string): Promise<boolean> {
  return (await showWarning(question, { modal: true }, go)) === go;
}
