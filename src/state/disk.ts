import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';

/** A file that only grows, as the journal and the results are. */
export interface AppendFile {
  /** Bytes in the file now. */
  size(): Promise<number>;
  append(bytes: Uint8Array): Promise<void>;
  /** Everything appended so far survives a power cut once this resolves. */
  sync(): Promise<void>;
  /** Cuts the file to `length` bytes, durably. */
  truncate(length: number): Promise<void>;
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * The few file operations that durability rests on. Injected, so that a test can lose exactly what a power cut may:
 * bytes after the last `sync` and directory entries before the last `syncDir`.
 */
export interface Disk {
  openAppend(file: string): Promise<AppendFile>;
  /** Creates or replaces the file and syncs its bytes (not its directory entry). */
  writeSynced(file: string, bytes: Uint8Array): Promise<void>;
  /** New entries of this directory survive a power cut once this resolves. */
  syncDir(dir: string): Promise<void>;
  mkdir(dir: string): Promise<void>;
}

/** The real disk. */
export const realDisk: Disk = {
  openAppend: async (file) => {
    const handle = await fs.open(file, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
    return {
      size: async () => (await handle.stat()).size,
      append: async (bytes) => {
        await handle.appendFile(bytes);
      },
      sync: () => handle.datasync(),
      truncate: async (length) => {
        await handle.truncate(length);
        await handle.sync();
      },
      read: async (offset, length) => {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
        return buffer.subarray(0, bytesRead);
      },
      close: () => handle.close(),
    };
  },
  writeSynced: async (file, bytes) => {
    const handle = await fs.open(file, 'w', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  syncDir: async (dir) => {
    if (process.platform === 'win32') return; // Windows cannot open a directory to sync it
    const handle = await fs.open(dir, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  mkdir: async (dir) => {
    await fs.mkdir(dir, { recursive: true });
  },
};

/** Whether a file operation failed because there is no such file or folder. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
