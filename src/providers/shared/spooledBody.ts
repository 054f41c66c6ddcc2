import { openAsBlob } from 'node:fs';
import type { ReadableStreamDefaultReader } from 'node:stream/web';

/** A body on disk that is read while it is sent, and knows whether all of it was. */
export interface SpooledBody {
  /** What is sent; never whole in memory. */
  readonly blob: Blob;
  /**
   * Whether its last byte was handed to the connection. While it is not, no service can have taken the request,
   * whatever became of the connection.
   */
  readonly wasRead: boolean;
}

/**
 * For the `fetch` of a large body. Node's would keep a second stream of it for a redirect, and so, in the end, all of it in
 * memory; it does not where no redirect may be followed and no window is there (seen with undici 7 in Node 24).
 */
export const SENT_ONCE = { redirect: 'error', window: null } as const;

/** @param type Its media type. */
export async function openSpooledBody(path: string, type: string): Promise<SpooledBody> {
  const blob = new WatchedBlob([await openAsBlob(path, { type })], { type });
  return {
    blob,
    get wasRead() {
      return blob.wasRead;
    },
  };
}

/** `fetch` takes a piece only when the connection has room for it. */
class WatchedBlob extends Blob {
  wasRead = this.size === 0;

  override stream(): ReturnType<Blob['stream']> {
    const reader = super.stream().getReader() as ReadableStreamDefaultReader<Uint8Array>;
    let left = this.size;
    return new ReadableStream(
      {
        pull: async (controller) => {
          const { done, value } = await reader.read();
          if (done) {
            controller.close();
            return;
          }
          left -= value.length;
          if (left <= 0) this.wasRead = true;
          controller.enqueue(value);
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }
}
