import { groupOf } from './packing.ts';
import type { RunReader } from './stateManager.ts';

/** Fewer tell nothing of what is usual. */
const FEWEST = 5;
/** Nothing is late before: services promise a day, and a batch or two more in their queue are minutes. */
const NEVER_LATE_MS = 30 * 60_000;
/** What services promise, where nothing is known of what is usual. */
const PROMISED_MS = 24 * 3_600_000;

/** How long batches of one provider and model took. */
export interface UsualDuration {
  /** Half took this long or less, in milliseconds. */
  readonly medianMs: number;
  /** Nine of ten took this long or less, in milliseconds. */
  readonly mostMs: number;
}

/** `undefined` where too few have ended to tell. */
export type UsualDurations = (provider: string, model: string) => UsualDuration | undefined;

/** Whether a batch of this age takes longer than is usual, or than services promise where nobody knows what is. */
export function isLate(ageMs: number, usual: UsualDuration | undefined): boolean {
  return ageMs > (usual === undefined ? PROMISED_MS : Math.max(usual.mostMs, NEVER_LATE_MS));
}

/**
 * How long batches took, from their making to their end, over the runs that were noted. Only those count that ended by
 * themselves: what was cancelled, failed or expired does not tell how long work takes.
 */
export class DurationHistory {
  /** By run: provider and model, and the duration. */
  readonly #runs = new Map<string, readonly (readonly [group: string, ms: number])[]>();
  /** What was worked out since the last note. */
  readonly #known = new Map<string, UsualDuration | undefined>();

  /** Takes what a run tells now in place of what it told before. */
  note({ meta, ledger }: Pick<RunReader, 'meta' | 'ledger'>): void {
    const ended = [...ledger.batches.values()].flatMap(
      ({ state, reported, provider, model, createdAt, endedAt }) =>
        state === 'closed' && reported === 'ended' && createdAt !== undefined && endedAt !== undefined
          ? [[groupOf(provider, model), Math.max(0, endedAt - createdAt)] as const]
          : [],
    );
    this.#runs.set(meta.runId, ended);
    this.#known.clear();
  }

  readonly usual: UsualDurations = (provider, model) => {
    const group = groupOf(provider, model);
    if (!this.#known.has(group)) this.#known.set(group, this.#usualOf(group));
    return this.#known.get(group);
  };

  #usualOf(group: string): UsualDuration | undefined {
    const all = [...this.#runs.values()]
      .flat()
      .flatMap(([of, ms]) => (of === group ? [ms] : []))
      .sort((a, b) => a - b);
    if (all.length < FEWEST) return undefined;
    return { medianMs: share(all, 0.5), mostMs: share(all, 0.9) };
  }
}

/** The least of sorted values that this share of them does not exceed. */
function share(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
}
