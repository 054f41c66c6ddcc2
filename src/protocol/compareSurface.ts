import { isCompareSort, type CompareQuery } from '../core/compareQuery.ts';
import { isRowChange, type RowChange } from '../core/rowChange.ts';
import type { RowOutcome } from '../core/vocabulary.ts';
import type { DiffPiece } from '../core/wordDiff.ts';
import type { Call, Parse } from './channel.ts';
import type { GridCell } from './resultsSurface.ts';

export type Change = RowChange;
export type Piece = DiffPiece;

/** Two runs of one job file, row by row. Rows are named by numbers that they keep. */
export interface CompareSurface {
  readonly states: { readonly compare: CompareState };
  readonly intents: {
    /** Show the rows of another query. */
    readonly ask: CompareQuery;
    /** A becomes B, and B becomes A. */
    readonly swap: null;
    /** The results of one of the two. */
    readonly openResults: { readonly side: Side };
    /** The rows that are shown, into a file. */
    readonly export: null;
  };
  readonly calls: {
    readonly rows: Call<{ readonly from: number; readonly count: number }, ComparePage>;
    /** Rows from one place to another, the end not included. */
    readonly rowsAt: Call<{ readonly from: number; readonly to: number }, readonly number[]>;
    /** The place of a row; -1 where it is not shown. */
    readonly place: Call<{ readonly row: number }, number>;
    readonly detail: Call<{ readonly row: number }, CompareDetail>;
  };
}

export type Side = 'a' | 'b';

export interface CompareState {
  readonly title: string;
  /** Absent while the answers are read. */
  readonly found?: FoundComparison;
}

export interface FoundComparison {
  readonly a: RunSide;
  readonly b: RunSide;
  /** What was asked differently: "Model **and** prompt differ, …", where `**` marks what is strong, and what follows. */
  readonly hint: { readonly causes: string; readonly notes: string };
  readonly query: CompareQuery;
  /** Cells that can be shown alone; none where there is but one. */
  readonly cells: readonly string[];
  /** Fields of answers, as columns; none where answers are text, or of several cells. */
  readonly fields: readonly CompareField[];
  /** "Agreement by field, over the 2,967 rows ok in both", or empty. */
  readonly agreement: string;
  readonly chips: readonly { readonly change: Change; readonly word: string; readonly count: number }[];
  readonly total: number;
  readonly totalText: string;
  /** Another number: other rows, or others in the same places. */
  readonly version: number;
  readonly matching: number;
  /** "126 of 3,000". */
  readonly counted: string;
  /** "B costs **$0.37 less**". */
  readonly difference: string;
  /** "Export the 126 rows…". */
  readonly exportLabel: string;
}

export interface RunSide {
  readonly made: string;
  readonly models: string;
  /** "2,988 of 3,000 ok, $2.78 of $5.00". */
  readonly ended: string;
  readonly tokens: string;
}

export interface CompareField {
  readonly name: string;
  readonly isNumber: boolean;
  /** Of the rows ok in both, those with the same value, from 0 to 1; absent where there is no such row. */
  readonly share?: number;
  /** "97.8 %". */
  readonly percent: string;
}

/** How a row ended in one of the runs; absent where it has not. */
export interface RowEnd {
  readonly outcome: RowOutcome;
  readonly word: string;
}

export interface ComparePage {
  readonly version: number;
  readonly rows: readonly CompareRow[];
}

export interface CompareRow {
  readonly row: number;
  /** The change in words. */
  readonly word: string;
  readonly a?: RowEnd;
  readonly b?: RowEnd;
  /** With its last `/`, or empty. */
  readonly folder: string;
  readonly name: string;
  /** Empty where there is but one. */
  readonly cell: string;
  /** By the fields. */
  readonly values: readonly CompareCell[];
  /** Where there are no fields: what differs of the answers, else how they begin. */
  readonly parts: readonly ComparePart[];
  /** Stands across the columns of the answers; empty where those are shown. */
  readonly why: string;
  /** B − A, signed. */
  readonly cost: string;
}

export interface CompareCell {
  /** Absent where it is the same in both. */
  readonly before?: GridCell;
  readonly after: GridCell;
}

export interface ComparePart {
  /** Empty for the whole answer. */
  readonly field: string;
  readonly changed: boolean;
  readonly before: readonly Piece[];
  readonly after: readonly Piece[];
}

export interface CompareDetail {
  readonly row: CompareRow;
  readonly parts: readonly ComparePart[];
  /** Money and tokens of each side. */
  readonly facts: readonly { readonly label: string; readonly a: string; readonly b: string }[];
}

const MOST_CHARACTERS = 1_000;

/** What a page may ask for, checked where it arrives. */
export const parseCompareQuery: Parse<CompareQuery> = (value) => {
  const { cell, changes, search, sort } = value as Readonly<Record<string, unknown>>;
  const { column, descending } = sort as Readonly<Record<string, unknown>>;
  if (!Array.isArray(changes) || !changes.every(isRowChange)) throw new TypeError('changes are changes');
  if (!isCompareSort(column)) throw new TypeError('column is one that can be sorted');
  return {
    cell: cell === undefined ? undefined : text(cell),
    changes: [...new Set(changes)],
    search: text(search),
    sort: { column, descending: descending === true },
  };
};
export const parseSide: Parse<{ readonly side: Side }> = (value) => {
  const { side } = value as { readonly side?: unknown };
  if (side !== 'a' && side !== 'b') throw new TypeError('a side is one of two');
  return { side };
};

function text(value: unknown): string {
  if (typeof value !== 'string' || value.length > MOST_CHARACTERS) throw new TypeError('a short text');
  return value;
}
