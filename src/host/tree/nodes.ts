import { l10n } from 'vscode';
import type { BatchCandidate } from '../../core/provider.ts';
import type { BatchStatus } from '../../core/status.ts';
import { ROW_STATUSES, type RowStatus } from '../../core/vocabulary.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import { isOpen } from '../runs/runTraits.ts';
import type { Unreadable } from '../runs/runsModel.ts';
import type { Stray } from '../runs/strays.ts';

/** Finished runs shown before the rest goes under "Older". */
const RECENT = 10;
/** Batches listed below a run; the progress panel has all of them. */
const SHOWN_BATCHES = 50;

/** One line of the Runs tree. Built anew from the model whenever it is asked for; `idOf` tells which is which. */
export type Node =
  | { readonly kind: 'group'; readonly group: Group; readonly runs: readonly RunView[] }
  | { readonly kind: 'run'; readonly run: RunView }
  | { readonly kind: 'outcomes'; readonly run: RunView }
  | { readonly kind: 'outcome'; readonly run: RunView; readonly status: RowStatus }
  | { readonly kind: 'row'; readonly run: RunView; readonly row: RowNode }
  | { readonly kind: 'moreRows'; readonly run: RunView; readonly status: RowStatus; readonly more: number }
  | { readonly kind: 'cells'; readonly run: RunView }
  | { readonly kind: 'cell'; readonly run: RunView; readonly cell: RunView['cells'][number] }
  | { readonly kind: 'batches'; readonly run: RunView }
  | {
      readonly kind: 'batch';
      readonly run: RunView;
      readonly batch: BatchStatus;
      /** Its place in the run, from 1. */
      readonly number: number;
    }
  | { readonly kind: 'moreBatches'; readonly run: RunView; readonly more: number }
  | {
      /** What is at the provider and may be a batch of which nobody knows whether it arrived. */
      readonly kind: 'candidate';
      readonly run: RunView;
      readonly batch: BatchStatus;
      readonly candidate: BatchCandidate;
    }
  | { readonly kind: 'strays'; readonly strays: readonly Stray[] }
  | { readonly kind: 'stray'; readonly stray: Stray }
  | { readonly kind: 'unreadable'; readonly unreadable: Unreadable };

export interface RowNode {
  readonly ordinal: number;
  readonly source: string;
  readonly status: RowStatus;
  /** Why it is not ok, or what it cost. */
  readonly detail: string;
}

const GROUPS = ['undecided', 'active', 'finished', 'older'] as const;
export type Group = (typeof GROUPS)[number];

/** The groups that have runs, newest run first; then what was found at the providers, and what cannot be read. */
export function topLevel(
  runs: readonly RunView[],
  unreadable: readonly Unreadable[],
  strays: readonly Stray[],
): Node[] {
  const newest = runs.toReversed();
  const finished = newest.filter((run) => groupOf(run) === 'finished');
  const members: Record<Group, readonly RunView[]> = {
    undecided: newest.filter((run) => groupOf(run) === 'undecided'),
    active: newest.filter((run) => groupOf(run) === 'active'),
    finished: finished.slice(0, RECENT),
    older: finished.slice(RECENT),
  };
  return [
    ...GROUPS.filter((group) => members[group].length > 0).map((group): Node => ({
      kind: 'group',
      group,
      runs: members[group],
    })),
    ...(strays.length > 0 ? [{ kind: 'strays', strays } as const] : []),
    ...unreadable.map((one): Node => ({ kind: 'unreadable', unreadable: one })),
  ];
}

export function groupTitle(group: Group): string {
  switch (group) {
    case 'undecided':
      return l10n.t('Needs a decision');
    case 'active':
      return l10n.t('Active');
    case 'finished':
      return l10n.t('Finished');
    case 'older':
      return l10n.t('Older');
  }
}

/** What stands below a run. */
export function partsOf(run: RunView): Node[] {
  return [
    { kind: 'outcomes', run },
    { kind: 'cells', run },
    ...(run.status.batches.length > 0 ? [{ kind: 'batches', run } as const] : []),
  ];
}

/** Outcomes with no row are not shown. */
export function outcomesOf(run: RunView): Node[] {
  const order: readonly RowStatus[] = [...ROW_STATUSES.slice(2), 'submitted', 'pending'];
  return order
    .filter((status) => run.status.counts[status] > 0)
    .map((status) => ({ kind: 'outcome', run, status }));
}

/** Newest first. */
export function batchesOf(run: RunView): Node[] {
  const newest = run.status.batches
    .map((batch, i): Node => ({ kind: 'batch', run, batch, number: i + 1 }))
    .toReversed();
  const more = newest.length - SHOWN_BATCHES;
  return more <= 0 ? newest : [...newest.slice(0, SHOWN_BATCHES), { kind: 'moreBatches', run, more }];
}

/** Whether the provider is at work on a batch, so that it can be cancelled. */
export function isLive({ ageMs }: BatchStatus): boolean {
  return ageMs !== undefined;
}

/** The same for the same thing in every snapshot, so that what is unfolded and selected stays so. */
export function idOf(node: Node): string {
  switch (node.kind) {
    case 'group':
      return node.group;
    case 'unreadable':
      return `unreadable ${node.unreadable.root} ${node.unreadable.runId ?? ''}`;
    case 'run':
      return node.run.runId;
    case 'outcome':
    case 'moreRows':
      return `${node.run.runId} ${node.kind} ${node.status}`;
    case 'row':
      return `${node.run.runId} row ${String(node.row.ordinal)}`;
    case 'cell':
      return `${node.run.runId} cell ${node.cell.id}`;
    case 'batch':
      return `${node.run.runId} batch ${node.batch.nonce}`;
    case 'candidate':
      return `${node.run.runId} batch ${node.batch.nonce} ${node.candidate.batchId}`;
    case 'strays':
      return 'strays';
    case 'stray':
      return `stray ${node.stray.root.root} ${node.stray.batch.provider} ${node.stray.batch.batchId}`;
    case 'moreBatches':
    case 'outcomes':
    case 'cells':
    case 'batches':
      return `${node.run.runId} ${node.kind}`;
  }
}

/** The node that holds it; `undefined` at the top. */
export function parentOf(node: Node, tops: readonly Node[]): Node | undefined {
  switch (node.kind) {
    case 'group':
    case 'strays':
    case 'unreadable':
      return undefined;
    case 'stray':
      return tops.find((top) => top.kind === 'strays');
    case 'run':
      return tops.find((top) => top.kind === 'group' && top.runs.some((r) => r.runId === node.run.runId));
    case 'outcomes':
    case 'cells':
    case 'batches':
      return { kind: 'run', run: node.run };
    case 'outcome':
      return { kind: 'outcomes', run: node.run };
    case 'row':
      return { kind: 'outcome', run: node.run, status: node.row.status };
    case 'moreRows':
      return { kind: 'outcome', run: node.run, status: node.status };
    case 'cell':
      return { kind: 'cells', run: node.run };
    case 'batch':
    case 'moreBatches':
      return { kind: 'batches', run: node.run };
    case 'candidate':
      return batchesOf(node.run).find((one) => one.kind === 'batch' && one.batch.nonce === node.batch.nonce);
  }
}

function groupOf(run: RunView): Exclude<Group, 'older'> {
  if (run.status.state === 'needsDecision') return 'undecided';
  return isOpen(run) || run.holder !== undefined ? 'active' : 'finished';
}
