import { inventedLines, unfinishedLine, type DecidedRow, type MockLine } from './mockLines.ts';
import type { MockEnding, MockServiceOptions } from './mockOptions.ts';
import { seededShuffle } from './seeded.ts';

/** State words of the pretend service. */
export type MockState =
  'validating' | 'running' | 'cancelling' | 'ended' | 'expired' | 'failed' | 'cancelled';

const DAY_MS = 86_400_000;

/** What is fixed when a batch is committed. */
export interface NewMockBatch {
  readonly batchId: string;
  readonly nonce: string;
  readonly model: string;
  /** Place among all batches of the service, from 0. */
  readonly index: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Monotonic milliseconds of the service's clock. */
  readonly liveFrom: number;
  readonly rows: readonly DecidedRow[];
  readonly options: MockServiceOptions;
  /** It fails at once for want of room in the queue. */
  readonly queueFull: boolean;
}

interface End {
  readonly at: number;
  readonly state: MockState;
  readonly completed: number;
}

/** One batch at the pretend service: a function of time, but for the request to cancel. All times are monotonic. */
export class MockBatch {
  readonly made: NewMockBatch;
  #cancelledAt: number | undefined;
  #download: Buffer | undefined;

  constructor(made: NewMockBatch) {
    this.made = made;
  }

  get expiresAt(): number {
    return this.made.createdAt + this.#expiresAfterMs;
  }

  /** When it becomes terminal, as far as is known now. */
  get liveUntil(): number {
    return this.#end.at;
  }

  isTerminal(now: number): boolean {
    return now >= this.#end.at;
  }

  stateAt(now: number): MockState {
    const end = this.#end;
    if (now >= end.at) return end.state;
    if (this.#cancelledAt !== undefined) return 'cancelling';
    return now < this.#runsFrom ? 'validating' : 'running';
  }

  /** Rows answered, from the front. */
  completedAt(now: number): number {
    const end = this.#end;
    if (now >= end.at) return end.completed;
    return Math.min(this.#doneBy(Math.min(now, this.#cancelledAt ?? now)), end.completed);
  }

  /** Stops the work now, unless it has ended; it is terminal after `cancelMs`. */
  cancel(now: number): void {
    if (!this.isTerminal(now)) this.#cancelledAt ??= now;
  }

  /** The lines of the ended batch, the same bytes every time. */
  download(): Buffer {
    this.#download ??= Buffer.from(
      this.#lines()
        .map((line) => JSON.stringify(line) + '\n')
        .join(''),
    );
    return this.#download;
  }

  /** How many lines the service says there are. */
  statedLines(): number {
    return this.#lines().length + (this.made.options.faults?.countsOffBy ?? 0);
  }

  #lines(): MockLine[] {
    const { state, completed } = this.#end;
    const { options, rows, nonce } = this.made;
    if (state === 'failed' && completed === 0) return [];
    const done = rows.slice(0, completed).flatMap((decided) => decided.lines);
    const unfinished =
      (state === 'expired' || state === 'cancelled') && options.linesForUnfinished !== false
        ? rows.slice(completed).map(({ row }) => unfinishedLine(row, state))
        : [];
    const lines = [...done, ...unfinished, ...inventedLines(options.faults?.inventedRows ?? 0, nonce)];
    return options.faults?.shuffled === true ? seededShuffle(lines, options.seed ?? 1, nonce) : lines;
  }

  get #end(): End {
    const natural = this.#naturalEnd;
    const cancelledAt = this.#cancelledAt;
    if (cancelledAt === undefined || cancelledAt >= natural.at) return natural;
    return {
      at: cancelledAt + (this.made.options.cancelMs ?? 0),
      state: 'cancelled',
      completed: Math.min(this.#doneBy(cancelledAt), natural.completed),
    };
  }

  get #naturalEnd(): End {
    if (this.made.queueFull) return { at: this.made.liveFrom, state: 'failed', completed: 0 };
    const ending: MockEnding | undefined = this.made.options.endings?.[this.made.index];
    const count = this.made.rows.length;
    const runsUntil = this.#runsFrom + this.#runningMs;
    const expiry = this.made.liveFrom + this.#expiresAfterMs;
    if (ending === undefined) {
      if (expiry < runsUntil) return { at: expiry, state: 'expired', completed: this.#doneBy(expiry) };
      return { at: runsUntil, state: 'ended', completed: count };
    }
    const byDefault = {
      ended: count,
      failed: 0,
      expired: Math.floor(count / 2),
      cancelled: Math.floor(count / 2),
    };
    return {
      at: ending.state === 'failed' ? this.#runsFrom : runsUntil,
      state: ending.state,
      completed: Math.min(ending.completed ?? byDefault[ending.state], count),
    };
  }

  #doneBy(now: number): number {
    const count = this.made.rows.length;
    const worked = now - this.#runsFrom;
    if (worked < 0) return 0;
    return worked >= this.#runningMs ? count : Math.floor((worked / this.#runningMs) * count);
  }

  get #runsFrom(): number {
    return this.made.liveFrom + (this.made.options.validatingMs ?? 0);
  }

  get #runningMs(): number {
    const { runningMs = 1000 } = this.made.options;
    if (typeof runningMs === 'number') return runningMs;
    return runningMs[this.made.index] ?? runningMs.at(-1) ?? 0;
  }

  get #expiresAfterMs(): number {
    return this.made.options.expiresAfterMs ?? DAY_MS;
  }
}
