import {
  isOutcome,
  RULE_OPS,
  type ResultsQuery,
  type ResultsRule,
  type RuleOp,
} from '../core/resultsQuery.ts';
import type { RowOutcome } from '../core/vocabulary.ts';
import type { Call, Parse } from './channel.ts';
import { keptPanelOf, type KeptPanel } from './keptPanel.ts';

export { isFiltered } from '../core/resultsQuery.ts';
export type Query = ResultsQuery;
export type Rule = ResultsRule;
export type Outcome = RowOutcome;

/** The results of one run. Rows are named by their ordinals, places of rows by the view in which they stand. */
export interface ResultsSurface {
  readonly states: {
    readonly results: ResultsState;
    readonly view: ViewState;
    /** The row that the person came for, or was at. */
    readonly focus: FocusState;
  };
  readonly intents: {
    /** Show the rows of another query. */
    readonly ask: Query;
    /** The row that the person is at now, and whether its detail is open. */
    readonly at: { readonly row: number; readonly detail: boolean };
    readonly copy: { readonly rows: readonly number[]; readonly format: CopyFormat };
    /** The whole answer as it came, into the clipboard. */
    readonly copyAnswer: { readonly row: number };
    /** Open the input of a row beside its answer. */
    readonly openSource: { readonly row: number };
    /** Open what a citation of a row cites, and mark it. */
    readonly openCitation: { readonly row: number; readonly index: number };
    /** Open the file that a row's answer was written to. */
    readonly openWritten: { readonly row: number };
    /** What was sent for a row, into the clipboard. */
    readonly copyPrompt: { readonly row: number };
    /** Run the job file of the run again, which sends what changed. */
    readonly runChanged: null;
    readonly openText: null;
    readonly export: null;
    /** Show another run of the job file, which the person is asked for. */
    readonly chooseRun: null;
    /** With another run of the job file. */
    readonly compare: null;
    readonly showProgress: null;
  };
  readonly calls: {
    readonly rows: Call<{ readonly from: number; readonly count: number }, RowsPage>;
    /** Ordinals of the rows from one place to another, the end not included. */
    readonly rowsAt: Call<{ readonly from: number; readonly to: number }, readonly number[]>;
    /** The place of a row; -1 where it is not shown. */
    readonly place: Call<{ readonly row: number }, number>;
    /** The place of the next row that is not ok, after (`step` 1) or before one; -1 where there is none. */
    readonly notOk: Call<{ readonly place: number; readonly step: 1 | -1 }, number>;
    readonly detail: Call<{ readonly row: number }, DetailState>;
    /** More of an answer. */
    readonly slice: Call<{ readonly row: number; readonly from: number }, SliceState>;
    readonly source: Call<SourceAsked, SourceState>;
    readonly prompt: Call<{ readonly row: number }, PromptState>;
    /** What takes looking at the source: whether it changed, and what is nearest to citations that are not in it. */
    readonly standing: Call<{ readonly row: number }, StandingState>;
  };
}

/** What a tab of results has its page keep. */
export interface KeptResults extends KeptPanel {
  readonly query: Query;
  /** The row that the person was at. */
  readonly row?: number;
  readonly detail: boolean;
}

export type CopyFormat = 'markdown' | 'tsv' | 'json';

export interface ResultsState {
  readonly title: string;
  /** When the run was made, in words. */
  readonly made: string;
  readonly query: Query;
  /** Cells that can be shown alone; none where there is but one. */
  readonly cells: readonly string[];
  readonly models: readonly string[];
  readonly columns: readonly GridColumn[];
  readonly chips: readonly {
    readonly outcome: Outcome;
    readonly word: string;
    readonly count: string;
  }[];
  /** Rows that there are without any filter. */
  readonly total: number;
  readonly totalText: string;
  /** "1,796 rows are still to come", or empty. */
  readonly waiting: string;
  readonly money: string;
  /** What stands in the place of the grid while there is no row. */
  readonly empty: { readonly title: string; readonly text: string };
}

export interface GridColumn {
  /** What it is sorted by and what rules name. */
  readonly id: string;
  readonly label: string;
  readonly kind: 'outcome' | 'name' | 'text' | 'number';
  /** Part of the answer: a row without one says why across these. */
  readonly content: boolean;
  /** Not shown until the person wants it. */
  readonly extra?: true;
}

export interface ViewState {
  readonly version: number;
  readonly matching: number;
  readonly complete: boolean;
  /** "1,204 of 3,000". */
  readonly counted: string;
  /** Where nothing matches: what each filter alone would show. */
  readonly alone: readonly string[];
  /** Why the rows cannot be looked for, and what to do; empty where they can. */
  readonly failure: string;
}

export interface FocusState {
  /** Another number: the person came again. */
  readonly serial: number;
  readonly row: number | undefined;
  readonly detail: boolean;
}

export interface RowsPage {
  readonly version: number;
  readonly from: number;
  readonly rows: readonly GridRow[];
}

export interface GridRow {
  readonly row: number;
  readonly outcome: Outcome;
  readonly word: string;
  /** With its last `/`, or empty. */
  readonly folder: string;
  readonly name: string;
  /** By the columns after the name. */
  readonly cells: readonly GridCell[];
  /** Stands across the columns of the answer; empty where those are shown. */
  readonly why: string;
}

export interface GridCell {
  readonly text: string;
  /** Nothing, or a null. */
  readonly muted?: true;
  /** Broke the schema. */
  readonly broken?: true;
}

export interface DetailState {
  readonly row: number;
  readonly outcome: Outcome;
  readonly word: string;
  readonly folder: string;
  readonly name: string;
  /** Why it is not ok, or empty. */
  readonly why: string;
  readonly structured: boolean;
  readonly answer: SliceState;
  readonly citations: readonly CitationState[];
  /** "3 of 4 verified", or empty. */
  readonly verified: string;
  readonly attempts: readonly AttemptState[];
  readonly cost: string;
  readonly facts: readonly FactState[];
}

export interface FactState {
  readonly label: string;
  readonly value: string;
  /** A name that stands behind the value, such as the service's of a batch; or empty. */
  readonly id: string;
  /** The value is a file that can be opened. */
  readonly opens?: 'written';
}

export interface SliceState {
  readonly from: number;
  readonly text: string;
  /** Of the whole answer, in UTF-16 units. */
  readonly length: number;
}

/** Stands in a sentence for a part that is drawn in its own way, such as a link. */
export const HOLE = '\ufffc';

export interface CitationState {
  readonly text: string;
  readonly state: 'verified' | 'notFound' | 'changed' | 'gone';
  /** "Word for word", "Not found in the source". */
  readonly word: string;
  /** The same with a `HOLE` where the place stands that can be opened, such as "Not found on HOLE."; none where nothing can. */
  readonly sentence: string;
  /** What stands in the hole: "page 9", "line 12", "the source". */
  readonly place: string;
  /** Shown in this page; otherwise in an editor. */
  readonly opensHere: boolean;
  /** Fields of the answer that rest on it. */
  readonly fields: readonly string[];
}

export interface AttemptState {
  readonly attempt: string;
  readonly outcome: Outcome;
  readonly word: string;
  readonly input: string;
  readonly output: string;
  readonly cost: string;
  /** Why another one followed, with a `HOLE` for the field at fault, if there is one; or empty. */
  readonly note: string;
  readonly field: string;
}

/** Which part of a row's source is wanted. Without a page and a place: the one with what is cited, else the first. */
export interface SourceAsked {
  readonly row: number;
  readonly citation?: number | undefined;
  /** From 0. */
  readonly page?: number | undefined;
  readonly from?: number | undefined;
}

/** A part of the text that a row is about, as it is now. */
export interface SourceState {
  readonly name: string;
  readonly icon: 'file-pdf' | 'file';
  /** "page 9 of 14", "characters 1 to 30,000 of 2,400,000"; or empty where all of it is shown. */
  readonly place: string;
  /** From 0. */
  readonly page: number;
  readonly pages: number;
  /** In UTF-16 units of the page. */
  readonly from: number;
  readonly to: number;
  readonly length: number;
  readonly pieces: readonly { readonly text: string; readonly cited: boolean }[];
  /** Why there is no text to show; or empty. */
  readonly why: string;
  /** "Citation 3, word for word."; or empty. */
  readonly cited: string;
  readonly citation: Extract<CitationState['state'], 'verified' | 'notFound'>;
  /** Fields of the answer that rest on it. */
  readonly fields: readonly string[];
}

export interface PromptState {
  /** Why nothing can be shown; or empty. */
  readonly why: string;
  /** What must be known of what is shown; or empty. */
  readonly note: string;
  readonly parts: readonly PromptPart[];
  readonly facts: readonly FactState[];
}

export interface PromptPart {
  readonly label: string;
  readonly text: string;
  /** "the first 60,000 of 1,200,000 characters"; or empty. */
  readonly cut: string;
}

export interface StandingState {
  /** "HOLE changed after this row was sent.", or empty where it is as it was. */
  readonly changed: string;
  /** What stands in the hole. */
  readonly file: string;
  /** What may be done about it. */
  readonly canRun: boolean;
  /** By citation: what stands in the source nearest to it, as a sentence; or empty. */
  readonly nearest: readonly string[];
}

const MOST_RULES = 20;
const MOST_CHARACTERS = 1_000;
/** Rows of one reading. */
const MOST_ROWS = 1_000;

/** What a page may send, checked where it arrives. */
export const parseQuery: Parse<Query> = (value) => {
  const fields = value as Readonly<Record<string, unknown>>;
  const { cell, outcomes, model, batch, problems, rules, search, sort } = fields;
  const { column, descending } = sort as Readonly<Record<string, unknown>>;
  if (!Array.isArray(outcomes) || !outcomes.every(isOutcome)) throw new TypeError('outcomes are outcomes');
  if (!Array.isArray(rules) || rules.length > MOST_RULES) throw new TypeError('rules are a few rules');
  return {
    cell: cell === undefined ? undefined : text(cell),
    outcomes,
    model: model === undefined ? undefined : text(model),
    batch: batch === undefined ? undefined : whole(batch),
    problems: problems === true,
    rules: rules.map(parseRule),
    search: text(search),
    sort: { column: text(column), descending: descending === true },
  };
};

const parseOfOneRun = keptPanelOf(1);
export const parseKeptResults: Parse<KeptResults> = (value) => {
  const { query, row, detail } = value as Readonly<Record<string, unknown>>;
  return {
    ...parseOfOneRun(value),
    query: parseQuery(query),
    ...(row === undefined ? {} : { row: whole(row) }),
    detail: detail === true,
  };
};

function parseRule(value: unknown): Rule {
  const { column, op, value: wanted } = value as Readonly<Record<string, unknown>>;
  if (!(RULE_OPS as readonly unknown[]).includes(op)) throw new TypeError('op is one of the rules’');
  return { column: text(column), op: op as RuleOp, value: text(wanted) };
}

export const parseRow: Parse<{ readonly row: number }> = (value) => ({
  row: whole((value as { readonly row?: unknown }).row),
});
export const parseAt: Parse<ResultsSurface['intents']['at']> = (value) => ({
  ...parseRow(value),
  detail: (value as { readonly detail?: unknown }).detail === true,
});
export const parseCopy: Parse<ResultsSurface['intents']['copy']> = (value) => {
  const { rows, format } = value as { readonly rows?: unknown; readonly format?: unknown };
  if (!Array.isArray(rows)) throw new TypeError('rows are rows');
  if (format !== 'markdown' && format !== 'tsv' && format !== 'json') throw new TypeError('format is one');
  return { rows: rows.map(whole), format };
};
export const parseCitation: Parse<ResultsSurface['intents']['openCitation']> = (value) => ({
  ...parseRow(value),
  index: whole((value as { readonly index?: unknown }).index),
});
export const parseRows: Parse<{ readonly from: number; readonly count: number }> = (value) => {
  const { from, count } = value as { readonly from?: unknown; readonly count?: unknown };
  return { from: whole(from), count: Math.min(MOST_ROWS, whole(count)) };
};
export const parseRange: Parse<{ readonly from: number; readonly to: number }> = (value) => {
  const { from, to } = value as { readonly from?: unknown; readonly to?: unknown };
  return { from: whole(from), to: whole(to) };
};
export const parseStep: Parse<{ readonly place: number; readonly step: 1 | -1 }> = (value) => {
  const { place, step } = value as { readonly place?: unknown; readonly step?: unknown };
  if (!Number.isSafeInteger(place) || (step !== 1 && step !== -1)) throw new TypeError('a place and a step');
  return { place: place as number, step };
};
export const parseSlice: Parse<{ readonly row: number; readonly from: number }> = (value) => ({
  ...parseRow(value),
  from: whole((value as { readonly from?: unknown }).from),
});

export const parseSourceAsked: Parse<SourceAsked> = (value) => {
  const { citation, page, from } = value as Readonly<Record<string, unknown>>;
  return {
    ...parseRow(value),
    citation: citation === undefined ? undefined : whole(citation),
    page: page === undefined ? undefined : whole(page),
    from: from === undefined ? undefined : whole(from),
  };
};

function text(value: unknown): string {
  if (typeof value !== 'string' || value.length > MOST_CHARACTERS) throw new TypeError('a short text');
  return value;
}

function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError('a whole number from 0');
  return value as number;
}
