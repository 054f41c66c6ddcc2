import type OpenAI from 'openai';
import { openAsBlob } from 'node:fs';
import { ProviderError } from '../../core/errors.ts';
import type { Job } from '../../core/job.ts';
import type { ModelConfig } from '../../core/modelConfig.ts';
import type {
  BatchCandidate,
  BatchIntent,
  BatchPayload,
  BatchSnapshot,
  CreateOptions,
  JobIssue,
  Provider,
  RowResult,
  TokenEstimate,
} from '../../core/provider.ts';
import { keyFingerprint, type Access } from '../../core/serviceAccess.ts';
import type { ProviderBatchState } from '../../core/vocabulary.ts';
import { jobIssues } from '../shared/jobIssues.ts';
import { linesOf } from '../shared/jsonLines.ts';
import { estimateTokens } from '../shared/tokenEstimate.ts';
import { providerErrorOf, strangeAnswer, type Attempted, type Wording } from '../shared/wireErrors.ts';
import { schemaIssue, toLine } from './request.ts';
import { toRowResult } from './rows.ts';

const NAME = 'openai';
const WORDING: Wording = {
  title: 'OpenAI',
  isQueueFull: (message) => /enqueued token/i.test(message),
  isOutOfMoney: (message) => /insufficient_quota|exceeded your current quota|billing/i.test(message),
};
/** 50,000 lines and 200 MB a batch; the tokens are the least of the enqueued limits of its current models. */
const LIMITS = { maxRows: 50_000, maxBytes: 190_000_000, maxEnqueuedTokens: 4_000_000 };
/** 50 MB of files a request. */
const MAX_REQUEST_BYTES = 50_000_000;
const RATES = { asciiPerToken: 3.6, perOtherCharacter: 1.2, perPage: 2_500, perImage: 1_500 };
const READ_TIMEOUT_MS = 60_000;
const SKEW_MS = 5 * 60_000;
const SLOWEST_UPLOAD = 50_000;

/** OpenAI's Files and Batches on its own SDK, with requests to `/v1/responses`. */
export function createOpenAIProvider(access: Access, models: readonly ModelConfig[]): Provider {
  return new OpenAIProvider(access, models);
}

class OpenAIProvider implements Provider {
  readonly name = NAME;
  readonly title = WORDING.title;
  readonly models: readonly ModelConfig[];
  readonly limits = LIMITS;
  readonly framing = { head: '', separator: '\n', tail: '\n' };
  readonly findsEveryBatch = false;
  readonly origin: string;
  readonly isVendor: boolean;
  readonly hasKey: boolean;
  readonly keyFingerprint: string | undefined;
  readonly #access: Access;
  #client: Promise<OpenAI> | undefined;

  constructor(access: Access, models: readonly ModelConfig[]) {
    this.models = models;
    this.#access = access;
    this.origin = access.origin;
    this.isVendor = access.isVendor;
    this.hasKey = access.apiKey !== undefined;
    this.keyFingerprint = access.apiKey === undefined ? undefined : keyFingerprint(access.apiKey);
  }

  validateJob(job: Job): readonly JobIssue[] {
    const issue = job.responseSchema === undefined ? undefined : schemaIssue(job.responseSchema);
    return [
      ...jobIssues(job, this.models, {
        maxRequestBytes: MAX_REQUEST_BYTES,
        tokens: this.estimateTokens(job),
      }),
      ...(issue === undefined ? [] : [{ parameter: 'responseSchema', message: issue }]),
    ];
  }

  estimateTokens(job: Job): TokenEstimate {
    return estimateTokens(job, RATES);
  }

  encodeRow(job: Job, customId: string): Promise<string> {
    return Promise.resolve(JSON.stringify(toLine(job, customId)));
  }

  /** The nonce goes into the batch's metadata and into the name of its file. */
  async createBatch(
    payload: BatchPayload,
    { nonce, signal }: CreateOptions,
  ): Promise<{ readonly batchId: string }> {
    const timeout = READ_TIMEOUT_MS + Math.ceil((payload.bytes / SLOWEST_UPLOAD) * 1000);
    const blob = await openAsBlob(payload.path, { type: 'application/jsonl' });
    const { toFile } = await import('openai');
    const file = await toFile(blob, `batchbook-${nonce}.jsonl`, { type: 'application/jsonl' });
    // A file that arrived without our hearing of it costs nothing and goes by itself after 30 days.
    const uploaded = await this.#call('upload', (client) =>
      client.files.create({ file, purpose: 'batch' }, { maxRetries: 0, timeout, signal }),
    );
    if (typeof (uploaded as { id?: unknown } | undefined)?.id !== 'string')
      throw strangeAnswer(NAME, WORDING.title, 'upload');
    const created: unknown = await this.#call('create', (client) =>
      client.batches.create(
        {
          input_file_id: uploaded.id,
          endpoint: '/v1/responses',
          completion_window: '24h',
          metadata: { app: 'batchbook', nonce },
        },
        { maxRetries: 0, timeout: READ_TIMEOUT_MS, signal },
      ),
    );
    const { id } = (created ?? {}) as { readonly id?: unknown };
    if (typeof id !== 'string') throw strangeAnswer(NAME, WORDING.title, 'create');
    return { batchId: id };
  }

  async findBatches(intent: BatchIntent): Promise<readonly BatchCandidate[]> {
    const candidates: BatchCandidate[] = [];
    await this.#call('read', async (client) => {
      for await (const batch of client.batches.list({ limit: 100 })) {
        const createdAt = batch.created_at * 1000;
        if (createdAt < intent.intendedAt - SKEW_MS) return;
        if ((batch.metadata as Record<string, unknown> | null)?.['nonce'] !== intent.nonce) continue;
        candidates.push({
          batchId: batch.id,
          certain: true,
          createdAt,
          rows: batch.request_counts?.total || intent.rows, // 0 while it is validated
          state: stateOf(batch),
        });
      }
    });
    return candidates;
  }

  async getBatch(batchId: string, signal: AbortSignal): Promise<BatchSnapshot> {
    const batch = await this.#retrieve(batchId, signal);
    const counts = batch.request_counts;
    const completed = (counts?.completed ?? 0) + (counts?.failed ?? 0);
    return {
      batchId,
      state: stateOf(batch),
      rawState: batch.status,
      completed,
      // Of an expired or cancelled batch it is not documented whether the rows that were not reached are counted.
      ...(batch.status === 'completed' ? { expectedLines: completed } : {}),
      ...(batch.status === 'failed' ? { failure: failureOf(batch) } : {}),
      ...(typeof batch.expires_at === 'number' ? { expiresAt: batch.expires_at * 1000 } : {}),
      // A batch that failed was refused at its validation: nothing of it was worked on.
      unreportedIsFree: batch.status === 'failed',
    };
  }

  /** Both files, in every state that has them: what was done before an end is charged. */
  async *results(batchId: string, signal: AbortSignal): AsyncIterable<RowResult> {
    const batch = await this.#retrieve(batchId, signal);
    for (const fileId of [batch.output_file_id, batch.error_file_id]) {
      if (fileId == null || fileId === '') continue;
      const response = await this.#call('read', (client) => client.files.content(fileId, { signal }));
      if (response.body === null) throw strangeAnswer(NAME, WORDING.title, 'read');
      for await (const line of linesOf(response.body, NAME)) yield toRowResult(line);
    }
  }

  async cancelBatch(batchId: string): Promise<void> {
    await this.#unlessOver((client) => client.batches.cancel(batchId));
  }

  /** Batches themselves cannot be deleted; their files can. */
  async deleteArtifacts(batchId: string): Promise<void> {
    const batch = await this.#retrieve(batchId, AbortSignal.timeout(READ_TIMEOUT_MS));
    for (const fileId of [batch.input_file_id, batch.output_file_id, batch.error_file_id])
      if (fileId != null && fileId !== '') await this.#unlessOver((client) => client.files.delete(fileId));
  }

  #retrieve(batchId: string, signal: AbortSignal): Promise<OpenAI.Batches.Batch> {
    return this.#call('read', async (client) => {
      const batch: unknown = await client.batches.retrieve(batchId, { signal });
      if (typeof batch !== 'object' || batch === null || !('status' in batch))
        throw strangeAnswer(NAME, WORDING.title, 'read');
      return batch as OpenAI.Batches.Batch;
    });
  }

  async #unlessOver(step: (client: OpenAI) => Promise<unknown>): Promise<void> {
    try {
      await this.#call('change', step);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const { status } = (error.cause ?? {}) as { readonly status?: number };
      if (status !== 404 && status !== 409 && status !== 400) throw error;
    }
  }

  async #call<T>(attempted: Attempted, step: (client: OpenAI) => PromiseLike<T>): Promise<T> {
    const client = await this.#connected();
    try {
      return await step(client);
    } catch (error) {
      throw providerErrorOf(NAME, WORDING, error, attempted);
    }
  }

  #connected(): Promise<OpenAI> {
    const { apiKey, baseUrl } = this.#access;
    if (apiKey === undefined)
      throw new ProviderError(
        'auth',
        NAME,
        `There is no key of OpenAI for ${this.origin}. Set one (in the window: "Batchbook: Set API Key…"; in a terminal: OPENAI_API_KEY).`,
      );
    this.#client ??= import('openai').then(
      ({ default: Client }) =>
        // Everything is named, so that nothing else is taken from the environment.
        new Client({
          apiKey,
          baseURL: baseUrl,
          organization: null,
          project: null,
          timeout: READ_TIMEOUT_MS,
          maxRetries: 2,
          logLevel: 'off',
        }),
    );
    return this.#client;
  }
}

function stateOf({ status }: OpenAI.Batches.Batch): ProviderBatchState {
  switch (status as string) {
    case 'validating':
      return 'validating';
    case 'in_progress':
    case 'finalizing':
      return 'running';
    case 'completed':
      return 'ended';
    case 'failed':
    case 'expired':
    case 'cancelling':
    case 'cancelled':
      return status as 'failed' | 'expired' | 'cancelling' | 'cancelled';
    default:
      return 'unknown';
  }
}

function failureOf({ errors }: OpenAI.Batches.Batch): NonNullable<BatchSnapshot['failure']> {
  const all = errors?.data ?? [];
  const queueFull = all.find(({ code }) => code === 'token_limit_exceeded');
  const first = queueFull ?? all[0];
  const line = first?.line == null ? '' : ` (line ${String(first.line)})`;
  return {
    code: queueFull === undefined ? 'rejected' : 'queueFull',
    message: `${first?.message ?? 'OpenAI gave no reason.'}${line}`,
  };
}
