import { isRowChange, type RowChange } from '../core/rowChange.ts';
import type { RowOutcome } from '../core/vocabulary.ts';
import type { DiffPiece } from '../core/wordDiff.ts';
import type { Call, Parse } from './channel.ts';

export type Change = RowChange;
export type Piece = DiffPiece;

/** Two runs of one job file, row by row. Rows are named by their place in the comparison. */
export interface CompareSurface {
  readonly states: { readonly compare: CompareState };
  readonly intents: {
    /** The results of one of the two. */
    readonly openResults: { readonly side: Side };
  };
  readonly calls: {
    /** Rows of these changes alone. */
    readonly rows: Call<
      { readonly changes: readonly Change[]; readonly from: number; readonly count: number },
      readonly CompareRow[]
    >;
    readonly detail: Call<{ readonly pair: number }, CompareDetail>;
  };
}

export type Side = 'a' | 'b';

export interface CompareState {
  readonly title: string;
  /** Absent while the answers are read. */
  readonly found?: {
    readonly a: RunSide;
    readonly b: RunSide;
    readonly chips: readonly {
      readonly change: Change;
      readonly word: string;
      readonly count: number;
    }[];
    readonly total: number;
    /** "B costs $0.37 less". */
    readonly difference: string;
  };
}

export interface RunSide {
  readonly made: string;
  readonly models: string;
  /** "2,988 of 3,000 ok, $2.78". */
  readonly ended: string;
  readonly tokens: string;
}

/** How a row ended in one of the runs; absent where it has not. */
export interface RowEnd {
  readonly outcome: RowOutcome;
  readonly word: string;
}

export interface CompareRow {
  readonly pair: number;
  readonly change: Change;
  /** The change in words. */
  readonly word: string;
  readonly a?: RowEnd;
  readonly b?: RowEnd;
  /** With its last `/`, or empty. */
  readonly folder: string;
  readonly name: string;
  /** Empty where there is but one. */
  readonly cell: string;
  /** What differs, or the whole answer. */
  readonly parts: readonly ComparePart[];
  /** B − A, signed. */
  readonly cost: string;
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
  /** Money and tokens of each side. */
  readonly facts: readonly { readonly label: string; readonly a: string; readonly b: string }[];
}

/** Rows of one reading. */
const MOST_ROWS = 500;

export const parseChanges: Parse<CompareSurface['calls']['rows']['args']> = (value) => {
  const { changes, from, count } = value as Readonly<Record<string, unknown>>;
  if (!Array.isArray(changes) || !changes.every(isRowChange)) throw new TypeError('changes are changes');
  return { changes, from: whole(from), count: Math.min(MOST_ROWS, whole(count)) };
};
export const parsePair: Parse<{ readonly pair: number }> = (value) => ({
  pair: whole((value as { readonly pair?: unknown }).pair),
});
export const parseSide: Parse<{ readonly side: Side }> = (value) => {
  const { side } = value as { readonly side?: unknown };
  if (side !== 'a' && side !== 'b') throw new TypeError('a side is one of two');
  return { side };
};

function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError('a whole number from 0');
  return value as number;
}
