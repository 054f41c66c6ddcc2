import { ProviderError } from './errors.ts';
import type { Provider } from './provider.ts';
import type { LedgerBatch } from './runLedger.ts';

/**
 * What is to be known of a batch that was sent with another key than the one that is set now, or `undefined` where it is
 * the same, or nobody can tell. A key of the same account and project shows the batch as the first one did; any other
 * hides it, which must not be taken for its end.
 */
export function describeOtherKey(batch: LedgerBatch, provider: Provider): string | undefined {
  const { keyFingerprint: was, batchId, nonce } = batch;
  const is = provider.keyFingerprint;
  if (was === undefined || is === undefined || was === is) return undefined;
  const title = provider.title ?? provider.name;
  return `Batch ${batchId ?? nonce} was sent with the ${title} key of fingerprint ${was}, and the key that is set now has ${is}. A key of the same account and project shows it as well; any other does not.`;
}

/**
 * The error that a service gives for a batch which it does not show to this key, as the person has to know it: the batch
 * goes on, and nothing of it is sent again.
 */
export function hiddenFromKey(
  error: ProviderError,
  batch: LedgerBatch,
  provider: Provider,
): ProviderError | undefined {
  const other = describeOtherKey(batch, provider);
  if (other === undefined || (error.code !== 'notFound' && error.code !== 'auth')) return undefined;
  const message = `${other} This one does not: set the key that it was sent with and resume. Its rows are not sent again meanwhile.`;
  return new ProviderError('auth', provider.name, message, { cause: error });
}
