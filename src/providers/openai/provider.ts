import type OpenAI from 'openai';
import { openAsBlob } from 'node:fs';
import { ProviderError } from '../../core/errors.ts';
import { isNonce } from '../../core/ids.ts';
import type { Job, JsonSchema } from '../../core/job.ts';
import type { ModelConfig } from '../../core/modelConfig.ts';
import type {
  Artifact,
  BatchCandidate,
  BatchIntent,
  BatchLimits,
  BatchPayload,
  BatchQuery,
  BatchSearch,
  BatchSnapshot,
  CreateOptions,
  Provider,
  RowResult,
  ServiceBatch,
} from '../../core/provider.ts';
import type { Access } from '../../core/serviceAccess.ts';
import { inBareEnvironment } from '../shared/bareEnvironment.ts';
import { linesOf } from '../shared/jsonLines.ts';
import { APP, formatRanges, markOf, type MarkedBatch } from '../shared/marks.ts';
import {
  READ_TIMEOUT_MS,
  SKEW_MS,
  SdkProvider,
  uploadTimeoutMs,
  type ServiceFacts,
} from '../shared/sdkProvider.ts';
import { SENT_ONCE } from '../shared/spooledBody.ts';
import { strangeAnswer } from '../shared/wireErrors.ts';
import { recordOf } from '../shared/wireValues.ts';
import { schemaIssue, toLine } from './request.ts';
import { toRowResult } from './rows.ts';
import { stateOf } from './states.ts';

const DAY_S = 86_400;
/** Characters that a value of a batch's metadata may have. */
const METADATA_TEXT = 512;

/** What services with OpenAI's Files and Batches differ in. */
export interface Dialect {
  readonly facts: ServiceFacts;
  readonly limits: BatchLimits;
  /** How long results are kept from a batch's creation on at the least; absent: nobody says. */
  readonly resultsKeptMs?: number;
  /** After how many seconds the service deletes what was uploaded, and results; absent: it is not asked to. */
  readonly expiry?: { readonly input: number; readonly output: number };
  /** Where the requests of a batch go. */
  readonly endpoint: '/v1/responses' | '/v1/chat/completions';
  /** One line of the input file, not yet as text. @throws ValidationError `validation` for text in no known encoding. */
  readonly toLine: (job: Job, customId: string) => unknown;
  readonly toRowResult: (line: string) => RowResult;
}

const OPENAI: Dialect = {
  facts: {
    name: 'openai',
    keyVariable: 'OPENAI_API_KEY',
    wording: {
      title: 'OpenAI',
      isQueueFull: (message) => /enqueued token/i.test(message),
      isOutOfMoney: (message) => /insufficient_quota|exceeded your current quota|billing/i.test(message),
    },
    inputs: { maxRequestBytes: 70_000_000, maxFileBytes: 50_000_000 }, // a third more of a file in base64
    rates: (model) => {
      const perImage = pictureTokens(model);
      return { asciiPerToken: 3.6, perOtherCharacter: 1.2, perPage: 800 + perImage, perImage };
    },
  },
  // 50,000 lines and 200 MB a batch; the tokens are the least of the enqueued limits of its current models.
  limits: { maxRows: 50_000, maxBytes: 190_000_000, maxEnqueuedTokens: 4_000_000 },
  // From their creation on, after the batch's own (documentation of the Files API, November 2026: 1 hour to 30 days).
  resultsKeptMs: 30 * DAY_S * 1000,
  expiry: { input: 3 * DAY_S, output: 30 * DAY_S },
  endpoint: '/v1/responses',
  toLine,
  toRowResult,
};

/** OpenAI's Files and Batches on its own SDK, or those of another service that has them as well. */
export function createOpenAIProvider(
  access: Access,
  models: readonly ModelConfig[],
  dialect: Dialect = OPENAI,
): Provider {
  return new OpenAIProvider(access, models, dialect);
}

class OpenAIProvider extends SdkProvider<OpenAI> implements Provider {
  readonly limits: BatchLimits;
  readonly framing = { head: '', separator: '\n', tail: '\n' };
  readonly resultsKeptMs?: number;
  readonly #dialect: Dialect;

  constructor(access: Access, models: readonly ModelConfig[], dialect: Dialect) {
    super(dialect.facts, access, models);
    this.limits = dialect.limits;
    this.#dialect = dialect;
    if (dialect.resultsKeptMs !== undefined) this.resultsKeptMs = dialect.resultsKeptMs;
  }

  encodeRow(job: Job, customId: string): Promise<string> {
    return Promise.resolve(JSON.stringify(this.#dialect.toLine(job, customId)));
  }

  async countTokens(job: Job, signal: AbortSignal): Promise<number> {
    if (this.#dialect.endpoint !== '/v1/responses')
      throw new ProviderError('notFound', this.name, `${this.title} counts requests to /v1/responses only.`);
    const { model, input, instructions, text, reasoning } = toLine(job, '').body;
    const counted = await this.call('count', (client) =>
      client.responses.inputTokens.count(
        {
          model: model ?? null,
          input: input ?? null,
          ...(instructions === undefined ? {} : { instructions }),
          ...(text === undefined ? {} : { text }),
          ...(reasoning === undefined ? {} : { reasoning }),
        },
        { signal },
      ),
    );
    return this.tokensIn(counted, 'input_tokens');
  }

  /** Nonce and rows go into the batch's metadata, the nonce also into the name of its file. */
  async createBatch(
    payload: BatchPayload,
    { nonce, rows, signal }: CreateOptions,
  ): Promise<{ readonly batchId: string }> {
    const held = formatRanges(rows, METADATA_TEXT);
    const timeout = uploadTimeoutMs(payload.bytes);
    const blob = await openAsBlob(payload.path, { type: 'application/jsonl' });
    const { toFile } = await import('openai');
    const file = await toFile(blob, uploadName(nonce), { type: 'application/jsonl' });
    const { expiry } = this.#dialect;
    // A file that arrived without our hearing of it costs nothing, is found by its name, and goes by itself.
    const uploaded = await this.call('upload', (client) =>
      client.files.create(
        {
          file,
          purpose: 'batch',
          ...(expiry === undefined ? {} : { expires_after: afterCreation(expiry.input) }),
        },
        { maxRetries: 0, timeout, signal, fetchOptions: SENT_ONCE },
      ),
    );
    const { id } = this.expected(uploaded, 'id', 'upload');
    const created = await this.call('create', (client) =>
      client.batches.create(
        {
          input_file_id: id,
          endpoint: this.#dialect.endpoint,
          completion_window: '24h',
          ...(expiry === undefined ? {} : { output_expires_after: afterCreation(expiry.output) }),
          metadata: { app: APP, nonce, ...(held === undefined ? {} : { rows: held }) },
        },
        { maxRetries: 0, timeout: READ_TIMEOUT_MS, signal },
      ),
    );
    return { batchId: this.expected(created, 'id', 'create').id };
  }

  async findBatches(intent: BatchIntent): Promise<BatchSearch> {
    const candidates: BatchCandidate[] = [];
    for (const batch of await this.#createdSince(intent.intendedAt - SKEW_MS)) {
      const { batchId, state, createdAt, rows, mark } = described(batch);
      if (mark === 'foreign' || mark.nonce !== intent.nonce) continue;
      candidates.push({
        batchId,
        certain: true,
        ...(createdAt === undefined ? {} : { createdAt }),
        ...(rows === undefined ? {} : { rows }),
        state,
      });
    }
    return { candidates, ruledOut: [] };
  }

  async listBatches({ since, except }: BatchQuery): Promise<readonly ServiceBatch[]> {
    const batches = (await this.#createdSince(since)).map(described);
    return batches.filter(({ batchId, mark }) => mark !== 'foreign' && !except.has(batchId));
  }

  async getBatch(batchId: string, signal: AbortSignal): Promise<BatchSnapshot> {
    const batch = await this.#retrieve(batchId, signal);
    const counts = batch.request_counts;
    const completed = (counts?.completed ?? 0) + (counts?.failed ?? 0);
    const expiresAt = secondsOf(batch.expires_at);
    const endedAt = secondsOf(
      batch.completed_at ?? batch.cancelled_at ?? batch.expired_at ?? batch.failed_at,
    );
    return {
      ...described(batch),
      rawState: batch.status,
      completed,
      // Of an expired or cancelled batch it is not documented whether the rows that were not reached are counted.
      ...(batch.status === 'completed' ? { expectedLines: completed } : {}),
      ...(batch.status === 'failed' ? { failure: failureOf(batch, this.title) } : {}),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(endedAt === undefined ? {} : { endedAt }),
      // A batch that failed was refused at its validation: nothing of it was worked on.
      unreportedIsFree: batch.status === 'failed',
    };
  }

  /** Both files, in every state that has them: what was done before an end is charged. */
  async *results(batchId: string, signal: AbortSignal): AsyncIterable<RowResult> {
    const batch = await this.#retrieve(batchId, signal);
    for (const fileId of [batch.output_file_id, batch.error_file_id]) {
      if (fileId == null || fileId === '') continue;
      const response = await this.call('read', (client) => client.files.content(fileId, { signal }));
      if (response.body === null) throw strangeAnswer(this.name, this.title, 'read');
      for await (const line of linesOf(response.body, this.name)) yield this.#dialect.toRowResult(line);
    }
  }

  async cancelBatch(batchId: string): Promise<void> {
    await this.unlessOver((client) => client.batches.cancel(batchId));
  }

  /** Batches themselves cannot be deleted; their files can. */
  async deleteArtifacts(batchId: string): Promise<void> {
    const batch = await this.#retrieve(batchId, AbortSignal.timeout(READ_TIMEOUT_MS));
    for (const fileId of [batch.input_file_id, batch.output_file_id, batch.error_file_id])
      if (fileId != null && fileId !== '') await this.unlessOver((client) => client.files.delete(fileId));
  }

  /** Uploads by their name, where their batch was never made as well; results by their batch. */
  async listArtifacts(signal: AbortSignal): Promise<readonly Artifact[]> {
    const owners = new Map<string, Pick<Artifact, 'kind' | 'batchId' | 'nonce'>>();
    for (const batch of await this.#createdSince(0)) {
      const { batchId, mark } = described(batch);
      if (mark === 'foreign') continue;
      const owner = { batchId, nonce: mark.nonce };
      owners.set(batch.input_file_id, { kind: 'upload', ...owner });
      for (const id of [batch.output_file_id, batch.error_file_id])
        if (id != null && id !== '') owners.set(id, { kind: 'results', ...owner });
    }
    const artifacts: Artifact[] = [];
    await this.call('read', async (client) => {
      for await (const { id, filename, bytes, created_at: created } of client.files.list({}, { signal })) {
        const nonce = uploadNonce(filename);
        const owner = owners.get(id) ?? (nonce === undefined ? undefined : { kind: 'upload', nonce });
        const createdAt = secondsOf(created);
        if (owner !== undefined)
          artifacts.push({ id, bytes, ...owner, ...(createdAt === undefined ? {} : { createdAt }) });
      }
    });
    return artifacts;
  }

  async deleteArtifact({ id }: Artifact): Promise<void> {
    await this.unlessOver((client) => client.files.delete(id));
  }

  /** Newest first. */
  async #createdSince(since: number): Promise<OpenAI.Batch[]> {
    const batches: OpenAI.Batch[] = [];
    await this.call('read', async (client) => {
      for await (const batch of client.batches.list({ limit: 100 })) {
        if ((secondsOf(batch.created_at) ?? since) < since) return;
        batches.push(batch);
      }
    });
    return batches;
  }

  async #retrieve(batchId: string, signal: AbortSignal): Promise<OpenAI.Batch> {
    const batch = await this.call('read', (client) => client.batches.retrieve(batchId, { signal }));
    return this.expected(batch, 'status', 'read');
  }

  protected schemaIssue(schema: JsonSchema): string | undefined {
    return schemaIssue(schema, this.title);
  }

  protected async connect(apiKey: string): Promise<OpenAI> {
    const { default: Client } = await import('openai');
    return inBareEnvironment(
      () =>
        new Client({
          apiKey,
          baseURL: this.access.baseUrl,
          organization: null,
          project: null,
          timeout: READ_TIMEOUT_MS,
          maxRetries: 2,
          logLevel: 'off',
          fetch: this.fetch,
        }),
    );
  }

  /** Batches, not models: a key may be restricted to what it is used for, and some services list models to anybody. */
  protected async probe(client: OpenAI, signal: AbortSignal): Promise<boolean> {
    // Not by `batches.list`, which makes an empty page of any answer.
    const page = await client.get<{ readonly data?: unknown } | undefined>('/batches', {
      query: { limit: 1 },
      signal,
      maxRetries: 0,
    });
    return Array.isArray(page?.data);
  }
}

/** What the service says of a batch that has nothing to do with its results. Its fields may be null or left out. */
function described(batch: OpenAI.Batch): MarkedBatch {
  const rows = batch.request_counts?.total ?? 0; // while it is validated
  const { app, nonce, rows: held } = recordOf(batch.metadata);
  const createdAt = secondsOf(batch.created_at);
  return {
    batchId: batch.id,
    state: stateOf(batch.status),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(rows === 0 ? {} : { rows }),
    ...(typeof batch.model === 'string' ? { model: batch.model } : {}),
    mark: app === APP ? markOf(nonce, held) : 'foreign',
  };
}

/** The name of a batch's upload, which tells whose it is where no batch was made of it. */
function uploadName(nonce: string): string {
  return `${APP}-${nonce}.jsonl`;
}

function uploadNonce(filename: string): string | undefined {
  const nonce = filename.slice(APP.length + 1, -'.jsonl'.length);
  return isNonce(nonce) && filename === uploadName(nonce) ? nonce : undefined;
}

function afterCreation(seconds: number): { readonly anchor: 'created_at'; readonly seconds: number } {
  return { anchor: 'created_at', seconds };
}

/** A point in time in seconds, as epoch milliseconds; `undefined` where it is none. */
function secondsOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value * 1000 : undefined;
}

function failureOf({ errors }: OpenAI.Batch, title: string): NonNullable<BatchSnapshot['failure']> {
  const all = errors?.data ?? [];
  const queueFull = all.find(({ code }) => code === 'token_limit_exceeded');
  const first = queueFull ?? all[0];
  const line = first?.line == null ? '' : ` (line ${String(first.line)})`;
  return {
    code: queueFull === undefined ? 'rejected' : 'queueFull',
    message: `${first?.message ?? `${title} gave no reason.`}${line}`,
  };
}

/**
 * Of a picture, with its margin at least those of the largest: 2,500 patches at 1.2 tokens, with gpt-4.1-nano 1,536 at
 * 2.46, with gpt-4o-mini 8 tiles at 5,667 and 2,833 more (documentation, and what is billed, 2026).
 */
function pictureTokens(model: string): number {
  if (model.startsWith('gpt-4o-mini')) return 30_200;
  return model.startsWith('gpt-4.1-nano') ? 2_400 : 1_900;
}
