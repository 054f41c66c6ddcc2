import { EVERYTHING, type ResultsQuery } from '../../core/resultsQuery.ts';
import type { CallHandlers, IntentHandlers } from '../../protocol/channel.ts';
import {
  parseAt,
  parseCitation,
  parseCopy,
  parseQuery,
  parseRange,
  parseRow,
  parseRows,
  parseSlice,
  parseSourceAsked,
  parseStep,
  type FocusState,
  type GridColumn,
  type KeptResults,
  type ResultsState,
  type ResultsSurface,
  type ViewState,
} from '../../protocol/resultsSurface.ts';
import { parseNothing } from '../../protocol/confirmSurface.ts';
import type { CitedPlace } from '../../workspace/results/citedPlaces.ts';
import type { CopiedRows } from '../../workspace/results/copyRows.ts';
import type { ResultsView } from '../../workspace/results/resultsSearch.ts';
import type { ResultsFacts } from '../../workspace/results/resultsSession.ts';
import type { RemoteSession } from '../../workspace/results/workerMessages.ts';
import type { Report } from '../report.ts';
import { detailState } from './detailState.ts';
import { promptState, promptText } from './promptState.ts';
import { gridRow, readable, resultsState, viewState } from './resultsState.ts';
import { sourceState, standingState } from './sourceState.ts';

export interface ResultsReadingDeps {
  readonly session: RemoteSession;
  /** What is to be shown again after the window was loaded anew. */
  readonly keep: (shown: Omit<KeptResults, 'runs'>) => void;
  readonly show: {
    readonly results: (state: ResultsState) => void;
    readonly view: (state: ViewState) => void;
    readonly focus: (state: FocusState) => void;
  };
  /** Puts rows into the clipboard. */
  readonly copied: (copied: CopiedRows, asked: number) => Promise<void>;
  /** Opens what a row is of, or what it cites, beside the page. `undefined`: it cannot be opened. */
  readonly openPlace: (place: CitedPlace | undefined) => Promise<void>;
  /** Puts a text into the clipboard. */
  readonly copiedText: (text: string) => Promise<void>;
  /** Runs the job file of the run, which asks before it sends. `undefined`: it has none that can be found. */
  readonly runJobFile: (place: CitedPlace | undefined) => Promise<void>;
  readonly openText: () => Promise<void>;
  readonly exportRun: () => Promise<void>;
  readonly compare: () => Promise<void>;
  /** Lets the person choose another run for the page. */
  readonly chooseRun: () => Promise<void>;
  readonly showProgress: () => Promise<void>;
  readonly report: Report;
}

/** One page of results: what it shows, and what the person does there. */
export class ResultsReading {
  readonly intents: IntentHandlers<ResultsSurface>;
  readonly calls: CallHandlers<ResultsSurface>;
  readonly #deps: ResultsReadingDeps;
  #query: ResultsQuery = EVERYTHING;
  #facts: ResultsFacts | undefined;
  #columns: readonly GridColumn[] = [];
  #view: ResultsView | undefined;
  #focus: FocusState = { serial: 0, row: undefined, detail: false };

  constructor(deps: ResultsReadingDeps) {
    this.#deps = deps;
    const { session } = deps;
    const doing =
      <T>(act: (value: T) => Promise<unknown>): ((value: T) => void) =>
      (value) =>
        void act(value).catch(deps.report);
    this.intents = {
      ask: { parse: parseQuery, handle: doing((query) => this.#ask(query)) },
      at: {
        parse: parseAt,
        handle: ({ row, detail }) => {
          this.#setFocus({ ...this.#focus, row, detail });
        },
      },
      copy: {
        parse: parseCopy,
        handle: doing(async ({ rows, format }) => deps.copied(await session.copy(rows, format), rows.length)),
      },
      copyAnswer: {
        parse: parseRow,
        handle: doing(async ({ row }) => deps.copied({ text: await this.#answer(row), rows: 1 }, 1)),
      },
      openSource: {
        parse: parseRow,
        handle: doing(async ({ row }) => deps.openPlace(await session.source(row))),
      },
      openCitation: {
        parse: parseCitation,
        handle: doing(async ({ row, index }) => deps.openPlace(await session.citedPlace(row, index))),
      },
      openWritten: {
        parse: parseRow,
        handle: doing(async ({ row }) => deps.openPlace(await session.writtenPlace(row))),
      },
      copyPrompt: {
        parse: parseRow,
        handle: doing(async ({ row }) => deps.copiedText(promptText(await session.prompt(row)))),
      },
      runChanged: {
        parse: parseNothing,
        handle: doing(async () => deps.runJobFile(await session.jobFilePlace())),
      },
      openText: { parse: parseNothing, handle: doing(deps.openText) },
      export: { parse: parseNothing, handle: doing(deps.exportRun) },
      compare: { parse: parseNothing, handle: doing(deps.compare) },
      chooseRun: { parse: parseNothing, handle: doing(deps.chooseRun) },
      showProgress: { parse: parseNothing, handle: doing(deps.showProgress) },
    };
    this.calls = {
      rows: {
        parse: parseRows,
        handle: async ({ from, count }) => {
          const page = await session.lines(from, count);
          const fields = new Map(this.#facts?.cells.map((cell) => [cell.id, cell.fields]));
          const rows = page.lines.map((line) => gridRow(line, this.#columns, fields.get(line.cell) ?? []));
          return { version: page.version, from, rows };
        },
      },
      rowsAt: { parse: parseRange, handle: ({ from, to }) => session.rowsAt(from, to) },
      place: { parse: parseRow, handle: ({ row }) => session.placeOf(row) },
      notOk: { parse: parseStep, handle: ({ place, step }) => session.notOkFrom(place, step) },
      detail: { parse: parseRow, handle: async ({ row }) => detailState(await session.detail(row)) },
      slice: {
        parse: parseSlice,
        handle: async ({ row, from }) => {
          const slice = await session.slice(row, from);
          return { ...slice, text: readable(slice.text) };
        },
      },
      source: {
        parse: parseSourceAsked,
        handle: async ({ row, citation, page, from }) =>
          sourceState(await session.sourcePart(row, citation, { page, from }), citation),
      },
      prompt: { parse: parseRow, handle: async ({ row }) => promptState(await session.prompt(row)) },
      standing: {
        parse: parseRow,
        handle: async ({ row }) => {
          const [standing, jobFile] = await Promise.all([session.standing(row), session.jobFilePlace()]);
          return standingState(standing, jobFile !== undefined);
        },
      },
    };
  }

  /** Begins to show the run; at a row, if one is named. */
  async begin(at: { readonly row?: number; readonly query?: Partial<ResultsQuery> } = {}): Promise<void> {
    if (at.row !== undefined) this.goTo(at.row);
    await this.#ask({ ...this.#query, ...at.query });
  }

  /** Shows again what was kept, without taking the person anywhere. */
  async goOn({ query, row, detail }: Omit<KeptResults, 'runs'>): Promise<void> {
    this.#setFocus({ ...this.#focus, row, detail });
    await this.#ask(query);
  }

  /** What is asked for now. */
  get query(): ResultsQuery {
    return this.#query;
  }

  /** Leads the person to a row and opens its detail. */
  goTo(row: number): void {
    this.#setFocus({ serial: this.#focus.serial + 1, row, detail: true });
  }

  /** Something has happened in the run. */
  async refresh(): Promise<void> {
    if (await this.#deps.session.refresh()) await this.#showFacts();
  }

  /** The session has found more rows of what was asked. */
  found(view: ResultsView): void {
    this.#view = view;
    if (this.#facts !== undefined) this.#deps.show.view(viewState(view, this.#facts));
  }

  #setFocus(focus: FocusState): void {
    this.#focus = focus;
    this.#deps.show.focus(focus);
    this.#keep();
  }

  #keep(): void {
    const { row, detail } = this.#focus;
    this.#deps.keep({ query: this.#query, ...(row === undefined ? {} : { row }), detail });
  }

  async #ask(query: ResultsQuery): Promise<void> {
    this.#query = query;
    this.#keep();
    await this.#deps.session.ask(query);
    await this.#showFacts();
  }

  async #showFacts(): Promise<void> {
    const facts = await this.#deps.session.facts();
    const state = resultsState(facts, this.#query);
    this.#facts = facts;
    this.#columns = state.columns;
    this.#deps.show.results(state);
    if (this.#view !== undefined) this.#deps.show.view(viewState(this.#view, facts));
  }

  async #answer(row: number): Promise<string> {
    let text = '';
    for (;;) {
      const slice = await this.#deps.session.slice(row, text.length);
      text += slice.text;
      if (slice.text === '' || text.length >= slice.length) return text;
    }
  }
}
