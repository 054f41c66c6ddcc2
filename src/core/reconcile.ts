import { BackOff } from './backOff.ts';
import { ProviderError, describeCause } from './errors.ts';
import type { EngineContext } from './engineContext.ts';
import type { Provider } from './provider.ts';
import type { LedgerBatch } from './runLedger.ts';
import { accept } from './submission.ts';

/** When we look for an uncertain batch, in milliseconds after the first look: lists may lag. */
const LOOKS_MS = [0, 60_000, 5 * 60_000, 15 * 60_000];

/**
 * Finds out whether an uncertain batch exists at its service. Adopts it when exactly one there carries its nonce. A
 * provider whose list is complete settles it at once; with any other, absence after the last look is for the person to
 * decide, and the batch stays uncertain.
 */
export async function reconcile(
  context: EngineContext,
  provider: Provider,
  batch: LedgerBatch,
): Promise<void> {
  const { writer, clock, stop } = context;
  const begun = clock.monotonic();
  const backOff = new BackOff(context.random);
  do {
    const look = batch.looks;
    await clock.sleep((LOOKS_MS[look] ?? 0) - (clock.monotonic() - begun), stop);
    // The person may have decided meanwhile, and a run that was stopped looks no further.
    if (stop.aborted || isDecided(batch)) return;
    try {
      const found = await provider.findBatches({
        nonce: batch.nonce,
        model: batch.model,
        rows: batch.rows.length,
        intendedAt: batch.intendedAt,
      });
      if (isDecided(batch)) return; // while we looked
      const known = new Set([...writer.ledger.batches.values()].map((b) => b.batchId));
      const candidates = found.filter((candidate) => !known.has(candidate.batchId));
      const certain = candidates.filter((candidate) => candidate.certain);
      if (certain[0] !== undefined && certain.length === 1) {
        await accept(context, provider, batch, certain[0].batchId, true);
        return;
      }
      if (candidates.length === 0 && provider.findsEveryBatch) {
        const message = 'The service does not have it; its rows are sent again.';
        await writer.append({
          e: 'batchRejected',
          at: clock.now(),
          nonce: batch.nonce,
          code: 'notFound',
          message,
        });
        return;
      }
      await writer.append({
        e: 'batchLooked',
        at: clock.now(),
        nonce: batch.nonce,
        look: look + 1,
        candidates: candidates.map((c) => c.batchId),
      });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (isDecided(batch)) return;
      await writer.append({
        e: 'batchUncertain',
        at: clock.now(),
        nonce: batch.nonce,
        message: `Looking for it at the service failed: ${describeCause(error)}`,
      });
      if (!error.retryable) throw error; // such as a key that is refused: waiting mends nothing
      await clock.sleep(backOff.next(error.retryAfterMs), stop);
    }
  } while (!needsDecision(batch));
}

function isDecided(batch: LedgerBatch): boolean {
  return batch.state !== 'uncertain' && batch.state !== 'submitting';
}

/**
 * Whether only the person can say what to do: all looks at an uncertain batch have been made, or it was there and the
 * service does not know it any more.
 */
export function needsDecision(batch: LedgerBatch): boolean {
  return batch.state === 'uncertain' && (batch.looks >= LOOKS_MS.length || batch.batchId !== undefined);
}
