import { createHash } from 'node:crypto';
import type { Job } from './job.ts';

/**
 * Identifies all that is sent for a job: file bytes, prompt, messages, schema, model and parameters. 128 bits of SHA-256
 * as 22 base64url characters. Every part is preceded by its length, so that no two different jobs read the same.
 */
export function hashInput(job: Job): string {
  const hash = createHash('sha256');
  const add = (part: string | Uint8Array | undefined): void => {
    const bytes = part === undefined ? undefined : typeof part === 'string' ? Buffer.from(part) : part;
    hash.update(bytes === undefined ? '-;' : `${String(bytes.length)};`);
    if (bytes !== undefined) hash.update(bytes);
  };
  add(job.file?.bytes);
  add(job.prompt);
  add(job.messages === undefined ? undefined : JSON.stringify(job.messages.map((m) => [m.role, m.content])));
  add(job.system);
  add(job.responseSchema === undefined ? undefined : JSON.stringify(sortKeys(job.responseSchema)));
  add(
    JSON.stringify([
      job.model,
      job.maxTokens,
      job.temperature ?? null,
      job.effort ?? null,
      job.enableCitations ?? false,
      job.cache ?? false,
      ...(job.echo === true ? ['echo'] : []), // absent, so that hashes of before there was one stay as they are
    ]),
  );
  return hash.digest('base64url').slice(0, 22);
}

/** The same value with the keys of every object in order: key order says nothing in a JSON Schema. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}
