import type { RunReader } from '../core/stateManager.ts';
import type { RunStatus } from '../core/status.ts';
import type { UsualDurations } from '../core/usualDurations.ts';
import { forecast, type ForecastPoint } from './forecast.ts';
import { outcomesOf, type HistoryEntry, type Outcomes } from './historyEntries.ts';
import { rowProblems, type RowProblem } from './rowProblems.ts';
import type { HistoryPoint, RunHistory } from './runHistory.ts';

/** What is shown of one run beside its status. Replaced as a whole when anything of it changes. */
export interface ProgressFacts {
  readonly points: readonly HistoryPoint[];
  /** Oldest first. */
  readonly entries: readonly HistoryEntry[];
  /** Empty where nobody drives the run or there is nothing to go by. */
  readonly expected: readonly ForecastPoint[];
  /** When a person agreed to it, epoch milliseconds. */
  readonly startedAt: number | undefined;
  /** When it went no further, epoch milliseconds; `undefined` while it does. */
  readonly endedAt: number | undefined;
  /** What the person agreed to; `undefined` where nobody has. */
  readonly agreed: { readonly expectedNanoUsd: number; readonly worstNanoUsd: number } | undefined;
  /** Rows that wait: what they are expected to cost, and the most that they can. */
  readonly toSend: { readonly expectedNanoUsd: number; readonly worstNanoUsd: number };
  /** Of batches whose results are here, in the order of the run's batches; `undefined` for others. */
  readonly outcomes: readonly ({ readonly outcomes: Outcomes; readonly again: number } | undefined)[];
  readonly problems: readonly RowProblem[];
  readonly cells: readonly { readonly id: string; readonly model: string; readonly provider: string }[];
  /** The provider that has refused it last; `undefined` where none has. */
  readonly refusedBy: string | undefined;
}

export interface ProgressMoment {
  readonly now: number;
  readonly usual: UsualDurations;
  readonly status: RunStatus;
  /** Whether somebody drives it. */
  readonly driven: boolean;
}

/** @param history Read as far as the status was. */
export function progressFacts(history: RunHistory, moment: ProgressMoment): ProgressFacts {
  const { reader, points, entries } = history;
  const { ledger, meta } = reader;
  const ended = entries.findLast(({ kind }) => kind === 'halted' || kind === 'taken');
  return {
    points,
    entries,
    expected: expectedOf(reader, moment),
    startedAt: entries.find(({ kind }) => kind === 'agreed')?.at,
    endedAt: ended?.kind === 'halted' ? ended.at : undefined,
    agreed: ledger.confirmation,
    toSend: waitingMoney(reader),
    outcomes: [...ledger.batches.values()].map((batch) =>
      batch.state === 'closed' ? outcomesOf(batch, ledger) : undefined,
    ),
    problems: rowProblems(reader),
    cells: meta.cells.map(({ id, model, provider }) => ({ id, model, provider })),
    refusedBy: refusedBy(entries),
  };
}

function expectedOf(reader: RunReader, { now, usual, status, driven }: ProgressMoment): ForecastPoint[] {
  return driven && status.state === 'running' ? forecast(reader, { now, usual, etaMs: status.etaMs }) : [];
}

function waitingMoney({ ledger }: RunReader): ProgressFacts['toSend'] {
  let [expectedNanoUsd, worstNanoUsd] = [0, 0];
  for (const { status, estimate } of ledger.rows) {
    if (status !== 'pending') continue;
    expectedNanoUsd += estimate.expectedNanoUsd;
    worstNanoUsd += estimate.reservedNanoUsd;
  }
  return { expectedNanoUsd, worstNanoUsd };
}

function refusedBy(entries: readonly HistoryEntry[]): string | undefined {
  const last = entries.findLast((entry) => entry.kind === 'rejected');
  return last?.provider;
}
