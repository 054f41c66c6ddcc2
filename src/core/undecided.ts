import type { BatchCandidate } from './provider.ts';
import type { LedgerBatch } from './runLedger.ts';
import type { BatchState } from './vocabulary.ts';

/** When we look for an uncertain batch, in milliseconds after the first look: lists may lag. */
export const LOOKS_MS = [0, 60_000, 5 * 60_000, 15 * 60_000];
/** States after which another one comes. */
const LIVE: ReadonlySet<BatchState> = new Set(['validating', 'running', 'cancelling']);

/**
 * Whether only the person can say what to do: all looks at an uncertain batch have been made and none of what they found
 * can turn out to be it, or more than one is, or it was there and the service does not know it any more.
 */
export function needsDecision(batch: LedgerBatch): boolean {
  if (batch.state !== 'uncertain') return false;
  if (batch.batchId !== undefined || batch.candidates.filter(({ certain }) => certain).length > 1)
    return true;
  return batch.looks >= LOOKS_MS.length && !batch.candidates.some(mayTurnOut);
}

/** Whether its end will tell whose it is. */
function mayTurnOut({ certain, state }: BatchCandidate): boolean {
  return !certain && LIVE.has(state);
}
