import { commands, Disposable, l10n, type Memento } from 'vscode';
import { isBatchbookError } from '../../core/errors.ts';
import { ROW_OUTCOMES } from '../../core/vocabulary.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import type { CommandId } from '../contributions.ts';
import type { Report } from '../report.ts';
import { moneyInWords, number } from '../words.ts';
import type { Roots } from '../roots.ts';
import type { RunsModel } from './runsModel.ts';
import { isOpen, notOk } from './runTraits.ts';
import type { FailedRun, WindowRuns } from './windowRuns.ts';
import { showError, showInformation, showWarning } from '../notify.ts';

/** How long a window that did not drive a run leaves it to the one that did to tell of its end. */
const LEAVE_MS = 1_000;

const SEEN_KEY = 'batchbook.seenRuns';

/** What this window has shown of a run. */
interface Seen {
  readonly state: string;
  readonly completed: number;
  /** Nobody drove it, and it could go no further by itself. */
  readonly ended: boolean;
  /** Most of its limit was used. */
  readonly nearLimit?: boolean;
}
type SeenRuns = Readonly<Record<string, Seen>>;

/** A button, the command that it stands for, and which rows of the run it is about if not all. */
type Action = readonly [title: string, command: CommandId, which?: object];

export interface NoticesDeps {
  readonly roots: Pick<Roots, 'at' | 'has'>;
  readonly model: Pick<RunsModel, 'runs' | 'loaded' | 'find' | 'onDidChange'>;
  readonly runs: Pick<WindowRuns, 'drove' | 'onDidFail'>;
  /** VS Code's state of this workspace. */
  readonly memento: Memento;
  readonly report: Report;
}

/**
 * One notification for every run that ends, or that needs a person to go on, however many windows see it; never one for a
 * row. What happened while no window was open is told once, in one message.
 */
export class Notices implements Disposable {
  readonly #deps: NoticesDeps;
  readonly #subscriptions: Disposable;
  #seen: SeenRuns;
  #first = true;
  /** When this window began to look, epoch milliseconds: what was made before and is seen first now is no news. */
  readonly #since = Date.now();

  constructor(deps: NoticesDeps) {
    this.#deps = deps;
    this.#seen = deps.memento.get<SeenRuns>(SEEN_KEY, {});
    this.#subscriptions = Disposable.from(
      deps.model.onDidChange(() => {
        this.#look();
      }),
      deps.runs.onDidFail((failed) => {
        this.#failed(failed);
      }),
    );
    if (deps.model.loaded) this.#look();
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  #look(): void {
    const { runs } = this.#deps.model;
    const before = this.#seen;
    const now: SeenRuns = Object.fromEntries(runs.map((run) => [run.runId, seenOf(run)]));
    if (this.#first) this.#digest(before);
    for (const run of runs) {
      const was = before[run.runId];
      const is = now[run.runId];
      const isNew = run.createdAt >= this.#since;
      // The first look may come late: a quick run that began after this window is over by then.
      if (this.#first && !isNew) continue;
      if (is?.nearLimit === true && was !== undefined && was.nearLimit !== true && !is.ended)
        this.#nearLimit(run);
      const isKnown = was !== undefined || isNew;
      if (is?.ended === true && isKnown && !(was?.ended === true && was.state === is.state))
        this.#tellEnd(run).catch(this.#deps.report);
    }
    this.#first = false;
    this.#seen = now;
    if (JSON.stringify(now) !== JSON.stringify(before)) void this.#deps.memento.update(SEEN_KEY, now);
  }

  /** Only runs that this window knew as open, or that are new since: a folder opened for the first time has no news. */
  #digest(before: SeenRuns): void {
    if (Object.keys(before).length === 0) return;
    const news = this.#deps.model.runs.filter((run) => {
      if (run.createdAt >= this.#since) return false;
      const was = before[run.runId];
      return was === undefined ? run.confirmed : run.status.completed > was.completed;
    });
    const last = news.at(-1);
    if (last === undefined) return;
    const text = l10n.t('While you were away: {0}', news.map(headline).join(' '));
    const [title, id] = isOpen(last)
      ? [l10n.t('Show Progress'), 'batchbook.showProgress' as const]
      : [l10n.t('Open Results'), resultsCommand(last)];
    this.#show('info', text, last, [[title, id]]);
  }

  /** Of the windows that see a run end the one that drove it tells, else the first. */
  async #tellEnd(run: RunView): Promise<void> {
    const { roots, runs } = this.#deps;
    if (!runs.drove(run.runId)) await new Promise((resolve) => setTimeout(resolve, LEAVE_MS));
    if (roots.has(run.root) && (await roots.at(run.root).claimTelling(run))) this.#ended(run);
  }

  #ended(run: RunView): void {
    const { state, reason, code } = run.status;
    switch (state) {
      case 'finished':
        this.#show('info', [headline(run), ...toLookAt(run)].join(' '), run, [
          [l10n.t('Open Results'), resultsCommand(run)],
          ...actionsOn(notOk(run)),
        ]);
        return;
      case 'needsDecision':
      case 'waiting':
      case 'stoppedByLimit':
        this.#show('warning', `${run.title}: ${reason ?? ''}`, run, [
          [l10n.t('Resolve…'), 'batchbook.resolve'],
        ]);
        return;
      case 'stopped':
        // Without a code a person stopped it, who knows.
        if (code !== undefined)
          this.#show('error', `${run.title}: ${reason ?? ''}`, run, [
            [l10n.t('Resume'), 'batchbook.resume'],
            ...(code === 'auth' ? ([[l10n.t('Set API Key…'), 'batchbook.setApiKey']] as const) : []),
          ]);
        return;
      case 'planned':
      case 'running':
      case 'cancelling':
        return;
    }
  }

  #nearLimit(run: RunView): void {
    const text = l10n.t(
      '{0} has used most of its cost limit: {1}. Nothing is sent beyond it.',
      run.title,
      moneyInWords(run.status),
    );
    this.#show('warning', text, run, [[l10n.t('Set Limit…'), 'batchbook.setLimit']]);
  }

  #failed({ runId, error }: FailedRun): void {
    const run = this.#deps.model.find(runId);
    // Another window or a command took it over, and shows how it goes on.
    if (isBatchbookError(error) && error.code === 'leaseLost') return;
    if (run === undefined || !isBatchbookError(error)) this.#deps.report(error);
    else
      this.#show('error', `${run.title}: ${error.userMessage}`, run, [
        [l10n.t('Resume'), 'batchbook.resume'],
      ]);
  }

  #show(
    severity: 'info' | 'warning' | 'error',
    text: string,
    run: RunView,
    actions: readonly Action[],
  ): void {
    const titles = actions.map(([title]) => title);
    const shown =
      severity === 'info'
        ? showInformation(text, ...titles)
        : severity === 'warning'
          ? showWarning(text, ...titles)
          : showError(text, ...titles);
    void shown.then((choice) => {
      const chosen = actions.find(([title]) => title === choice);
      if (chosen === undefined) return;
      const [, command, ...more] = chosen;
      void commands.executeCommand(command, run.runId, ...more);
    });
  }
}

function seenOf({ status, holder }: RunView): Seen {
  const { state, completed } = status;
  const under = state === 'planned' || state === 'running' || state === 'cancelling';
  const nearLimit = status.costUsd.nearLimit === true;
  return { state, completed, ended: holder === undefined && !under, nearLimit };
}

/** What can be done about rows that are not ok. */
function actionsOn(rows: number): readonly Action[] {
  if (rows === 0) return [];
  const show = rows === 1 ? l10n.t('Show the Row') : l10n.t('Show the {0} Rows', number(rows));
  return [
    [show, 'batchbook.openResults', { outcomes: ROW_OUTCOMES.filter((outcome) => outcome !== 'ok') }],
    [l10n.t('Re-run {0} Not Ok…', number(rows)), 'batchbook.rerunFailed'],
  ];
}

/** "12 rows need a look." */
function toLookAt(run: RunView): readonly string[] {
  const rows = notOk(run);
  if (rows === 0) return [];
  return [rows === 1 ? l10n.t('1 row needs a look.') : l10n.t('{0} rows need a look.', number(rows))];
}

/** "Supplier contracts: 2,988 of 3,000 rows ok, $2.78 of $5.00." */
function headline(run: RunView): string {
  const { counts, total, reused } = run.status;
  const money = moneyInWords(run.status);
  const taken =
    reused === 0
      ? ''
      : reused === total
        ? l10n.t(' All were answered by earlier runs.')
        : l10n.t(' {0} were answered by earlier runs.', number(reused));
  return l10n.t('{0}: {1} of {2} rows ok, {3}.', run.title, number(counts.ok), number(total), money) + taken;
}

/** Summaries are read one after the other, as a text. */
function resultsCommand({ jobFile }: RunView): 'batchbook.openResults' | 'batchbook.openResultsAsText' {
  return /(?:^|\/)summaries(?:-\d+)?\.batch\.json$/.test(jobFile ?? '')
    ? 'batchbook.openResultsAsText'
    : 'batchbook.openResults';
}
