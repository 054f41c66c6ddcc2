import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { CostTracker } from '../core/costTracker.ts';
import { StateError, describeCause } from '../core/errors.ts';
import type { FinishedRow, ResultLocation, RunEvent } from '../core/events.ts';
import type { PlannedRow } from '../core/plan.ts';
import { RunLedger } from '../core/runLedger.ts';
import type { HolderInfo, RunMeta, RunReader, StoredResult } from '../core/stateManager.ts';
import { decodeEvent, decodeMeta, decodePlannedRow, decodeResult, type JournalEntry } from './codec.ts';
import { isMissing } from './disk.ts';
import type { RunLayout } from './layout.ts';
import { holderInfo } from './lease.ts';
import { readLines } from './lines.ts';
import { assertNoLinks } from './noLinks.ts';

/**
 * Hears of every event of a run that counts, and applies it: what the ledger says before and after is for it to see.
 * @param apply To be called once.
 */
export type EventObserver = (event: RunEvent, ledger: RunLedger, apply: () => void) => void;

/** Reads a run without ever writing or repairing; any number of processes may. */
export class FileRunReader implements RunReader {
  readonly meta: RunMeta;
  readonly ledger: RunLedger;
  readonly #layout: RunLayout;
  readonly #observe: EventObserver;
  #journalEnd = 0;
  #journalLines = 0;
  #planSha256 = '';
  #refreshing: Promise<boolean> = Promise.resolve(false);

  private constructor(layout: RunLayout, meta: RunMeta, ledger: RunLedger, observe: EventObserver) {
    this.#layout = layout;
    this.#observe = observe;
    this.meta = meta;
    this.ledger = ledger;
  }

  /**
   * @param observe Is told of what the journal has so far and, by `refresh`, of what comes.
   * @throws StateError `state` where there is no such run, `corruptState`, `newerFormat`.
   */
  static async open(
    layout: RunLayout,
    money?: CostTracker,
    observe: EventObserver = (_event, _ledger, apply) => {
      apply();
    },
  ): Promise<FileRunReader> {
    await assertNoLinks(layout.dir);
    const text = await readFile(layout.meta, 'utf8').catch((error: unknown) => {
      if (!isMissing(error)) {
        throw new StateError('disk', `${layout.meta} cannot be read: ${describeCause(error)}`, {
          cause: error,
        });
      }
      throw new StateError(
        'state',
        `There is no run in ${layout.dir}. List the runs with: batchbook status`,
        { cause: error },
      );
    });
    // Before run.json is looked at, which may be half written. A journal that was lost later would have left a lease.
    if (!(await exists(layout.journal)) && (await holderInfo(layout.leases)) === undefined) {
      throw neverPlanned(layout);
    }
    const meta = decodeMeta(text);
    if (meta.runId !== path.basename(layout.dir)) {
      throw new StateError(
        'corruptState',
        `${layout.meta} is of run ${meta.runId}, not of the one that its folder is named after. Give the folder its name back.`,
      );
    }
    const plan = await readPlan(layout);
    const retryOf = new Map(meta.cells.map((cell) => [cell.id, cell.retry]));
    const ledger = new RunLedger({
      plan: plan.rows,
      limitNanoUsd: meta.settings.limitNanoUsd,
      ...(money === undefined ? {} : { money }),
      retryOf: (cell) => {
        const policy = retryOf.get(cell);
        if (policy === undefined)
          throw new StateError(
            'corruptState',
            `plan.jsonl names cell "${cell}", which run.json does not have.`,
          );
        return policy;
      },
    });
    const reader = new FileRunReader(layout, meta, ledger, observe);
    reader.#planSha256 = plan.sha256;
    await reader.refresh();
    if (ledger.createdAt === 0) throw neverPlanned(layout);
    return reader;
  }

  /** Offset of the first byte of the journal not yet applied. */
  get journalEnd(): number {
    return this.#journalEnd;
  }

  refresh(): Promise<boolean> {
    // One after the other: an event that two readings applied would count twice.
    this.#refreshing = this.#refreshing.then(
      () => this.#readOn(),
      () => this.#readOn(),
    );
    return this.#refreshing;
  }

  async #readOn(): Promise<boolean> {
    const { size } = await stat(this.#layout.journal).catch((error: unknown) => {
      throw new StateError('disk', `The journal of the run in ${this.#layout.dir} cannot be read.`, {
        cause: error,
      });
    });
    if (size === this.#journalEnd) return false;
    const entries: JournalEntry[] = [];
    let [end, lines] = [this.#journalEnd, this.#journalLines];
    for await (const line of readLines(this.#layout.journal, end, lines + 1)) {
      entries.push(
        decodeEvent(line.text, line.number, (ordinal) => this.ledger.rows[ordinal]?.planned.source),
      );
      [end, lines] = [line.end, line.number];
    }
    const intact = await this.#onlyIntact(entries);
    [this.#journalEnd, this.#journalLines] = [end, lines];
    for (const entry of intact) {
      this.#checkPlan(entry);
      if (!this.ledger.counts(entry.epoch)) continue;
      this.#observe(entry.event, this.ledger, () => {
        this.ledger.apply(entry.event, entry.epoch);
      });
    }
    return intact.length > 0;
  }

  holder(): Promise<HolderInfo | undefined> {
    return holderInfo(this.#layout.leases);
  }

  readResult(location: ResultLocation): StoredResult {
    return readResultAt(this.#layout.results, location);
  }

  #checkPlan({ event }: JournalEntry): void {
    if (event.e !== 'runCreated') return;
    if (event.rows !== this.ledger.rows.length || event.planSha256 !== this.#planSha256) {
      throw new StateError(
        'corruptState',
        `${this.#layout.plan} is not the plan that this run was created with. Restore it from a backup, or start a new run.`,
      );
    }
  }

  /**
   * A finished row counts only if its bytes are there: a power cut may keep the journal's line and lose the result's.
   * What does not count is fetched again. Only a batch that the same holder has closed is trusted unseen: its results
   * were on disk before it was closed.
   */
  async #onlyIntact(entries: readonly JournalEntry[]): Promise<JournalEntry[]> {
    const closed = new Map(
      entries.flatMap(({ event, epoch }) =>
        event.e === 'batchClosed' ? [[event.nonce, epoch] as const] : [],
      ),
    );
    const isDoubtful = ({ event, epoch }: JournalEntry): boolean =>
      event.e === 'rowsFinished' && closed.get(event.nonce ?? '') !== epoch;
    if (!entries.some(isDoubtful)) return [...entries];
    const handle = await open(this.#layout.results, 'r');
    try {
      const kept: JournalEntry[] = [];
      for (const entry of entries) {
        const { event, epoch } = entry;
        if (event.e !== 'rowsFinished' || !isDoubtful(entry)) {
          kept.push(entry);
          continue;
        }
        const rows: FinishedRow[] = [];
        for (const row of event.rows) {
          const bytes = Buffer.alloc(row[4]);
          const { bytesRead } = await handle.read(bytes, 0, row[4], row[3]);
          if (bytesRead === row[4] && crc32(bytes) === row[5]) rows.push(row);
        }
        kept.push({ event: { ...event, rows }, epoch });
      }
      return kept;
    } finally {
      await handle.close();
    }
  }
}

function neverPlanned(layout: RunLayout): StateError {
  return new StateError(
    'state',
    `The run in ${layout.dir} was never completely planned; nothing of it was sent. Start a new run.`,
  );
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Reads one stored result by its place. @throws StateError `corruptState` where the bytes do not match. */
export function readResultAt(file: string, [offset, length, checksum]: ResultLocation): StoredResult {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(length);
    const bytesRead = readSync(descriptor, bytes, 0, length, offset);
    if (bytesRead !== length || crc32(bytes) !== checksum) {
      throw new StateError(
        'corruptState',
        `${file} was changed at byte ${String(offset)}: the result there is not the one that was written.`,
      );
    }
    return decodeResult(bytes.toString('utf8').trimEnd());
  } finally {
    closeSync(descriptor);
  }
}

async function readPlan(layout: RunLayout): Promise<{ rows: PlannedRow[]; sha256: string }> {
  const rows: PlannedRow[] = [];
  const hash = createHash('sha256');
  for await (const line of readLines(layout.plan)) {
    rows.push(decodePlannedRow(line.text, line.number));
    hash.update(line.text).update('\n');
  }
  return { rows, sha256: hash.digest('hex') };
}
