import { formatDuration } from './duration.ts';
import type { ProviderError } from './errors.ts';
import { ValidationError } from './errors.ts';
import { nonceOf } from './ids.ts';
import { undatedName } from './modelConfig.ts';
import type { Provider, ServiceBatch } from './provider.ts';
import type { LedgerBatch } from './runLedger.ts';
import { TERMINAL_BATCH_STATES } from './vocabulary.ts';

/** Clocks differ: a batch may seem to be this much older than its intent. */
const SKEW_MS = 5 * 60_000;

/**
 * A batch as its service describes it, with whose it is as far as can be told. Where the batch itself has no place for
 * that it is read from its first result, once there are any. Sends nothing but the id.
 * @throws ProviderError, `notFound` where the service has no such batch for this key.
 */
export async function examineBatch(
  provider: Provider,
  batchId: string,
  signal: AbortSignal,
): Promise<ServiceBatch> {
  const seen = await provider.getBatch(batchId, signal);
  if (seen.mark !== undefined || !TERMINAL_BATCH_STATES.has(seen.state)) return seen;
  for await (const { customId } of provider.results(batchId, signal)) {
    const nonce = customId === undefined ? undefined : nonceOf(customId);
    return { ...seen, mark: nonce === undefined ? 'foreign' : { nonce } };
  }
  return seen;
}

/** Whether a batch that was examined is the intended one beyond doubt. */
export function isMarkedAs({ mark }: ServiceBatch, { nonce }: Pick<LedgerBatch, 'nonce'>): boolean {
  return mark !== undefined && mark !== 'foreign' && mark.nonce === nonce;
}

/**
 * That a batch at the service may be the intended one, as far as the service tells.
 * @throws ValidationError `usage` that says why it cannot be.
 */
export function assertMayBe(batch: LedgerBatch, found: ServiceBatch): void {
  if (isMarkedAs(found, batch)) return;
  const refuse = (why: string): ValidationError =>
    new ValidationError('usage', `Batch ${found.batchId} is not the one that was sent: ${why}.`);
  if (found.mark === 'foreign') throw refuse('it was not made by this program');
  if (found.mark !== undefined) throw refuse('it carries the mark of another one');
  if (found.rows !== undefined && found.rows !== batch.rows.length)
    throw refuse(`it has ${String(found.rows)} rows, and ${String(batch.rows.length)} were sent`);
  if (found.model !== undefined && undatedName(found.model) !== undatedName(batch.model))
    throw refuse(`it is for ${found.model}, and ${batch.model} was asked`);
  if (found.createdAt !== undefined && found.createdAt < batch.intendedAt - SKEW_MS)
    throw refuse(`it was made ${formatDuration(batch.intendedAt - found.createdAt)} before`);
}

/** Why a service does not know a batch, in words for the person who has named it. */
export function describeUnknown(batchId: string, error: ProviderError): string {
  return `${error.provider} has no batch ${batchId} for this key: ${error.userMessage}`;
}
