import { commands, env, l10n, Uri, workspace, type Disposable, type WebviewPanel } from 'vscode';
import { isBatchbookError } from '../../core/errors.ts';
import { parseNothing } from '../../protocol/confirmSurface.ts';
import { keptPanelOf, keptRun, type KeptPanel } from '../../protocol/keptPanel.ts';
import {
  parseAct,
  parseBatch,
  parseOutcome,
  parseRow,
  type ProgressAction,
  type ProgressSurface,
} from '../../protocol/progressSurface.ts';
import type { RunHistory } from '../../workspace/runHistory.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import type { CommandId, FocusCommandId } from '../contributions.ts';
import { bringBack } from '../pages/comingBack.ts';
import { Page } from '../pages/page.ts';
import type { Report } from '../report.ts';
import type { Roots } from '../roots.ts';
import type { RunsModel } from '../runs/runsModel.ts';
import { isOffline } from '../words.ts';
import { refuserOf, type Shown } from './moment.ts';
import { emptyPage, progressState, seriesState } from './progressState.ts';

/** Lengths of time are told anew this often while nothing else happens. */
const TICK_MS = 5_000;
const FIRST_EVENTS = 60;
const MORE_EVENTS = 200;
/** Where the bills of vendors are. Checked November 2026. */
const BILLING: Readonly<Record<string, string>> = {
  anthropic: 'https://console.anthropic.com/settings/billing',
  openai: 'https://platform.openai.com/settings/organization/billing',
};
const COMMANDS: { readonly [A in Exclude<ProgressAction, 'openBilling'>]: CommandId | FocusCommandId } = {
  openResults: 'batchbook.openResults',
  export: 'batchbook.export',
  stop: 'batchbook.stop',
  resume: 'batchbook.resume',
  cancelAtProvider: 'batchbook.cancelAtProvider',
  setLimit: 'batchbook.setLimit',
  resolve: 'batchbook.resolve',
  rerunFailed: 'batchbook.rerunFailed',
  openJobFile: 'batchbook.openJobFile',
  showSent: 'batchbook.showSent',
  setApiKey: 'batchbook.setApiKey',
  newJobFile: 'batchbook.newJobFile',
  trySample: 'batchbook.trySample',
  showRuns: 'batchbook.runs.focus',
};

export interface ProgressPanelsDeps {
  readonly extensionUri: Uri;
  readonly roots: Roots;
  readonly model: RunsModel;
  readonly report: Report;
}

/** The progress panels of this window: one a run, and one where there is no run yet. */
export class ProgressPanels implements Disposable {
  readonly #deps: ProgressPanelsDeps;
  readonly #open = new Map<string, ProgressPanel>();
  readonly #comingBack: Disposable;

  constructor(deps: ProgressPanelsDeps) {
    this.#deps = deps;
    this.#comingBack = bringBack(deps, {
      bundle: 'progress',
      parse: keptPanelOf(0, 1),
      show: (panel, _kept, [run]) => {
        const open = this.#open.get(run?.runId ?? '');
        if (open === undefined) this.#make(run, panel);
        else {
          panel.dispose();
          open.reveal();
        }
      },
    });
  }

  /** Brings the panel of a run to the front. */
  show(run: RunView | undefined): void {
    const open = this.#open.get(run?.runId ?? '');
    if (open === undefined) this.#make(run);
    else open.reveal();
  }

  /** Leaves the tabs to VS Code, which brings them back after a reload. */
  dispose(): void {
    this.#comingBack.dispose();
    for (const panel of this.#open.values()) panel.dispose();
  }

  #make(run: RunView | undefined, panel?: WebviewPanel): void {
    const key = run?.runId ?? '';
    this.#open.set(key, new ProgressPanel(this.#deps, run, panel, () => this.#open.delete(key)));
  }
}

/** The panel of one run. It follows the run whoever drives it, and reads of its journal what was appended. */
class ProgressPanel implements Disposable {
  readonly #deps: ProgressPanelsDeps;
  readonly #runId: string | undefined;
  readonly #page: Page<ProgressSurface>;
  readonly #changes: Disposable;
  readonly #tick: NodeJS.Timeout;
  #run: RunView | undefined;
  #history: RunHistory | undefined;
  #refuser: string | undefined;
  #shownEvents = FIRST_EVENTS;
  #updating: Promise<void> | undefined;
  #again = false;

  constructor(
    deps: ProgressPanelsDeps,
    run: RunView | undefined,
    panel: WebviewPanel | undefined,
    onClose: () => void,
  ) {
    this.#deps = deps;
    this.#run = run;
    this.#runId = run?.runId;
    this.#page = new Page<ProgressSurface>({
      extensionUri: deps.extensionUri,
      panel,
      bundle: 'progress',
      icon: 'graph',
      title: plainTexts(run === undefined ? l10n.t('Progress') : l10n.t('Run: {0}', run.title)),
      intents: {
        act: { parse: parseAct, handle: ({ action }) => void this.#act(action) },
        openOutcome: {
          parse: parseOutcome,
          handle: ({ status }) => void this.#command('batchbook.openResults', { outcome: status }),
        },
        openBatch: {
          parse: parseBatch,
          handle: ({ number }) => void this.#command('batchbook.openResults', { batch: number }),
        },
        openRow: { parse: parseRow, handle: ({ row }) => void this.#command('batchbook.openRow', row) },
        showEarlier: {
          parse: parseNothing,
          handle: () => {
            this.#shownEvents += MORE_EVENTS;
            this.#update();
          },
        },
      },
      calls: {},
      onClose: () => {
        this.#end();
        onClose();
      },
    });
    this.#page.keep({ runs: run === undefined ? [] : [keptRun(run)] } satisfies KeptPanel);
    this.#changes = deps.model.onDidChange(() => {
      this.#update();
    });
    this.#tick = setInterval(() => {
      if (this.#run?.holder !== undefined) this.#update();
    }, TICK_MS);
    this.#update();
  }

  reveal(): void {
    this.#page.reveal();
  }

  /** Follows the run no more; the tab stays. */
  dispose(): void {
    this.#end();
    this.#page.leave();
  }

  #end(): void {
    this.#changes.dispose();
    clearInterval(this.#tick);
  }

  /** One after the other; what comes meanwhile is seen by the next. */
  #update(): void {
    if (this.#updating !== undefined) {
      this.#again = true;
      return;
    }
    this.#updating = this.#look()
      .catch(this.#deps.report)
      .finally(() => {
        this.#updating = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.#update();
      });
  }

  async #look(): Promise<void> {
    const { model } = this.#deps;
    const run = this.#runId === undefined ? undefined : model.find(this.#runId);
    this.#run = run;
    if (run === undefined) {
      // Runs are read before a panel opens: this one was deleted.
      if (this.#runId !== undefined) this.#page.dispose();
      else this.#page.setState('progress', emptyPage(workspace.isTrusted));
      return;
    }
    const shown = await this.#shown(run);
    if (shown === undefined) return;
    this.#refuser = refuserOf(shown.facts);
    this.#page.setState('progress', progressState(shown));
    this.#page.setState('series', seriesState(shown));
  }

  async #shown(run: RunView): Promise<Shown | undefined> {
    const root = this.#deps.roots.at(run.root);
    try {
      if (this.#history === undefined) {
        const { RunHistory } = await import('../../workspace/runHistory.ts');
        this.#history = await RunHistory.of(root, run.runId);
      } else await this.#history.refresh();
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
      return undefined; // deleted meanwhile, or it cannot be read, which the Runs view tells
    }
    const { progressFacts } = await import('../../workspace/progressFacts.ts');
    const now = root.clock.now();
    // Of a run that is offline nobody can say when it ends.
    const driven = run.holder !== undefined && !isOffline(run);
    const { usual } = root.durations;
    const { services } = root.registry;
    return {
      run,
      facts: progressFacts(this.#history, { now, usual, status: run.status, driven }),
      now,
      isHere: run.holder?.pid === process.pid,
      maySend: workspace.isTrusted,
      titleOf: (provider) => services.find(({ name }) => name === provider)?.title ?? provider,
      hasBilling: (provider) => provider in BILLING,
      shownEvents: this.#shownEvents,
    };
  }

  async #act(action: ProgressAction): Promise<void> {
    if (action === 'openBilling') {
      const url = this.#refuser === undefined ? undefined : BILLING[this.#refuser];
      if (url !== undefined) await env.openExternal(Uri.parse(url));
      return;
    }
    await this.#command(COMMANDS[action]);
  }

  /** Commands report what goes wrong themselves. */
  async #command(command: CommandId | FocusCommandId, ...more: readonly unknown[]): Promise<void> {
    await commands.executeCommand(command, ...(this.#runId === undefined ? [] : [this.#runId]), ...more);
  }
}
