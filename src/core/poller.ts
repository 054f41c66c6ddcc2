import { BackOff } from './backOff.ts';
import type { Clock } from './clock.ts';
import { ProviderError } from './errors.ts';
import type { BatchSnapshot, Provider } from './provider.ts';
import { TERMINAL_BATCH_STATES } from './vocabulary.ts';

/** How long a batch whose service names no deadline is taken to live: two days, as the longest of them. */
const LIFE_MS = 48 * 3_600_000;
/** A deadline may come true a little late. */
const DEADLINE_MARGIN_MS = 3_600_000;

export interface WatchOptions {
  /** Epoch milliseconds at which the service accepted the batch. */
  readonly acceptedAt: number;
  /** Look at once instead of after the first wait: the batch is not new. */
  readonly atOnce: boolean;
  readonly signal: AbortSignal;
  /** Called with what the service said, before the next wait. */
  readonly onSnapshot: (snapshot: BatchSnapshot) => Promise<void>;
}

/**
 * Asks services how batches stand: first after 5 s, then doubling to 15 min, spread by ±20 %. A look that fails changes
 * no row; it is only made again, soon where the service could not be reached. Nothing is asked while nothing is watched.
 */
export class Poller {
  readonly #clock: Clock;
  readonly #random: () => number;
  #nudged = new AbortController();

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Looks at every watched batch now, and often again from here on: something was done to them. */
  nudge(): void {
    this.#nudged.abort();
    this.#nudged = new AbortController();
  }

  /**
   * Resolves to the snapshot of the batch in its terminal state, or in a state that nobody knows and in which it still is
   * well after its deadline; `undefined` when the signal aborted first.
   * @throws ProviderError that no later look can mend, such as `notFound` or `auth`.
   */
  async untilTerminal(
    provider: Provider,
    batchId: string,
    options: WatchOptions,
  ): Promise<BatchSnapshot | undefined> {
    let backOff = new BackOff(this.#random);
    let wait = options.atOnce ? 0 : backOff.next();
    for (;;) {
      const nudged = this.#nudged.signal;
      await this.#clock.sleep(wait, AbortSignal.any([options.signal, nudged]));
      if (options.signal.aborted) return undefined;
      if (nudged.aborted) backOff = new BackOff(this.#random);
      try {
        const snapshot = await provider.getBatch(batchId, options.signal);
        if (TERMINAL_BATCH_STATES.has(snapshot.state) || this.#isLost(snapshot, options)) return snapshot;
        await options.onSnapshot(snapshot);
        wait = backOff.next();
      } catch (error) {
        if (!(error instanceof ProviderError) || !error.retryable) throw error;
        wait = backOff.after(error);
      }
    }
  }

  /** A word that this version does not know, and too late for it to be one of work in progress. */
  #isLost({ state, expiresAt }: BatchSnapshot, { acceptedAt }: WatchOptions): boolean {
    const deadline = expiresAt ?? acceptedAt + LIFE_MS;
    return state === 'unknown' && this.#clock.now() > deadline + DEADLINE_MARGIN_MS;
  }
}
