import type { MockBatchView, MockService } from './mockService.ts';
import { MockServiceError } from './mockServiceError.ts';

/** How the provider reaches the pretend service. Every method throws `MockServiceError`. */
export interface MockTransport {
  /** `undefined` for a service in this process. */
  readonly origin: string | undefined;
  create(
    body: Blob,
    nonce: string,
    model: string,
    signal: AbortSignal,
  ): Promise<{ readonly batchId: string }>;
  list(): Promise<readonly MockBatchView[]>;
  get(batchId: string, signal: AbortSignal): Promise<MockBatchView>;
  /** Raw bytes of the download. */
  results(batchId: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  cancel(batchId: string): Promise<void>;
  delete(batchId: string): Promise<void>;
}

/** The service as an object of this process. An aborted signal looks like a connection that broke. */
export function inProcess(service: MockService): MockTransport {
  return {
    origin: undefined,
    async create(body, nonce, model, signal) {
      const text = await body.text();
      if (signal.aborted)
        throw new MockServiceError('connectionRefused', 'Aborted before anything was sent.');
      const created = service.create(text, nonce, model);
      await service.replyDelay(signal);
      throwIfAborted(signal);
      return created;
    },
    list: async () => Promise.resolve(service.list()),
    async get(batchId, signal) {
      throwIfAborted(signal);
      return Promise.resolve(service.get(batchId));
    },
    async *results(batchId, signal) {
      for (const chunk of service.results(batchId)) {
        throwIfAborted(signal);
        yield Promise.resolve(chunk);
      }
    },
    async cancel(batchId) {
      await Promise.resolve();
      service.cancel(batchId);
    },
    async delete(batchId) {
      await Promise.resolve();
      service.delete(batchId);
    },
  };
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new MockServiceError('connectionBroken', 'The call was aborted.');
}
