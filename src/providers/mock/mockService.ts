import { systemClock, type Clock } from '../../core/clock.ts';
import { ordinalOf } from '../../core/ids.ts';
import { MockBatch } from './mockBatch.ts';
import { ledgerOf, type BatchRecord, type MockLedger } from './mockLedger.ts';
import { decideRow, misrouted } from './mockLines.ts';
import { mockModel } from './mockModels.ts';
import type { CallPick, MockFaults, MockRow, MockServiceOptions } from './mockOptions.ts';
import { parseBody, type MockRequest } from './mockRequest.ts';
import { MockServiceError } from './mockServiceError.ts';
import { hitsCall } from './picks.ts';

/** What the pretend service says of a batch. */
export interface MockBatchView {
  readonly batchId: string;
  readonly nonce: string;
  readonly model: string;
  /** A `MockState`, or under the fault `unknownState` a word that is none. */
  readonly state: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly rows: number;
  readonly completed: number;
  /** Lines of a complete download, once terminal. */
  readonly lines?: number;
  readonly failure?: { readonly code: 'queueFull' | 'rejected' | 'failed'; readonly message: string };
  readonly unreportedIsFree: boolean;
}

const CHUNK_BYTES = 16_384;
const RETRY_AFTER_MS = 2_000;

type CallFault = {
  [K in keyof MockFaults]-?: CallPick extends NonNullable<MockFaults[K]> ? K : never;
}[keyof MockFaults];

/**
 * A batch service that keeps everything in memory and takes its time from a clock: what a client meets in the world,
 * on demand and repeatably. Its ledger is the truth that a client's books are compared with.
 *
 * It does no I/O and knows no idempotency: the same body sent twice is two batches and two bills, as at the real ones.
 * It does not watch rates or queue sizes by itself; what should go wrong is said in `faults`.
 *
 * @example
 * ```ts
 * const service = new MockService({ runningMs: 60_000, faults: { lostReply: 1 } }, clock);
 * const provider = new MockProvider({ transport: inProcess(service) });
 * ```
 */
export class MockService {
  readonly clock: Clock;
  readonly #records = new Map<string, BatchRecord>();
  readonly #attempts = new Map<number, number>();
  readonly #calls = new Map<CallFault, number>();
  readonly #startedAt: number;
  #options: MockServiceOptions;
  #order = 0;

  constructor(options: MockServiceOptions = {}, clock: Clock = systemClock) {
    this.#options = options;
    this.clock = clock;
    this.#startedAt = clock.monotonic();
  }

  /**
   * Changes options for what happens from now on; batches keep those of their creation. Named faults replace their
   * former values and count calls anew, the others stay.
   */
  configure(options: MockServiceOptions): void {
    for (const name of Object.keys(options.faults ?? {})) this.#calls.delete(name as CallFault);
    this.#options = { ...this.#options, ...options, faults: { ...this.#options.faults, ...options.faults } };
  }

  /**
   * Commits a batch.
   *
   * @param body JSON lines of `MockRequest`, every custom id beginning with `<nonce>-`.
   * @throws MockServiceError as the faults say, or `invalidRequest` for a body that cannot be one. After
   *   `connectionBroken` and `unavailable` the client cannot know whether it was committed.
   */
  create(body: string, nonce: string, model: string): { readonly batchId: string } {
    this.#checkOutage();
    if (this.#hits('auth')) throw new MockServiceError('auth', 'The key is not accepted.');
    if (this.#hits('invalidRequest')) throw new MockServiceError('invalidRequest', 'The request is refused.');
    if (this.#hits('rateLimit')) throw tooMany('rateLimit', 'Too many requests.');
    if (this.#hits('queueFull')) throw tooMany('queueFull', 'Too many tokens are enqueued.');
    if (this.#hits('unavailable')) throw unavailable();
    if (this.#hits('lostRequest')) throw broken('The connection broke before the request had arrived.');
    const batchId = this.#commit(parseBody(body, nonce, model), nonce, model);
    if (this.#hits('lostReply')) throw broken('The connection broke before the reply.');
    return { batchId };
  }

  /** Waits between commit and reply of a create, for transports. Ends early when the signal aborts. */
  replyDelay(signal?: AbortSignal): Promise<void> {
    const { replyMs = 0 } = this.#options;
    return replyMs === 0 ? Promise.resolve() : this.clock.sleep(replyMs, signal);
  }

  /** All batches that show in the list, newest first. */
  list(): readonly MockBatchView[] {
    this.#checkOutage();
    if (this.#hits('listBroken')) throw broken('The connection broke.');
    const lag = this.#options.faults?.listLagMs ?? 0;
    return [...this.#records.values()]
      .filter((record) => !record.deleted && this.#now - record.batch.made.liveFrom >= lag)
      .map((record) => this.#view(record))
      .reverse();
  }

  /** @throws MockServiceError `notFound`, or as the faults say. */
  get(batchId: string): MockBatchView {
    this.#checkOutage();
    if (this.#hits('pollBroken')) throw broken('The connection broke.');
    if (this.#hits('pollUnavailable')) throw unavailable();
    const view = this.#view(this.#record(batchId));
    return this.#hits('unknownState') ? { ...view, state: 'pondering' } : view;
  }

  /**
   * The result lines of an ended batch as JSON lines, in chunks that heed neither lines nor characters.
   *
   * @throws MockServiceError `notFound`; `notReady` while the batch is live; `connectionBroken` in the middle of the
   *   stream under the fault `brokenDownloads`.
   */
  *results(batchId: string): Generator<Uint8Array, void, undefined> {
    this.#checkOutage();
    const record = this.#record(batchId);
    if (!record.batch.isTerminal(this.#now)) {
      throw new MockServiceError('notReady', `Batch ${batchId} has no results yet.`);
    }
    const whole = record.batch.download();
    const breaks = this.#hits('brokenDownloads');
    const sent =
      breaks || this.#hits('cutDownloads') ? cut(whole) : this.#hits('shortDownloads') ? half(whole) : whole;
    for (let at = 0; at < sent.length; at += CHUNK_BYTES) yield sent.subarray(at, at + CHUNK_BYTES);
    if (breaks) throw broken('The connection broke in the middle of the results.');
    if (sent.length === whole.length) record.readOrder ??= this.#order++;
  }

  /** Asks for an end. Accepted at any time, without effect on an ended batch. @throws MockServiceError `notFound`. */
  cancel(batchId: string): void {
    this.#checkOutage();
    const record = this.#record(batchId);
    if (!this.#hits('cancelIgnored')) record.batch.cancel(this.#now);
  }

  /** Removes an ended batch and its results; the ledger keeps it. @throws MockServiceError `notFound`, `notReady`. */
  delete(batchId: string): void {
    this.#checkOutage();
    const record = this.#record(batchId);
    if (!record.batch.isTerminal(this.#now)) {
      throw new MockServiceError('notReady', `Batch ${batchId} has not ended.`);
    }
    record.deleted = true;
  }

  /** Who was in which batch, when each was live, and what was billed up to now. */
  ledger(): MockLedger {
    return ledgerOf(this.#records.values(), this.#now);
  }

  #commit(requests: readonly MockRequest[], nonce: string, model: string): string {
    const config = mockModel(model);
    if (config === undefined) throw new MockServiceError('invalidRequest', `There is no model "${model}".`);
    const index = this.#records.size;
    const batchId = `mockbatch-${String(index + 1)}`;
    const queueFull = this.#hits('acceptedThenQueueFull');
    const createdAt = this.clock.now();
    const options = this.#options;
    const rows = requests.map((request, place) => {
      const row: MockRow = {
        customId: request.customId,
        ...this.#attemptOf(ordinalOf(nonce, request.customId) ?? -1, queueFull),
        index: place,
        request,
      };
      return decideRow(row, config, options, createdAt);
    });
    const liveFrom = this.#now;
    const batch = new MockBatch({
      batchId,
      nonce,
      model,
      index,
      createdAt,
      liveFrom,
      rows: misrouted(rows, options),
      options,
      queueFull,
    });
    this.#records.set(batchId, { batch, createdOrder: this.#order++, readOrder: undefined, deleted: false });
    return batchId;
  }

  /** A batch that fails for want of room makes no attempt. */
  #attemptOf(ordinal: number, queueFull: boolean): { ordinal: number; attempt: number } {
    const attempt = (this.#attempts.get(ordinal) ?? 0) + 1;
    if (ordinal >= 0 && !queueFull) this.#attempts.set(ordinal, attempt);
    return { ordinal, attempt };
  }

  #view({ batch }: BatchRecord): MockBatchView {
    const { batchId, nonce, model, createdAt, rows, options, queueFull, index } = batch.made;
    const now = this.#now;
    const state = batch.stateAt(now);
    const code = queueFull ? 'queueFull' : (options.endings?.[index]?.failure ?? 'failed');
    return {
      batchId,
      nonce,
      model,
      state,
      createdAt,
      expiresAt: batch.expiresAt,
      rows: rows.length,
      completed: batch.completedAt(now),
      ...(batch.isTerminal(now) && options.statesLines !== false && { lines: batch.statedLines() }),
      ...(state === 'failed' && { failure: { code, message: `The batch failed: ${code}.` } }),
      unreportedIsFree: options.unreportedIsFree !== false,
    };
  }

  #record(batchId: string): BatchRecord {
    const record = this.#records.get(batchId);
    if (record === undefined || record.deleted) {
      throw new MockServiceError('notFound', `There is no batch ${batchId}.`);
    }
    return record;
  }

  #checkOutage(): void {
    const outage = this.#options.faults?.outage;
    const since = this.#now - this.#startedAt;
    if (outage !== undefined && since >= outage.fromMs && since < outage.untilMs) {
      throw new MockServiceError('connectionRefused', 'The network is down.');
    }
  }

  /** Counts one call against a fault and tells whether the fault hits it. */
  #hits(fault: CallFault): boolean {
    const call = (this.#calls.get(fault) ?? 0) + 1;
    this.#calls.set(fault, call);
    return hitsCall(this.#options.faults?.[fault], call);
  }

  get #now(): number {
    return this.clock.monotonic();
  }
}

function broken(message: string): MockServiceError {
  return new MockServiceError('connectionBroken', message);
}

function unavailable(): MockServiceError {
  return new MockServiceError('unavailable', 'The service is unavailable.');
}

function tooMany(code: 'rateLimit' | 'queueFull', message: string): MockServiceError {
  return new MockServiceError(code, message, { retryAfterMs: RETRY_AFTER_MS });
}

/** The front of a download, ending inside a line. */
function cut(whole: Buffer): Buffer {
  const middle = Math.floor(whole.length / 2);
  return whole.subarray(0, whole[middle - 1] === 10 ? middle - 1 : middle);
}

/** The front of a download, ending after a line. */
function half(whole: Buffer): Buffer {
  const end = whole.lastIndexOf(10, Math.floor(whole.length / 2));
  return whole.subarray(0, end + 1);
}
