import * as fs from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { isBatchbookError, ProviderError } from '../../core/errors.ts';
import type { BatchPayload } from '../../core/provider.ts';
import { OFFLINE_PROVIDER } from './model.ts';

/**
 * The batches of the offline provider: a copy of each body, named by its batch, and nothing else. A batch exists from
 * the rename that gives the copy its name until its file is removed; it does not promise to survive a disk that lies
 * about `fsync`.
 */
export interface BatchFiles {
  create(batchId: string, payload: BatchPayload, signal: AbortSignal): Promise<void>;
  /** @throws ProviderError `notFound`. */
  describe(batchId: string): Promise<StoredBatch>;
  /** The encoded rows. @throws ProviderError `notFound`, or `truncatedDownload` where the last row has no end. */
  rows(batchId: string, signal: AbortSignal): AsyncIterable<string>;
  /** From now on its rows are cancelled. @throws ProviderError `notFound`. */
  cancel(batchId: string): Promise<void>;
  isCancelled(batchId: string): Promise<boolean>;
  /** Removes the batch; nothing happens where there is none. */
  remove(batchId: string): Promise<void>;
}

export interface StoredBatch {
  readonly rows: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

const NEWLINE = 0x0a;

/** @param directory Folder of the batches, made when first needed. */
export function createBatchFiles(directory: string): BatchFiles {
  const bodyOf = (batchId: string): string => path.join(directory, `${checkedId(batchId)}.jsonl`);
  const markOf = (batchId: string): string => path.join(directory, `${checkedId(batchId)}.cancelled`);

  return {
    create: async (batchId, payload, signal) => {
      const body = bodyOf(batchId);
      const temporary = `${body}.${String(process.pid)}.tmp`;
      await fs.mkdir(directory, { recursive: true });
      try {
        await fs.copyFile(payload.path, temporary);
        const size = await syncFile(temporary);
        if (size !== payload.bytes) throw changedBody(payload, size);
        signal.throwIfAborted();
        await fs.rename(temporary, body);
      } catch (error) {
        await fs.rm(temporary, { force: true });
        throw error;
      }
      await syncDirectory(directory);
    },

    describe: async (batchId) => {
      const body = bodyOf(batchId);
      const { mtimeMs } = await found(batchId, fs.stat(body));
      let rows = 0;
      for await (const chunk of createReadStream(body)) rows += newlinesIn(chunk as Buffer);
      return { rows, createdAt: Math.floor(mtimeMs) };
    },

    rows: async function* (batchId, signal) {
      const body = bodyOf(batchId);
      await found(batchId, fs.stat(body));
      yield* linesOf(body, batchId, signal);
    },

    cancel: async (batchId) => {
      await found(batchId, fs.stat(bodyOf(batchId)));
      // Created, never overwritten: a link that came with the folder is not written through.
      await fs.writeFile(markOf(batchId), '', { flag: 'wx' }).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      });
    },

    isCancelled: (batchId) => exists(markOf(batchId)),

    remove: async (batchId) => {
      await fs.rm(bodyOf(batchId), { force: true });
      await fs.rm(markOf(batchId), { force: true });
    },
  };
}

/** A batch id may come from a command line: it must not lead out of the folder. */
function checkedId(batchId: string): string {
  if (!/^offline-[0-9A-Za-z_-]{1,64}$/.test(batchId)) throw noSuchBatch(batchId);
  return batchId;
}

function noSuchBatch(batchId: string): ProviderError {
  return new ProviderError(
    'notFound',
    OFFLINE_PROVIDER,
    `There is no offline batch "${batchId}" on this machine.`,
  );
}

function changedBody(payload: BatchPayload, size: number): ProviderError {
  return new ProviderError(
    'invalidRequest',
    OFFLINE_PROVIDER,
    `The body of the batch has ${String(size)} bytes where ${String(payload.bytes)} were written; nothing was created.`,
  );
}

async function found<T>(batchId: string, stat: Promise<T>): Promise<T> {
  try {
    return await stat;
  } catch (error) {
    if (isMissing(error)) throw noSuchBatch(batchId);
    throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await fs.stat(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return !isBatchbookError(error) && error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Puts a file's bytes on disk; resolves to how many they are. */
async function syncFile(file: string): Promise<number> {
  const handle = await fs.open(file, 'r+');
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows cannot open a directory to sync it
  const handle = await fs.open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function newlinesIn(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** Lines split at `\n` alone: `readline` would also split at U+2028, which JSON allows inside a string. */
async function* linesOf(file: string, batchId: string, signal: AbortSignal): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  for await (const data of createReadStream(file, { signal })) {
    const chunk = data as Buffer;
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      parts.push(chunk.subarray(from, at));
      yield Buffer.concat(parts).toString('utf8');
      parts = [];
      from = at + 1;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
  }
  if (parts.length > 0) {
    throw new ProviderError(
      'truncatedDownload',
      OFFLINE_PROVIDER,
      `The offline batch "${batchId}" ends inside a row.`,
    );
  }
}
