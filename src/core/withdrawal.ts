import { ValidationError } from './errors.ts';
import type { LedgerBatch } from './runLedger.ts';
import { LIVE_BATCH_STATES } from './vocabulary.ts';

/**
 * That a batch may be cancelled at its service, and what it does not answer be sent again.
 * @throws ValidationError `usage` that says why not.
 */
export function assertWithdrawable(batch: LedgerBatch): void {
  const name = batch.batchId ?? batch.nonce;
  const refuse = (why: string): ValidationError =>
    new ValidationError('usage', `Batch ${name} is not cancelled: ${why}.`);
  if (batch.withdrawn)
    throw refuse('that was asked for already, and its service has not said yet that it has ended');
  if (batch.state === 'uncertain' || batch.state === 'submitting')
    throw refuse('nobody knows yet whether it arrived. Decide about it first');
  if (!LIVE_BATCH_STATES.has(batch.state)) throw refuse('it has ended already');
  if (!batch.certain)
    throw refuse('it was adopted by its id alone, and may be somebody else’s. It can be waited for');
}

/** The rows of a batch that it has not answered, as far as is known here. */
export function unansweredRows({ rows, finished }: LedgerBatch): number[] {
  return rows.filter((ordinal) => !finished.has(ordinal));
}
