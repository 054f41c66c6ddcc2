import { isDeepStrictEqual } from 'node:util';
import { objectOf, type CellKey } from './cellEdits.ts';

/**
 * The keys of the cells of a text that somebody else has changed: a cell keeps its key where it says the same as before,
 * else where it has the same id, else where it stands between the same neighbours.
 *
 * @param freshKey A key that no cell has had.
 */
export function carryKeys(
  before: readonly { readonly key: CellKey; readonly cell: unknown }[],
  after: readonly unknown[],
  freshKey: () => CellKey,
): readonly CellKey[] {
  const keys = after.map((): CellKey | undefined => undefined);
  const free = new Set(before.keys());
  const give = (index: number, old: number): void => {
    keys[index] = before[old]?.key;
    free.delete(old);
  };
  // From both ends, since most changes are in one place.
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && isDeepStrictEqual(before[start]?.cell, after[start])) give(start, start++);
  for (let end = 1; end <= most - start; end++) {
    const [old, index] = [before.length - end, after.length - end];
    if (!isDeepStrictEqual(before[old]?.cell, after[index])) break;
    give(index, old);
  }
  const takeWhere = (fits: (old: unknown, cell: unknown) => boolean): void => {
    for (const [index, cell] of after.entries()) {
      if (keys[index] !== undefined) continue;
      const found = [...free].find((old) => fits(before[old]?.cell, cell));
      if (found !== undefined) give(index, found);
    }
  };
  takeWhere(isDeepStrictEqual);
  takeWhere(
    (old, cell) => objectOf(cell)['id'] !== undefined && objectOf(old)['id'] === objectOf(cell)['id'],
  );
  const left = [...after.keys()].filter((index) => keys[index] === undefined);
  // As many came as went, between the same neighbours: the same cells, changed.
  if (left.length === free.size)
    for (const [i, old] of [...free].entries()) {
      const index = left[i];
      const sameKind =
        index !== undefined && objectOf(before[old]?.cell)['kind'] === objectOf(after[index])['kind'];
      if (index !== undefined && sameKind) give(index, old);
    }
  return keys.map((key) => key ?? freshKey());
}
