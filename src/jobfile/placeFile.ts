import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes a file whole or not at all; see `placeWritten`.
 *
 * @returns False where a file was there and must not be replaced.
 */
export function placeFile(file: string, bytes: Uint8Array, replace: boolean): Promise<boolean> {
  return placeWritten(
    file,
    async (handle) => {
      await handle.writeFile(bytes);
      return true;
    },
    replace,
  );
}

/**
 * Puts what is written piece by piece in its place whole or not at all: a temporary file in the same folder, synced, then
 * linked or renamed into place, and the folder synced. A file that exists is replaced only where `replace` says so; does
 * not promise that nobody changes it between the caller's last look and the rename.
 *
 * @param write Writes everything; false gives up.
 * @returns False where a file was there and must not be replaced, or `write` gave up; then nothing is left.
 */
export async function placeWritten(
  file: string,
  write: (handle: fs.FileHandle) => Promise<boolean>,
  replace: boolean,
): Promise<boolean> {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.batchbook-${randomBytes(8).toString('hex')}.tmp`);
  const mode = replace ? (await fs.stat(file).catch(() => undefined))?.mode : undefined;
  try {
    const handle = await fs.open(temporary, 'wx', mode === undefined ? 0o666 : mode & 0o777);
    try {
      if (!(await write(handle))) return false;
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (replace) await fs.rename(temporary, file);
    else if (!(await linkInto(temporary, file))) return false;
  } finally {
    await fs.rm(temporary, { force: true });
  }
  await syncFolder(folder);
  return true;
}

/** Creates every missing folder, each one synced into its parent. */
export async function makeFolders(folder: string): Promise<void> {
  const first = await fs.mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let at = folder; ; at = path.dirname(at)) {
    await syncFolder(path.dirname(at));
    if (at === first || path.dirname(at) === at) return;
  }
}

/** A hard link fails where the name is taken, which a rename does not. */
async function linkInto(temporary: string, file: string): Promise<boolean> {
  try {
    await fs.link(temporary, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
  }
  // Some file systems (FAT, some network folders) have no hard links: an exclusive copy, then, though not at once.
  try {
    await fs.copyFile(temporary, file, fs.constants.COPYFILE_EXCL);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  const handle = await fs.open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  return true;
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows cannot open a folder to sync it
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The code of a file system's error, such as `EEXIST`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
