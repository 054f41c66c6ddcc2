import type { MockBatchView } from './mockService.ts';
import { isMockErrorCode, MockServiceError } from './mockServiceError.ts';
import type { MockTransport } from './mockTransport.ts';

/** Causes that mean that no connection was made, so nothing can have arrived. */
const NOT_CONNECTED: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/**
 * The service in another process.
 * @param origin Such as `http://127.0.0.1:4010`.
 * @param apiKey Goes along as a bearer token, as it would to a real service.
 */
export function overHttp(origin: string, apiKey?: string): MockTransport {
  const headers = apiKey === undefined ? undefined : { authorization: `Bearer ${apiKey}` };
  const call = async (method: string, path: string, init: RequestInit = {}): Promise<Response> => {
    const request = { ...init, method, ...(headers === undefined ? {} : { headers }) };
    const response = await connected(() => fetch(new URL(path, origin), request));
    if (!response.ok) throw await errorOf(response);
    return response;
  };
  return {
    origin,
    async create(body, nonce, model, signal) {
      const response = await call('POST', `/batches?${new URLSearchParams({ nonce, model }).toString()}`, {
        body,
        signal,
      });
      return readJson<{ batchId: string }>(response);
    },
    list: async () => readJson<MockBatchView[]>(await call('GET', '/batches')),
    get: async (batchId, signal) => readJson<MockBatchView>(await call('GET', pathOf(batchId), { signal })),
    async *results(batchId, signal) {
      const response = await call('GET', `${pathOf(batchId)}/results`, { signal });
      const reader = response.body?.getReader();
      for (;;) {
        const part = await connected(async () => reader?.read());
        if (part?.value === undefined) return;
        yield part.value;
      }
    },
    async cancel(batchId) {
      await call('POST', `${pathOf(batchId)}/cancel`);
    },
    async delete(batchId) {
      await call('DELETE', pathOf(batchId));
    },
  };
}

function pathOf(batchId: string): string {
  return `/batches/${encodeURIComponent(batchId)}`;
}

async function readJson<T>(response: Response): Promise<T> {
  return (await connected(() => response.json())) as T;
}

/** Runs one step over the network and says how it failed in the service's words. */
async function connected<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.cause : undefined;
    const refused =
      typeof reason === 'object' &&
      reason !== null &&
      'code' in reason &&
      NOT_CONNECTED.includes(reason.code);
    throw refused
      ? new MockServiceError('connectionRefused', 'The pretend service cannot be reached.', { cause })
      : new MockServiceError('connectionBroken', 'The connection to the pretend service broke.', { cause });
  }
}

async function errorOf(response: Response): Promise<MockServiceError> {
  const body = await readJson<{ code?: unknown; message?: string; retryAfterMs?: number }>(response);
  return new MockServiceError(
    isMockErrorCode(body.code) ? body.code : 'unavailable',
    body.message ?? response.statusText,
    body.retryAfterMs === undefined ? {} : { retryAfterMs: body.retryAfterMs },
  );
}
