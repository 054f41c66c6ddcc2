import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { ResultLocation } from '../../core/events.ts';
import type { StoredResult } from '../../core/stateManager.ts';
import { decodeResult } from '../../state/codec.ts';

/** A row whose stored result is wanted. */
export interface WantedResult {
  readonly row: number;
  readonly location: ResultLocation;
}

/** A row's stored result; `undefined` where its bytes are not the ones that were written. */
export interface ReadResult {
  readonly row: number;
  readonly location: ResultLocation;
  readonly stored: StoredResult | undefined;
}

/** Read at once: large enough for few readings, small enough for a first answer at once. */
const BLOCK_BYTES = 512 * 1024;
/** Bytes of results that nobody wants, rather read over than sought past. */
const GAP_BYTES = 64 * 1024;

/**
 * Stored results in the order in which they stand in the file, block by block. No more than a block and the longest
 * result are in memory at a time.
 */
export async function* readResults(
  file: string,
  wanted: readonly WantedResult[],
): AsyncGenerator<readonly ReadResult[]> {
  if (wanted.length === 0) return;
  const inOrder = wanted.toSorted((a, b) => a.location[0] - b.location[0]);
  const handle = await open(file, 'r');
  try {
    for (let next = 0; next < inOrder.length;) {
      const [start, end, after] = blockFrom(inOrder, next);
      const bytes = Buffer.allocUnsafe(end - start);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
      const block = bytes.subarray(0, bytesRead);
      yield inOrder
        .slice(next, after)
        .map((one) => ({ ...one, stored: decoded(block, start, one.location) }));
      next = after;
    }
  } finally {
    await handle.close();
  }
}

/** Offsets of a block of the file, and the first wanted result that is not in it. */
function blockFrom(
  wanted: readonly WantedResult[],
  first: number,
): readonly [start: number, end: number, after: number] {
  const start = wanted[first]?.location[0] ?? 0;
  let end = start;
  let after = first;
  for (; after < wanted.length; after++) {
    const [offset, length] = wanted[after]?.location ?? [0, 0];
    const isApart = after > first && (offset - end > GAP_BYTES || offset + length - start > BLOCK_BYTES);
    if (isApart) break;
    end = Math.max(end, offset + length);
  }
  return [start, end, after];
}

function decoded(
  block: Buffer,
  start: number,
  [offset, length, checksum]: ResultLocation,
): StoredResult | undefined {
  const bytes = block.subarray(offset - start, offset - start + length);
  if (bytes.length !== length || crc32(bytes) !== checksum) return undefined;
  try {
    return decodeResult(bytes.toString('utf8').trimEnd());
  } catch {
    return undefined;
  }
}
