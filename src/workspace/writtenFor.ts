import { lstat } from 'node:fs/promises';
import path from 'node:path';
import type { WrittenBefore } from '../jobfile/outputChecks.ts';
import type { RunIndex } from './runIndex.ts';

/**
 * What the runs of a root have written, as one of its job files must see it: what was written for another one belongs to
 * that one. A job file that is gone, as after a renaming, owns nothing any more, nor does a program.
 * @param jobFile Relative to the root.
 */
export async function writtenFor(
  index: RunIndex,
  root: string,
  jobFile: string,
): Promise<ReadonlyMap<string, WrittenBefore>> {
  const files = await index.written();
  const others = new Set<string>();
  for (const { jobFile: other } of files.values())
    if (other !== undefined && other !== jobFile) others.add(other);
  const there = await Promise.all(
    [...others].map((other) =>
      lstat(path.join(root, other)).then(
        () => other,
        () => undefined,
      ),
    ),
  );
  const owners = new Set(there);
  return new Map(
    [...files].map(([file, { sha256, jobFile: owner }]) => [
      file,
      owner !== undefined && owners.has(owner) ? { sha256, owner } : { sha256 },
    ]),
  );
}
