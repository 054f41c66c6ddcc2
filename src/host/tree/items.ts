import {
  l10n,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  type Command,
} from 'vscode';
import { formatDuration } from '../../core/duration.ts';
import { formatUsd, nanoFromUsd } from '../../core/money.ts';
import type { BatchStatus } from '../../core/status.ts';
import type { RowStatus } from '../../core/vocabulary.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import type { CommandId, RunTrait } from '../contributions.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { notOk, traitsOf } from '../runs/runTraits.ts';
import {
  age,
  ageInWords,
  atBeginning,
  batchInWords,
  batchWord,
  candidateInWords,
  countsInWords,
  elsewhere,
  isOffline,
  moneyInWords,
  number,
  progress,
  rowsInWords,
  spent,
  stateWord,
  statusWord,
  sum,
  timeInWords,
  waitsFor,
  whoseInWords,
} from '../words.ts';
import { groupTitle, idOf, isLive, type Node } from './nodes.ts';
import { commandOfRun } from './runCommands.ts';
import { STATUS_ICONS } from './statusIcons.ts';

export interface ItemContext {
  readonly now: number;
  /** Whether a run has to say in which root it is. */
  readonly manyRoots: boolean;
}

/** A node as VS Code draws it, with the words a screen reader says. */
export function itemOf(node: Node, context: ItemContext): TreeItem {
  const item = makeItem(node, context);
  item.id = idOf(node);
  // Titles and names of files and batches come from anywhere: none may turn round or break the line.
  if (typeof item.label === 'string') item.label = plainTexts(item.label);
  if (typeof item.description === 'string') item.description = plainTexts(item.description);
  const words = [item.label, item.description].filter(
    (word): word is string => typeof word === 'string' && word !== '',
  );
  item.accessibilityInformation ??= { label: words.join(', ') };
  return item;
}

function makeItem(node: Node, context: ItemContext): TreeItem {
  const { Expanded, Collapsed, None } = TreeItemCollapsibleState;
  switch (node.kind) {
    case 'group': {
      const item = new TreeItem(groupTitle(node.group), node.group === 'older' ? Collapsed : Expanded);
      item.description = number(node.runs.length);
      return item;
    }
    case 'run':
      return runItem(node.run, context);
    case 'outcomes':
      return withIcon(new TreeItem(l10n.t('Outcomes'), Expanded), 'list-filter');
    case 'outcome':
      return outcomeItem(node.run, node.status);
    case 'row': {
      const item = statusItem(node.row.source, node.row.status, None);
      item.description = node.row.detail;
      item.tooltip = `${node.row.source}\n${statusWord(node.row.status)}${node.row.detail === '' ? '' : `: ${node.row.detail}`}`;
      if (node.row.status !== 'pending' && node.row.status !== 'submitted')
        item.command = invoke('batchbook.openRow', node.run.runId, node.row.ordinal);
      return item;
    }
    case 'moreRows': {
      const item = withIcon(new TreeItem(l10n.t('{0} more', number(node.more)), None), 'ellipsis');
      item.command = invoke('batchbook.openResults', node.run.runId);
      return item;
    }
    case 'cells': {
      const item = withIcon(new TreeItem(l10n.t('Cells'), Collapsed), 'notebook');
      item.description = node.run.cells.map(({ id }) => id).join(', ');
      return item;
    }
    case 'cell': {
      const item = withIcon(new TreeItem(node.cell.id, None), 'symbol-field');
      item.description = `${number(node.cell.ended)}/${number(node.cell.total)}, ${node.cell.model}`;
      if (node.cell.ended > 0)
        item.command = invoke('batchbook.openResults', node.run.runId, { cell: node.cell.id });
      return item;
    }
    case 'batches': {
      const item = withIcon(new TreeItem(l10n.t('Batches'), Collapsed), 'layers');
      item.description = l10n.t('{0} sent', number(node.run.status.batches.length));
      return item;
    }
    case 'batch':
      return batchItem(node, context.now);
    case 'moreBatches': {
      const item = withIcon(new TreeItem(l10n.t('{0} more', number(node.more)), None), 'ellipsis');
      item.command = invoke('batchbook.showProgress', node.run.runId);
      return item;
    }
    case 'candidate': {
      const item = withIcon(
        new TreeItem(node.candidate.batchId, None),
        'question',
        'editorWarning.foreground',
      );
      item.description = candidateInWords(node.candidate, node.batch.sentAt);
      item.command = invoke('batchbook.resolve', node.run.runId);
      return item;
    }
    case 'strays': {
      const item = withIcon(
        new TreeItem(l10n.t('At the providers, known to no run here'), Expanded),
        'cloud',
      );
      item.description = number(node.strays.length);
      return item;
    }
    case 'stray': {
      const { batch } = node.stray;
      const item = withIcon(new TreeItem(batch.batchId, None), 'cloud', 'charts.blue');
      item.description = batchInWords(batch, context.now);
      item.tooltip = whoseInWords(batch);
      item.contextValue = 'stray';
      return item;
    }
    case 'unreadable': {
      const { runId, root, reason } = node.unreadable;
      const item = withIcon(new TreeItem(l10n.t('Cannot be read'), None), 'error', 'testing.iconFailed');
      item.description = runId ?? root;
      item.tooltip = reason;
      item.accessibilityInformation = { label: reason };
      return item;
    }
  }
}

function runItem(run: RunView, { now, manyRoots }: ItemContext): TreeItem {
  const { status } = run;
  const item = withIcon(new TreeItem(run.title, TreeItemCollapsibleState.Collapsed), ...runIcon(run));
  item.description = [
    ...whereItStands(run),
    ...(isElsewhere(run) ? [elsewhere(run)] : []),
    ...(hasFinished(run) ? [age(run.changedAt, now)] : []),
    ...(manyRoots ? [run.root] : []),
  ].join(', ');
  item.command = { command: commandOfRun(run.runId), title: '' };
  item.contextValue = ['run', ...traitsOf(run)].join(' ');
  item.tooltip = runTooltip(run);
  item.accessibilityInformation = {
    label: `${run.title}, ${stateWord(run)}, ${countsInWords(status, run.service)}, ${moneyInWords(status)}${isElsewhere(run) ? `, ${elsewhere(run)}` : ''}`,
  };
  return item;
}

function hasFinished({ status, holder }: RunView): boolean {
  return status.state === 'finished' && holder === undefined;
}

/** Rows, then money or the reason why it does not go on. */
function whereItStands(run: RunView): readonly string[] {
  const { status } = run;
  const unknown = status.batches.filter(({ state }) => state === 'uncertain').length;
  const full = status.fullQueues.length > 0 ? waitsFor(run) : undefined;
  switch (status.state) {
    case 'needsDecision':
      if (unknown === 0) return [progress(status), stateWord(run)];
      return [
        unknown === 1 ? l10n.t('1 batch unknown') : l10n.t('{0} batches unknown', number(unknown)),
        l10n.t('{0} held', formatUsd(nanoFromUsd(status.costUsd.inFlight))),
      ];
    case 'running':
      if (run.holder === undefined) return [progress(status), stateWord(run), spent(status)];
      return [progress(status), isOffline(run) ? l10n.t('offline') : (full ?? spent(status))];
    case 'finished': {
      if (run.holder !== undefined) return [progress(status), spent(status)];
      const ok = `${number(status.counts.ok)}/${number(status.total)}`;
      const cancelled = notOk(run) > 0 && status.counts.cancelled === notOk(run);
      return [ok, ...(cancelled ? [statusWord('cancelled')] : []), spent(status)];
    }
    default:
      return [progress(status), stateWord(run), spent(status)];
  }
}

/** What stands in the hover of a run, here and in the status bar. */
export function runTooltip(run: RunView): MarkdownString {
  const { status } = run;
  const text = new MarkdownString('', true);
  // Word by word: a text that is appended whole can be broken within its words alone.
  const line = (...words: readonly string[]): void => {
    for (const word of words.join(' ').split(/\s+/)) text.appendText(plainTexts(word)).appendMarkdown(' ');
    text.appendMarkdown(' \n');
  };
  text.appendMarkdown('**').appendText(plainTexts(run.title)).appendMarkdown('**  \n');
  const state = atBeginning(stateWord(run));
  line(isElsewhere(run) ? `${state}, ${elsewhere(run)}` : state);
  if (status.reason !== undefined && status.reason !== '') line(status.reason);
  if (run.holder?.offlineSince !== undefined)
    line(l10n.t('Offline since {0}; goes on by itself.', timeInWords(run.holder.offlineSince)));
  text.appendMarkdown('\n');
  line(l10n.t('Rows:'), countsInWords(status, run.service));
  line(l10n.t('Money:'), moneyInWords(status));
  line(
    l10n.t('Tokens:'),
    l10n.t('{0} in, {1} out', number(status.tokens.input), number(status.tokens.output)),
  );
  if (status.etaMs !== null && status.state === 'running' && !isOffline(run))
    line(l10n.t('Time left:'), l10n.t('about {0} min', Math.max(1, Math.round(status.etaMs / 60_000))));
  for (const batch of status.batches.filter(({ late }) => late))
    line(`${batch.provider} ${batch.model}:`, batchWord(batch.state), ageInWords(batch, Date.now()));
  for (const { provider, model, rows } of status.fullQueues)
    line(
      l10n.t('{0} to send: room in the queue of {1} ({2}) is waited for', rowsInWords(rows), provider, model),
    );
  for (const notice of status.notices.slice(-3)) line(notice);
  return text;
}

function runIcon(run: RunView): readonly [icon: string, color?: string] {
  const { state, code } = run.status;
  switch (state) {
    case 'needsDecision':
      return ['question', 'editorWarning.foreground'];
    case 'waiting':
      return ['history', 'editorWarning.foreground'];
    case 'stoppedByLimit':
      return ['warning', 'editorWarning.foreground'];
    case 'stopped':
      return code === undefined ? ['debug-pause'] : ['error', 'testing.iconFailed'];
    case 'planned':
      return ['circle-large', 'testing.iconUnset'];
    case 'running':
    case 'cancelling':
      if (isOffline(run)) return ['debug-disconnect', 'editorWarning.foreground'];
      if (waitsForRoom(run)) return ['history', 'editorWarning.foreground'];
      return isElsewhere(run) ? [run.holder?.kind === 'cli' ? 'terminal' : 'window'] : ['loading~spin'];
    case 'finished':
      if (notOk(run) === 0) return ['pass', 'testing.iconPassed'];
      return run.status.counts.cancelled === notOk(run)
        ? ['stop-circle', 'testing.iconSkipped']
        : ['warning', 'editorWarning.foreground'];
  }
}

/** Its services take no more for now, and have nothing of it. */
function waitsForRoom({ status }: RunView): boolean {
  return status.fullQueues.length > 0 && status.counts.submitted === 0;
}

function isElsewhere({ holder }: RunView): boolean {
  return holder !== undefined && holder.pid !== process.pid;
}

function outcomeItem(run: RunView, status: RowStatus): TreeItem {
  const item = statusItem(statusWord(status, run.service), status, TreeItemCollapsibleState.Collapsed);
  item.description = number(run.status.counts[status]);
  return item;
}

function statusItem(label: string, status: RowStatus, state: TreeItemCollapsibleState): TreeItem {
  return withIcon(new TreeItem(label, state), ...STATUS_ICONS[status]);
}

function batchItem({ run, batch, number: n }: Extract<Node, { kind: 'batch' }>, now: number): TreeItem {
  const { Collapsed, None } = TreeItemCollapsibleState;
  const folds = (batch.candidates ?? []).length > 0 ? Collapsed : None;
  const item = new TreeItem(l10n.t('Batch {0}', n), folds);
  item.description = [rowsInWords(batch.rows), ...batchStands(batch, now)].join(', ');
  item.tooltip = [
    `${batch.provider}, ${batch.model}`,
    batch.id,
    ...(batch.ageMs === undefined ? [] : [`${batchWord(batch.state)} ${ageInWords(batch, now)}`]),
    ...(batch.keptUntil === undefined
      ? []
      : [l10n.t('Results are kept until {0} at the least', timeInWords(batch.keptUntil))]),
    ...(batch.message === undefined ? [] : [batch.message]),
    ...(batch.candidates ?? []).map((one) => `${one.batchId}: ${candidateInWords(one, batch.sentAt)}`),
    ...(batch.costUsd > 0 ? [formatUsd(nanoFromUsd(batch.costUsd))] : []),
  ].join('\n');
  if (batch.state === 'closed') item.command = invoke('batchbook.openResults', run.runId, { batch: n });
  if (isLive(batch)) item.contextValue = 'liveBatch';
  if (batch.state === 'uncertain') item.contextValue = 'undecided' satisfies RunTrait;
  return withIcon(item, ...batchIcon(batch));
}

/** Of a live batch its age and estimate, of one that has ended its money against the estimate. */
function batchStands(batch: BatchStatus, now: number): readonly string[] {
  const { state, expectedUsd, costUsd, acceptedAt, ageMs } = batch;
  if (state === 'closed') return [sum(costUsd), ...againstEstimate(costUsd, expectedUsd)];
  const about = expectedUsd > 0 ? [l10n.t('about {0}', sum(expectedUsd))] : [];
  if (batch.late === true) return [`${batchWord(state)} ${ageInWords(batch, now)}`, ...about];
  if (state === 'running' && ageMs !== undefined && acceptedAt !== undefined)
    return [formatDuration(Math.max(0, now - acceptedAt)), ...about];
  return [batchWord(state), ...(isLive(batch) ? about : [])];
}

/** "as estimated", "estimate $0.23": cents decide, which is what people see. */
function againstEstimate(costUsd: number, expectedUsd: number): readonly string[] {
  if (costUsd === 0 && expectedUsd === 0) return [];
  const same = sum(costUsd) === sum(expectedUsd);
  return [same ? l10n.t('as estimated') : l10n.t('estimate {0}', sum(expectedUsd))];
}

function batchIcon({ state }: BatchStatus): readonly [icon: string, color?: string] {
  switch (state) {
    case 'closed':
      return ['pass', 'testing.iconPassed'];
    case 'uncertain':
    case 'unknown':
      return ['question', 'editorWarning.foreground'];
    case 'failed':
    case 'rejected':
      return ['error', 'testing.iconFailed'];
    case 'expired':
    case 'cancelled':
    case 'abandoned':
      return ['stop-circle', 'testing.iconSkipped'];
    case 'submitting':
    case 'validating':
    case 'running':
    case 'cancelling':
    case 'ended':
      return ['cloud', 'charts.blue'];
  }
}

function withIcon(item: TreeItem, icon: string, color?: string): TreeItem {
  item.iconPath = color === undefined ? new ThemeIcon(icon) : new ThemeIcon(icon, new ThemeColor(color));
  return item;
}

function invoke(command: CommandId, ...args: readonly unknown[]): Command {
  return { command, title: '', arguments: [...args] };
}
