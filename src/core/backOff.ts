import type { ProviderError } from './errors.ts';

/** First, largest wait and spread of every back-off of the engine; about 103 looks at a batch in 24 hours. */
const FIRST_MS = 5_000;
const LARGEST_MS = 15 * 60_000;
/**
 * Most that is waited between calls that do not get through to their service: they cost it nothing, and the first that
 * does is to come soon after the network is there again.
 */
export const LARGEST_UNREACHED_MS = 60_000;
/** Most that is waited because a service asked for it: one more call an hour does no harm, whatever it has said. */
const LONGEST_ASKED_MS = 3_600_000;
const JITTER = 0.2;

/**
 * Waits that double from 5 s to 15 min, each spread by ±20 % so that many batches do not ask at once. Waits for a network
 * double by themselves, to a minute, and leave the others where they were.
 */
export class BackOff {
  readonly #random: () => number;
  #next = FIRST_MS;
  #nextUnreached = FIRST_MS;

  /** @param random Uniform in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** The next wait in milliseconds; what the service asked for wins when it is longer, up to an hour. */
  next(retryAfterMs = 0): number {
    const wait = this.#spread(this.#next);
    this.#next = Math.min(this.#next * 2, LARGEST_MS);
    this.#nextUnreached = FIRST_MS;
    return Math.max(wait, Math.min(retryAfterMs, LONGEST_ASKED_MS));
  }

  /** The wait in milliseconds after a call that failed and may be made again. */
  after({ code, retryAfterMs }: ProviderError): number {
    if (code !== 'network') return this.next(retryAfterMs);
    const wait = this.#spread(this.#nextUnreached);
    this.#nextUnreached = Math.min(this.#nextUnreached * 2, LARGEST_UNREACHED_MS);
    return wait;
  }

  /** Starts again from the first wait. */
  reset(): void {
    this.#next = FIRST_MS;
  }

  #spread(wait: number): number {
    return wait * (1 - JITTER + 2 * JITTER * this.#random());
  }
}
