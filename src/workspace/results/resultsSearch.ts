import { describeCause } from '../../core/errors.ts';
import { EVERYTHING, type ResultsQuery } from '../../core/resultsQuery.ts';
import { partsOf, type FoundRows, type ResultsIndex } from './resultsIndex.ts';

/** Rows of a query as they are known now. Another version has other rows, or others in the same places. */
export interface ResultsView {
  readonly version: number;
  readonly matching: number;
  readonly complete: boolean;
  /** Where nothing matches: how many rows each part of the query alone would show. */
  readonly alone: readonly { readonly part: ResultsQuery; readonly matching: number }[];
  /** Why the rows could not be looked for; they are when they are asked for again. */
  readonly failure?: string;
}

export interface ResultsSearchOptions {
  /** Called when the view has changed: more rows were found, or all, or none can be. */
  readonly onView: (view: ResultsView) => void;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

/**
 * The rows of the query that was asked last. One search at a time looks for them: another query ends it, and news never
 * do, but after them the rows are looked for once more.
 */
export class ResultsSearch {
  readonly #index: ResultsIndex;
  readonly #options: ResultsSearchOptions;
  #query: ResultsQuery = EVERYTHING;
  #found: FoundRows = { rows: [], complete: false };
  #places: ReadonlyMap<number, number> | undefined;
  #version = 0;
  #stop = new AbortController();
  #isRunning = false;
  /** Whether all rows of this query were shown once: they stay until all are found again. */
  #isShown = false;
  /** Counts what was heard of. */
  #news = 0;

  constructor(index: ResultsIndex, options: ResultsSearchOptions) {
    this.#index = index;
    this.#options = options;
  }

  get query(): ResultsQuery {
    return this.#query;
  }

  get version(): number {
    return this.#version;
  }

  /** Ordinals in the order in which they are shown. */
  get rows(): readonly number[] {
    return this.#found.rows;
  }

  /** The place of a row; -1 where it is not shown. */
  placeOf(row: number): number {
    this.#places ??= new Map(this.#found.rows.map((ordinal, place) => [ordinal, place]));
    return this.#places.get(row) ?? -1;
  }

  /** Looks for the rows of another query, and shows them as they are found. */
  ask(query: ResultsQuery): void {
    this.#query = query;
    this.#isShown = false;
    this.#stop.abort();
    this.#stop = new AbortController();
    void this.#run(this.#stop.signal); // never rejects
  }

  /** Looks for the rows once more, after the search that goes on if one does. */
  again(): void {
    this.#news++;
    if (!this.#isRunning) void this.#run(this.#stop.signal); // never rejects
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#isRunning = true;
    let heard: number;
    do {
      heard = this.#news;
      try {
        await this.#find(signal);
      } catch (error) {
        if (!signal.aborted) this.#fail(error);
      }
      if (signal.aborted) return; // another one is running
    } while (heard !== this.#news);
    this.#isRunning = false;
  }

  async #find(signal: AbortSignal): Promise<void> {
    const query = this.#query;
    for await (const found of this.#index.find(query, this.#options.now, signal)) {
      if (signal.aborted) return;
      if (this.#isShown && !found.complete) continue;
      this.#show(found);
      this.#isShown = found.complete;
      if (!found.complete || found.rows.length > 0) this.#tell({ alone: [] });
    }
    if (signal.aborted || this.#found.rows.length > 0) return;
    const alone = await this.#alone(query, signal);
    if (alone !== undefined) this.#tell({ alone });
  }

  /** What each part of a query finds by itself, where it has several; `undefined`: broken off. */
  async #alone(query: ResultsQuery, signal: AbortSignal): Promise<ResultsView['alone'] | undefined> {
    const alone: ResultsView['alone'][number][] = [];
    const parts = partsOf(query);
    for (const part of parts.length > 1 ? parts : [])
      for await (const { rows, complete } of this.#index.find(part, this.#options.now, signal))
        if (complete) alone.push({ part, matching: rows.length });
    return signal.aborted ? undefined : alone;
  }

  /** Rows of another query are never left under this one. */
  #fail(error: unknown): void {
    if (!this.#isShown) this.#show({ rows: [], complete: false });
    this.#tell({ alone: [], failure: describeCause(error) });
  }

  #show(found: FoundRows): void {
    this.#found = found;
    this.#places = undefined;
    this.#version++;
  }

  #tell(rest: Pick<ResultsView, 'alone' | 'failure'>): void {
    const { rows, complete } = this.#found;
    this.#options.onView({ version: this.#version, matching: rows.length, complete, ...rest });
  }
}
