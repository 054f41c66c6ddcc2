import type { RunEvent } from '../core/events.ts';
import { fromRanges } from '../core/rowRanges.ts';
import type { RunReader } from '../core/stateManager.ts';
import type { RunLedger } from '../core/runLedger.ts';
import { ROW_STATUSES, type RowStatus } from '../core/vocabulary.ts';
import { runLayout } from '../state/layout.ts';
import { FileRunReader } from '../state/runReader.ts';
import { entryOf, type HistoryEntry } from './historyEntries.ts';
import type { Workspace } from './workspace.ts';

/** Points that a curve has at most. */
export const MOST_POINTS = 200;

/** Where a run stood at one time. Between two points it stood as the earlier one says. */
export interface HistoryPoint {
  /** Epoch milliseconds, never before that of the point before. */
  readonly at: number;
  /** They sum to the rows of the run. */
  readonly counts: Readonly<Record<RowStatus, number>>;
  readonly spentNanoUsd: number;
  readonly inFlightNanoUsd: number;
  readonly unconfirmedNanoUsd: number;
}

/**
 * What has happened in a run, folded from its journal: a curve of rows and money over time, and the log of events. Keeps
 * up with the journal by reading what was appended. The last point is what the status of the run says now.
 */
export class RunHistory {
  readonly #points: HistoryPoint[] = [];
  readonly #entries: HistoryEntry[] = [];
  readonly #numbers = new Map<string, number>();
  #counts: Record<RowStatus, number> | undefined;
  #reader: FileRunReader | undefined;

  private constructor() {
    // Only `of` makes one.
  }

  /** @throws StateError where the run cannot be read. */
  static async of({ stateDir }: Pick<Workspace, 'stateDir'>, runId: string): Promise<RunHistory> {
    const history = new RunHistory();
    history.#reader = await FileRunReader.open(
      runLayout(stateDir, runId),
      undefined,
      (event, ledger, apply) => {
        history.#fold(event, ledger, apply);
      },
    );
    return history;
  }

  /** The run as of the last reading. */
  get reader(): RunReader {
    if (this.#reader === undefined) throw new TypeError('A history has its reader from the beginning.');
    return this.#reader;
  }

  /** At most `MOST_POINTS`, oldest first, the first and the last moment among them. */
  get points(): readonly HistoryPoint[] {
    return lasting(this.#points);
  }

  /** Oldest first. */
  get entries(): readonly HistoryEntry[] {
    return this.#entries;
  }

  /** Reads what was appended; resolves to whether anything was. @throws StateError. */
  refresh(): Promise<boolean> {
    return this.reader.refresh();
  }

  #fold(event: RunEvent, ledger: RunLedger, apply: () => void): void {
    this.#counts ??= countsOf(ledger);
    const touched = rowsTouchedBy(event, ledger);
    const counts = this.#counts;
    for (const ordinal of touched) counts[ledger.row(ordinal).status] -= 1;
    apply();
    if (event.e === 'batchIntended') this.#numbers.set(event.nonce, ledger.batches.size);
    for (const ordinal of touched) counts[ledger.row(ordinal).status] += 1;
    const entry = entryOf(event, { ledger, numberOf: (nonce) => this.#numbers.get(nonce) ?? 0 });
    if (entry !== undefined) this.#entries.push(entry);
    this.#note(event.at, ledger);
  }

  #note(at: number, { money }: RunLedger): void {
    const last = this.#points.at(-1);
    const point = {
      at: Math.max(at, last?.at ?? at),
      counts: { ...(this.#counts ?? emptyCounts()) },
      spentNanoUsd: money.spentNanoUsd,
      inFlightNanoUsd: money.inFlightNanoUsd,
      unconfirmedNanoUsd: money.unconfirmedNanoUsd,
    };
    if (last?.at === point.at && this.#points.length > 1)
      this.#points.pop(); // how it began stays
    else if (last !== undefined && isSame(last, point)) return; // nothing of it shows in a curve
    this.#points.push(point);
    // Halved now and then, so that a long run costs no more than a short one.
    if (this.#points.length > 4 * MOST_POINTS)
      this.#points.splice(0, Infinity, ...thinned(this.#points, 2 * MOST_POINTS));
  }
}

/** The rows whose status an event can change. */
function rowsTouchedBy(event: RunEvent, ledger: RunLedger): readonly number[] {
  switch (event.e) {
    case 'rowsReused':
      return event.rows.map(([row]) => row);
    case 'batchIntended':
    case 'retryRequested':
      return fromRanges(event.rows);
    case 'rowsFinished':
      return [...new Set(event.rows.map(([row]) => row))];
    case 'batchClosed':
    case 'batchRejected':
    case 'batchAbandoned':
      return ledger.batch(event.nonce).rows;
    default:
      return [];
  }
}

function countsOf(ledger: RunLedger): Record<RowStatus, number> {
  const counts = emptyCounts();
  for (const { status } of ledger.rows) counts[status] += 1;
  return counts;
}

function emptyCounts(): Record<RowStatus, number> {
  return Object.fromEntries(ROW_STATUSES.map((status) => [status, 0])) as Record<RowStatus, number>;
}

function isSame(a: HistoryPoint, b: HistoryPoint): boolean {
  return (
    ROW_STATUSES.every((status) => a.counts[status] === b.counts[status]) &&
    a.spentNanoUsd === b.spentNanoUsd &&
    a.inFlightNanoUsd === b.inFlightNanoUsd &&
    a.unconfirmedNanoUsd === b.unconfirmedNanoUsd
  );
}

/**
 * The last of what was so within a width that a curve can show, and the first of all: not, say, the moment between two
 * batches when nothing is in flight.
 */
function lasting(points: readonly HistoryPoint[]): readonly HistoryPoint[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || first.at === last.at) return points;
  const placeOf = ({ at }: HistoryPoint): number =>
    Math.floor(((at - first.at) / (last.at - first.at)) * (MOST_POINTS - 2));
  return points.filter((point, i) => {
    const next = points[i + 1];
    return i === 0 || next === undefined || placeOf(next) !== placeOf(point);
  });
}

/** Evenly picked, the first and the last among them. */
function thinned<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))] as T);
}
