import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { Clock } from '../core/clock.ts';
import { StateError } from '../core/errors.ts';
import type { HolderInfo, HolderKind } from '../core/stateManager.ts';
import { describeSelf, livenessOf, type Holder } from './holder.ts';
import { askHandOver, removeLeftSocket } from './wakeSocket.ts';

/** How often a holder touches its lease file, and how long a silent one is waited for before the person is asked. */
const HEARTBEAT_MS = 30_000;
const SILENCE_MS = 5 * 60_000;
/** How long a holder that was asked to hand over may go on beating: its calls on the wire end first. */
const HAND_OVER_MS = 45_000;

const holderSchema = z.object({
  epoch: z.number().int().positive(),
  kind: z.enum(['window', 'cli', 'library']),
  host: z.string(),
  bootId: z.string().nullable(),
  pidNamespace: z.string().nullable(),
  pid: z.number().int(),
  processStart: z.string().nullable(),
  socket: z.string(),
  released: z.literal(true).optional(),
  offlineSince: z.number().optional(),
});

export interface ClaimOptions {
  readonly dir: string;
  readonly kind: HolderKind;
  readonly socket: string;
  readonly clock: Clock;
  /** No epoch at or below this one is claimed: the journal's own, should lease files have been lost. */
  readonly above: number;
  readonly takeOver: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The right to drive a run: a file `lease/<epoch>.json`, created exclusively, of the highest epoch there is. It does not
 * promise that a former holder has noticed; that is what `assertHeld` before every effect is for.
 */
export class Lease {
  readonly epoch: number;
  readonly #dir: string;
  readonly #holder: Holder;
  readonly #stopHeartbeat = new AbortController();
  #telling: Promise<void> = Promise.resolve();

  private constructor(dir: string, holder: Holder, clock: Clock) {
    this.epoch = holder.epoch;
    this.#dir = dir;
    this.#holder = holder;
    void this.#beat(clock); // ends with release; it never rejects
  }

  /**
   * Claims the next epoch when the last holder has released it or is proved dead; asks a reachable holder of the same
   * kind to hand over when `takeOver` is set, and otherwise takes the run from one that stays silent for five minutes.
   * @throws StateError `leaseHeld`.
   */
  static async claim(options: ClaimOptions): Promise<Lease> {
    for (;;) {
      const current = await readHolder(options.dir);
      if (current !== undefined && !isFree(current)) await vacate(current, options);
      const epoch = Math.max(current?.epoch ?? 0, options.above) + 1;
      const holder = describeSelf(epoch, options.kind, options.socket);
      if (await createExclusively(leaseFile(options.dir, epoch), holder)) {
        // Where older files are removed, a look that took long may find an epoch free that has long passed.
        if ((await epochsIn(options.dir))[0] !== epoch) {
          await rm(leaseFile(options.dir, epoch), { force: true });
          continue;
        }
        if (current !== undefined && isFree(current)) await removeLeftSocket(current.socket);
        return new Lease(options.dir, holder, options.clock);
      }
      // Somebody was quicker: look at them.
    }
  }

  /** @throws StateError `leaseLost` when a higher epoch exists. Epochs are claimed one by one, so the next one tells. */
  async assertHeld(): Promise<void> {
    try {
      await stat(leaseFile(this.#dir, this.epoch + 1));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        await this.#assertFolder();
        return;
      }
      throw new StateError(
        'disk',
        'The lease of this run cannot be read, so nothing more is sent or written.',
        { cause: error },
      );
    }
    throw new StateError(
      'leaseLost',
      'Another process has taken this run over; this one stops and writes nothing more.',
    );
  }

  /** Removes the files of former holders, which nobody needs where no journal names their epochs. */
  async removeOlder(): Promise<void> {
    for (const epoch of (await epochsIn(this.#dir)).filter((older) => older < this.epoch))
      await rm(leaseFile(this.#dir, epoch), { force: true });
  }

  /** Says in the lease since when this holder cannot reach a service; `undefined`: it can. Never throws. */
  tellOffline(offlineSince: number | undefined): void {
    this.#telling = this.#telling.then(async () => {
      if (this.#stopHeartbeat.signal.aborted) return;
      // Others may miss it: it is no more than a word about this moment.
      await this.#replace(offlineSince === undefined ? {} : { offlineSince }).catch(() => undefined);
    });
  }

  /** Marks the lease as free. Never throws. */
  async release(): Promise<void> {
    this.#stopHeartbeat.abort();
    await this.#telling;
    // Where it fails, the next holder will find this process dead instead.
    await this.#replace({ released: true }).catch(() => undefined);
  }

  async #replace(more: Pick<Holder, 'released' | 'offlineSince'>): Promise<void> {
    const file = leaseFile(this.#dir, this.epoch);
    const temporary = `${file}.tmp`;
    await writeFile(temporary, JSON.stringify({ ...this.#holder, ...more }));
    await rename(temporary, file);
  }

  async #assertFolder(): Promise<void> {
    try {
      await stat(leaseFile(this.#dir, this.epoch));
    } catch (error) {
      throw new StateError(
        'disk',
        "The run's folder is gone; nothing more is sent. Batches at the service go on.",
        {
          cause: error,
        },
      );
    }
  }

  async #beat(clock: Clock): Promise<void> {
    const { signal } = this.#stopHeartbeat;
    for (;;) {
      await clock.sleep(HEARTBEAT_MS, signal);
      if (signal.aborted) return;
      const now = new Date(clock.now());
      await utimes(leaseFile(this.#dir, this.epoch), now, now).catch(() => undefined); // a missed beat is only a missed beat
    }
  }
}

/** The holder of the highest epoch, with what can be said of it from here. */
export async function holderInfo(dir: string): Promise<HolderInfo | undefined> {
  const holder = await readHolder(dir);
  return holder === undefined
    ? undefined
    : {
        epoch: holder.epoch,
        kind: holder.kind,
        host: holder.host,
        pid: holder.pid,
        liveness: livenessOf(holder),
        ...(holder.offlineSince === undefined ? {} : { offlineSince: holder.offlineSince }),
      };
}

/** Where the current holder listens; `undefined` without one. */
export async function holderSocket(dir: string): Promise<string | undefined> {
  return (await readHolder(dir))?.socket;
}

function isFree(holder: Holder): boolean {
  const liveness = livenessOf(holder);
  return liveness === 'released' || liveness === 'dead';
}

/** Returns once the holder may be followed; throws `leaseHeld` when it may not. */
async function vacate(holder: Holder, options: ClaimOptions): Promise<void> {
  const who = `${holder.kind} process ${String(holder.pid)} on ${holder.host}`;
  if (!options.takeOver) {
    throw new StateError(
      'leaseHeld',
      `This run is being driven by the ${who}. Watch it with "status", or take it over with "resume --take-over" if it is gone.`,
    );
  }
  const file = leaseFile(options.dir, holder.epoch);
  await askHandOver(holder.socket);
  const asked = options.clock.monotonic();
  let lastBeat = { mtime: await mtimeOf(file), seen: asked };
  while (options.clock.monotonic() < lastBeat.seen + SILENCE_MS) {
    await options.clock.sleep(1000, options.signal);
    const now = await readHolder(options.dir);
    if (now === undefined || now.epoch !== holder.epoch || isFree(now)) return;
    const beat = { mtime: await mtimeOf(file), seen: options.clock.monotonic() };
    const beaten = beat.mtime !== lastBeat.mtime;
    if (beaten) lastBeat = beat;
    if (options.signal?.aborted === true || (beaten && beat.seen > asked + HAND_OVER_MS)) {
      throw new StateError(
        'leaseHeld',
        `This run is still being driven by the ${who}: it shows a heartbeat. Stop it there, or with "stop".`,
      );
    }
  }
}

async function mtimeOf(file: string): Promise<number> {
  return stat(file).then(
    (s) => s.mtimeMs,
    () => 0,
  );
}

async function readHolder(dir: string): Promise<Holder | undefined> {
  const [epoch] = await epochsIn(dir);
  if (epoch === undefined) return undefined;
  const text = await readFile(leaseFile(dir, epoch), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return readHolder(dir); // a newer one has removed it meanwhile
  try {
    return holderSchema.parse(JSON.parse(text)) as Holder;
  } catch (error) {
    throw new StateError(
      'leaseHeld',
      `The lease file ${String(epoch)}.json of this run cannot be read, so nobody can tell who drives it. If nobody does, delete that file.`,
      { cause: error },
    );
  }
}

/** Highest first. */
async function epochsIn(dir: string): Promise<readonly number[]> {
  return (await readdir(dir).catch(() => []))
    .flatMap((name) => (/^\d+\.json$/.test(name) ? [parseInt(name, 10)] : []))
    .sort((a, b) => b - a);
}

/** Creates a complete file or none; false where it exists. */
async function createExclusively(file: string, holder: Holder): Promise<boolean> {
  const temporary = `${file}.${randomUUID()}.tmp`; // a pid is not unique: containers share a folder
  const text = JSON.stringify(holder);
  try {
    await writeFile(temporary, text, { mode: 0o600 });
    await link(temporary, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    // A file system without hard links: exclusive creation is as exclusive, only not complete at once.
    return await writeFile(file, text, { flag: 'wx', mode: 0o600 }).then(
      () => true,
      (e: unknown) => {
        if ((e as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw e;
      },
    );
  } finally {
    await rm(temporary, { force: true });
  }
}

function leaseFile(dir: string, epoch: number): string {
  return path.join(dir, `${String(epoch)}.json`);
}
