import { createHash } from 'node:crypto';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../core/clock.ts';
import { StateError, describeCause, isBatchbookError } from '../core/errors.ts';
import type { RunLedger } from '../core/runLedger.ts';
import { leaveRequest } from './requests.ts';
import type {
  DriveOptions,
  HolderKind,
  NewRun,
  RunReader,
  RunRequest,
  RunWriter,
  StateManager,
} from '../core/stateManager.ts';
import { AppendLog } from './appendLog.ts';
import { encodeEvent, encodePlannedRow } from './codec.ts';
import { isMissing, type Disk } from './disk.ts';
import { onDisk } from './onDisk.ts';
import { runLayout, runsDir, turnsDir, type RunLayout } from './layout.ts';
import { Lease, holderSocket } from './lease.ts';
import { assertNoLinks } from './noLinks.ts';
import { FileRunReader } from './runReader.ts';
import { FileRunWriter } from './runWriter.ts';
import { listenForWake, wakeHolder } from './wakeSocket.ts';

/** How long a turn is waited for, and how often is looked. */
const TURN_WITHIN_MS = 120_000;
const TURN_LOOK_MS = 100;

export interface FileStateOptions {
  /** `.batchbook` of a root, or the folder that a library user named. */
  readonly dir: string;
  readonly disk: Disk;
  readonly clock: Clock;
}

/**
 * Runs kept in a folder, as section "On disk" of the documentation lays it out. Promises what `StateManager` says across
 * crashes of the process, and across power cuts as far as the disk keeps what it has confirmed as synced.
 */
export class FileStateManager implements StateManager {
  readonly #dir: string;
  readonly #disk: Disk;
  readonly #clock: Clock;

  constructor(options: FileStateOptions) {
    this.#dir = options.dir;
    this.#disk = options.disk;
    this.#clock = options.clock;
  }

  createRun(run: NewRun): Promise<void> {
    const failed = `The run cannot be kept in ${this.#dir}`;
    return onDisk(failed, 'Nothing was sent. Run it again once that is mended.', () => this.#createRun(run));
  }

  async #createRun({ meta, plan }: NewRun): Promise<void> {
    const layout = runLayout(this.#dir, meta.runId);
    await this.#prepareStateDir();
    for (const dir of [layout.dir, layout.leases, layout.requests, layout.payloads])
      await this.#disk.mkdir(dir);
    const { rows, sha256 } = await this.#writePlan(layout, plan);
    await this.#disk.writeSynced(layout.meta, Buffer.from(`${JSON.stringify(meta, undefined, 2)}\n`));
    const results = await this.#disk.openAppend(layout.results);
    await results.close();
    const journal = await this.#disk.openAppend(layout.journal);
    try {
      await this.#disk.syncDir(layout.dir);
      await this.#disk.syncDir(runsDir(this.#dir));
      const created = { e: 'runCreated', at: meta.createdAt, rows, planSha256: sha256 } as const;
      await journal.append(Buffer.from(encodeEvent({ event: created, epoch: 0 }, () => undefined)));
      await journal.sync();
    } finally {
      await journal.close();
    }
  }

  async listRuns(): Promise<readonly string[]> {
    const names = await readdir(runsDir(this.#dir)).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw new StateError('disk', `The runs in ${this.#dir} cannot be listed: ${describeCause(error)}`, {
        cause: error,
      });
    });
    return names.filter((name) => /^[0-9a-z]{26}$/.test(name)).sort();
  }

  async journalBytes(runId: string): Promise<number> {
    return stat(runLayout(this.#dir, runId).journal).then(
      ({ size }) => size,
      () => 0,
    );
  }

  async exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
    const written = <W>(writing: () => Promise<W>): Promise<W> =>
      onDisk(
        `Nothing can be written to ${this.#dir}`,
        'Nothing was sent. Try again once that is mended.',
        writing,
      );
    const turn = await written(() => this.#takeTurn(name));
    try {
      await written(() => turn.removeOlder());
      return await work();
    } finally {
      await turn.release();
    }
  }

  async #takeTurn(name: string): Promise<Lease> {
    await this.#prepareStateDir();
    const dir = turnsDir(this.#dir, name);
    await assertNoLinks(path.dirname(dir));
    await this.#disk.mkdir(dir);
    return this.#waitForTurn(dir);
  }

  readRun(runId: string): Promise<RunReader> {
    return FileRunReader.open(runLayout(this.#dir, runId));
  }

  driveRun(runId: string, options: DriveOptions): Promise<RunWriter> {
    const failed = `Run ${runId} cannot be driven, as nothing can be written to ${this.#dir}`;
    return onDisk(failed, 'Resume it once that is mended; nothing is lost.', () =>
      this.#driveRun(runId, options),
    );
  }

  async #driveRun(runId: string, options: DriveOptions): Promise<RunWriter> {
    const layout = runLayout(this.#dir, runId);
    const { ledger: before } = await FileRunReader.open(layout); // nothing is claimed of a run that cannot be read
    for (const dir of [layout.leases, layout.requests]) await this.#disk.mkdir(dir); // a copy may lack empty folders
    const wakeListeners = new Set<() => void>();
    let lease: Lease | undefined;
    const opened: AppendLog[] = [];
    const socket = await listenForWake(layout.dir, (word) => {
      if (word === 'handOver' && lease !== undefined) void this.#askForHandOver(runId, lease);
      for (const listener of wakeListeners) listener();
    });
    try {
      const claimed = await Lease.claim({
        dir: layout.leases,
        kind: options.kind,
        socket: socket.address,
        clock: this.#clock,
        above: before.epoch,
        takeOver: options.takeOver ?? false,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      lease = claimed;
      const open = async (file: string): Promise<AppendLog> => {
        const log = await AppendLog.open(this.#disk, file, layout.torn, () => claimed.assertHeld());
        opened.push(log);
        return log;
      };
      const journal = await open(layout.journal);
      const results = await open(layout.results);
      await this.#writeLeaseTaken(journal, claimed, options.kind);
      // Read only now: a former holder's words before that line count, and those after it are ignored by every reader.
      const { meta, ledger } = await FileRunReader.open(layout, options.money);
      await removeLeftPayloads(layout, ledger);
      return new FileRunWriter({
        layout,
        meta,
        ledger,
        lease: claimed,
        journal,
        results,
        socket,
        wakeListeners,
      });
    } catch (error) {
      await lease?.release();
      await socket.close();
      await Promise.allSettled(opened.map((log) => log.close()));
      throw error;
    }
  }

  async request(runId: string, request: RunRequest): Promise<string> {
    const layout = runLayout(this.#dir, runId);
    await assertNoLinks(layout.dir);
    const id = await leaveRequest(layout.requests, request, this.#clock.now());
    const socket = await holderSocket(layout.leases);
    if (socket !== undefined) await wakeHolder(socket);
    return id;
  }

  async #waitForTurn(dir: string): Promise<Lease> {
    const until = this.#clock.monotonic() + TURN_WITHIN_MS;
    for (;;) {
      try {
        return await Lease.claim({
          dir,
          kind: 'library',
          socket: '',
          clock: this.#clock,
          above: 0,
          takeOver: false,
        });
      } catch (error) {
        const held = isBatchbookError(error) && error.code === 'leaseHeld';
        if (!held) throw error;
        // Not `leaseHeld`: who hears that watches the run, and here there may be none yet.
        if (this.#clock.monotonic() > until)
          throw new StateError(
            'state',
            'Another process has been starting a run of this job file for two minutes, and is not done; nothing was sent. Try again.',
            { cause: error },
          );
        await this.#clock.sleep(TURN_LOOK_MS);
      }
    }
  }

  async #writeLeaseTaken(journal: AppendLog, lease: Lease, kind: HolderKind): Promise<void> {
    const holder = `${kind} ${String(process.pid)}`;
    const event = { e: 'leaseTaken', at: this.#clock.now(), holder } as const;
    await lease.assertHeld();
    await journal.append(Buffer.from(encodeEvent({ event, epoch: lease.epoch }, () => undefined)));
    await journal.sync();
  }

  /**
   * Never throws: whoever asked looks for the lease, not for an answer. A holder that was taken over meanwhile (it was
   * stopped, and hears the question when it goes on) writes nothing.
   */
  async #askForHandOver(runId: string, lease: Lease): Promise<void> {
    try {
      await lease.assertHeld();
      await this.request(runId, { kind: 'handOver', epoch: lease.epoch });
    } catch {
      // Found or not found by the next look.
    }
  }

  /** The state folder, kept out of version control by an ignore file of its own. */
  async #prepareStateDir(): Promise<void> {
    const existing = await stat(this.#dir).catch(() => undefined);
    if (existing !== undefined && !existing.isDirectory()) {
      throw new StateError(
        'state',
        `${this.#dir} is a file; the state of runs is kept in a folder. Name another place.`,
      );
    }
    await this.#disk.mkdir(runsDir(this.#dir));
    // Losing this one to a power cut loses no run. What is there already stays: it may be a link to a file of the person.
    await writeFile(path.join(this.#dir, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
    await this.#disk.syncDir(this.#dir);
    await this.#disk.syncDir(path.dirname(this.#dir));
  }

  async #writePlan(layout: RunLayout, plan: NewRun['plan']): Promise<{ rows: number; sha256: string }> {
    const file = await this.#disk.openAppend(layout.plan);
    try {
      const hash = createHash('sha256');
      let rows = 0;
      let chunk = '';
      const flush = async (): Promise<void> => {
        hash.update(chunk);
        await file.append(Buffer.from(chunk));
        chunk = '';
      };
      for (const row of plan) {
        chunk += encodePlannedRow(row);
        rows += 1;
        if (chunk.length > 256 * 1024) await flush();
      }
      await flush();
      await file.sync();
      return { rows, sha256: hash.digest('hex') };
    } finally {
      await file.close();
    }
  }
}

/** Spooled bodies that a former driver did not live to remove: all but those of batches that are open. */
async function removeLeftPayloads(layout: RunLayout, ledger: RunLedger): Promise<void> {
  const open = new Set(ledger.openBatches().map((batch) => batch.nonce));
  for (const nonce of await readdir(layout.payloads).catch(() => [])) {
    if (!open.has(nonce)) await rm(path.join(layout.payloads, nonce), { force: true });
  }
}
