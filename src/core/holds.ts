import { BackOff, LARGEST_UNREACHED_MS } from './backOff.ts';
import type { Clock } from './clock.ts';

interface Hold {
  readonly backOff: BackOff;
  until: number;
  largest: number;
  reason: string;
  isUnreached: boolean;
  /** How often it was cut short because services could be reached again. */
  hastened: number;
}

/**
 * So often a wait is cut short while nothing of its group goes through: what fails again and again, such as a body that
 * breaks off on its way while all small calls pass, is not to go up once a minute.
 */
const HASTENED_AT_MOST = 3;

/**
 * Groups (provider and model) that the service has told to wait: its queue is full, or it is out of reach. A held group
 * uses up no attempt; it is tried again after a back-off, with fewer rows when the queue was full.
 */
export class Holds {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #holds = new Map<string, Hold>();

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  hold(
    group: string,
    options: {
      rows: number;
      smaller: boolean;
      reason: string;
      retryAfterMs: number | undefined;
      /** The service could not be reached. */
      isUnreached?: boolean;
    },
  ): void {
    const hold = this.#holds.get(group) ?? {
      backOff: new BackOff(this.#random),
      until: 0,
      largest: Infinity,
      reason: '',
      isUnreached: false,
      hastened: 0,
    };
    hold.until = this.#clock.monotonic() + hold.backOff.next(options.retryAfterMs);
    hold.reason = options.reason;
    hold.isUnreached = options.isUnreached ?? false;
    if (options.smaller) hold.largest = Math.max(1, Math.ceil(options.rows / 2));
    this.#holds.set(group, hold);
  }

  /** A batch of the group was accepted. */
  clear(group: string): void {
    this.#holds.delete(group);
  }

  /** One of our batches has ended, so that the service's queue may have room again. */
  roomMade(group: string): void {
    const hold = this.#holds.get(group);
    if (hold === undefined) return;
    hold.until = 0;
    hold.largest *= 2; // a batch of the size before went through, so the next may be larger again
    hold.backOff.reset();
    hold.hastened = 0;
  }

  /** Services can be reached again: what waits for that is tried within a minute, however long it would have waited. */
  reached(): void {
    const soon = this.#clock.monotonic() + LARGEST_UNREACHED_MS;
    for (const hold of this.#holds.values()) {
      if (!hold.isUnreached || hold.until <= soon || hold.hastened >= HASTENED_AT_MOST) continue;
      hold.until = soon;
      hold.hastened += 1;
    }
  }

  isHeld(group: string): boolean {
    return (this.#holds.get(group)?.until ?? 0) > this.#clock.monotonic();
  }

  largest(group: string): number {
    return this.#holds.get(group)?.largest ?? Infinity;
  }

  /** Why and for how many milliseconds the first of the held groups waits; `undefined` without any. */
  shortest(): { readonly ms: number; readonly reason: string } | undefined {
    const now = this.#clock.monotonic();
    const waiting = [...this.#holds.values()]
      .filter((h) => h.until > now)
      .sort((a, b) => a.until - b.until)[0];
    return waiting === undefined ? undefined : { ms: waiting.until - now, reason: waiting.reason };
  }
}
