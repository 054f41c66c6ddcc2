import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import pLimit from 'p-limit';
import { foldPath, refusedOutput } from './outputPaths.ts';
import { insideRoot, type RealPathCache } from './root.ts';

/** The output of one row, before it is checked. */
export interface PlannedOutput {
  /** How the row is named to a person. */
  readonly row: string;
  readonly path: string;
  /** Existing files may be replaced. */
  readonly overwrite: boolean;
}

export interface OutputContext {
  readonly root: string;
  /** Paths that are never written, folded, with what each is: `the job file`. */
  readonly protectedPaths: ReadonlyMap<string, string>;
}

export type PlacedOutput =
  | { readonly ok: true; readonly path: string; readonly absolute: string; readonly exists: boolean }
  | { readonly ok: false; readonly message: string };

/**
 * Where an output really goes once links are resolved, or why it must not be written: it leaves the root, is an input or
 * another protected file, is below a dot folder or `node_modules`, is a folder, or lies below a file.
 */
export async function placeOutput(
  context: OutputContext,
  file: string,
  cache?: RealPathCache,
): Promise<PlacedOutput> {
  const located = await insideRoot(context.root, file, cache);
  if (!located.ok) return { ok: false, message: located.message };
  const refusal = refusedOutput(file) ?? refusedOutput(located.path);
  if (refusal !== undefined) return { ok: false, message: refusal };
  const owner =
    context.protectedPaths.get(foldPath(file)) ?? context.protectedPaths.get(foldPath(located.path));
  if (owner !== undefined) return { ok: false, message: `is ${owner}` };
  for (let at = located.absolute; ; at = path.dirname(at)) {
    const stat = await fs.stat(at).catch(() => undefined);
    if (stat === undefined) continue;
    if (at === located.absolute) {
      return stat.isFile()
        ? { ok: true, path: located.path, absolute: at, exists: true }
        : { ok: false, message: 'is a folder or a special file' };
    }
    return stat.isDirectory()
      ? { ok: true, path: located.path, absolute: located.absolute, exists: false }
      : { ok: false, message: 'lies below a file that would have to be a folder' };
  }
}

/** What an earlier run of the root has written to a file. */
export interface WrittenBefore {
  readonly sha256: string;
  /** The other job file that it was written for; absent: it may be replaced, as ours. */
  readonly owner?: string;
}

/**
 * Why a file that is there must not be replaced; `undefined` where it is ours.
 * @param there SHA-256 of what it holds.
 */
export function notOurs(there: string, before: WrittenBefore | undefined): string | undefined {
  if (before === undefined) return 'exists and was not written by Batchbook';
  if (there !== before.sha256) return 'was changed since Batchbook wrote it';
  return before.owner === undefined ? undefined : `was written for ${before.owner}`;
}

export interface OutputIssue<T extends PlannedOutput> {
  readonly output: T;
  readonly message: string;
}

const CONCURRENT_LOOKS = 32;

/**
 * Checks the outputs of a whole run before anything is sent, against each other and against the disk, folded by case
 * and NFC.
 *
 * @param writtenBefore By path.
 */
export async function checkOutputs<T extends PlannedOutput>(
  outputs: readonly T[],
  context: OutputContext,
  writtenBefore: ReadonlyMap<string, WrittenBefore>,
): Promise<readonly OutputIssue<T>[]> {
  const cache: RealPathCache = new Map();
  const ours = new Map([...writtenBefore].map(([file, before]) => [foldPath(file), before]));
  const issues: OutputIssue<T>[] = [];
  const placed: { readonly output: T; readonly real: string }[] = [];
  await pLimit(CONCURRENT_LOOKS).map(outputs, async (output) => {
    const place = await placeOutput(context, output.path, cache);
    const message = place.ok
      ? place.exists && !output.overwrite
        ? await foreign(place.absolute, ours.get(foldPath(place.path)) ?? ours.get(foldPath(output.path)))
        : undefined
      : place.message;
    if (message !== undefined) issues.push({ output, message });
    if (place.ok) placed.push({ output, real: place.path });
  });
  const order = new Map(outputs.map((output, i) => [output, i]));
  placed.sort((a, b) => (order.get(a.output) ?? 0) - (order.get(b.output) ?? 0));
  issues.push(...clashes(placed));
  return issues.sort((a, b) => (order.get(a.output) ?? 0) - (order.get(b.output) ?? 0));
}

async function foreign(absolute: string, before: WrittenBefore | undefined): Promise<string | undefined> {
  const reason = notOurs(before === undefined ? '' : sha256Of(await fs.readFile(absolute)), before);
  if (reason === undefined) return undefined;
  const wayOut = before?.owner === undefined ? 'Move it away' : 'Name another "output" or "resultsDir"';
  return `${reason}. ${wayOut}, or set "overwrite": true`;
}

function clashes<T extends PlannedOutput>(
  placed: readonly { readonly output: T; readonly real: string }[],
): OutputIssue<T>[] {
  const byPath = new Map<string, T>();
  const issues: OutputIssue<T>[] = [];
  for (const { output, real } of placed) {
    const other = byPath.get(foldPath(real));
    if (other === undefined) byPath.set(foldPath(real), output);
    else {
      const same =
        other.path === output.path ? '' : `, as "${other.path}", which some disks hold to be the same`;
      issues.push({ output, message: `is also the output of row ${other.row}${same}` });
    }
  }
  for (const { output, real } of placed) {
    const folded = foldPath(real);
    for (let slash = folded.indexOf('/'); slash > 0; slash = folded.indexOf('/', slash + 1)) {
      const other = byPath.get(folded.slice(0, slash));
      if (other !== undefined) issues.push({ output, message: `lies below the output of row ${other.row}` });
    }
  }
  return issues;
}

/** SHA-256 in hexadecimal digits, as the journal holds it. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
