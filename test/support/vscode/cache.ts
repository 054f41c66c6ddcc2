import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Folder of the checkout that keeps what was fetched for tests; ignored by git, fetched once. */
export const CACHE_DIR = path.resolve(import.meta.dirname, '../../../.vscode-test');

/**
 * A folder of the cache, filled on first use. It is filled under another name and renamed when complete, so a fetch
 * that was interrupted leaves nothing that looks finished.
 *
 * @param name - Folder name; carries the version of what is in it.
 * @param fill - Puts everything into the empty folder that it is given.
 * @returns Absolute path of the complete folder.
 */
export async function cachedFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const finished = path.join(CACHE_DIR, name);
  if (await exists(finished)) return finished;
  await mkdir(CACHE_DIR, { recursive: true });
  const partial = await mkdtemp(path.join(CACHE_DIR, `partial-${name}-`));
  try {
    await fill(partial);
    await rename(partial, finished).catch(async (error: unknown) => {
      // Another process may have finished first; its folder is as good as ours.
      if (!(await exists(finished))) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return finished;
}

/**
 * Runs a download again when it fails: a registry drops a connection now and then.
 *
 * @param what - Names the download in the message about a failure.
 * @param action - One attempt; starts from nothing each time.
 * @returns What the first successful attempt returned.
 * @throws The error of the third attempt.
 */
export async function withRetries<T>(what: string, action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt === 3) throw new Error(`${what} failed three times`, { cause: error });
      process.stderr.write(`${what} failed, trying again: ${String(error)}\n`);
      await new Promise((resolve) => setTimeout(resolve, attempt * 2_000));
    }
  }
}

async function exists(target: string): Promise<boolean> {
  return access(target).then(
    () => true,
    () => false,
  );
}
