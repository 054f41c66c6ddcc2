import { hasEnded, jobResultOf } from '../../core/assembleResult.ts';
import { isBatchbookError } from '../../core/errors.ts';
import type { Citation, Effort, JobResult, Usage } from '../../core/job.ts';
import type { ModelConfig } from '../../core/modelConfig.ts';
import type { ResultsQuery } from '../../core/resultsQuery.ts';
import type { RunLedger } from '../../core/runLedger.ts';
import type { RowOutcome } from '../../core/vocabulary.ts';
import { FileRunReader } from '../../state/runReader.ts';
import { runLayout } from '../../state/layout.ts';
import { attemptLines, type AttemptLine } from './attemptLines.ts';
import { citedRanges } from './citedRanges.ts';
import { citedPlace, fileOf, lookAtCitations, type CitedPlace, type SeenCitation } from './citedPlaces.ts';
import { copyText, type CopiedRows, type CopyFormat } from './copyRows.ts';
import { nearestPassage } from './nearestPassage.ts';
import { nameOf, ResultsIndex, type IndexedRow } from './resultsIndex.ts';
import { ResultsSearch, type ResultsSearchOptions } from './resultsSearch.ts';
import { numericFieldsOf, type ColumnValue } from './rowEntry.ts';
import { RowInputs, type InputState, type RowPrompt } from './rowInputs.ts';
import { sourcePart, type PartAsked, type SourcePart } from './sourcePart.ts';
import { SourceTexts, type SourceReading } from './sourceTexts.ts';

/** What is known of a run's results as a whole. */
export interface ResultsFacts {
  readonly title: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly cells: readonly {
    readonly id: string;
    readonly fields: readonly string[];
    /** Those that are numbers. */
    readonly numeric: readonly string[];
  }[];
  readonly models: readonly string[];
  /** Rows that have ended, in the cell that is shown. */
  readonly ended: number;
  /** Rows that have not. */
  readonly waiting: number;
  readonly counts: Readonly<Record<RowOutcome, number>>;
  readonly spentNanoUsd: number;
  readonly limitNanoUsd: number | undefined;
}

/** A row as a line of a table. */
export interface ResultLine {
  readonly row: number;
  readonly outcome: RowOutcome;
  readonly name: string;
  readonly cell: string;
  readonly model: string;
  readonly head: string;
  readonly why: string;
  /** By the fields of its cell; empty where the answer has none. */
  readonly fields: readonly ColumnValue[];
  readonly broken: readonly string[];
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: number;
  readonly attempts: number;
  /** Place in the run, from 1, of the batch that brought it; `undefined`: none did. */
  readonly batch: number | undefined;
  /** Epoch milliseconds. */
  readonly finishedAt: number;
}

export interface LinesPage {
  readonly version: number;
  readonly from: number;
  readonly lines: readonly ResultLine[];
}

/** All of a row but what of its answer is beyond the first slice. */
export interface RowDetail {
  readonly row: number;
  readonly name: string;
  readonly cell: string;
  readonly outcome: RowOutcome;
  readonly why: string;
  readonly model: string;
  readonly provider: string;
  readonly batchId: string | undefined;
  /** Of its batch in this run, from 1; `undefined` where it was in none. */
  readonly batch: number | undefined;
  readonly effort: Effort | undefined;
  readonly stopReason: string | undefined;
  readonly finishedAt: number;
  readonly reusedFrom: string | undefined;
  readonly usage: Usage;
  readonly costNanoUsd: number;
  readonly attempts: readonly AttemptLine[];
  readonly citations: readonly SeenCitation[];
  readonly written: string | undefined;
  /** The answer is the JSON that was asked for. */
  readonly structured: boolean;
  readonly answer: AnswerSlice;
}

/** A part of a row's source, or why there is none. */
export type RowSourcePart = {
  /** That it is of, relative to the root; of a data row with its key. */
  readonly source: string;
  /** What is marked. */
  readonly cited: Citation | undefined;
} & (
  | {
      readonly ok: true;
      readonly isPaged: boolean;
      /** Whether what is cited stands in the source. */
      readonly isFound: boolean;
      readonly part: SourcePart;
    }
  | Extract<SourceReading, { ok: false }>
);

export interface RowStanding {
  readonly state: InputState;
  /** That the row is of, relative to the root; empty where it is of none. */
  readonly file: string;
  /** One for each citation; `undefined` where it was found, or nothing is like it. */
  readonly nearest: readonly (string | undefined)[];
}

/** A part of an answer; `length` is of the whole, in UTF-16 units. */
export interface AnswerSlice {
  readonly from: number;
  readonly text: string;
  readonly length: number;
}

export interface ResultsSessionOptions extends ResultsSearchOptions {
  /** Absolute. */
  readonly root: string;
  readonly stateDir: string;
  readonly runId: string;
  /** Those that the rows are asked of, as far as they are known here. */
  readonly models: readonly ModelConfig[];
}

const SLICE_CHARACTERS = 60_000;
/** Citations of a row whose nearest passage is looked for. */
const MOST_NEAREST = 20;

/** One run's results, read by one page. Reads only; made to live off the thread of whoever asks. */
export class ResultsSession {
  readonly #index: ResultsIndex;
  readonly #texts: SourceTexts;
  readonly #inputs: RowInputs;
  readonly #options: ResultsSessionOptions;
  readonly #search: ResultsSearch;

  private constructor(options: ResultsSessionOptions, index: ResultsIndex) {
    this.#options = options;
    this.#index = index;
    this.#search = new ResultsSearch(index, options);
    const { root, models } = options;
    this.#texts = new SourceTexts(root);
    this.#inputs = new RowInputs({ root, models, texts: this.#texts, reader: index.reader });
  }

  /** @throws StateError where the run cannot be read. */
  static async open(options: ResultsSessionOptions): Promise<ResultsSession> {
    const layout = runLayout(options.stateDir, options.runId);
    const reader = await FileRunReader.open(layout);
    return new ResultsSession(options, new ResultsIndex(reader, layout.results));
  }

  facts(): ResultsFacts {
    const { meta, ledger } = this.#index.reader;
    const { cell } = this.#search.query;
    const counts = this.#index.counts(cell);
    return {
      title: meta.title,
      createdAt: meta.createdAt,
      cells: meta.cells.map((cell) => ({
        id: cell.id,
        fields: this.#index.fieldsOf(cell.id),
        numeric: numericFieldsOf(cell),
      })),
      models: this.#index.models(),
      ended: Object.values(counts).reduce((sum, n) => sum + n, 0),
      waiting: ledger.rows.filter(
        ({ status, planned }) => !hasEnded(status) && (cell === undefined || planned.cell === cell),
      ).length,
      counts,
      spentNanoUsd: ledger.money.spentNanoUsd,
      limitNanoUsd: ledger.money.limitNanoUsd,
    };
  }

  /** Takes in what is new; rows that have ended are among those of the query soon. Resolves to whether anything was. */
  async refresh(): Promise<boolean> {
    const { isNews, hasEnded } = await this.#index.refresh();
    if (hasEnded) this.#search.again();
    return isNews;
  }

  /** Shows the rows of another query: views follow as they are found, the last of them complete. */
  ask(query: ResultsQuery): void {
    this.#search.ask(query);
  }

  /** Lines by their places in the newest view. */
  async lines(from: number, count: number): Promise<LinesPage> {
    const { rows, version } = this.#search;
    const indexed = await this.#index.rows(rows.slice(from, from + count));
    return { version, from, lines: indexed.map((one) => this.#lineOf(one)) };
  }

  /** Ordinals of the rows at places of the newest view. */
  rowsAt(from: number, to: number): readonly number[] {
    return this.#search.rows.slice(from, to);
  }

  /** The place of a row in the newest view; -1 where it is not shown. */
  placeOf(row: number): number {
    return this.#search.placeOf(row);
  }

  /** The nearest place, after or before one, of a row that is not ok; -1 where there is none. */
  notOkFrom(place: number, step: 1 | -1): number {
    const { rows } = this.#search;
    const { ledger } = this.#index.reader;
    for (let at = place + step; at >= 0 && at < rows.length; at += step)
      if (ledger.row(rows[at] ?? 0).status !== 'ok') return at;
    return -1;
  }

  /** @throws BatchbookError where the row has no result yet, or its bytes were changed. */
  async detail(row: number): Promise<RowDetail> {
    const result = jobResultOf(this.#index.reader, row);
    const { ledger, meta } = this.#index.reader;
    const ledgerRow = ledger.row(row);
    const { planned, written, costNanoUsd, lastBatch } = ledgerRow;
    return {
      row,
      name: nameOf(ledgerRow),
      cell: planned.cell,
      outcome: result.status,
      why: result.error?.message ?? '',
      model: result.model,
      provider: result.provider,
      batchId: result.batchId,
      batch: batchNumber(ledger, lastBatch),
      effort: meta.cells.find(({ id }) => id === planned.cell)?.parameters.effort,
      stopReason: result.stopReason,
      finishedAt: result.finishedAt,
      reusedFrom: result.reusedFrom,
      usage: result.usage,
      costNanoUsd,
      attempts: attemptLines(this.#index.reader, row, result),
      citations: await lookAtCitations(this.#texts, result.citations),
      written: written?.path ?? undefined,
      structured: result.parsedResponse !== undefined,
      answer: sliceOf(answerOf(result), 0),
    };
  }

  /** More of an answer. @throws as `detail`. */
  slice(row: number, from: number): AnswerSlice {
    return sliceOf(answerOf(jobResultOf(this.#index.reader, row)), from);
  }

  /** Where a citation of a row leads; `undefined` where it leads nowhere below the root. */
  async citedPlace(row: number, index: number): Promise<CitedPlace | undefined> {
    const citation = jobResultOf(this.#index.reader, row).citations[index];
    return citation === undefined ? undefined : citedPlace(this.#options.root, citation);
  }

  /** The input of a row; `undefined` where it is none that can be opened, or not below the root. */
  async source(row: number): Promise<CitedPlace | undefined> {
    const { planned } = this.#index.reader.ledger.row(row);
    const file = planned.source || this.#index.reader.meta.jobFile?.path;
    return file === undefined ? undefined : this.#placeOf(file);
  }

  /** Where the output of a row was written; `undefined` where nothing was, or that is not below the root any more. */
  async writtenPlace(row: number): Promise<CitedPlace | undefined> {
    const { written } = this.#index.reader.ledger.row(row);
    return written?.path == null ? undefined : this.#placeOf(written.path);
  }

  /** The job file that the run was made from; `undefined` for the run of a program. */
  async jobFilePlace(): Promise<CitedPlace | undefined> {
    const { jobFile } = this.#index.reader.meta;
    return jobFile === undefined ? undefined : this.#placeOf(jobFile.path);
  }

  /**
   * A part of the text that a row is about, as it is now.
   * @param citation What is to be marked.
   */
  async sourcePart(row: number, citation: number | undefined, asked: PartAsked): Promise<RowSourcePart> {
    const result = jobResultOf(this.#index.reader, row);
    const cited = citation === undefined ? undefined : result.citations[citation];
    const about = { source: cited?.file ?? nameOf(this.#index.reader.ledger.row(row)), cited };
    const reading = await this.#inputs.source(row, cited?.file);
    if (!reading.ok) return { ...about, ...reading };
    const { isPaged, count, read } = reading;
    const [first, after] = cited === undefined ? [0, 0] : pagesOf(cited, count);
    const ranges = cited === undefined ? [] : citedRanges(await read(first, after), cited);
    const page = Math.max(0, Math.min(asked.page ?? ranges[0]?.page ?? first, count - 1));
    const part = sourcePart(await read(page, page + 1), ranges, { ...asked, page });
    return { ...about, ok: true, isPaged, isFound: ranges.length > 0, part };
  }

  /** How the input of a row is now, and what stands in it nearest to what was cited and not found. */
  async standing(row: number): Promise<RowStanding> {
    const { reader } = this.#index;
    const { citations } = jobResultOf(reader, row);
    const lost = citations.filter(({ verified }) => !verified).slice(0, MOST_NEAREST);
    const nearest: (string | undefined)[] = [];
    for (const citation of citations)
      nearest.push(lost.includes(citation) ? await this.#nearest(row, citation) : undefined);
    const file = fileOf(reader.ledger.row(row).planned.source);
    return { state: await this.#inputs.state(row), file, nearest };
  }

  /** What was sent for a row. */
  prompt(row: number): Promise<RowPrompt> {
    return this.#inputs.prompt(row);
  }

  /** Rows as text for the clipboard. Rows that cannot be read are left out. */
  copy(rows: readonly number[], format: CopyFormat): CopiedRows {
    const results = function* (index: ResultsIndex): Generator<readonly [string, JobResult]> {
      for (const ordinal of rows) {
        try {
          yield [nameOf(index.reader.ledger.row(ordinal)), jobResultOf(index.reader, ordinal)];
        } catch (error) {
          if (!isBatchbookError(error)) throw error;
        }
      }
    };
    const cells = new Set(rows.map((ordinal) => this.#index.reader.ledger.rows[ordinal]?.planned.cell ?? ''));
    const [only = ''] = cells.size === 1 ? cells : [];
    return copyText(results(this.#index), format, this.#index.fieldsOf(only));
  }

  #placeOf(file: string): Promise<CitedPlace | undefined> {
    return citedPlace(this.#options.root, { file, citedText: '', verified: false });
  }

  /** On the pages that a citation names, else in all of its source. */
  async #nearest(row: number, citation: Citation): Promise<string | undefined> {
    const reading = await this.#inputs.source(row, citation.file);
    if (!reading.ok) return undefined;
    const pages = await reading.read(...pagesOf(citation, reading.count));
    return nearestPassage(pages.filter((page) => page !== '').join('\n'), citation.citedText);
  }

  #lineOf({ ordinal, row, entry }: IndexedRow): ResultLine {
    const { head, why, fields, broken, inputTokens, outputTokens } = entry;
    return {
      ...{ row: ordinal, outcome: row.status as RowOutcome, name: nameOf(row), cell: row.planned.cell },
      ...{ model: this.#index.modelOf(ordinal), head, why, fields, broken, inputTokens, outputTokens },
      ...{ costNanoUsd: row.costNanoUsd, attempts: row.attempts },
      ...{ batch: this.#index.batchOf(row), finishedAt: row.finishedAt },
    };
  }
}

/** The pages that a citation names, from 0, else all. */
function pagesOf({ pageRange }: Citation, count: number): readonly [from: number, to: number] {
  return pageRange === undefined ? [0, count] : [pageRange[0] - 1, pageRange[1] - 1];
}

/** In the order in which batches were made, as everywhere. */
function batchNumber({ batches }: RunLedger, nonce: string | undefined): number | undefined {
  const at = nonce === undefined ? -1 : [...batches.keys()].indexOf(nonce);
  return at < 0 ? undefined : at + 1;
}

/** Structured answers as they were asked for, which is without what a model says around them. */
function answerOf({ response, parsedResponse }: JobResult): string {
  return parsedResponse === undefined ? (response ?? '') : JSON.stringify(parsedResponse, undefined, 2);
}

/** Never begins or ends inside a character. */
function sliceOf(text: string, from: number): AnswerSlice {
  const start = inside(text, Math.max(0, Math.min(from, text.length)));
  return {
    from: start,
    text: text.slice(start, inside(text, start + SLICE_CHARACTERS)),
    length: text.length,
  };
}

function inside(text: string, at: number): number {
  const splits = /[\ud800-\udbff]/.test(text.charAt(at - 1)) && /[\udc00-\udfff]/.test(text.charAt(at));
  return splits ? at - 1 : at;
}
