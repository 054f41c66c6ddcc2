import type { Usage } from '../../../src/core/job.ts';
import { seededShuffle } from '../../../src/providers/mock/seeded.ts';
import type { FakeOutcome, FakePlan } from './fakePlan.ts';

/** What a fake made of a row. */
export interface Work {
  readonly model: string;
  readonly outcome: FakeOutcome;
  /** Its answer; a long one is not kept but made whenever it is sent. */
  readonly text: () => string;
  /** What is billed; `undefined`: nothing. */
  readonly usage: Usage | undefined;
}

/** For what was refused or not reached. */
export const NO_TEXT = (): string => '';

/** One row of a batch, as it was sent. */
export interface FakeRow {
  readonly customId: string;
  /** From the custom id `<nonce>-<ordinal in base 36>`; NaN where it is of another form. */
  readonly ordinal: number;
  readonly attempt: number;
  readonly outcome: FakeOutcome;
  /** Whether what it begins with was kept when its batch was created. */
  readonly findsPrefix?: boolean;
  /** Where the batch names it, and not the row itself. */
  readonly model?: string;
  /** Its JSON, a part of the request's body. */
  readonly bytes: Buffer;
  /** Set by the first who asks, so that every download is the same. */
  work?: Work;
}

/** A batch that was ever created. */
export class FakeBatch {
  readonly id: string;
  readonly nonce: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Creations and complete downloads are numbered in the order in which they happened. */
  readonly createdOrder: number;
  readonly liveFrom = performance.now();
  rows: readonly FakeRow[] = [];
  /** How often somebody looked at it. */
  looks = 0;
  /** Rows that were worked on, from the front; 0 while it runs. */
  done = 0;
  /** Epoch milliseconds; `undefined` while it runs. */
  endedAt: number | undefined;
  liveUntil: number | undefined;
  /** Of the first download that was read to its last byte. */
  readOrder: number | undefined;
  queueFull = false;
  /** Is told of the rows that were not reached. */
  whenEnded: (notReached: readonly FakeRow[]) => void = () => undefined;
  isDeleted = false;

  constructor(made: Pick<FakeBatch, 'id' | 'nonce' | 'createdAt' | 'createdOrder'>) {
    this.id = made.id;
    this.nonce = made.nonce;
    this.createdAt = made.createdAt;
    this.createdOrder = made.createdOrder;
  }

  end(at: number, done: number): void {
    this.endedAt = at;
    this.liveUntil = performance.now();
    this.done = done;
    this.whenEnded(this.rows.slice(done));
  }
}

/** Text and tokens of an answer that a plan asks for. */
export function answerTo(
  asked: string,
  plan: FakePlan,
  thinking = 0,
): Pick<Work, 'text'> & { readonly usage: Usage } {
  // Copied, since a part of a string keeps the whole of it in memory.
  const short = Buffer.from(plan.answer?.(asked) ?? `Answer to: ${asked.slice(-80)}`).toString();
  const { usage = {}, answerLength = 0 } = plan;
  const prompt = tokensOf(asked);
  const cacheRead = Math.floor(prompt * (usage.cacheRead ?? 0));
  const cacheWrite = Math.floor(prompt * (usage.cacheWrite ?? 0));
  const cacheWrite1h = Math.floor(prompt * (usage.cacheWrite1h ?? 0));
  const thought = usage.thinking ?? thinking;
  return {
    text: () => short.padEnd(answerLength, '.'),
    usage: {
      input: prompt - cacheRead - cacheWrite - cacheWrite1h,
      cacheRead,
      cacheWrite,
      cacheWrite1h,
      output: tokensIn(Math.max(short.length, answerLength)) + thought,
      thinking: thought,
    },
  };
}

/** Tokens of a text, here. */
export function tokensOf(text: string): number {
  return tokensIn(text.length);
}

function tokensIn(characters: number): number {
  return Math.ceil(characters / 4);
}

/**
 * Lines of rows as they stand in a result file: in any order but that in which they were asked, the same each time, with
 * what is lost, doubled, cut and invented.
 *
 * @param lineOf The JSON of a row's line; without an id where `customId` is `undefined`.
 */
export function* resultLines(
  rows: readonly FakeRow[],
  workOf: (row: FakeRow) => Work,
  lineOf: (row: FakeRow, customId: string | undefined) => unknown,
  invented: readonly unknown[] = [],
): Generator<string, undefined> {
  for (const row of seededShuffle(rows, 1, 'lines')) {
    const { outcome } = workOf(row);
    if (outcome === 'missing') continue;
    const line = JSON.stringify(lineOf(row, outcome === 'keyless' ? undefined : row.customId));
    yield `${outcome === 'malformed' ? line.slice(0, line.length >> 1) : line}\n`;
    if (outcome === 'duplicate') yield `${line}\n`;
  }
  for (const line of invented) yield `${JSON.stringify(line)}\n`;
}
