import { ROW_OUTCOMES, type RowOutcome } from './vocabulary.ts';

/**
 * A column of a run's results: `outcome`, `source`, `cell`, `model`, `answer`, `tokens`, `cost` (USD), `attempts`,
 * `batch` (its place in the run, from 1), `finished` (epoch milliseconds), or `field:` and the name of a field of a
 * structured answer.
 */
export type ResultsColumn = string;

/** How a rule looks at a value. Rules of order compare numbers as numbers and texts as texts. */
export const RULE_OPS = ['contains', 'is', 'isNot', 'less', 'atMost', 'more', 'atLeast', 'isEmpty'] as const;
export type RuleOp = (typeof RULE_OPS)[number];

/** What a row must be to be shown, such as `total > 100`. */
export interface ResultsRule {
  readonly column: ResultsColumn;
  readonly op: RuleOp;
  readonly value: string;
}

/** Which rows of a run are shown, and in which order. All parts hold together. */
export interface ResultsQuery {
  /** One cell alone; `undefined`: all. */
  readonly cell: string | undefined;
  /** Any of these; empty: all. */
  readonly outcomes: readonly RowOutcome[];
  /** One model alone; `undefined`: all. */
  readonly model: string | undefined;
  /** Only rows that were sent in a batch, by its place in the run from 1; `undefined`: all. */
  readonly batch: number | undefined;
  /** Only rows that are not ok, or that cite what does not stand in their source. */
  readonly problems: boolean;
  readonly rules: readonly ResultsRule[];
  /** Stands in the name, the answer or the error, in upper or lower case; empty: no search. */
  readonly search: string;
  readonly sort: ResultsSort;
}

export interface ResultsSort {
  readonly column: ResultsColumn;
  readonly descending: boolean;
}

/** All rows, and what needs a look comes first. */
export const EVERYTHING: ResultsQuery = {
  cell: undefined,
  outcomes: [],
  model: undefined,
  batch: undefined,
  problems: false,
  rules: [],
  search: '',
  sort: { column: 'outcome', descending: false },
};

/** Outcomes in the order of how much they need a look. */
export const OUTCOMES_BY_NEED = [
  'error',
  'invalid',
  'refused',
  'truncated',
  'cancelled',
  'ok',
] as const satisfies readonly RowOutcome[];

/** Whether anything but the order is asked for. */
export function isFiltered({ outcomes, model, batch, problems, rules, search }: ResultsQuery): boolean {
  return (
    outcomes.length > 0 ||
    model !== undefined ||
    batch !== undefined ||
    problems ||
    rules.length > 0 ||
    search !== ''
  );
}

export function isOutcome(value: unknown): value is RowOutcome {
  return (ROW_OUTCOMES as readonly unknown[]).includes(value);
}
