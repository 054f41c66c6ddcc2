/**
 * How a row of one run stands to the same row of another: `changed` answers are ok in both and differ; `notOk` is ok in
 * neither; `onlyA` and `onlyB` have ended in one of the two alone. In the order of how much they need a look.
 */
export const ROW_CHANGES = ['changed', 'noLongerOk', 'nowOk', 'onlyA', 'onlyB', 'notOk', 'same'] as const;
export type RowChange = (typeof ROW_CHANGES)[number];

export function isRowChange(value: unknown): value is RowChange {
  return (ROW_CHANGES as readonly unknown[]).includes(value);
}
