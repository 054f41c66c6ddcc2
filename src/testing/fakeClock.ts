import type { Clock } from '../core/clock.ts';

export interface FakeClockOptions {
  /** Wall clock at the beginning, epoch milliseconds; default 2026-11-01T00:00:00Z. */
  readonly startAt?: number;
  /** Lets time jump to the next timer whenever nothing else is left to do. */
  readonly autoAdvance?: boolean;
}

interface Timer {
  readonly due: number;
  readonly fire: () => void;
}

/** Turns of the event loop without I/O, tracked work or a new timer before the clock holds everything for settled. */
const QUIET_TURNS = 4;

/** Requests in flight as `process.getActiveResourcesInfo()` names them; sockets and servers that only wait are not. */
const REQUEST_IN_FLIGHT = /Req|^(WriteWrap|ShutdownWrap|TCPConnectWrap|PipeConnectWrap|GetAddrInfo)/;

/**
 * Time that tests own. It stands still until `advance`, or in `autoAdvance` mode jumps to the next timer when nothing
 * else is left to do, so that a run of 24 hours takes milliseconds.
 *
 * "Nothing else" means: for four turns of the event loop no file or network request was in flight in this process, no
 * operation was tracked, and nobody began or ended a sleep. It cannot see what only waits for another process (an HTTP
 * answer) or a worker: wrap those in `track`. Jumping too early only means that virtual time passes while they run.
 *
 * @example
 * ```ts
 * const clock = new FakeClock({ autoAdvance: true });
 * await clock.sleep(86_400_000); // at once
 * ```
 */
export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  readonly #autoAdvance: boolean;
  #wallOffset: number;
  #monotonic = 0;
  #tracked = 0;
  /** Changes whenever somebody begins or ends to wait. */
  #activity = 0;
  #watching = false;

  constructor(options: FakeClockOptions = {}) {
    this.#wallOffset = options.startAt ?? Date.UTC(2026, 10, 1);
    this.#autoAdvance = options.autoAdvance ?? false;
  }

  now(): number {
    return this.#wallOffset + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Sleeps that have not ended. */
  get pendingSleeps(): number {
    return this.#timers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const fire = (): void => {
        this.#timers.delete(timer);
        this.#activity++;
        signal?.removeEventListener('abort', fire);
        resolve();
      };
      const timer: Timer = { due: this.#monotonic + Math.max(0, ms), fire };
      this.#timers.add(timer);
      this.#activity++;
      signal?.addEventListener('abort', fire, { once: true });
      if (this.#autoAdvance) void this.#watch();
    });
  }

  /**
   * Moves time forward, stopping at every timer on the way until what it woke has settled. Timers that are set meanwhile
   * and fall due within the span fire too.
   */
  async advance(ms: number): Promise<void> {
    const until = this.#monotonic + ms;
    await this.settle();
    for (let timer = this.#next(until); timer !== undefined; timer = this.#next(until)) {
      this.#fire(timer);
      await this.settle();
    }
    this.#monotonic = Math.max(this.#monotonic, until);
  }

  /** Sets the wall clock forward or back, as a person or a network does; the monotonic clock and all sleeps stay. */
  jumpWallClock(ms: number): void {
    this.#wallOffset += ms;
  }

  /** Keeps time from jumping by itself until the operation has ended. */
  async track<T>(operation: Promise<T>): Promise<T> {
    this.#tracked++;
    try {
      return await operation;
    } finally {
      this.#tracked--;
    }
  }

  /** Resolves when nothing has happened for a few turns of the event loop, see the limits of this class. */
  async settle(): Promise<void> {
    let seen = this.#activity;
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#tracked === 0 && this.#activity === seen && !requestInFlight()) continue;
      seen = this.#activity;
      quiet = -1;
    }
  }

  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    for (;;) {
      await this.settle();
      const timer = this.#next(Number.MAX_VALUE);
      if (timer === undefined) break;
      this.#fire(timer);
    }
    this.#watching = false;
  }

  /** The earliest timer up to a time; of equal ones the oldest. */
  #next(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= until && (next === undefined || timer.due < next.due)) next = timer;
    }
    return next;
  }

  #fire(timer: Timer): void {
    this.#monotonic = Math.max(this.#monotonic, timer.due);
    timer.fire();
  }
}

function requestInFlight(): boolean {
  return process.getActiveResourcesInfo().some((resource) => REQUEST_IN_FLIGHT.test(resource));
}
