import type { RowRanges } from '../../core/rowRanges.ts';
import { isNonce } from '../../core/ids.ts';
import type { BatchMark, ServiceBatch } from '../../core/provider.ts';

/** What this program calls itself on the batches that it makes, where a service has a place for that. */
export const APP = 'batchbook';
/** No batch of any service has more. */
const MOST_ROWS = 100_000;

/** A batch of a service that has a place for a mark: whose it is can always be told. */
export type MarkedBatch = ServiceBatch & Required<Pick<ServiceBatch, 'mark'>>;

/** Ranges of rows in base 36, such as `0-dv.f0`; `undefined` where that is longer than a service takes. */
export function formatRanges(ranges: RowRanges, most: number): string | undefined {
  const text = ranges
    .map(([first, last]) =>
      first === last ? first.toString(36) : `${first.toString(36)}-${last.toString(36)}`,
    )
    .join('.');
  return text.length <= most ? text : undefined;
}

/** A mark from the texts that a service keeps of it; `foreign` where they are not what this program writes. */
export function markOf(nonce: unknown, ranges: unknown): BatchMark | 'foreign' {
  if (typeof nonce !== 'string' || !isNonce(nonce)) return 'foreign';
  const rows = typeof ranges === 'string' ? parseRanges(ranges) : undefined;
  return { nonce, ...(rows === undefined ? {} : { rows }) };
}

function parseRanges(text: string): RowRanges | undefined {
  const ranges: [number, number][] = [];
  let count = 0;
  let before = -1;
  for (const part of text.split('.')) {
    const found = /^([0-9a-z]{1,8})(?:-([0-9a-z]{1,8}))?$/.exec(part);
    const first = parseInt(found?.[1] ?? '', 36);
    const last = found?.[2] === undefined ? first : parseInt(found[2], 36);
    if (!(first > before && last >= first)) return undefined;
    count += last - first + 1;
    if (count > MOST_ROWS) return undefined;
    ranges.push([first, last]);
    before = last;
  }
  return ranges;
}
