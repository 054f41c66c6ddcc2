import { createHash } from 'node:crypto';
import { watch, type FSWatcher } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { DURABLE_EVENTS, type ResultLocation, type RunEvent } from '../core/events.ts';
import type { RunLedger } from '../core/runLedger.ts';
import type { PayloadSpool, PendingRequest, RunMeta, RunWriter, StoredResult } from '../core/stateManager.ts';
import type { AppendLog } from './appendLog.ts';
import { encodeEvent } from './codec.ts';
import type { RunLayout } from './layout.ts';
import type { Lease } from './lease.ts';
import { onDisk } from './onDisk.ts';
import { removeRequestFile, waitingRequests } from './requests.ts';
import { readResultAt } from './runReader.ts';
import type { WakeSocket } from './wakeSocket.ts';

export interface RunWriterParts {
  readonly layout: RunLayout;
  readonly meta: RunMeta;
  readonly ledger: RunLedger;
  readonly lease: Lease;
  readonly journal: AppendLog;
  readonly results: AppendLog;
  readonly socket: WakeSocket;
  readonly wakeListeners: Set<() => void>;
}

/** The one writer of a run. Writes go through a queue, one after the other, each after a look at the lease. */
export class FileRunWriter implements RunWriter {
  readonly meta: RunMeta;
  readonly ledger: RunLedger;
  readonly epoch: number;
  readonly #parts: RunWriterParts;
  readonly #changeListeners = new Set<() => void>();
  #queue: Promise<unknown> = Promise.resolve();
  #offlineSince: number | undefined;

  constructor(parts: RunWriterParts) {
    this.#parts = parts;
    this.meta = parts.meta;
    this.ledger = parts.ledger;
    this.epoch = parts.lease.epoch;
  }

  append(...events: readonly RunEvent[]): Promise<void> {
    return this.#inOrder(async () => {
      const durable = events.some((event) => DURABLE_EVENTS[event.e]);
      const sourceOf = (ordinal: number): string | undefined => this.ledger.rows[ordinal]?.planned.source;
      const lines = events.map((event) => encodeEvent({ event, epoch: this.epoch }, sourceOf)).join('');
      await this.#parts.journal.append(Buffer.from(lines));
      if (durable) await this.#parts.journal.sync();
      for (const event of events) this.ledger.apply(event, this.epoch);
      for (const listener of this.#changeListeners) listener();
    });
  }

  appendResults(results: readonly StoredResult[]): Promise<readonly ResultLocation[]> {
    return this.#inOrder(async () => {
      const lines = results.map((result) => Buffer.from(`${JSON.stringify(result)}\n`));
      let offset = await this.#parts.results.append(Buffer.concat(lines));
      return lines.map((line): ResultLocation => {
        const location: ResultLocation = [offset, line.length, crc32(line)];
        offset += line.length;
        return location;
      });
    });
  }

  syncResults(): Promise<void> {
    return this.#inOrder(() => this.#parts.results.sync());
  }

  readResult(location: ResultLocation): StoredResult {
    return readResultAt(this.#parts.layout.results, location);
  }

  assertHolder(): Promise<void> {
    return this.#parts.lease.assertHeld();
  }

  tellOffline(since: number | undefined): void {
    this.#offlineSince = since;
    this.#parts.lease.tellOffline(since);
    for (const listener of this.#changeListeners) listener();
  }

  get offlineSince(): number | undefined {
    return this.#offlineSince;
  }

  async openPayload(nonce: string): Promise<PayloadSpool> {
    const failed = `A request cannot be spooled in ${this.#parts.layout.payloads}`;
    const spooling = <T>(work: () => Promise<T>): Promise<T> =>
      onDisk(failed, 'It was not sent. Resume the run once that is mended; nothing is lost.', work);
    const file = this.#payloadFile(nonce);
    const handle = await spooling(async () => {
      await mkdir(this.#parts.layout.payloads, { recursive: true });
      return open(file, 'w', 0o600);
    });
    const hash = createHash('sha256');
    let bytes = 0;
    return {
      path: file,
      write: (text) =>
        spooling(async () => {
          const chunk = Buffer.from(text);
          hash.update(chunk);
          bytes += chunk.length;
          await handle.appendFile(chunk);
        }),
      finish: async () => {
        await spooling(() => handle.close());
        return { bytes, sha256: hash.digest('hex') };
      },
    };
  }

  async removePayload(nonce: string): Promise<void> {
    await rm(this.#payloadFile(nonce), { force: true });
  }

  pendingRequests(): Promise<readonly PendingRequest[]> {
    return waitingRequests(this.#parts.layout.requests);
  }

  removeRequest(id: string): Promise<void> {
    return removeRequestFile(this.#parts.layout.requests, id);
  }

  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  onWake(listener: () => void): () => void {
    this.#parts.wakeListeners.add(listener);
    const watcher = watchIfPossible(this.#parts.layout.requests, listener);
    return () => {
      watcher?.close();
      this.#parts.wakeListeners.delete(listener);
    };
  }

  async release(): Promise<void> {
    await this.#queue.catch(() => undefined);
    await this.#parts.lease.release();
    await this.#parts.socket.close();
    await Promise.allSettled([this.#parts.journal.close(), this.#parts.results.close()]);
  }

  #payloadFile(nonce: string): string {
    return path.join(this.#parts.layout.payloads, nonce);
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      await this.#parts.lease.assertHeld();
      try {
        return await work();
      } catch (error) {
        // A file that somebody else has written to is the next holder's: losing the run is what went wrong, not the disk.
        await this.#parts.lease.assertHeld();
        throw error;
      }
    };
    const result = this.#queue.then(run, run);
    this.#queue = result.catch(() => undefined); // the caller sees the failure; the next in line has its own
    return result;
  }
}

/** Watches cost a system resource that may be used up; the driver also looks by itself every two seconds. */
function watchIfPossible(dir: string, listener: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dir, { persistent: false }, listener);
    watcher.on('error', () => {
      watcher.close();
    });
    return watcher;
  } catch {
    return undefined;
  }
}
