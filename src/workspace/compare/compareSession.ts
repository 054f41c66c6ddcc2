import { WHAT_DIFFERS, type CompareQuery } from '../../core/compareQuery.ts';
import { ROW_CHANGES, type RowChange } from '../../core/rowChange.ts';
import type { LedgerRow } from '../../core/runLedger.ts';
import type { StoredResult } from '../../core/stateManager.ts';
import type { RowOutcome } from '../../core/vocabulary.ts';
import { runLayout } from '../../state/layout.ts';
import { FileRunReader } from '../../state/runReader.ts';
import { nameOf } from '../results/resultsIndex.ts';
import { answerIn, columnValue, entryOf, type ColumnValue } from '../results/rowEntry.ts';
import { compareValues } from '../results/rowFilter.ts';
import { writePieces } from '../writePieces.ts';
import { canonical, own } from './canonical.ts';
import { partsOf, readPairs, type ComparedPart, type StoredPair } from './comparedParts.ts';
import {
  compareRuns,
  countChanges,
  swapped,
  type ComparedRun,
  type FieldAgreement,
  type RowPair,
  type RunComparison,
} from './compareRuns.ts';
import { formatComparison, type ComparisonFormat } from './exportComparison.ts';
import { runDifferences, type RunDifference } from './runDifferences.ts';

/** What is known of a comparison as a whole. */
export interface CompareFacts {
  readonly title: string;
  readonly a: ComparedRunFacts;
  readonly b: ComparedRunFacts;
  /** Of both runs. */
  readonly cells: readonly string[];
  /** Rows in the cell that is shown, or in all. */
  readonly total: number;
  readonly counts: Readonly<Record<RowChange, number>>;
  /** Rows of that cell that are ok in both. */
  readonly okInBoth: number;
  /** Of that cell; none where its answers are text, or where several cells are shown. */
  readonly fields: readonly FieldAgreement[];
  /** Between what the runs were asked. */
  readonly differences: readonly RunDifference[];
}

export interface ComparedRunFacts {
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly models: readonly string[];
  readonly ok: number;
  readonly rows: number;
  readonly costNanoUsd: number;
  readonly limitNanoUsd: number | undefined;
  /** Over all attempts. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Which rows are shown now. Another version has others, or others in the same places. */
export interface CompareView {
  readonly version: number;
  readonly matching: number;
}

/** How a row ended in one of the runs. */
export interface ComparedEnd {
  readonly outcome: RowOutcome;
  /** As the service or the check says it; empty where nobody says more than the outcome. */
  readonly why: string;
  readonly costNanoUsd: number;
}

/** A row of both runs as a line of a table. */
export interface CompareLine {
  /** Names the row, whatever is shown. */
  readonly pair: number;
  readonly change: RowChange;
  readonly name: string;
  readonly cell: string;
  readonly a: ComparedEnd | undefined;
  readonly b: ComparedEnd | undefined;
  /** By the fields that are columns; empty where one of the two has none. */
  readonly values: readonly ComparedValue[];
  /** Where fields are no columns: what differs of the answers, else how they begin. */
  readonly parts: readonly ComparedPart[];
}

export interface ComparedValue {
  readonly changed: boolean;
  readonly a: ColumnValue;
  readonly b: ColumnValue;
}

/** All of one row. */
export interface ComparedDetail {
  readonly line: CompareLine;
  readonly parts: readonly ComparedPart[];
  /** Over all attempts; `undefined` where it has not ended. */
  readonly tokens: { readonly a: TokenCounts | undefined; readonly b: TokenCounts | undefined };
}

type TokenCounts = readonly [input: number, output: number];

/** Where the two runs are. */
export interface ComparePlace {
  readonly a: RunPlace;
  readonly b: RunPlace;
}

interface RunPlace {
  /** Absolute. */
  readonly stateDir: string;
  readonly runId: string;
}

/** What of an export is written. */
export interface ExportedSoFar {
  readonly done: number;
  readonly total: number;
}

const LINE_CHARACTERS = 80;
/** Parts that a line shows; the detail has them all. */
const LINE_PARTS = 4;
const DETAIL_CHARACTERS = 20_000;
/** How many pieces of an export are written between two words about it. */
const TELL_EVERY = 500;

/** Two compared runs, read by one page. Reads only, but for exports; made to live off the thread of whoever asks. */
export class CompareSession {
  readonly #onExported: (soFar: ExportedSoFar) => void;
  #comparison: RunComparison;
  #query: CompareQuery = WHAT_DIFFERS;
  #places: readonly number[] = [];
  #placeByPair: ReadonlyMap<number, number> | undefined;
  #version = 0;
  #order: readonly number[] | undefined;
  #stop: AbortController | undefined;

  constructor(comparison: RunComparison, onExported: (soFar: ExportedSoFar) => void) {
    this.#comparison = comparison;
    this.#onExported = onExported;
  }

  /** @throws StateError where a run cannot be read. */
  static async open(
    { a, b }: ComparePlace,
    onExported: (soFar: ExportedSoFar) => void,
  ): Promise<CompareSession> {
    return new CompareSession(await compareRuns(await opened(a), await opened(b)), onExported);
  }

  facts(): CompareFacts {
    const { a, b, agreement } = this.#comparison;
    const { cell } = this.#query;
    const cells = [...agreement.keys()];
    const shown = cell === undefined ? [...agreement.values()] : [agreement.get(cell)];
    const counts = countChanges(this.#pairsOfCell());
    return {
      title: b.reader.meta.title,
      ...{ a: factsOf(a), b: factsOf(b), cells, counts, fields: this.#fields() },
      total: Object.values(counts).reduce((sum, n) => sum + n, 0),
      okInBoth: shown.reduce((sum, one) => sum + (one?.rows ?? 0), 0),
      differences: runDifferences(a.reader.meta, b.reader.meta, cell),
    };
  }

  /** Shows the rows of another query. */
  ask(query: CompareQuery): CompareView {
    this.#query = query;
    return this.#find();
  }

  /** A becomes B, and B becomes A. Rows keep their names. */
  swap(): CompareView {
    this.#comparison = swapped(this.#comparison);
    return this.#find();
  }

  /** Lines by their places in what is shown. */
  async lines(
    from: number,
    count: number,
  ): Promise<{ readonly version: number; readonly lines: readonly CompareLine[] }> {
    const version = this.#version;
    const places = this.#places.slice(from, from + count);
    const pairs = places.map((place) => this.#pairAt(place));
    const stored = await readPairs(this.#comparison, pairs);
    const lines = pairs.map((pair, i) => this.#lineOf(places[i] ?? 0, pair, stored[i] ?? NOTHING));
    return { version, lines };
  }

  /** Names of the rows from one place to another, the end not included. */
  pairsAt(from: number, to: number): readonly number[] {
    return this.#places.slice(from, to);
  }

  /** The place of a row; -1 where it is not shown. */
  placeOf(pair: number): number {
    this.#placeByPair ??= new Map(this.#places.map((one, place) => [one, place]));
    return this.#placeByPair.get(pair) ?? -1;
  }

  /** @throws RangeError where there is no such row. */
  async detail(pair: number): Promise<ComparedDetail> {
    const found = this.#pairAt(pair);
    const [stored = NOTHING] = await readPairs(this.#comparison, [found]);
    const { a, b } = this.#comparison;
    return {
      line: this.#lineOf(pair, found, stored),
      parts: partsOf(stored, DETAIL_CHARACTERS),
      tokens: { a: tokensOfRow(a, found.a), b: tokensOfRow(b, found.b) },
    };
  }

  /**
   * Writes the rows that are shown into a file, whole or not at all.
   * @param file Absolute; replaced where it exists.
   * @returns False when it was stopped; then nothing is left.
   */
  async export(format: ComparisonFormat, file: string): Promise<boolean> {
    this.#stop?.abort();
    const stop = (this.#stop = new AbortController());
    const pairs = this.#places.map((place) => this.#pairAt(place));
    const fields = this.#query.cell === undefined ? this.#fieldsOfAll() : this.#fields();
    const names = fields.map(({ name }) => name);
    const pieces = formatComparison(this.#comparison, pairs, format, names);
    return writePieces(file, pieces, pairs.length, {
      ...{ signal: stop.signal, replace: true },
      onProgress: (done, total) => {
        if (done % TELL_EVERY === 0) this.#onExported({ done, total });
      },
    });
  }

  /** Breaks off an export. */
  stopExport(): void {
    this.#stop?.abort();
  }

  #pairAt(place: number): RowPair {
    const pair = this.#comparison.pairs[place];
    if (pair === undefined) throw new RangeError('There is no such row.');
    return pair;
  }

  #rowOf({ a, b }: RowPair): LedgerRow {
    return a === undefined
      ? this.#comparison.b.reader.ledger.row(b ?? -1)
      : this.#comparison.a.reader.ledger.row(a);
  }

  #pairsOfCell(): readonly RowPair[] {
    const { cell } = this.#query;
    const { pairs } = this.#comparison;
    return cell === undefined ? pairs : pairs.filter((pair) => this.#rowOf(pair).planned.cell === cell);
  }

  /** Those that are columns: of the one cell that is shown. */
  #fields(): readonly FieldAgreement[] {
    const { agreement } = this.#comparison;
    const [only] = agreement.size === 1 ? agreement.keys() : [];
    return agreement.get(this.#query.cell ?? only ?? '')?.fields ?? [];
  }

  #fieldsOfAll(): readonly FieldAgreement[] {
    const all = [...this.#comparison.agreement.values()].flatMap(({ fields }) => fields);
    return [...new Map(all.map((field) => [field.name, field])).values()];
  }

  #find(): CompareView {
    const { cell, changes, search, sort } = this.#query;
    const wanted = new Set(changes);
    const sought = search.toLowerCase();
    const { pairs } = this.#comparison;
    const found = this.#byName().filter((place) => {
      const pair = this.#pairAt(place);
      if (!wanted.has(pair.change)) return false;
      if (cell === undefined && sought === '') return true;
      const row = this.#rowOf(pair);
      return (
        (cell === undefined || row.planned.cell === cell) &&
        (sought === '' || nameOf(row).toLowerCase().includes(sought))
      );
    });
    const sign = sort.descending ? -1 : 1;
    if (sort.column === 'source' && sort.descending) found.reverse();
    if (sort.column === 'change') {
      const rank = (place: number): number => ROW_CHANGES.indexOf(pairs[place]?.change ?? 'same');
      found.sort((one, other) => sign * (rank(one) - rank(other)));
    }
    if (sort.column === 'cost') {
      const costs = new Map(found.map((place) => [place, this.#costOf(this.#pairAt(place))]));
      found.sort((one, other) => {
        const [costOne, costOther] = [costs.get(one), costs.get(other)];
        if (costOne === undefined || costOther === undefined)
          return Number(costOne === undefined) - Number(costOther === undefined);
        return sign * (costOne - costOther);
      });
    }
    this.#places = found;
    this.#placeByPair = undefined;
    this.#version++;
    return { version: this.#version, matching: found.length };
  }

  /** All pairs by the names of their rows. Files are planned in this order, so that there is little to do. */
  #byName(): readonly number[] {
    if (this.#order === undefined) {
      const named = this.#comparison.pairs.map((pair, place) => ({ place, name: nameOf(this.#rowOf(pair)) }));
      named.sort((a, b) => compareValues(a.name, b.name));
      this.#order = named.map(({ place }) => place);
    }
    return this.#order;
  }

  /** What B cost more than A; `undefined` where one of them has not ended. */
  #costOf({ a, b }: RowPair): number | undefined {
    if (a === undefined || b === undefined) return undefined;
    const { a: runA, b: runB } = this.#comparison;
    return runB.reader.ledger.row(b).costNanoUsd - runA.reader.ledger.row(a).costNanoUsd;
  }

  #lineOf(place: number, pair: RowPair, stored: StoredPair): CompareLine {
    const row = this.#rowOf(pair);
    const fields = this.#fields();
    return {
      ...{ pair: place, change: pair.change, name: nameOf(row), cell: row.planned.cell },
      a: endOf(this.#comparison.a, pair.a, stored.a),
      b: endOf(this.#comparison.b, pair.b, stored.b),
      values: valuesOf(
        stored,
        fields.map(({ name }) => name),
      ),
      parts: fields.length > 0 ? [] : forLine(partsOf(stored, LINE_CHARACTERS)),
    };
  }
}

const NOTHING: StoredPair = { a: undefined, b: undefined };

async function opened({ stateDir, runId }: RunPlace): Promise<ComparedRun> {
  const layout = runLayout(stateDir, runId);
  return { reader: await FileRunReader.open(layout), file: layout.results };
}

function endOf(
  { reader }: ComparedRun,
  ordinal: number | undefined,
  stored: StoredResult | undefined,
): ComparedEnd | undefined {
  if (ordinal === undefined) return undefined;
  const { status, costNanoUsd } = reader.ledger.row(ordinal);
  const { why } = entryOf(stored, [0, 0, 0], []);
  return { outcome: status as RowOutcome, why, costNanoUsd };
}

function valuesOf({ a, b }: StoredPair, names: readonly string[]): readonly ComparedValue[] {
  const [answerA, answerB] = [a, b].map((stored) => (stored === undefined ? undefined : answerIn(stored)));
  if (!isObject(answerA) || !isObject(answerB)) return [];
  return names.map((name) => {
    const [before, after] = [own(answerA, name), own(answerB, name)];
    return {
      changed: canonical(before ?? null) !== canonical(after ?? null),
      ...{ a: columnValue(before), b: columnValue(after) },
    };
  });
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** The fields that differ; where none does, all. */
function forLine(parts: readonly ComparedPart[]): readonly ComparedPart[] {
  const changed = parts.filter((part) => part.changed);
  return (changed.length > 0 ? changed : parts).slice(0, LINE_PARTS);
}

function factsOf(run: ComparedRun): ComparedRunFacts {
  const { meta, ledger } = run.reader;
  const [inputTokens, outputTokens] = tokensOf(run);
  return {
    createdAt: meta.createdAt,
    models: [...new Set(meta.cells.map(({ model }) => model))],
    ok: ledger.rows.filter(({ status }) => status === 'ok').length,
    rows: ledger.rows.length,
    costNanoUsd: ledger.rows.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0),
    limitNanoUsd: meta.settings.limitNanoUsd,
    ...{ inputTokens, outputTokens },
  };
}

/** Over all attempts, as the batches tell them. */
function tokensOf({ reader }: ComparedRun): TokenCounts {
  let [input, output] = [0, 0];
  for (const { finished } of reader.ledger.batches.values())
    for (const [, , , , , , , tokensIn, tokensOut] of finished.values()) {
      input += tokensIn;
      output += tokensOut;
    }
  return [input, output];
}

function tokensOfRow({ reader }: ComparedRun, row: number | undefined): TokenCounts | undefined {
  if (row === undefined) return undefined;
  let [input, output] = [0, 0];
  for (const { finished } of reader.ledger.batches.values()) {
    const [, , , , , , , tokensIn = 0, tokensOut = 0] = finished.get(row) ?? [];
    input += tokensIn;
    output += tokensOut;
  }
  return [input, output];
}
