import {
  l10n,
  MarkdownString,
  StatusBarAlignment,
  ThemeColor,
  window,
  type Command,
  type Disposable,
  type StatusBarItem,
} from 'vscode';
import type { RunView } from '../workspace/runWatch.ts';
import type { CommandId } from './contributions.ts';
import type { RunsModel } from './runs/runsModel.ts';
import { hasTrait, isOpen, notOk } from './runs/runTraits.ts';
import { runTooltip } from './tree/items.ts';
import {
  countsInWords,
  isOffline,
  moneyInWords,
  number,
  progress,
  refusalWord,
  spent,
  stateWord,
  statusWord,
  sum,
  waitsFor,
} from './words.ts';

/** Runs that the hover tells of in full. */
const SHOWN_RUNS = 3;

/** The one item in the status bar: how far, how much, anything wrong. Not there when nothing is open. */
export class StatusBar implements Disposable {
  readonly #model: RunsModel;
  readonly #item: StatusBarItem;
  readonly #subscription: Disposable;
  /** Runs that this window has seen open: when they finish they stay until somebody looks. */
  readonly #toLookAt = new Set<string>();
  #commandKey = '';

  constructor(model: RunsModel) {
    this.#model = model;
    this.#item = window.createStatusBarItem('batchbook.status', StatusBarAlignment.Left, 10);
    this.#item.name = 'Batchbook';
    this.#subscription = model.onDidChange(() => {
      this.#update();
    });
  }

  /** Somebody has looked at the run's end. */
  lookedAt(runId: string): void {
    this.#toLookAt.delete(runId);
    this.#update();
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#item.dispose();
  }

  /** Only where it is another: VS Code forgets a command that is set anew, also one that was clicked a moment ago. */
  #setCommand(command: Command | string): void {
    const key = JSON.stringify(command);
    if (key === this.#commandKey) return;
    this.#commandKey = key;
    this.#item.command = command;
  }

  #update(): void {
    const open = this.#model.runs.filter((run) => isActive(run));
    for (const run of open) this.#toLookAt.add(run.runId);
    const shown =
      open.length > 0 ? open : this.#model.runs.filter((run) => this.#toLookAt.has(run.runId)).slice(-1);
    const [first] = shown;
    if (first === undefined) {
      this.#item.hide();
      return;
    }
    const worst = shown.toSorted((a, b) => urgency(b) - urgency(a))[0] ?? first;
    this.#setCommand(commandFor(shown));
    this.#item.text = shown.length === 1 ? oneRun(first) : severalRuns(shown, worst);
    this.#item.backgroundColor = colorOf(worst);
    this.#item.tooltip = tooltipOf(shown);
    this.#item.accessibilityInformation = {
      label: shown.map(inWords).join('. '),
    };
    this.#item.show();
  }
}

/** One run leads to its progress, or to the one question that it asks; several lead to their list. */
function commandFor(shown: readonly RunView[]): Command | string {
  const [run] = shown;
  if (run === undefined || shown.length > 1) return 'batchbook.runs.focus';
  const asks = run.status.state === 'needsDecision' && run.holder === undefined;
  const command: CommandId = asks ? 'batchbook.resolve' : 'batchbook.showProgress';
  return { command, title: l10n.t('Show Progress'), arguments: [run.runId] };
}

/** A run that a person stopped is theirs to resume, and in nobody's way. */
function isActive(run: RunView): boolean {
  if (run.holder !== undefined) return true;
  return (
    isOpen(run) && !(run.status.state === 'stopped' && run.status.code === undefined && !run.interrupted)
  );
}

/** What the item says of one run. */
export function oneRun(run: RunView): string {
  const { status } = run;
  if (isOffline(run)) return `$(debug-disconnect) ${l10n.t('Offline')} · ${whatWaits(run)}`;
  switch (status.state) {
    case 'needsDecision': {
      const unknown = status.batches.filter(({ state }) => state === 'uncertain').length;
      return `$(question) ${unknown === 1 ? l10n.t('1 batch needs a decision') : l10n.t('{0} needs a decision', run.title)}`;
    }
    case 'stoppedByLimit':
      return `$(warning) ${progress(status)} · ${spent(status)}`;
    case 'waiting':
      return status.code === undefined
        ? `$(history) ${progress(status)} · ${stateWord(run)}`
        : `$(error) ${progress(status)} · ${stateWord(run)}`;
    case 'stopped':
      return status.code === undefined
        ? `$(debug-pause) ${progress(status)} · ${spent(status)}`
        : `$(error) ${run.service ?? run.title}: ${refusalWord(status.code)}`;
    case 'finished':
      return run.holder === undefined
        ? `$(${notOk(run) === 0 ? 'pass' : 'warning'}) ${number(status.counts.ok)}/${number(status.total)} · ${spent(status)}`
        : `$(sync~spin) ${progress(status)} · ${spent(status)}`;
    case 'planned':
    case 'running':
    case 'cancelling':
      if (status.fullQueues.length > 0 && status.counts.submitted === 0)
        return `$(history) ${progress(status)} · ${waitsFor(run)}`;
      return `$(${status.costUsd.nearLimit === true ? 'warning' : 'sync~spin'}) ${progress(status)} · ${spent(status)}`;
  }
}

/** "1,000 at Anthropic": they go on without us. */
function whatWaits({ status, service }: RunView): string {
  const { submitted } = status.counts;
  return submitted === 0 ? progress(status) : `${number(submitted)} ${statusWord('submitted', service)}`;
}

function severalRuns(runs: readonly RunView[], worst: RunView): string {
  const all = (of: (run: RunView) => number): number => runs.reduce((total, run) => total + of(run), 0);
  const rows = `${number(all(({ status }) => status.completed))}/${number(all(({ status }) => status.total))}`;
  const spentUsd = sum(all(({ status }) => status.costUsd.spent));
  const limited = runs.every(({ status }) => status.costUsd.limit !== null);
  const money = limited
    ? l10n.t('{0} of {1}', spentUsd, sum(all(({ status }) => status.costUsd.limit ?? 0)))
    : spentUsd;
  const calm = runs.some(isOffline) ? 'debug-disconnect' : 'sync~spin';
  const icon = [calm, 'warning', 'question', 'error'][urgency(worst)] ?? calm;
  return `$(${icon}) ${l10n.t('{0} runs', number(runs.length))} · ${rows} · ${money}`;
}

/** 3: sending stopped, 2: needs a decision, 1: near the limit. */
function urgency({ status }: RunView): number {
  if (status.state === 'stopped' && status.code !== undefined) return 3;
  if (status.state === 'needsDecision') return 2;
  return status.state === 'stoppedByLimit' ||
    (status.state === 'running' && status.costUsd.nearLimit === true)
    ? 1
    : 0;
}

function colorOf(run: RunView): ThemeColor | undefined {
  const level = urgency(run);
  if (level === 0) return undefined;
  return new ThemeColor(level === 3 ? 'statusBarItem.errorBackground' : 'statusBarItem.warningBackground');
}

function inWords(run: RunView): string {
  return `Batchbook: ${run.title}, ${stateWord(run)}, ${countsInWords(run.status, run.service)}, ${moneyInWords(run.status)}`;
}

function tooltipOf(runs: readonly RunView[]): MarkdownString {
  const text = new MarkdownString('', true);
  // Only our own commands, with ids as arguments: nothing of a title or a model's answer is a link.
  text.isTrusted = {
    enabledCommands: [
      'batchbook.showProgress',
      'batchbook.openResults',
      'batchbook.stop',
      'batchbook.resolve',
      'batchbook.resume',
      'batchbook.runs.focus',
    ] satisfies (CommandId | 'batchbook.runs.focus')[],
  };
  for (const [i, run] of runs.slice(0, SHOWN_RUNS).entries()) {
    if (i > 0) text.appendMarkdown('\n\n---\n\n');
    text.appendMarkdown(runTooltip(run).value).appendMarkdown('\n\n');
    const link = (title: string, command: CommandId): string =>
      `[${title}](command:${command}?${encodeURIComponent(JSON.stringify([run.runId]))})`;
    text.appendMarkdown(
      [
        link(l10n.t('Show Progress'), 'batchbook.showProgress'),
        ...(run.status.completed > 0 ? [link(l10n.t('Open Results'), 'batchbook.openResults')] : []),
        ...(run.holder === undefined ? [] : [link(l10n.t('Stop…'), 'batchbook.stop')]),
        ...(hasTrait(run, 'undecided') ? [link(l10n.t('Resolve…'), 'batchbook.resolve')] : []),
        ...(hasTrait(run, 'resumable') && run.status.state === 'stopped'
          ? [link(l10n.t('Resume'), 'batchbook.resume')]
          : []),
      ].join(' &nbsp; '),
    );
  }
  const more = runs.length - SHOWN_RUNS;
  if (more > 0)
    text
      .appendMarkdown('\n\n---\n\n')
      .appendMarkdown(`[${l10n.t('{0} more', number(more))}](command:batchbook.runs.focus)`);
  return text;
}
