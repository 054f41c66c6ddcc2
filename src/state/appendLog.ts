import path from 'node:path';
import { writeFile } from 'node:fs/promises';
import { StateError, describeCause } from '../core/errors.ts';
import type { AppendFile, Disk } from './disk.ts';

const NEWLINE = 0x0a;

/**
 * The writing end of an append-only file of lines. It does not promise that there is only one writer (the lease does),
 * but it notices another: the size must be what it left. After a failed or short write it is poisoned: every further
 * write is refused until the file is opened and repaired again.
 */
export class AppendLog {
  readonly #file: AppendFile;
  readonly #name: string;
  readonly #assertHolder: () => Promise<void>;
  #size: number;
  #poisoned: unknown;

  private constructor(file: AppendFile, name: string, size: number, assertHolder: () => Promise<void>) {
    this.#file = file;
    this.#name = name;
    this.#size = size;
    this.#assertHolder = assertHolder;
  }

  /**
   * Opens and repairs: bytes after the last newline are kept in `tornDir`, and the file ends at that newline, durably.
   *
   * @param assertHolder Throws when somebody else may write the file by now. As long as it does not, lines that are not
   *   ours are the last words of a former holder, which are left where they are: readers know them by their epoch.
   */
  static async open(
    disk: Disk,
    file: string,
    tornDir: string,
    assertHolder: () => Promise<void> = () => Promise.resolve(),
  ): Promise<AppendLog> {
    const handle = await disk.openAppend(file);
    const size = await handle.size();
    const end = await endOfLastLine(handle, size);
    if (end < size) {
      await disk.mkdir(tornDir);
      const kept = path.join(tornDir, `${path.basename(file)}.${String(end)}-${String(size)}`);
      await writeFile(kept, await handle.read(end, size - end));
      await handle.truncate(end);
    }
    return new AppendLog(handle, path.basename(file), end, assertHolder);
  }

  get size(): number {
    return this.#size;
  }

  /** Appends whole lines; resolves to the offset of the first byte. */
  async append(bytes: Uint8Array): Promise<number> {
    if (this.#poisoned !== undefined) {
      throw new StateError(
        'disk',
        `Writing ${this.#name} failed before (${describeCause(this.#poisoned)}); nothing more is written. Resume the run once the disk has room.`,
        { cause: this.#poisoned },
      );
    }
    try {
      if ((await this.#passOver()) !== this.#size) throw new Error('another process wrote to the file');
      await this.#file.append(bytes);
      const offset = await this.#placeOf(bytes);
      this.#size = offset + bytes.length;
      return offset;
    } catch (error) {
      this.#poisoned = error;
      throw new StateError(
        'disk',
        `Writing ${this.#name} failed: ${describeCause(error)}. Resume the run once that is mended; nothing is lost.`,
        {
          cause: error,
        },
      );
    }
  }

  async sync(): Promise<void> {
    try {
      await this.#passOver();
      if ((await this.#file.size()) !== this.#size) throw new Error('not all of it was written');
      await this.#file.sync();
    } catch (error) {
      this.#poisoned = error; // after a failed fsync nobody knows what is on disk
      throw new StateError('disk', `Flushing ${this.#name} to disk failed: ${describeCause(error)}.`, {
        cause: error,
      });
    }
  }

  /** Accepts whole lines that a former holder had on their way when it lost the run. Resolves to the file's size. */
  async #passOver(): Promise<number> {
    const size = await this.#file.size();
    if (size > this.#size) {
      await this.#assertHolder();
      if (await this.#endsLine(size)) this.#size = size;
    }
    return size;
  }

  /** Where what was just appended begins: a former holder's line may have come in between. */
  async #placeOf(bytes: Uint8Array): Promise<number> {
    const size = await this.#file.size();
    if (size <= this.#size + bytes.length) return this.#size;
    for (const offset of [this.#size, size - bytes.length]) {
      const there = await this.#file.read(offset, bytes.length);
      if (Buffer.compare(there, bytes) === 0 && (await this.#endsLine(offset))) return offset;
    }
    throw new Error('another process wrote to the file');
  }

  async #endsLine(offset: number): Promise<boolean> {
    return offset === 0 || (await this.#file.read(offset - 1, 1))[0] === NEWLINE;
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return this.#file.read(offset, length);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function endOfLastLine(file: AppendFile, size: number): Promise<number> {
  const step = 64 * 1024;
  for (let end = size; end > 0; end -= Math.min(step, end)) {
    const start = Math.max(0, end - step);
    const at = (await file.read(start, end - start)).lastIndexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
  }
  return 0;
}
