import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { StateError, describeCause } from '../core/errors.ts';
import { isMissing } from './disk.ts';

/**
 * Makes sure that a folder of ours holds plain files and folders alone, as we make them. A folder that came from
 * elsewhere (a clone, an archive) may hold links, which would lead what is appended, replaced or removed there to files
 * of somebody's choice (promise P5). Does not promise that none is put there afterwards.
 * @throws StateError `corruptState` naming the first one, `disk` where it cannot be looked through.
 */
export async function assertNoLinks(dir: string): Promise<void> {
  const top = await lstat(dir).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw unreadable(dir, error);
  });
  if (top === undefined) return;
  if (!top.isDirectory()) throw foreign(dir);
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return []; // deleted while we look, which whoever reads or writes it next tells
    throw unreadable(dir, error);
  });
  const strange = entries.find((entry: Dirent) => !entry.isFile() && !entry.isDirectory());
  if (strange !== undefined) throw foreign(path.join(strange.parentPath, strange.name));
}

function foreign(file: string): StateError {
  return new StateError(
    'corruptState',
    `${file} is a link or another special file. Batchbook makes none and follows none, so nothing was read or written. Remove it, or move the whole folder away.`,
  );
}

function unreadable(dir: string, error: unknown): StateError {
  return new StateError('disk', `${dir} cannot be looked through: ${describeCause(error)}`, { cause: error });
}
