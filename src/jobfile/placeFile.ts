import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes a file whole or not at all: a temporary file in the same folder, synced, then linked or renamed into place, and
 * the folder synced. A file that exists is replaced only where `replace` says so; does not promise that nobody changes it
 * between the caller's last look and the rename.
 *
 * @returns False where a file was there and must not be replaced.
 */
export async function placeFile(file: string, bytes: Uint8Array, replace: boolean): Promise<boolean> {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.batchbook-${randomBytes(8).toString('hex')}.tmp`);
  const mode = replace ? (await fs.stat(file).catch(() => undefined))?.mode : undefined;
  try {
    await writeSynced(temporary, bytes, 'wx', mode);
    if (replace) await fs.rename(temporary, file);
    else if (!(await linkInto(temporary, file, bytes))) return false;
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
async function linkInto(temporary: string, file: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await fs.link(temporary, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
  }
  // Some file systems (FAT, some network folders) have no hard links: exclusive creation, then, though not at once.
  try {
    await writeSynced(file, bytes, 'wx', undefined);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function writeSynced(
  file: string,
  bytes: Uint8Array,
  flags: 'wx',
  mode: number | undefined,
): Promise<void> {
  const handle = await fs.open(file, flags, mode === undefined ? 0o666 : mode & 0o777);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
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
