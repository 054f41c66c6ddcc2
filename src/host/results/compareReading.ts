import { WHAT_DIFFERS, type CompareQuery } from '../../core/compareQuery.ts';
import type { CallHandlers, IntentHandlers } from '../../protocol/channel.ts';
import {
  parseCompareQuery,
  parseSide,
  type CompareState,
  type CompareSurface,
  type Side,
} from '../../protocol/compareSurface.ts';
import { parseNothing } from '../../protocol/confirmSurface.ts';
import { parseRange, parseRow, parseRows } from '../../protocol/resultsSurface.ts';
import type { CompareView } from '../../workspace/compare/compareSession.ts';
import type { RemoteComparison } from '../../workspace/results/workerMessages.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import type { Report } from '../report.ts';
import { compareDetail, compareRow, foundComparison } from './compareState.ts';

export interface CompareReadingDeps {
  /** Of the job. */
  readonly title: string;
  readonly session: RemoteComparison;
  readonly show: (state: CompareState) => void;
  /** The results of one of the two, as they stand now. @param isSwapped Whether A and B changed places. */
  readonly openResults: (side: Side, isSwapped: boolean) => Promise<void>;
  /** They have changed places, which is to be so again after the window was loaded anew. */
  readonly swapped: (isSwapped: boolean) => void;
  readonly exportRows: () => Promise<void>;
  readonly report: Report;
}

/** One page of two compared runs: what it shows, and what the person does there. */
export class CompareReading {
  readonly intents: IntentHandlers<CompareSurface>;
  readonly calls: CallHandlers<CompareSurface>;
  readonly #deps: CompareReadingDeps;
  #query: CompareQuery = WHAT_DIFFERS;
  #isSwapped = false;
  #cells = 1;
  #turn = 0;

  constructor(deps: CompareReadingDeps) {
    this.#deps = deps;
    const { session } = deps;
    const doing =
      <T>(act: (value: T) => Promise<unknown>): ((value: T) => void) =>
      (value) =>
        void act(value).catch(deps.report);
    this.intents = {
      ask: {
        parse: parseCompareQuery,
        handle: doing(async (query) => {
          this.#query = query;
          await this.#showFound(await session.ask(query));
        }),
      },
      swap: {
        parse: parseNothing,
        handle: doing(async () => {
          this.#isSwapped = !this.#isSwapped;
          deps.swapped(this.#isSwapped);
          await this.#showFound(await session.swap());
        }),
      },
      openResults: {
        parse: parseSide,
        handle: doing(({ side }) => deps.openResults(side, this.#isSwapped)),
      },
      export: { parse: parseNothing, handle: doing(deps.exportRows) },
    };
    this.calls = {
      rows: {
        parse: parseRows,
        handle: async ({ from, count }) => {
          const { version, lines } = await session.lines(from, count);
          return { version, rows: lines.map((line) => compareRow(line, this.#cells)) };
        },
      },
      rowsAt: { parse: parseRange, handle: ({ from, to }) => session.pairsAt(from, to) },
      place: { parse: parseRow, handle: ({ row }) => session.placeOf(row) },
      detail: {
        parse: parseRow,
        handle: async ({ row }) => compareDetail(await session.detail(row), this.#cells),
      },
    };
  }

  /** Shows what differs, as soon as it is known. */
  async begin(): Promise<void> {
    this.#deps.show({ title: plainTexts(this.#deps.title) });
    await this.#showFound(await this.#deps.session.ask(this.#query));
  }

  async #showFound(view: CompareView): Promise<void> {
    const turn = ++this.#turn;
    const facts = await this.#deps.session.facts();
    if (turn !== this.#turn) return;
    this.#cells = facts.cells.length;
    this.#deps.show({
      title: plainTexts(facts.title),
      found: foundComparison(facts, view, this.#query),
    });
  }
}
