import { l10n } from 'vscode';
import { isBatchbookError } from '../../core/errors.ts';
import { formatUsd } from '../../core/money.ts';
import type { RunReader } from '../../core/stateManager.ts';
import type { RowStatus } from '../../core/vocabulary.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import type { Roots } from '../roots.ts';
import type { Node, RowNode } from './nodes.ts';

/** Rows listed under an outcome; the rest is one click away in the results. */
const SHOWN_ROWS = 200;

/**
 * The rows under the outcomes of runs. What was listed of a view of a run is kept with that view, so that a tree that is
 * drawn anew reads only runs in which something has happened, and each of them once for all of its outcomes.
 */
export class OutcomeRows {
  readonly #roots: Pick<Roots, 'at'>;
  readonly #listed = new WeakMap<RunView, Map<RowStatus, Promise<readonly Node[]>>>();
  /** Only while they are being read: a reader holds every row. */
  readonly #reading = new Map<RunView, Promise<RunReader>>();

  constructor(roots: Pick<Roots, 'at'>) {
    this.#roots = roots;
  }

  /** @throws StateError where the run cannot be read. */
  of(run: RunView, status: RowStatus): Promise<readonly Node[]> {
    const listed = this.#listed.get(run) ?? new Map<RowStatus, Promise<readonly Node[]>>();
    this.#listed.set(run, listed);
    const known = listed.get(status);
    if (known !== undefined) return known;
    const nodes = this.#read(run).then((reader) => rowsOf(reader, run, status));
    listed.set(status, nodes);
    nodes.catch(() => listed.delete(status)); // whoever asked for it is told
    return nodes;
  }

  #read(run: RunView): Promise<RunReader> {
    const known = this.#reading.get(run);
    if (known !== undefined) return known;
    const reading = this.#roots
      .at(run.root)
      .index.reader(run.runId)
      .then(({ reader }) => reader)
      .finally(() => this.#reading.delete(run));
    this.#reading.set(run, reading);
    return reading;
  }
}

function rowsOf(reader: RunReader, run: RunView, status: RowStatus): readonly Node[] {
  const all = reader.ledger.rows.flatMap((row, ordinal) => (row.status === status ? [ordinal] : []));
  const nodes = all
    .slice(0, SHOWN_ROWS)
    .map((ordinal): Node => ({ kind: 'row', run, row: rowNode(reader, ordinal) }));
  const more = all.length - nodes.length;
  return more === 0 ? nodes : [...nodes, { kind: 'moreRows', run, status, more }];
}

function rowNode(reader: RunReader, ordinal: number): RowNode {
  const row = reader.ledger.row(ordinal);
  const { source, id } = row.planned;
  return { ordinal, source: source || id, status: row.status, detail: detailOf(reader, ordinal) };
}

function detailOf(reader: RunReader, ordinal: number): string {
  const row = reader.ledger.row(ordinal);
  if (row.reusedFrom !== undefined) return l10n.t('from an earlier run');
  if (row.status === 'ok') return row.costNanoUsd === 0 ? '' : formatUsd(row.costNanoUsd);
  if (row.location === undefined) return '';
  try {
    return reader.readResult(row.location).error?.message ?? '';
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return error.userMessage; // its bytes were changed on disk: the others still show
  }
}
