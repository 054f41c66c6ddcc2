import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isBatchbookError } from '../../../src/core/errors.ts';
import { customIdOf } from '../../../src/core/ids.ts';
import type { Job } from '../../../src/core/job.ts';
import type { CreateOptions, Provider, RowResult } from '../../../src/core/provider.ts';
import type { ErrorCode } from '../../../src/core/vocabulary.ts';

/** A signal that is never aborted. */
export const NEVER: AbortSignal = new AbortController().signal;

/** A job that asks `question <ordinal>` of `mock-small`. */
export function questionJob(ordinal: number, changes: Partial<Job> = {}): Job {
  return {
    id: `job-${String(ordinal)}`,
    model: 'mock-small',
    maxTokens: 100,
    prompt: `question ${String(ordinal)}`,
    ...changes,
  };
}

/** Spools jobs into a file as the engine does and creates one batch of them. Ordinals count from `first`. */
export async function createOf(
  provider: Provider,
  nonce: string,
  jobs: readonly Job[],
  options: Partial<CreateOptions> & { readonly first?: number } = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'batchbook-mock-'));
  try {
    const path = join(folder, 'payload');
    const rows = await Promise.all(
      jobs.map((job, index) => provider.encodeRow(job, customIdOf(nonce, (options.first ?? 0) + index))),
    );
    const { head, separator, tail } = provider.framing;
    const body = head + rows.join(separator) + tail;
    await writeFile(path, body);
    const model = jobs[0]?.model ?? 'mock-small';
    const payload = { path, bytes: Buffer.byteLength(body), rows: rows.length, model };
    const held = [[options.first ?? 0, (options.first ?? 0) + rows.length - 1]] as const;
    const { batchId } = await provider.createBatch(payload, {
      nonce,
      rows: held,
      signal: options.signal ?? NEVER,
    });
    return batchId;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** `count` questions, in order. */
export function questions(count: number): Job[] {
  return Array.from({ length: count }, (_, ordinal) => questionJob(ordinal));
}

/** All results of a batch. */
export async function readAll(provider: Provider, batchId: string): Promise<RowResult[]> {
  const results: RowResult[] = [];
  for await (const result of provider.results(batchId, NEVER)) results.push(result);
  return results;
}

/** For `assert.rejects`: the error of our family with this code. */
export function withCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => isBatchbookError(error) && error.code === code;
}
