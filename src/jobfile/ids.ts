import { createHash } from 'node:crypto';

/** Crockford's digits, lower case: no two look alike. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

/** Digits of a row id after the cell id: 130 bits, so that two inputs never meet. */
const ID_DIGITS = 26;

/** The first base32 digits of the SHA-256 of a text. */
export function hashDigits(text: string, digits: number): string {
  const bytes = createHash('sha256').update(text).digest();
  let result = '';
  for (let bit = 0; result.length < digits; bit += 5) {
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    result += DIGITS[(pair >> (11 - (bit & 7))) & 31] ?? '';
  }
  return result;
}

/** What a cell id has at most. */
export const LONGEST_CELL_ID = 40;

/** A cell id like this one that is not taken. */
export function freeId(like: string, taken: ReadonlySet<string>): string {
  if (!taken.has(like)) return like;
  const stem = like.replace(/-\d+$/, '');
  for (let n = 2; ; n++) {
    const end = `-${String(n)}`;
    const free = stem.slice(0, LONGEST_CELL_ID - end.length) + end;
    if (!taken.has(free)) return free;
  }
}

/**
 * The id of a row, the same in every run of the same input: at most 67 characters of `[a-z0-9-]`.
 * @param key Path of the file (relative to the root, `/`, NFC) or key of the data row.
 */
export function rowId(cellId: string, key: string): string {
  return `${cellId}-${hashDigits(key, ID_DIGITS)}`;
}
