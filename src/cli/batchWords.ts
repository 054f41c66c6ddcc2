import { formatDuration } from '../core/duration.ts';
import { fromRanges } from '../core/events.ts';
import type { BatchCandidate } from '../core/provider.ts';
import type { Attachment } from '../core/stateManager.ts';

/** What is at a service and may be a batch that was sent at `sentAt`: `b_1 · 120 rows · running · created 22:14, 3 s after it was sent`. */
export function describeCandidate(candidate: BatchCandidate, sentAt: number): string {
  const { batchId, rows, state, createdAt, certain } = candidate;
  return [
    batchId,
    ...(rows === undefined ? [] : [`${String(rows)} rows`]),
    state,
    ...(createdAt === undefined ? [] : [`created ${clockTime(createdAt)}, ${relation(createdAt - sentAt)}`]),
    ...(certain ? ['carries its mark'] : []),
  ].join(' · ');
}

/** What becomes of the rows of a batch that was sent elsewhere. */
export function describeAttachment({ batchId, provider, rows }: Attachment): string {
  const count = fromRanges(rows).length;
  return `Attaching batch ${batchId} of ${provider}: ${String(count)} rows that wait are in it; they are not sent again, and its results are collected onto them.`;
}

function relation(ms: number): string {
  return `${formatDuration(Math.abs(ms))} ${ms < 0 ? 'before' : 'after'} it was sent`;
}

/** Hours and minutes of this machine's day. */
function clockTime(at: number): string {
  const date = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}
