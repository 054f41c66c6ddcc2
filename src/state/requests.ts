import { readdir, readFile, rename, rm, writeFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { sortableId } from '../core/ids.ts';
import type { PendingRequest, RunRequest } from '../core/stateManager.ts';
import { moveTarget } from './codec.ts';

const ordinal = z.number().int().nonnegative();

const requestSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('stop') }),
  z.strictObject({ kind: z.literal('cancel') }),
  z.strictObject({ kind: z.literal('setLimit'), limitNanoUsd: z.number().int().nonnegative().nullable() }),
  z.strictObject({ kind: z.literal('continue') }),
  z.strictObject({ kind: z.literal('retry'), rows: z.array(ordinal).optional() }),
  z.strictObject({ kind: z.literal('adopt'), nonce: z.string(), batchId: z.string() }),
  z.strictObject({ kind: z.literal('resend'), nonce: z.string().optional() }),
  z.strictObject({ kind: z.literal('withdraw'), nonce: z.string(), moveTo: moveTarget.optional() }),
  z.strictObject({
    kind: z.literal('attach'),
    provider: z.string(),
    batchId: z.string(),
    nonce: z.string(),
    rows: z.array(z.tuple([ordinal, ordinal])),
    createdAt: z.number().optional(),
  }),
  z.strictObject({ kind: z.literal('writeOff'), nanoUsd: z.number().int().nonnegative() }),
  z.strictObject({ kind: z.literal('handOver'), epoch: z.number().int().positive() }),
]);

/** Leaves a request in the run's folder, whole or not at all. Resolves to its id. */
export async function leaveRequest(dir: string, request: RunRequest, now: number): Promise<string> {
  const id = sortableId(now);
  await mkdir(dir, { recursive: true });
  const temporary = path.join(dir, `${id}.tmp`);
  await writeFile(temporary, JSON.stringify(request), { mode: 0o600 });
  await rename(temporary, requestFile(dir, id));
  return id;
}

/** What waits, oldest first. A file that is no request is left where it is and ignored. */
export async function waitingRequests(dir: string): Promise<PendingRequest[]> {
  const requests: PendingRequest[] = [];
  for (const name of (await readdir(dir).catch(() => [])).sort()) {
    const id = /^([0-9a-z]{26})\.json$/.exec(name)?.[1];
    if (id === undefined) continue;
    try {
      const request = requestSchema.parse(JSON.parse(await readFile(path.join(dir, name), 'utf8')));
      requests.push({ ...(request as RunRequest), id });
    } catch {
      // Not written by us, or gone between listing and reading.
    }
  }
  return requests;
}

export async function removeRequestFile(dir: string, id: string): Promise<void> {
  await rm(requestFile(dir, id), { force: true });
}

function requestFile(dir: string, id: string): string {
  return path.join(dir, `${id}.json`);
}
