import { writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Claims to tell the person of the end that an epoch of a run has come to. Resolves to `true` for one of all who ask, and
 * for everybody where nothing can be kept: told twice is better than not at all.
 *
 * @param leases Folder of the run's leases: beside that of the epoch an empty file says that somebody has told.
 */
export async function claimTelling(leases: string, epoch: number): Promise<boolean> {
  try {
    await writeFile(path.join(leases, `${String(epoch)}.told`), '', { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EEXIST';
  }
}
