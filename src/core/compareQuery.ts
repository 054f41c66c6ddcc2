import type { RowChange } from './rowChange.ts';

/** What two compared runs can be ordered by: kind of change, name of the row, what B costs more than A. */
export const COMPARE_SORTS = ['change', 'source', 'cost'] as const;
export type CompareSort = (typeof COMPARE_SORTS)[number];

/** Which rows of a comparison are shown, and in which order. */
export interface CompareQuery {
  /** Rows of one cell alone, with its fields as columns. */
  readonly cell: string | undefined;
  readonly changes: readonly RowChange[];
  /** Stands in the name of the row, in any case; empty for all. */
  readonly search: string;
  readonly sort: { readonly column: CompareSort; readonly descending: boolean };
}

/** What differs, as it is shown first. */
export const WHAT_DIFFERS: CompareQuery = {
  cell: undefined,
  changes: ['changed', 'noLongerOk', 'nowOk', 'onlyA', 'onlyB'],
  search: '',
  sort: { column: 'source', descending: false },
};

export function isCompareSort(value: unknown): value is CompareSort {
  return (COMPARE_SORTS as readonly unknown[]).includes(value);
}
