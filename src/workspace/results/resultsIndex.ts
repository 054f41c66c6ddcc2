import { hasEnded } from '../../core/assembleResult.ts';
import { NANO_PER_USD } from '../../core/money.ts';
import {
  EVERYTHING,
  isFiltered,
  OUTCOMES_BY_NEED,
  type ResultsColumn,
  type ResultsQuery,
} from '../../core/resultsQuery.ts';
import type { LedgerBatch, LedgerRow } from '../../core/runLedger.ts';
import type { RunReader } from '../../core/stateManager.ts';
import type { RowOutcome } from '../../core/vocabulary.ts';
import { stands } from './answerSearch.ts';
import { readResults, type ReadResult, type WantedResult } from './resultBlocks.ts';
import { entryOf, FIELD, fieldsOf, type ColumnValue, type RowEntry } from './rowEntry.ts';
import { compareValues, fits, needsWhole } from './rowFilter.ts';

/** Columns that the ledger alone can tell. */
const IN_LEDGER: ReadonlySet<ResultsColumn> = new Set([
  ...['outcome', 'source', 'cell', 'model', 'cost', 'attempts', 'batch', 'finished'],
]);
/** Rows that are looked at in memory between two looks at what else is to do. */
const CHUNK_ROWS = 20_000;
/** How often the rows found so far are told. */
const TELL_EVERY_MS = 100;

/** The rows that a query has found so far, as ordinals in the order in which they are shown. */
export interface FoundRows {
  readonly rows: readonly number[];
  readonly complete: boolean;
}

/** A row as far as the ledger and its entry tell it. */
export interface IndexedRow {
  readonly ordinal: number;
  readonly row: LedgerRow;
  readonly entry: RowEntry;
}

/**
 * All rows of a run that have ended, ready to be paged, filtered, searched and sorted. Of an answer only its beginning
 * and its fields are kept; the rest stays on disk and is read when it is searched.
 */
export class ResultsIndex {
  readonly reader: RunReader;
  readonly #file: string;
  readonly #entries: (RowEntry | undefined)[] = [];
  readonly #fields: ReadonlyMap<string, readonly string[]>;
  readonly #cellModels: ReadonlyMap<string, string>;
  #ended: readonly number[] = [];
  /** Where the results of those stand. */
  #offsets: readonly number[] = [];
  #batchNumbers: ReadonlyMap<string, number> = new Map();

  /** @param file `results.jsonl` of the run. */
  constructor(reader: RunReader, file: string) {
    this.reader = reader;
    this.#file = file;
    this.#fields = new Map(reader.meta.cells.map((cell) => [cell.id, fieldsOf(cell)]));
    this.#cellModels = new Map(reader.meta.cells.map(({ id, model }) => [id, model]));
    this.#gather();
  }

  /** Ordinals of the rows that have ended, in plan order. */
  get ended(): readonly number[] {
    return this.#ended;
  }

  /** Names of the fields of a cell's answers. */
  fieldsOf(cell: string): readonly string[] {
    return this.#fields.get(cell) ?? [];
  }

  /** Takes in what was appended to the journal; resolves to whether anything was, and whether other rows have ended. */
  async refresh(): Promise<{ readonly isNews: boolean; readonly hasEnded: boolean }> {
    if (!(await this.reader.refresh())) return { isNews: false, hasEnded: false };
    const [ended, offsets] = [this.#ended, this.#offsets];
    this.#gather();
    return { isNews: true, hasEnded: !isSame(ended, this.#ended) || !isSame(offsets, this.#offsets) };
  }

  /** Rows with their entries, in the given order; those not looked at before are read. */
  async rows(ordinals: readonly number[]): Promise<readonly IndexedRow[]> {
    const unread = ordinals.filter((ordinal) => !this.#has(ordinal));
    for await (const block of readResults(this.#file, this.#wanted(unread)))
      for (const read of block) this.#keep(read);
    return ordinals.map((ordinal) => this.#indexed(ordinal));
  }

  /**
   * Looks for the rows of a query. Tells them as they are found, in order each time, and all at last; nothing any more
   * once it is aborted.
   */
  async *find(
    query: ResultsQuery,
    now: () => number,
    signal?: AbortSignal,
  ): AsyncGenerator<FoundRows, undefined> {
    const sent = query.batch === undefined ? undefined : new Set(this.#batch(query.batch)?.rows);
    const candidates = this.#ended.filter(
      (ordinal) => (sent?.has(ordinal) ?? true) && this.#mayFit(ordinal, query),
    );
    if (!needsEntries(query)) {
      yield { rows: this.#sorted(candidates, query), complete: true };
      return;
    }
    const found: number[] = [];
    const began = now();
    let told = -Infinity;
    // The first that are found are told at once; that there are none yet is told as late as everything else.
    const isDue = (): boolean => {
      if (now() - (found.length === 0 ? Math.max(began, told) : told) < TELL_EVERY_MS) return false;
      told = now();
      return true;
    };
    const search = query.search.toLowerCase();
    // Others read rows meanwhile: what is unread now is unread for this search.
    const unread: number[] = [];
    for (const [i, ordinal] of candidates.entries()) {
      const isFound = this.#fitsKept(ordinal, query, search);
      if (isFound === undefined) unread.push(ordinal);
      else if (isFound) found.push(ordinal);
      if (i % CHUNK_ROWS !== CHUNK_ROWS - 1) continue;
      if (isDue()) yield { rows: this.#sorted(found, query), complete: false };
      else await breath();
      if (signal?.aborted === true) return;
    }
    for await (const block of readResults(this.#file, this.#wanted(unread))) {
      if (signal?.aborted === true) return;
      for (const read of block) {
        this.#keep(read);
        if (this.#fitsRead(read, query, search)) found.push(read.row);
      }
      if (isDue()) yield { rows: this.#sorted(found, query), complete: false };
    }
    yield { rows: this.#sorted(found, query), complete: true };
  }

  /** How many rows each outcome has in a cell, or in all. */
  counts(cell: string | undefined): Readonly<Record<RowOutcome, number>> {
    const counts = { ok: 0, truncated: 0, refused: 0, invalid: 0, error: 0, cancelled: 0 };
    for (const ordinal of this.#ended) {
      const row = this.reader.ledger.row(ordinal);
      if (cell === undefined || row.planned.cell === cell) counts[row.status as RowOutcome]++;
    }
    return counts;
  }

  /** Models that rows are from, in the order in which they come. */
  models(): readonly string[] {
    return [...new Set(this.#ended.map((ordinal) => this.modelOf(ordinal)))];
  }

  /** The model that has answered a row, as far as it is known without reading its answer. */
  modelOf(ordinal: number): string {
    const { ledger } = this.reader;
    const row = ledger.row(ordinal);
    const batch = row.lastBatch === undefined ? undefined : ledger.batches.get(row.lastBatch);
    return (
      this.#entries[ordinal]?.model ??
      batch?.model ??
      row.movedTo?.model ??
      this.#cellModels.get(row.planned.cell) ??
      ''
    );
  }

  /** The place in the run, from 1, of the batch that brought a row's end; `undefined`: no batch did. */
  batchOf({ lastBatch }: LedgerRow): number | undefined {
    return lastBatch === undefined ? undefined : this.#batchNumbers.get(lastBatch);
  }

  /** What stands in a column of a row. */
  valueOf({ ordinal, row, entry }: IndexedRow, column: ResultsColumn): ColumnValue {
    switch (column) {
      case 'outcome':
        return OUTCOMES_BY_NEED.indexOf(row.status as RowOutcome);
      case 'source':
        return nameOf(row);
      case 'cell':
        return row.planned.cell;
      case 'model':
        return this.modelOf(ordinal);
      case 'answer':
        return entry.head;
      case 'tokens':
        return entry.inputTokens + entry.outputTokens;
      case 'cost':
        return row.costNanoUsd / NANO_PER_USD;
      case 'attempts':
        return row.attempts;
      case 'batch':
        return this.batchOf(row);
      case 'finished':
        return row.finishedAt;
      default: {
        if (!column.startsWith(FIELD)) return undefined;
        return entry.fields[this.fieldsOf(row.planned.cell).indexOf(column.slice(FIELD.length))];
      }
    }
  }

  #batch(number: number): LedgerBatch | undefined {
    return [...this.reader.ledger.batches.values()][number - 1];
  }

  #gather(): void {
    const { rows, batches } = this.reader.ledger;
    this.#ended = rows.flatMap((row, ordinal) => (hasEnded(row.status) ? [ordinal] : []));
    this.#offsets = this.#ended.map((ordinal) => rows[ordinal]?.location?.[0] ?? -1);
    this.#batchNumbers = new Map([...batches.keys()].map((nonce, i) => [nonce, i + 1]));
  }

  #wanted(ordinals: readonly number[]): readonly WantedResult[] {
    return ordinals.flatMap((row) => {
      const { location } = this.reader.ledger.row(row);
      return location === undefined ? [] : [{ row, location }];
    });
  }

  /** Whether its entry is of its last attempt. */
  #has(ordinal: number): boolean {
    const { location } = this.reader.ledger.row(ordinal);
    return location === undefined || this.#entries[ordinal]?.location[0] === location[0];
  }

  #keep({ row, stored, location }: ReadResult): void {
    const { cell } = this.reader.ledger.row(row).planned;
    this.#entries[row] = entryOf(stored, location, this.fieldsOf(cell));
  }

  #indexed(ordinal: number): IndexedRow {
    return {
      ordinal,
      row: this.reader.ledger.row(ordinal),
      entry: this.#entries[ordinal] ?? entryOf(undefined, [0, 0, 0], []),
    };
  }

  /** What the ledger alone can say. */
  #mayFit(ordinal: number, { cell, outcomes, model }: ResultsQuery): boolean {
    const { planned, status } = this.reader.ledger.row(ordinal);
    return (
      (cell === undefined || planned.cell === cell) &&
      (outcomes.length === 0 || outcomes.includes(status as RowOutcome)) &&
      (model === undefined || this.modelOf(ordinal) === model)
    );
  }

  /** Whether a row is one of a query; `undefined`: what is kept of it cannot tell. */
  #fitsKept(ordinal: number, query: ResultsQuery, search: string): boolean | undefined {
    if (!this.#has(ordinal)) return undefined;
    const isFit = this.#fitsEntry(this.#indexed(ordinal), query);
    return isFit === true && search !== '' && !this.#isNamed(ordinal, search) ? undefined : isFit;
  }

  #fitsRead({ row, stored, location }: ReadResult, query: ResultsQuery, search: string): boolean {
    if (search !== '' && !this.#isNamed(row, search) && !stands(stored, search)) return false;
    const indexed = this.#indexed(row);
    const isFit = this.#fitsEntry(indexed, query);
    if (isFit !== undefined) return isFit;
    const entry = entryOf(stored, location, this.fieldsOf(indexed.row.planned.cell), { isWhole: true });
    return this.#fitsEntry({ ...indexed, entry }, query) === true;
  }

  /** `undefined`: of a value that a rule looks at only the beginning is in the entry. */
  #fitsEntry(indexed: IndexedRow, { problems, rules }: ResultsQuery): boolean | undefined {
    const { row, entry } = indexed;
    if (problems && row.status === 'ok' && !entry.unverified) return false;
    let isKnown = true;
    for (const rule of rules) {
      if (needsWhole(rule) && entry.cut.includes(rule.column)) isKnown = false;
      else if (!fits(this.#ruledValue(indexed, rule.column), rule)) return false;
    }
    return isKnown ? true : undefined;
  }

  /** Rules name an outcome by its word; its place in the order is for sorting alone. */
  #ruledValue(indexed: IndexedRow, column: ResultsColumn): ColumnValue {
    return column === 'outcome' ? indexed.row.status : this.valueOf(indexed, column);
  }

  #isNamed(ordinal: number, search: string): boolean {
    return nameOf(this.reader.ledger.row(ordinal)).toLowerCase().includes(search);
  }

  #sorted(ordinals: readonly number[], { sort }: ResultsQuery): readonly number[] {
    const sign = sort.descending ? -1 : 1;
    const valued = ordinals.map((ordinal) => ({
      ordinal,
      value: this.valueOf(this.#indexed(ordinal), sort.column),
    }));
    valued.sort((a, b) => {
      const [noA, noB] = [isNothing(a.value), isNothing(b.value)];
      if (noA || noB) return Number(noA) - Number(noB) || a.ordinal - b.ordinal;
      return sign * compareValues(a.value, b.value) || a.ordinal - b.ordinal;
    });
    return valued.map(({ ordinal }) => ordinal);
  }
}

/** The path or key that a row is of. */
export function nameOf({ planned }: LedgerRow): string {
  return planned.source || planned.id;
}

function isNothing(value: ColumnValue): boolean {
  return value === undefined || value === null || value === '';
}

/** Whether the ledger alone cannot answer. */
function needsEntries({ problems, rules, search, sort }: ResultsQuery): boolean {
  return problems || rules.length > 0 || search !== '' || !IN_LEDGER.has(sort.column);
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function breath(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Queries with one part each of a query that finds nothing, so that it can be said which part hides the rows. */
export function partsOf(query: ResultsQuery): readonly ResultsQuery[] {
  const none: ResultsQuery = { ...EVERYTHING, cell: query.cell, sort: query.sort };
  return [
    ...(query.outcomes.length > 0 ? [{ ...none, outcomes: query.outcomes }] : []),
    ...(query.model === undefined ? [] : [{ ...none, model: query.model }]),
    ...(query.batch === undefined ? [] : [{ ...none, batch: query.batch }]),
    ...(query.problems ? [{ ...none, problems: true }] : []),
    ...query.rules.map((rule) => ({ ...none, rules: [rule] })),
    ...(query.search === '' ? [] : [{ ...none, search: query.search }]),
  ].filter(isFiltered);
}
