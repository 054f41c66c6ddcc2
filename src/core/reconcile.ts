import { BackOff } from './backOff.ts';
import { ProviderError, describeCause } from './errors.ts';
import type { EngineContext } from './engineContext.ts';
import type { Provider } from './provider.ts';
import type { LedgerBatch } from './runLedger.ts';
import { accept } from './submission.ts';
import { LOOKS_MS, needsDecision } from './undecided.ts';

/**
 * Finds out whether an uncertain batch exists at its service. Adopts it when exactly one there carries its nonce. A
 * provider whose list is complete settles it at once; with any other, absence after the last look is for the person to
 * decide, and the batch stays uncertain. While one is there whose nonce cannot be read before it has ended, the looks go
 * on at the poller's pace.
 *
 * @param decided Aborts when the person has decided meanwhile.
 */
export async function reconcile(
  context: EngineContext,
  provider: Provider,
  batch: LedgerBatch,
  decided: AbortSignal,
): Promise<void> {
  const { clock, stop } = context;
  const begun = clock.monotonic();
  const pace = new BackOff(context.random);
  const failures = new BackOff(context.random);
  const over = AbortSignal.any([stop, decided]);
  let wait = (LOOKS_MS[batch.looks] ?? 0) - (clock.monotonic() - begun);
  for (;;) {
    await clock.sleep(wait, over);
    // A run that was stopped looks no further.
    if (stop.aborted || isDecided(batch)) return;
    try {
      await lookFor(context, provider, batch);
      if (needsDecision(batch)) return;
      const next = LOOKS_MS[batch.looks];
      wait = next === undefined ? pace.next() : next - (clock.monotonic() - begun);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (isDecided(batch)) return;
      await noteFailure(context, batch, error);
      if (!error.retryable) throw error; // such as a key that is refused: waiting mends nothing
      wait = failures.next(error.retryAfterMs);
    }
  }
}

/** One look, journalled as far as it tells something new. */
async function lookFor(context: EngineContext, provider: Provider, batch: LedgerBatch): Promise<void> {
  const { writer, clock } = context;
  const except = await otherBatches(context, provider, batch);
  const found = await provider.findBatches({
    nonce: batch.nonce,
    model: batch.model,
    rows: batch.rows.length,
    intendedAt: batch.intendedAt,
    endedAt: batch.uncertainAt ?? clock.now(),
    except,
  });
  if (isDecided(batch)) return; // while we looked
  const candidates = found.candidates.filter(({ batchId }) => !except.has(batchId));
  const certain = candidates.filter((candidate) => candidate.certain);
  if (certain[0] !== undefined && certain.length === 1) {
    const { batchId, createdAt } = certain[0];
    const made = createdAt === undefined ? {} : { createdAt };
    await accept(context, provider, batch, { batchId, adopted: true, ...made });
    return;
  }
  const { nonce, looks } = batch;
  const at = clock.now();
  if (candidates.length === 0 && provider.findsEveryBatch) {
    const message = 'The service does not have it; its rows are sent again.';
    await writer.append({ e: 'batchRejected', at, nonce, code: 'notFound', message });
    return;
  }
  const ruledOut = found.ruledOut.length === 0 ? {} : { ruledOut: found.ruledOut };
  const isNew = JSON.stringify(candidates) !== JSON.stringify(batch.candidates);
  if (looks < LOOKS_MS.length || isNew || found.ruledOut.length > 0)
    await writer.append({ e: 'batchLooked', at, nonce, look: looks + 1, candidates, ...ruledOut });
}

/** Batches at the service that are known to be others: of this run, of other runs here, and what was looked into before. */
async function otherBatches(
  { writer, otherRunsBatches }: EngineContext,
  provider: Provider,
  batch: LedgerBatch,
): Promise<ReadonlySet<string>> {
  const ours = [...writer.ledger.batches.values()].flatMap(({ batchId }) => batchId ?? []);
  // Where the nonce is on the batch itself nobody else's can be taken for it.
  const others = provider.findsBySize === true ? await otherRunsBatches() : [];
  return new Set([...ours, ...others, ...batch.ruledOut]);
}

async function noteFailure(
  { writer, clock }: EngineContext,
  { nonce }: LedgerBatch,
  error: ProviderError,
): Promise<void> {
  const message = `Looking for it at the service failed: ${describeCause(error)}`;
  await writer.append({ e: 'batchUncertain', at: clock.now(), nonce, message });
}

function isDecided(batch: LedgerBatch): boolean {
  return batch.state !== 'uncertain' && batch.state !== 'submitting';
}
