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
  // Where a disk does not tell upper from lower case, the file of a run's name may be this very one.
  const own = await identityOf(path.join(root, jobFile));
  const owners = new Set<string>();
  for (const other of others) {
    const there = await identityOf(path.join(root, other));
    if (there !== undefined && there !== own) owners.add(other);
  }
  return new Map(
    [...files].map(([file, { sha256, jobFile: owner }]) => [
      file,
      owner !== undefined && owners.has(owner) ? { sha256, owner } : { sha256 },
    ]),
  );
}

/** The same for two names of one file; `undefined` where there is none. */
async function identityOf(file: string): Promise<string | undefined> {
  const stat = await lstat(file, { bigint: true }).catch(() => undefined);
  return stat === undefined ? undefined : `${String(stat.dev)}:${String(stat.ino)}`;
}
