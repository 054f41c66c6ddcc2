import { formatDuration } from '../core/duration.ts';
import { fromRanges } from '../core/rowRanges.ts';
import type { BatchCandidate } from '../core/provider.ts';
import { formatUsd } from '../core/money.ts';
import type { Attachment } from '../core/stateManager.ts';
import { count } from '../workspace/planText.ts';
import type { Withdrawal } from '../workspace/withdrawBatch.ts';

/** What is at a service and may be a batch that was sent at `sentAt`: `b_1 · 120 rows · running · created 22:14, 3 s after it was sent`. */
export function describeCandidate(candidate: BatchCandidate, sentAt: number): string {
  const { batchId, rows, state, createdAt, certain } = candidate;
  return [
    batchId,
    ...(rows === undefined ? [] : [count(rows, 'row')]),
    state,
    ...(createdAt === undefined ? [] : [`created ${clockTime(createdAt)}, ${relation(createdAt - sentAt)}`]),
    ...(certain ? ['carries its mark'] : []),
  ].join(' · ');
}

/** What becomes of the rows of a batch that was sent elsewhere. */
export function describeAttachment({ batchId, provider, rows }: Attachment): string {
  const waiting = fromRanges(rows).length;
  return `Attaching batch ${batchId} of ${provider}: ${waiting === 1 ? '1 row that waits is in it; it is' : `${String(waiting)} rows that wait are in it; they are`} not sent again, and its results are collected onto them.`;
}

/** What cancelling a batch and sending what is left of it again means, in a few lines. */
export function describeWithdrawal(withdrawal: Withdrawal): string {
  const { batch, title, rows, worstNanoUsd, reservedNanoUsd, losesWork, destination } = withdrawal;
  const where =
    destination === undefined
      ? `${batch.model} of ${title} again`
      : `${destination.model} at ${destination.origin ?? 'this machine'}${destination.isVendor ? '' : ' (not its vendor’s own address)'}${destination.caveat === undefined ? '' : `, ${destination.caveat}`}`;
  return [
    `Batch ${batch.batchId ?? batch.nonce} is cancelled at ${title}.`,
    losesWork
      ? `  ${title} gives no results of a cancelled batch: what it has done is lost, and may be paid, up to ${formatUsd(reservedNanoUsd)}.`
      : '  What it has done is kept, and paid.',
    `  Up to ${count(rows, 'row')}, which it has not answered, then ${rows === 1 ? 'goes' : 'go'} to ${where}, for at most ${formatUsd(worstNanoUsd)}.`,
    ...(destination?.notSent ?? []).map(({ source, why }) => `  Not sent: ${source}. ${why}`),
  ].join('\n');
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
