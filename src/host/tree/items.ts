import {
  l10n,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  type Command,
} from 'vscode';
import { formatUsd, nanoFromUsd } from '../../core/money.ts';
import type { BatchStatus } from '../../core/status.ts';
import type { RowStatus } from '../../core/vocabulary.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import type { CommandId } from '../contributions.ts';
import { notOk, traitsOf } from '../runs/runTraits.ts';
import {
  age,
  ageInWords,
  batchWord,
  candidateInWords,
  countsInWords,
  moneyInWords,
  number,
  progress,
  spent,
  stateWord,
  statusWord,
  sum,
  timeInWords,
} from '../words.ts';
import { groupTitle, idOf, isLive, type Node } from './nodes.ts';

/** Where the icon of each status takes its colour from; always beside a word. */
const STATUS_ICONS: { readonly [S in RowStatus]: readonly [icon: string, color: string] } = {
  ok: ['pass', 'testing.iconPassed'],
  truncated: ['warning', 'testing.iconQueued'],
  refused: ['circle-slash', 'charts.purple'],
  invalid: ['bracket-error', 'charts.orange'],
  error: ['error', 'testing.iconFailed'],
  cancelled: ['stop-circle', 'testing.iconSkipped'],
  submitted: ['cloud', 'charts.blue'],
  pending: ['circle-large', 'testing.iconUnset'],
};

export interface ItemContext {
  readonly now: number;
  /** Whether a run has to say in which root it is. */
  readonly manyRoots: boolean;
}

/** A node as VS Code draws it, with the words a screen reader says. */
export function itemOf(node: Node, context: ItemContext): TreeItem {
  const item = makeItem(node, context);
  item.id = idOf(node);
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
      return item;
    }
    case 'batches': {
      const item = withIcon(new TreeItem(l10n.t('Batches'), Collapsed), 'layers');
      item.description = l10n.t('{0} sent', number(node.run.status.batches.length));
      return item;
    }
    case 'batch':
      return batchItem(node.batch, node.number, context.now);
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
  const ended = status.state === 'finished' && run.holder === undefined;
  item.description = [
    progress(status),
    ...(status.state === 'running' && run.holder !== undefined ? [] : ended ? [] : [stateWord(run)]),
    spent(status),
    ...(isElsewhere(run) ? [elsewhere(run)] : []),
    ...(ended ? [age(run.changedAt, now)] : []),
    ...(manyRoots ? [run.root] : []),
  ].join(', ');
  item.contextValue = ['run', ...traitsOf(run)].join(' ');
  item.tooltip = runTooltip(run);
  item.accessibilityInformation = {
    label: `${run.title}, ${stateWord(run)}, ${countsInWords(status)}, ${moneyInWords(status)}${isElsewhere(run) ? `, ${elsewhere(run)}` : ''}`,
  };
  return item;
}

/** What stands in the hover of a run, here and in the status bar. */
export function runTooltip(run: RunView): MarkdownString {
  const { status } = run;
  const text = new MarkdownString('', true);
  const line = (...words: readonly string[]): void => {
    text.appendText(words.join(' ')).appendMarkdown('  \n');
  };
  text.appendMarkdown('**').appendText(run.title).appendMarkdown('**  \n');
  line(isElsewhere(run) ? `${stateWord(run)}, ${elsewhere(run)}` : stateWord(run));
  if (status.reason !== undefined) line(status.reason);
  text.appendMarkdown('\n');
  line(l10n.t('Rows:'), countsInWords(status));
  line(l10n.t('Money:'), moneyInWords(status));
  line(
    l10n.t('Tokens:'),
    l10n.t('{0} in, {1} out', number(status.tokens.input), number(status.tokens.output)),
  );
  if (status.etaMs !== null && status.state === 'running')
    line(l10n.t('Time left:'), l10n.t('about {0} min', Math.max(1, Math.round(status.etaMs / 60_000))));
  for (const batch of status.batches.filter(({ late }) => late))
    line(`${batch.provider} ${batch.model}:`, batchWord(batch.state), ageInWords(batch, Date.now()));
  for (const { provider, model, rows } of status.fullQueues)
    line(l10n.t('{0} rows wait for room in the queue of {1} ({2})', number(rows), provider, model));
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
      return isElsewhere(run) ? [run.holder?.kind === 'cli' ? 'terminal' : 'window'] : ['loading~spin'];
    case 'finished':
      if (notOk(run) === 0) return ['pass', 'testing.iconPassed'];
      return run.status.counts.cancelled === notOk(run)
        ? ['stop-circle', 'testing.iconSkipped']
        : ['warning', 'editorWarning.foreground'];
  }
}

function isElsewhere({ holder }: RunView): boolean {
  return holder !== undefined && holder.pid !== process.pid;
}

function elsewhere({ holder }: RunView): string {
  if (holder?.liveness === 'unproved') return l10n.t('driven on {0}', holder.host);
  switch (holder?.kind) {
    case 'cli':
      return l10n.t('driven by a command line');
    case 'library':
      return l10n.t('driven by a program');
    default:
      return l10n.t('driven by another window');
  }
}

function outcomeItem(run: RunView, status: RowStatus): TreeItem {
  const item = statusItem(statusWord(status), status, TreeItemCollapsibleState.Collapsed);
  item.description = number(run.status.counts[status]);
  return item;
}

function statusItem(label: string, status: RowStatus, state: TreeItemCollapsibleState): TreeItem {
  return withIcon(new TreeItem(label, state), ...STATUS_ICONS[status]);
}

function batchItem(batch: BatchStatus, n: number, now: number): TreeItem {
  const item = new TreeItem(l10n.t('Batch {0}', n), TreeItemCollapsibleState.None);
  const money = batch.state === 'closed' ? sum(batch.costUsd) : undefined;
  item.description = [
    l10n.t('{0} rows', number(batch.rows)),
    batch.late === true ? `${batchWord(batch.state)} ${ageInWords(batch, now)}` : batchWord(batch.state),
    ...(money === undefined ? [] : [money]),
  ].join(', ');
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
  if (isLive(batch)) item.contextValue = 'liveBatch';
  return withIcon(item, ...batchIcon(batch));
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
