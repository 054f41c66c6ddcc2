import { seededShare } from '../../../src/providers/mock/seeded.ts';

/**
 * How an attempt of a row ends at a fake. `missing`: done and billed, and there is no line. `malformed`: half of its line.
 * `keyless`: its line has no id. `duplicate`: ok, and its line comes twice.
 */
export type FakeOutcome =
  | 'ok'
  | 'truncated'
  | 'refused'
  | 'transient'
  | 'permanent'
  | 'missing'
  | 'malformed'
  | 'keyless'
  | 'duplicate';

/** How a fake behaves. All but `answer` is plain JSON, so that it can be given to another process. */
export interface FakePlan {
  /** By the ordinal in the custom id: outcomes of the first, second … attempt; after the last one it is ok. */
  readonly outcomes?: Readonly<Record<number, readonly FakeOutcome[]>>;
  /** Share of the rows (0 to 1) whose first attempt ends so, drawn by ordinal. */
  readonly shares?: Partial<Readonly<Record<FakeOutcome, number>>>;
  /** The text of an answer, from the text of its request. */
  readonly answer?: (asked: string) => string;
  /** Characters to which answers are filled up. */
  readonly answerLength?: number;
  /** Looks at a batch (gets and lists) until it has ended; default 1. */
  readonly looks?: number;
  /** Instead of `looks`: milliseconds until a batch has ended. */
  readonly runningMs?: number;
  /** Share of the rows (0 to 1) that were done when a batch was cancelled or expired. */
  readonly done?: { readonly cancelled?: number; readonly expired?: number };
  /** Batches, counted from 0 as they are created, that somebody else cancels while they run. */
  readonly cancelled?: readonly number[];
  /** Lines in every batch whose ids nobody sent. */
  readonly invented?: number;
  /** Classes of tokens: shares of the input, and tokens of thinking in every answer. */
  readonly usage?: {
    readonly cacheRead?: number;
    readonly cacheWrite?: number;
    readonly cacheWrite1h?: number;
    readonly thinking?: number;
  };
  /** Rows that may be queued over all batches. More are refused: at OpenAI after the batch was created, elsewhere at once. */
  readonly enqueuedRows?: number;
  /** Looks until an uploaded file can be used; default 1. Gemini. */
  readonly fileLooks?: number;
  /** Leaves out the error file with an empty string, as the service sometimes does. OpenAI. */
  readonly emptyErrorFile?: boolean;
  /** Every batch fails with this google.rpc code. Gemini. */
  readonly failsWith?: number;
}

/** A plan without its function, which cannot be given to another process. */
export type SerialisablePlan = Omit<FakePlan, 'answer'>;

/** Counts attempts of rows over batches, and says how each ends. */
export class Attempts {
  readonly #plan: FakePlan;
  readonly #made = new Map<number, number>();

  constructor(plan: FakePlan) {
    this.#plan = plan;
  }

  /** The next attempt of a row, from 1, and how it ends. */
  next(ordinal: number): { readonly attempt: number; readonly outcome: FakeOutcome } {
    const made = this.#made.get(ordinal) ?? 0;
    this.#made.set(ordinal, made + 1);
    const planned = this.#plan.outcomes?.[ordinal]?.[made];
    return { attempt: made + 1, outcome: planned ?? (made === 0 ? this.#drawn(ordinal) : 'ok') };
  }

  /** An attempt that the service did not get to: the next one ends as it would have. */
  giveBack(ordinal: number): void {
    this.#made.set(ordinal, (this.#made.get(ordinal) ?? 1) - 1);
  }

  #drawn(ordinal: number): FakeOutcome {
    let draw = seededShare(1, 'outcome', ordinal);
    for (const [outcome, share] of Object.entries(this.#plan.shares ?? {})) {
      if (draw < share) return outcome as FakeOutcome;
      draw -= share;
    }
    return 'ok';
  }
}
