import { formatUsd } from './money.ts';
import type { RunLedger } from './runLedger.ts';

/**
 * The rows of a pilot: `size` of those that are to be sent, spread evenly over the plan so that they stand for the
 * rest. The same before and after a resume. `undefined` when there is no pilot, or the person has told it to go on.
 */
export function pilotRows(ledger: RunLedger, size: number): ReadonlySet<number> | undefined {
  if (size === 0 || ledger.pilotContinued) return undefined;
  const toSend = ledger.rows.flatMap((row, ordinal) => (row.reusedFrom === undefined ? [ordinal] : []));
  if (toSend.length <= size) return undefined;
  return new Set(spread(size, toSend.length).map((place) => toSend[place] ?? 0));
}

/** The places of `size` things among `count`, evenly over all of them. */
export function spread(size: number, count: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.floor((i * count) / size));
}

/** What a pilot tells of the whole run. */
export interface PilotReport {
  readonly rows: number;
  readonly remaining: number;
  /** Shares of the pilot's rows, 0 to 1. */
  readonly ok: number;
  readonly truncated: number;
  readonly refused: number;
  readonly tokensPerRow: number;
  /** Expected cost of the remaining rows in nanodollars, with the range of two standard errors. */
  readonly expectedNanoUsd: number;
  readonly lowNanoUsd: number;
  readonly highNanoUsd: number;
}

/** Counts a pilot's rows and extrapolates their cost to the rows that wait. */
export function pilotReport(ledger: RunLedger, pilot: ReadonlySet<number>): PilotReport {
  const rows = [...pilot].map((ordinal) => ledger.row(ordinal));
  const share = (status: string): number => rows.filter((row) => row.status === status).length / rows.length;
  const costs = rows.map((row) => row.costNanoUsd);
  const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
  const variance = costs.reduce((sum, cost) => sum + (cost - mean) ** 2, 0) / Math.max(1, costs.length - 1);
  const error = 2 * Math.sqrt(variance / costs.length);
  const remaining = ledger.pendingRows().filter((ordinal) => !pilot.has(ordinal)).length;
  return {
    rows: rows.length,
    remaining,
    ok: share('ok'),
    truncated: share('truncated'),
    refused: share('refused'),
    tokensPerRow: Math.round((ledger.tokens.input + ledger.tokens.output) / rows.length),
    expectedNanoUsd: Math.round(mean * remaining),
    lowNanoUsd: Math.round(Math.max(0, mean - error) * remaining),
    highNanoUsd: Math.round((mean + error) * remaining),
  };
}

/** A pilot's report in a sentence or two. */
export function describePilot(report: PilotReport): string {
  const percent = (share: number): string => `${String(Math.round(share * 100))} %`;
  const expected = formatUsd(report.expectedNanoUsd);
  const [low, high] = [formatUsd(report.lowNanoUsd), formatUsd(report.highNanoUsd)];
  const cost = low === high ? expected : `${expected} (${low} to ${high})`;
  const { rows, remaining } = report;
  const pilot = `pilot of ${rows === 1 ? '1 row' : `${String(rows)} rows`}`;
  const [rest, them] =
    remaining === 1 ? ['row that waits', 'it'] : [`${String(remaining)} rows that wait`, 'them'];
  return `The ${pilot} is done: ${percent(report.ok)} ok, ${percent(report.truncated)} truncated, ${percent(report.refused)} refused, ${String(report.tokensPerRow)} tokens a row. The ${rest} should cost about ${cost}. Resume to send ${them}.`;
}
