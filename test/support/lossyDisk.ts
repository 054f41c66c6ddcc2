import { existsSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { realDisk, type AppendFile, type Disk } from '../../src/state/disk.ts';

/** One durable step, as a test names it to leave it out: `sync journal.jsonl`, `syncDir runs`. */
export type SyncName = string;

/**
 * A disk that loses at a power cut all that it may lose: of every append-only file, independently, any number of bytes
 * after its last sync; and every directory entry made since its directory was last synced. Files that are written in
 * one go keep their bytes once synced, and their entry like any other.
 *
 * After `crash` it answers nothing more: whoever waits for it waits for ever, as a process that is dead.
 */
export class LossyDisk implements Disk {
  /** Called before every operation; a test ends the world here. */
  onOperation: (name: string) => void = () => undefined;
  crashed = false;
  readonly syncs = new Set<SyncName>();
  readonly #syncedBytes = new Map<string, number>();
  readonly #unsyncedEntries = new Set<string>();
  readonly #handles = new Set<AppendFile>();
  readonly #leftOut: (name: SyncName) => boolean;

  constructor(options: { leaveOut?: (name: SyncName) => boolean } = {}) {
    this.#leftOut = options.leaveOut ?? (() => false);
  }

  async openAppend(file: string): Promise<AppendFile> {
    if (!existsSync(file)) this.#newEntry(file);
    // What was there before this process is as durable as the last power cut left it.
    if (!this.#syncedBytes.has(file)) this.#syncedBytes.set(file, existsSync(file) ? statSync(file).size : 0);
    const handle = await realDisk.openAppend(file);
    this.#handles.add(handle);
    const name = path.basename(file);
    return {
      size: () => handle.size(),
      append: async (bytes) => {
        await this.#step(`append ${name}`);
        await handle.append(bytes);
        await this.#step(`appended ${name}`);
      },
      sync: async () => {
        await this.#step(`sync ${name}`);
        if (this.#syncs(`sync ${name}`)) this.#syncedBytes.set(file, statSync(file).size);
      },
      truncate: async (length) => {
        await handle.truncate(length);
        this.#syncedBytes.set(file, length);
      },
      read: (offset, length) => handle.read(offset, length),
      close: async () => {
        this.#handles.delete(handle);
        await handle.close();
      },
    };
  }

  async writeSynced(file: string, bytes: Uint8Array): Promise<void> {
    const name = `write ${path.basename(file)}`;
    await this.#step(name);
    this.#newEntry(file);
    await realDisk.writeSynced(file, bytes);
    if (!this.#syncs(name)) this.#syncedBytes.set(file, 0);
  }

  async syncDir(dir: string): Promise<void> {
    const name = `syncDir ${this.#nameOf(dir)}`;
    await this.#step(name);
    if (!this.#syncs(name)) return;
    for (const entry of this.#unsyncedEntries)
      if (path.dirname(entry) === dir) this.#unsyncedEntries.delete(entry);
  }

  async mkdir(dir: string): Promise<void> {
    for (let at = dir; !existsSync(at); at = path.dirname(at)) this.#newEntry(at);
    await realDisk.mkdir(dir);
  }

  /** What a power cut leaves. Everything not synced is drawn from `random`. */
  async powerCut(random: () => number): Promise<void> {
    await Promise.all([...this.#handles].map((handle) => handle.close()));
    for (const [file, synced] of this.#syncedBytes) {
      if (!existsSync(file)) continue;
      const { size } = statSync(file);
      if (size > synced) truncateSync(file, synced + Math.floor(random() * (size - synced + 1)));
    }
    for (const entry of this.#unsyncedEntries)
      if (random() < 0.5) rmSync(entry, { recursive: true, force: true });
  }

  #newEntry(entry: string): void {
    this.#unsyncedEntries.add(entry);
  }

  #syncs(name: SyncName): boolean {
    this.syncs.add(name);
    return !this.#leftOut(name);
  }

  async #step(name: string): Promise<void> {
    if (!this.crashed) this.onOperation(name);
    if (this.crashed) await new Promise(() => undefined);
  }

  /** The folder of a run is named by its id, which says nothing in a test. */
  #nameOf(dir: string): string {
    const name = path.basename(dir);
    return /^[0-9a-z]{26}$/.test(name) ? 'run' : readdirSync(dir).includes('.batchbook') ? 'root' : name;
  }
}
