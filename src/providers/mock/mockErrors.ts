import { ProviderError, type ProviderErrorCode } from '../../core/errors.ts';
import { MockServiceError, type MockErrorCode } from './mockServiceError.ts';

/** The calls of the provider, which read the same failure differently. */
export type MockCall = 'create' | 'list' | 'get' | 'results' | 'cancel' | 'delete';

const CODES: Readonly<Record<MockErrorCode, ProviderErrorCode>> = {
  auth: 'auth',
  invalidRequest: 'invalidRequest',
  notFound: 'notFound',
  notReady: 'invalidRequest',
  rateLimit: 'rateLimit',
  queueFull: 'queueFull',
  unavailable: 'unavailable',
  connectionRefused: 'network',
  connectionBroken: 'network',
};

/**
 * What a failure of the pretend service means for a call. After a broken connection or a 5xx the batch of a create call
 * may exist, so it is `ambiguous`; a stream of results that breaks is a `truncatedDownload`. Errors that are not the
 * service's are returned as they are.
 */
export function providerErrorOf(error: unknown, call: MockCall): unknown {
  if (!(error instanceof MockServiceError)) return error;
  return new ProviderError(codeFor(error.code, call), 'mock', `The mock service: ${error.message}`, {
    cause: error,
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
  });
}

function codeFor(code: MockErrorCode, call: MockCall): ProviderErrorCode {
  if (call === 'create' && (code === 'connectionBroken' || code === 'unavailable')) return 'ambiguous';
  if (call === 'results' && code === 'connectionBroken') return 'truncatedDownload';
  return CODES[code];
}
