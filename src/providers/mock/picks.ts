import type { CallPick, MockRow, RowPick } from './mockOptions.ts';
import { seededShare } from './seeded.ts';

/** Whether a fault hits the call with this number, counted from 1. */
export function hitsCall(pick: CallPick | undefined, call: number): boolean {
  if (pick === undefined) return false;
  if (typeof pick === 'number') return call <= pick;
  return typeof pick === 'function' ? pick(call) : pick.includes(call);
}

/** Whether a fault hits a row. `name` keeps the draws of different faults apart. */
export function hitsRow(pick: RowPick | undefined, row: MockRow, seed: number, name: string): boolean {
  if (pick === undefined) return false;
  if (typeof pick === 'function') return pick(row);
  if (typeof pick === 'number') return row.index < pick;
  if (isList(pick)) return pick.includes(row.ordinal);
  return (
    (pick.count === undefined || row.index < pick.count) &&
    (pick.ordinals === undefined || pick.ordinals.includes(row.ordinal)) &&
    (pick.share === undefined || seededShare(seed, name, row.ordinal) < pick.share) &&
    (pick.attempts === undefined || row.attempt <= pick.attempts)
  );
}

function isList(pick: RowPick): pick is readonly number[] {
  return Array.isArray(pick);
}
