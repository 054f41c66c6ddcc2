import { BatchbookError } from './errors.ts';
import { NO_USAGE, inputTokensOf, type JobResult } from './job.ts';
import { usdFromNano } from './money.ts';
import type { RunReader } from './stateManager.ts';
import { ATTEMPT_OUTCOMES } from './vocabulary.ts';

/** A run as far as results are read from it. */
export type ResultSource = Pick<RunReader, 'meta' | 'ledger' | 'readResult'>;

/**
 * The result of a row whose last attempt has ended: plan, journal and stored answer put together.
 * @throws BatchbookError where the row has no result yet, or its bytes were changed.
 */
export function jobResultOf(source: ResultSource, ordinal: number): JobResult {
  const row = source.ledger.row(ordinal);
  if (row.location === undefined || row.outcome === undefined) {
    throw new BatchbookError('state', `Row ${row.planned.id} has no result yet.`);
  }
  const stored = source.readResult(row.location);
  const cell = source.meta.cells.find((c) => c.id === row.planned.cell);
  const batch = row.lastBatch === undefined ? undefined : source.ledger.batches.get(row.lastBatch);
  const usage = stored.usage ?? NO_USAGE;
  return {
    jobId: row.planned.id,
    status: ATTEMPT_OUTCOMES[row.outcome].status,
    response: stored.response,
    parsedResponse: stored.parsedResponse,
    citations: stored.citations ?? [],
    inputTokens: inputTokensOf(usage),
    outputTokens: usage.output,
    usage,
    costUsd: usdFromNano(row.costNanoUsd),
    attempts: row.attempts,
    model: stored.origin?.model ?? batch?.model ?? row.movedTo?.model ?? cell?.model ?? '',
    provider: stored.origin?.provider ?? batch?.provider ?? row.movedTo?.provider ?? cell?.provider ?? '',
    batchId: stored.origin?.batchId ?? batch?.batchId,
    stopReason: stored.stopReason,
    ...(stored.error === undefined ? {} : { error: stored.error }),
    finishedAt: row.finishedAt,
    ...(row.reusedFrom === undefined ? {} : { reusedFrom: row.reusedFrom }),
  };
}

/** Results of all rows that have ended, in plan order, read one by one. */
export function* endedResults(source: ResultSource): Generator<JobResult> {
  for (const [ordinal, row] of source.ledger.rows.entries()) {
    if (hasEnded(row.status)) yield jobResultOf(source, ordinal);
  }
}

/** Whether a row's last word has been said, as far as is known now. */
export function hasEnded(status: string): boolean {
  return status !== 'pending' && status !== 'submitted';
}

/** Results by job id; each is read from disk when it is asked for, so that a run of any size fits. */
export class LazyResults implements ReadonlyMap<string, JobResult> {
  readonly #source: ResultSource;
  readonly #ordinals: ReadonlyMap<string, number>;

  constructor(source: ResultSource) {
    this.#source = source;
    this.#ordinals = new Map(
      source.ledger.rows.flatMap((row, ordinal) =>
        hasEnded(row.status) ? [[row.planned.id, ordinal] as const] : [],
      ),
    );
  }

  get size(): number {
    return this.#ordinals.size;
  }
  get(jobId: string): JobResult | undefined {
    const ordinal = this.#ordinals.get(jobId);
    return ordinal === undefined ? undefined : jobResultOf(this.#source, ordinal);
  }
  has(jobId: string): boolean {
    return this.#ordinals.has(jobId);
  }
  keys(): MapIterator<string> {
    return this.#ordinals.keys();
  }
  *values(): Generator<JobResult, undefined> {
    for (const ordinal of this.#ordinals.values()) yield jobResultOf(this.#source, ordinal);
  }
  *entries(): Generator<[string, JobResult], undefined> {
    for (const [id, ordinal] of this.#ordinals) yield [id, jobResultOf(this.#source, ordinal)];
  }
  [Symbol.iterator](): Generator<[string, JobResult], undefined> {
    return this.entries();
  }
  forEach(callback: (value: JobResult, key: string, map: ReadonlyMap<string, JobResult>) => void): void {
    for (const [id, result] of this.entries()) callback(result, id, this);
  }
}
