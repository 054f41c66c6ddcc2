import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { hasEnded } from '../../core/assembleResult.ts';
import { ROW_CHANGES, type RowChange } from '../../core/rowChange.ts';
import type { LedgerRow } from '../../core/runLedger.ts';
import type { RunReader, StoredResult } from '../../core/stateManager.ts';
import { readResults } from '../results/resultBlocks.ts';
import { fieldsOf, numericFieldsOf } from '../results/rowEntry.ts';
import { canonical, own } from './canonical.ts';

/** A run to be compared. */
export interface ComparedRun {
  readonly reader: Pick<RunReader, 'meta' | 'ledger'>;
  /** Its `results.jsonl`, absolute. */
  readonly file: string;
}

/** A row of both runs, by its ordinals; `undefined` where it has not ended in that run. */
export interface RowPair {
  readonly a: number | undefined;
  readonly b: number | undefined;
  readonly change: RowChange;
}

/** How far the answers of a cell agree, over the rows that are ok in both runs. */
export interface CellAgreement {
  readonly rows: number;
  /** Of either run's answers; none where one of them answers in free text. */
  readonly fields: readonly FieldAgreement[];
}

export interface FieldAgreement {
  readonly name: string;
  readonly isNumber: boolean;
  /** Rows in which it is the same. */
  readonly equal: number;
}

/** Two runs row by row, by cell and source. Of an answer only digests are looked at; it is read when it is shown. */
export interface RunComparison {
  readonly a: ComparedRun;
  readonly b: ComparedRun;
  /** In the order of A's plan; those of B alone come last. */
  readonly pairs: readonly RowPair[];
  /** By cells, those of A first. */
  readonly agreement: ReadonlyMap<string, CellAgreement>;
}

/**
 * Compares two runs. Order of keys and lists, and spaces, are no change. Reads block by block: what is in memory does not
 * depend on how long the answers are.
 */
export async function compareRuns(a: ComparedRun, b: ComparedRun): Promise<RunComparison> {
  const ordinalsB = ordinalsByKey(b);
  const matched = [...ordinalsByKey(a)].map(([key, ordinal]) => {
    const other = ordinalsB.get(key);
    ordinalsB.delete(key);
    return { a: ordinal, b: other };
  });
  const okInBoth = new Map<number, number>();
  for (const pair of matched)
    if (pair.b !== undefined && isOk(a, pair.a) && isOk(b, pair.b)) okInBoth.set(pair.b, pair.a);
  const { same, agreement } = await lookAtAnswers(a, b, okInBoth);
  const pairs = [
    ...matched.map((pair): RowPair => {
      if (pair.b === undefined) return { ...pair, change: 'onlyA' };
      const [okA, okB] = [isOk(a, pair.a), isOk(b, pair.b)];
      if (okA !== okB) return { ...pair, change: okA ? 'noLongerOk' : 'nowOk' };
      if (!okA) return { ...pair, change: 'notOk' };
      return { ...pair, change: same.has(pair.b) ? 'same' : 'changed' };
    }),
    ...[...ordinalsB.values()].map((ordinal): RowPair => ({ a: undefined, b: ordinal, change: 'onlyB' })),
  ];
  return { a, b, pairs, agreement };
}

/** The same comparison with A as B and B as A; pairs keep their places. */
export function swapped({ a, b, pairs, agreement }: RunComparison): RunComparison {
  return {
    ...{ a: b, b: a, agreement },
    pairs: pairs.map((pair) => ({ a: pair.b, b: pair.a, change: SWAPPED[pair.change] })),
  };
}

const SWAPPED: { readonly [C in RowChange]: RowChange } = {
  ...{ changed: 'changed', same: 'same', notOk: 'notOk' },
  ...{ noLongerOk: 'nowOk', nowOk: 'noLongerOk', onlyA: 'onlyB', onlyB: 'onlyA' },
};

/** How many of some pairs there are of each change. */
export function countChanges(pairs: Iterable<RowPair>): Readonly<Record<RowChange, number>> {
  const counts = Object.fromEntries(ROW_CHANGES.map((change) => [change, 0])) as Record<RowChange, number>;
  for (const { change } of pairs) counts[change]++;
  return counts;
}

/** Where the stored results of rows are. */
export function locationsOf(
  { reader }: ComparedRun,
  ordinals: Iterable<number>,
): { readonly row: number; readonly location: NonNullable<LedgerRow['location']> }[] {
  return [...ordinals].flatMap((row) => {
    const { location } = reader.ledger.row(row);
    return location === undefined ? [] : [{ row, location }];
  });
}

/** What an answer is: the JSON that was asked for, else its text. */
export function answerOf({ parsedResponse, response }: StoredResult): unknown {
  return parsedResponse ?? response ?? '';
}

/** Rows that have ended, by what is the same in both runs; a source that comes again is counted. */
function ordinalsByKey({ reader }: ComparedRun): Map<string, number> {
  const ordinals = new Map<string, number>();
  const times = new Map<string, number>();
  for (const [ordinal, { planned, status }] of reader.ledger.rows.entries()) {
    const name = JSON.stringify([planned.cell, planned.source || planned.id]);
    const time = times.get(name) ?? 0;
    times.set(name, time + 1);
    if (hasEnded(status)) ordinals.set(`${name}${String(time)}`, ordinal);
  }
  return ordinals;
}

function isOk({ reader }: ComparedRun, ordinal: number): boolean {
  return reader.ledger.row(ordinal).status === 'ok';
}

interface Digests {
  readonly whole: string;
  /** Of its fields, in the order of the cell's. Enough to count by, not to decide by. */
  readonly fields: readonly number[];
}

/** @param okInBoth Rows of A by the rows of B. */
async function lookAtAnswers(
  a: ComparedRun,
  b: ComparedRun,
  okInBoth: ReadonlyMap<number, number>,
): Promise<{ readonly same: ReadonlySet<number>; readonly agreement: RunComparison['agreement'] }> {
  const cells = comparedFields(a, b);
  const namesOf = (run: ComparedRun, row: number): readonly string[] =>
    cells.get(run.reader.ledger.row(row).planned.cell)?.names ?? [];
  const digests = new Map<number, Digests>();
  for await (const block of readResults(a.file, locationsOf(a, okInBoth.values())))
    for (const { row, stored } of block)
      if (stored !== undefined) digests.set(row, digestsOf(stored, namesOf(a, row)));
  const same = new Set<number>();
  const counted = new Map([...cells].map(([id, { names }]) => [id, { rows: 0, equal: names.map(() => 0) }]));
  for await (const block of readResults(b.file, locationsOf(b, okInBoth.keys())))
    for (const { row, stored } of block) {
      const before = digests.get(okInBoth.get(row) ?? -1);
      if (stored === undefined || before === undefined) continue;
      const after = digestsOf(stored, namesOf(b, row));
      if (before.whole === after.whole) same.add(row);
      const count = counted.get(b.reader.ledger.row(row).planned.cell);
      if (count === undefined) continue;
      count.rows++;
      for (const [i, digest] of after.fields.entries())
        if (digest === before.fields[i]) count.equal[i] = (count.equal[i] ?? 0) + 1;
    }
  const agreement = new Map(
    [...cells].map(([id, { names, numeric }]): [string, CellAgreement] => {
      const { rows = 0, equal = [] } = counted.get(id) ?? {};
      const fields = names.map((name, i) => ({ name, isNumber: numeric.has(name), equal: equal[i] ?? 0 }));
      return [id, { rows, fields }];
    }),
  );
  return { same, agreement };
}

function comparedFields(
  a: ComparedRun,
  b: ComparedRun,
): ReadonlyMap<string, { readonly names: readonly string[]; readonly numeric: ReadonlySet<string> }> {
  const all = [...a.reader.meta.cells, ...b.reader.meta.cells];
  const byId = Map.groupBy(all, ({ id }) => id);
  return new Map(
    [...byId].map(([id, cells]) => {
      const names = cells.map(fieldsOf);
      const isText = names.some((fields) => fields.length === 0);
      return [
        id,
        {
          names: isText ? [] : [...new Set(names.flat())],
          numeric: new Set(cells.flatMap(numericFieldsOf)),
        },
      ];
    }),
  );
}

function digestsOf(stored: StoredResult, names: readonly string[]): Digests {
  const answer = answerOf(stored);
  return {
    whole: createHash('sha256').update(canonical(answer)).digest('base64').slice(0, 22),
    fields: names.map((name) => crc32(canonical(own(answer, name) ?? null))),
  };
}
