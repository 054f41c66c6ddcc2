import { openAsBlob } from 'node:fs';
import { ProviderError } from '../../core/errors.ts';
import type { Job } from '../../core/job.ts';
import type { ModelConfig } from '../../core/modelConfig.ts';
import type {
  BatchCandidate,
  BatchIntent,
  BatchLimits,
  BatchPayload,
  BatchQuery,
  BatchSearch,
  BatchSnapshot,
  CreateOptions,
  JobIssue,
  PayloadFraming,
  Provider,
  RowResult,
  ServiceBatch,
  TokenEstimate,
} from '../../core/provider.ts';
import { TERMINAL_BATCH_STATES, type ProviderBatchState } from '../../core/vocabulary.ts';
import { providerErrorOf, type MockCall } from './mockErrors.ts';
import { MOCK_MODELS, mockModel } from './mockModels.ts';
import { inputTokensOf, toMockRequest } from './mockRequest.ts';
import { readRowResults } from './mockRows.ts';
import type { MockTransport } from './mockTransport.ts';

/** What a pretend batch may hold, unless told otherwise. */
const DEFAULT_LIMITS: BatchLimits = { maxRows: 10_000, maxBytes: 50_000_000, maxEnqueuedTokens: 20_000_000 };

/** What money is reserved for beyond the expected tokens. */
const MARGIN = 1.25;

const STATES: ReadonlySet<string> = new Set<ProviderBatchState>([
  'validating',
  'running',
  'cancelling',
  'ended',
  'failed',
  'expired',
  'cancelled',
]);

export interface MockProviderOptions {
  readonly transport: MockTransport;
  readonly limits?: Partial<BatchLimits>;
  /** Whether the client may trust that the list is complete; default false, as with the real services. */
  readonly findsEveryBatch?: boolean;
  /** What the pretend service keeps of the beginning that requests share; default nothing. */
  readonly cachePrefix?: NonNullable<Provider['cachePrefix']>;
  /** Whether batches are told apart by their number of rows until they have ended; default false. */
  readonly findsBySize?: boolean;
  /** Pretends that there is a key; default none. */
  readonly keyFingerprint?: string;
  /** Pretends that the service counts tokens; default it does not. May throw what a service throws. */
  readonly countTokens?: (job: Job) => number;
}

/**
 * The provider of the pretend service: everything a real one does, against a service that misbehaves as told.
 * Its models are hidden from every list shown to people.
 */
export class MockProvider implements Provider {
  readonly name = 'mock';
  readonly models: readonly ModelConfig[] = MOCK_MODELS;
  readonly framing: PayloadFraming = { head: '', separator: '\n', tail: '\n' };
  readonly origin: string | undefined;
  readonly limits: BatchLimits;
  readonly findsEveryBatch: boolean;
  readonly findsBySize: boolean;
  readonly keyFingerprint: string | undefined;
  readonly cachePrefix?: NonNullable<Provider['cachePrefix']>;
  readonly countTokens?: (job: Job) => Promise<number>;
  readonly #transport: MockTransport;

  constructor(options: MockProviderOptions) {
    this.#transport = options.transport;
    this.origin = options.transport.origin;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.findsEveryBatch = options.findsEveryBatch ?? false;
    this.findsBySize = options.findsBySize ?? false;
    this.keyFingerprint = options.keyFingerprint;
    const { countTokens, cachePrefix } = options;
    if (cachePrefix !== undefined) this.cachePrefix = cachePrefix;
    if (countTokens !== undefined) this.countTokens = async (job) => Promise.resolve(countTokens(job));
  }

  validateJob(job: Job): readonly JobIssue[] {
    const model = mockModel(job.model);
    if (model === undefined)
      return [{ parameter: 'model', message: `The mock provider has no model "${job.model}".` }];
    const issues: JobIssue[] = [];
    if (job.temperature !== undefined && !model.supportsTemperature) {
      issues.push({ parameter: 'temperature', message: `${model.name} takes no temperature. Leave it out.` });
    }
    if (job.maxTokens > model.maxOutputTokens) {
      const most = String(model.maxOutputTokens);
      issues.push({ parameter: 'maxTokens', message: `${model.name} answers with at most ${most} tokens.` });
    }
    if (inputTokensOf(job) > model.maxInputTokens) {
      const most = String(model.maxInputTokens);
      issues.push({
        parameter: job.file === undefined ? 'messages' : 'file',
        message: `The input is longer than the ${most} tokens that ${model.name} reads.`,
      });
    }
    return issues;
  }

  estimateTokens(job: Job): TokenEstimate {
    const expected = inputTokensOf(job);
    return { expected, upperBound: Math.ceil(expected * MARGIN) };
  }

  encodeRow(job: Job, customId: string): Promise<string> {
    return Promise.resolve(JSON.stringify(toMockRequest(job, customId)));
  }

  async createBatch(payload: BatchPayload, options: CreateOptions): Promise<{ readonly batchId: string }> {
    const body = await openPayload(payload.path);
    return this.#call('create', () =>
      this.#transport.create(body, options.nonce, payload.model, options.signal),
    );
  }

  async findBatches(intent: BatchIntent): Promise<BatchSearch> {
    const all = await this.#call('list', () => this.#transport.list());
    const candidates: BatchCandidate[] = [];
    const ruledOut: string[] = [];
    for (const view of all) {
      const { batchId, createdAt, rows } = view;
      const state = stateOf(view.state);
      const hidden = this.findsBySize && !TERMINAL_BATCH_STATES.has(state);
      const isOurs = view.nonce === intent.nonce;
      if (intent.except.has(batchId)) continue;
      if (this.findsBySize ? rows !== intent.rows || createdAt > intent.endedAt : !isOurs) continue;
      if (isOurs || hidden) candidates.push({ batchId, certain: !hidden, createdAt, rows, state });
      else ruledOut.push(batchId);
    }
    return { candidates, ruledOut };
  }

  async listBatches({ since, except }: BatchQuery): Promise<readonly ServiceBatch[]> {
    const all = await this.#call('list', () => this.#transport.list());
    return all
      .filter((view) => view.createdAt >= since && !except.has(view.batchId))
      .map((view) => {
        const { batchId, createdAt, rows, model, nonce } = view;
        const state = stateOf(view.state);
        const hidden = this.findsBySize && !TERMINAL_BATCH_STATES.has(state);
        return { batchId, state, createdAt, rows, model, ...(hidden ? {} : { mark: { nonce } }) };
      });
  }

  async getBatch(batchId: string, signal: AbortSignal): Promise<BatchSnapshot> {
    const view = await this.#call('get', () => this.#transport.get(batchId, signal));
    const state = stateOf(view.state);
    return {
      batchId,
      state,
      createdAt: view.createdAt,
      rows: view.rows,
      ...(this.findsBySize ? {} : { model: view.model, mark: { nonce: view.nonce } }),
      rawState: view.state,
      completed: view.completed,
      expiresAt: view.expiresAt,
      unreportedIsFree: view.unreportedIsFree,
      ...(view.lines !== undefined && { expectedLines: view.lines }),
      ...(view.failure !== undefined && { failure: view.failure }),
    };
  }

  async *results(batchId: string, signal: AbortSignal): AsyncIterable<RowResult> {
    try {
      yield* readRowResults(this.#transport.results(batchId, signal));
    } catch (error) {
      throw providerErrorOf(error, 'results');
    }
  }

  cancelBatch(batchId: string): Promise<void> {
    return this.#call('cancel', () => this.#transport.cancel(batchId));
  }

  deleteArtifacts(batchId: string): Promise<void> {
    return this.#call('delete', () => this.#transport.delete(batchId));
  }

  async #call<T>(call: MockCall, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw providerErrorOf(error, call);
    }
  }
}

async function openPayload(path: string): Promise<Blob> {
  try {
    return await openAsBlob(path);
  } catch (cause) {
    throw new ProviderError('invalidRequest', 'mock', `${path} could not be read; nothing was sent.`, {
      cause,
    });
  }
}

function stateOf(word: string): ProviderBatchState {
  return STATES.has(word) ? (word as ProviderBatchState) : 'unknown';
}
