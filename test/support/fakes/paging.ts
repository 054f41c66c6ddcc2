/** A part of a list, as the services with `after` and `before` page. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Whether there are more in the direction in which it is read. */
  readonly hasMore: boolean;
}

/**
 * The items after one, or the nearest ones before one, or the first ones. `undefined` where there is no such item.
 *
 * @param all In the order in which they are listed.
 */
export function pageOf<T extends { readonly id: string }>(
  all: readonly T[],
  {
    after,
    before = null,
    limit,
  }: { readonly after: string | null; readonly before?: string | null; readonly limit: number },
): Page<T> | undefined {
  const anchor = after ?? before;
  const at = anchor === null ? -1 : all.findIndex(({ id }) => id === anchor);
  if (anchor !== null && at < 0) return undefined;
  if (after === null && before !== null) {
    const from = Math.max(0, at - limit);
    return { items: all.slice(from, at), hasMore: from > 0 };
  }
  const items = all.slice(at + 1, at + 1 + limit);
  return { items, hasMore: at + 1 + items.length < all.length };
}
