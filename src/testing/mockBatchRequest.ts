import type { BatchTask } from '../core/batchRequest.ts';
import type { MakeBatchTask } from '../core/driver.ts';
import type { EngineContext } from '../core/engineContext.ts';
import type { ProviderError } from '../core/errors.ts';
import type { FinishedRow } from '../core/events.ts';
import { NO_USAGE } from '../core/job.ts';
import type { StoredResult } from '../core/stateManager.ts';
import type { AttemptOutcome } from '../core/vocabulary.ts';

export interface MockBatchScript {
  /** How a row ends; default `ok`. */
  readonly outcome?: (ordinal: number) => AttemptOutcome;
  /** Text of the answers; default `answer <ordinal>`. */
  readonly response?: (ordinal: number) => string;
  /** What each row costs, in nanodollars; default 0. */
  readonly costNanoUsd?: number;
  /** The service refuses the batch with this error. */
  readonly refusal?: ProviderError;
}

/**
 * A batch that ends as its script says, without any provider: it journals what a real one would, so that everything
 * above it can be tested.
 *
 * @example
 * ```ts
 * await BatchRun.start({ ...options, makeTask: mockBatchRequests({ outcome: (row) => (row === 3 ? 'refused' : 'ok') }) });
 * ```
 */
export class MockBatchRequest implements BatchTask {
  readonly #context: EngineContext;
  readonly #nonce: string;
  readonly #script: MockBatchScript;

  constructor(context: EngineContext, nonce: string, script: MockBatchScript) {
    this.#context = context;
    this.#nonce = nonce;
    this.#script = script;
  }

  async run(): Promise<ProviderError | undefined> {
    const { writer, clock } = this.#context;
    const nonce = this.#nonce;
    const { refusal } = this.#script;
    if (refusal !== undefined) {
      await writer.append({
        e: 'batchRejected',
        at: clock.now(),
        nonce,
        code: refusal.code,
        message: refusal.userMessage,
      });
      return refusal;
    }
    await writer.append({ e: 'batchAccepted', at: clock.now(), nonce, batchId: `mock-${nonce}` });
    const results = writer.ledger.batch(nonce).rows.map((row): StoredResult => ({
      row,
      outcome: this.#script.outcome?.(row) ?? 'ok',
      response: this.#script.response?.(row) ?? `answer ${String(row)}`,
      usage: NO_USAGE,
    }));
    const locations = await writer.appendResults(results);
    const rows = results.flatMap((result, i): FinishedRow[] => {
      const location = locations[i];
      const attempt = writer.ledger.row(result.row).attempts + 1;
      return location === undefined
        ? []
        : [[result.row, attempt, result.outcome, ...location, this.#script.costNanoUsd ?? 0, 0, 0]];
    });
    await writer.append({ e: 'rowsFinished', at: clock.now(), nonce, rows });
    await writer.syncResults();
    await writer.append({ e: 'batchClosed', at: clock.now(), nonce, lines: rows.length, strays: 0 });
    return undefined;
  }
}

/** Makes every batch of a run a `MockBatchRequest` with this script. */
export function mockBatchRequests(script: MockBatchScript = {}): MakeBatchTask {
  return (context, _provider, _poller, nonce) => new MockBatchRequest(context, nonce, script);
}
