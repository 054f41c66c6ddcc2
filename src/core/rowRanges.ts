/** Rows as ordinal ranges, both ends included: `[[0, 41], [45, 45]]`. */
export type RowRanges = readonly (readonly [first: number, last: number])[];

/** Sorted ordinals as ranges. */
export function toRanges(ordinals: readonly number[]): RowRanges {
  const ranges: [number, number][] = [];
  for (const ordinal of ordinals) {
    const last = ranges.at(-1);
    if (last?.[1] === ordinal - 1) last[1] = ordinal;
    else ranges.push([ordinal, ordinal]);
  }
  return ranges;
}

/** The ordinals of ranges, in order. */
export function fromRanges(ranges: RowRanges): number[] {
  return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
}
