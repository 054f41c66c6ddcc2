import type { LedgerRow } from '../../core/runLedger.ts';
import { usdFromNano } from '../../core/money.ts';
import type { StoredResult } from '../../core/stateManager.ts';
import { csvLine } from '../csvLine.ts';
import { answerIn } from '../results/rowEntry.ts';
import { own } from './canonical.ts';
import { readPairs } from './comparedParts.ts';
import type { RowPair, RunComparison } from './compareRuns.ts';

export type ComparisonFormat = 'csv' | 'jsonl';

/** Pairs whose answers are in memory at a time. */
const PAIRS_AT_ONCE = 100;

/**
 * Some rows of a comparison, piece by piece, one a row and a head.
 * @param fields Of structured answers: in CSV each has a column for either side.
 */
export async function* formatComparison(
  comparison: RunComparison,
  pairs: readonly RowPair[],
  format: ComparisonFormat,
  fields: readonly string[],
): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(headOf(fields));
  for (let from = 0; from < pairs.length; from += PAIRS_AT_ONCE) {
    const some = pairs.slice(from, from + PAIRS_AT_ONCE);
    const stored = await readPairs(comparison, some);
    for (const [i, pair] of some.entries()) {
      const both = {
        change: pair.change,
        a: sideOf(pair.a === undefined ? undefined : comparison.a.reader.ledger.row(pair.a), stored[i]?.a),
        b: sideOf(pair.b === undefined ? undefined : comparison.b.reader.ledger.row(pair.b), stored[i]?.b),
      };
      yield format === 'csv' ? csvLine(valuesOf(both, fields)) : `${JSON.stringify(objectOf(both))}\n`;
    }
  }
}

/** A side of a row; `undefined` where it has not ended in that run. */
interface ExportedSide {
  readonly row: LedgerRow;
  readonly stored: StoredResult | undefined;
}

interface ExportedPair {
  readonly change: string;
  readonly a: ExportedSide | undefined;
  readonly b: ExportedSide | undefined;
}

function sideOf(row: LedgerRow | undefined, stored: StoredResult | undefined): ExportedSide | undefined {
  return row === undefined ? undefined : { row, stored };
}

function headOf(fields: readonly string[]): string[] {
  const both = (name: string): string[] => [`${name} (A)`, `${name} (B)`];
  return [
    ...['source', 'cell', 'change', ...both('status')],
    ...(fields.length > 0 ? fields : ['answer']).flatMap(both),
    ...['error', 'costUsd'].flatMap(both),
  ];
}

function valuesOf({ change, a, b }: ExportedPair, fields: readonly string[]): (string | number)[] {
  const both = (value: (side: ExportedSide) => unknown): (string | number)[] =>
    [a, b].map((side) => (side === undefined ? '' : plain(value(side))));
  const planned = (a ?? b)?.row.planned;
  return [
    ...[planned?.source || (planned?.id ?? ''), planned?.cell ?? '', change],
    ...both(({ row }) => row.status),
    ...(fields.length === 0
      ? both(({ stored }) => stored?.response)
      : fields.flatMap((name) =>
          both(({ stored }) => own(stored === undefined ? undefined : answerIn(stored), name)),
        )),
    ...both(({ stored }) => stored?.error?.message),
    ...both(({ row }) => usdFromNano(row.costNanoUsd)),
  ];
}

function objectOf({ change, a, b }: ExportedPair): unknown {
  const planned = (a ?? b)?.row.planned;
  const side = (one: ExportedSide | undefined): unknown =>
    one === undefined
      ? null
      : {
          status: one.row.status,
          answer: one.stored?.parsedResponse ?? one.stored?.response ?? null,
          ...(one.stored?.error === undefined ? {} : { error: one.stored.error }),
          costUsd: usdFromNano(one.row.costNanoUsd),
        };
  return {
    source: planned?.source || (planned?.id ?? ''),
    cell: planned?.cell ?? '',
    ...{ change, a: side(a), b: side(b) },
  };
}

function plain(value: unknown): string | number {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return String(value);
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
