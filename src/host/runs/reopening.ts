import { Disposable, l10n, workspace } from 'vscode';
import { isBatchbookError } from '../../core/errors.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import type { Report } from '../report.ts';
import type { Roots } from '../roots.ts';
import type { ReadSettings } from '../settings.ts';
import { number } from '../words.ts';
import type { RunsModel } from './runsModel.ts';
import type { WindowRuns } from './windowRuns.ts';
import { showInformation } from '../notify.ts';

export interface ReopeningDeps {
  readonly roots: Roots;
  readonly model: RunsModel;
  readonly runs: WindowRuns;
  readonly settings: ReadSettings;
  /** Shows what was agreed to before the run's first submission. */
  readonly showSent: (run: RunView) => Promise<void>;
  readonly report: Report;
}

/**
 * Goes on with runs whose driver went away: at the opening of the window, and when a process dies that this window
 * watched. The setting `batchbook.resume` decides whether by itself; a run that nobody agreed to on this machine is
 * only named, and asked about once the person wants to look at it. In an untrusted workspace nothing goes on.
 */
export class Reopening implements Disposable {
  readonly #deps: ReopeningDeps;
  /** Interrupted runs that were dealt with; one that gets going again may be interrupted again. */
  readonly #handled = new Set<string>();
  readonly #subscriptions: Disposable;
  #first = true;

  constructor(deps: ReopeningDeps) {
    this.#deps = deps;
    this.#subscriptions = Disposable.from(
      deps.model.onDidChange(() => {
        this.#look();
      }),
      workspace.onDidGrantWorkspaceTrust(() => {
        this.#first = true;
        this.#look();
      }),
    );
    if (deps.model.loaded) this.#look();
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  #look(): void {
    if (!workspace.isTrusted) return;
    const first = this.#first;
    this.#first = false;
    for (const run of this.#deps.model.runs) {
      if (run.holder?.liveness === 'alive' && run.holder.pid !== process.pid)
        this.#deps.runs.seenElsewhere(run.runId);
      const leftBehind = first && isOfAnotherWindow(run);
      if (!run.interrupted && !leftBehind) this.#handled.delete(run.runId);
      else if (!this.#handled.has(run.runId) && !this.#deps.runs.hasLetGo(run.runId)) {
        this.#handled.add(run.runId);
        void this.#goOn(run, leftBehind).catch(this.#deps.report);
      }
    }
  }

  /** @param handOver The window's own former host, which still lives after a reload, is asked for the run. */
  async #goOn(run: RunView, handOver: boolean): Promise<void> {
    const policy = this.#deps.settings('resume');
    if (policy === 'never') return;
    const root = this.#deps.roots.at(run.root);
    const agreed = await root.isAgreed(run.runId);
    if (!agreed && !(await this.#wantsToLook(run))) return;
    if (agreed && policy === 'ask' && !(await this.#wantsToResume(run))) return;
    try {
      await this.#deps.runs.resume(root, run.runId, handOver);
    } catch (error) {
      // Somebody else was quicker, or does not let go: the run is in good hands and shows as theirs.
      if (!isBatchbookError(error) || error.code !== 'leaseHeld') throw error;
    }
  }

  /** Going on asks by itself, with all that would be sent. */
  async #wantsToLook(run: RunView): Promise<boolean> {
    const { submitted, pending } = run.status.counts;
    const look = l10n.t('Look at It…');
    const text = l10n.t(
      '{0} came with its folder, broken off: {1} rows are at the provider, {2} wait. Nobody has agreed on this machine to what it sends.',
      run.title,
      number(submitted),
      number(pending),
    );
    return (await showInformation(text, look, l10n.t('Not Now'))) === look;
  }

  async #wantsToResume(run: RunView): Promise<boolean> {
    const resume = l10n.t('Resume');
    const look = l10n.t('Show What Was Agreed To');
    const { completed, total, counts } = run.status;
    const state = l10n.t(
      '{0} was broken off: {1} of {2} rows have ended, {3} are at the provider, {4} wait.',
      run.title,
      number(completed),
      number(total),
      number(counts.submitted),
      number(counts.pending),
    );
    for (;;) {
      const choice = await showInformation(state, resume, look, l10n.t('Not Now'));
      if (choice !== look) return choice === resume;
      await this.#deps.showSent(run);
    }
  }
}

function isOfAnotherWindow({ holder, confirmed }: RunView): boolean {
  return confirmed && holder?.kind === 'window' && holder.liveness === 'alive' && holder.pid !== process.pid;
}
