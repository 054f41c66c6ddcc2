import type OpenAI from 'openai';
import { openAsBlob } from 'node:fs';
import type { Job, JsonSchema } from '../../core/job.ts';
import type { ModelConfig } from '../../core/modelConfig.ts';
import type {
  BatchCandidate,
  BatchIntent,
  BatchPayload,
  BatchSnapshot,
  CreateOptions,
  Provider,
  RowResult,
} from '../../core/provider.ts';
import type { Access } from '../../core/serviceAccess.ts';
import { linesOf } from '../shared/jsonLines.ts';
import {
  READ_TIMEOUT_MS,
  SKEW_MS,
  SdkProvider,
  uploadTimeoutMs,
  type ServiceFacts,
} from '../shared/sdkProvider.ts';
import { strangeAnswer } from '../shared/wireErrors.ts';
import { schemaIssue, toLine } from './request.ts';
import { toRowResult } from './rows.ts';
import { stateOf } from './states.ts';

/** 50,000 lines and 200 MB a batch; the tokens are the least of the enqueued limits of its current models. */
const LIMITS = { maxRows: 50_000, maxBytes: 190_000_000, maxEnqueuedTokens: 4_000_000 };
const FACTS: ServiceFacts = {
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
};

/** OpenAI's Files and Batches on its own SDK, with requests to `/v1/responses`. */
export function createOpenAIProvider(access: Access, models: readonly ModelConfig[]): Provider {
  return new OpenAIProvider(access, models);
}

class OpenAIProvider extends SdkProvider<OpenAI> implements Provider {
  readonly limits = LIMITS;
  readonly framing = { head: '', separator: '\n', tail: '\n' };

  constructor(access: Access, models: readonly ModelConfig[]) {
    super(FACTS, access, models);
  }

  encodeRow(job: Job, customId: string): Promise<string> {
    return Promise.resolve(JSON.stringify(toLine(job, customId)));
  }

  /** The nonce goes into the batch's metadata and into the name of its file. */
  async createBatch(
    payload: BatchPayload,
    { nonce, signal }: CreateOptions,
  ): Promise<{ readonly batchId: string }> {
    const timeout = uploadTimeoutMs(payload.bytes);
    const blob = await openAsBlob(payload.path, { type: 'application/jsonl' });
    const { toFile } = await import('openai');
    const file = await toFile(blob, `batchbook-${nonce}.jsonl`, { type: 'application/jsonl' });
    // A file that arrived without our hearing of it costs nothing and goes by itself after 30 days.
    const uploaded = await this.call('upload', (client) =>
      client.files.create({ file, purpose: 'batch' }, { maxRetries: 0, timeout, signal }),
    );
    const { id } = this.expected(uploaded, 'id', 'upload');
    const created = await this.call('create', (client) =>
      client.batches.create(
        {
          input_file_id: id,
          endpoint: '/v1/responses',
          completion_window: '24h',
          metadata: { app: 'batchbook', nonce },
        },
        { maxRetries: 0, timeout: READ_TIMEOUT_MS, signal },
      ),
    );
    return { batchId: this.expected(created, 'id', 'create').id };
  }

  async findBatches(intent: BatchIntent): Promise<readonly BatchCandidate[]> {
    const candidates: BatchCandidate[] = [];
    await this.call('read', async (client) => {
      for await (const batch of client.batches.list({ limit: 100 })) {
        const createdAt = batch.created_at * 1000;
        if (createdAt < intent.intendedAt - SKEW_MS) return;
        if ((batch.metadata as Record<string, unknown> | null)?.['nonce'] !== intent.nonce) continue;
        candidates.push({
          batchId: batch.id,
          certain: true,
          createdAt,
          rows: batch.request_counts?.total || intent.rows, // 0 while it is validated
          state: stateOf(batch.status),
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
      state: stateOf(batch.status),
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
      const response = await this.call('read', (client) => client.files.content(fileId, { signal }));
      if (response.body === null) throw strangeAnswer(this.name, this.title, 'read');
      for await (const line of linesOf(response.body, this.name)) yield toRowResult(line);
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

  async #retrieve(batchId: string, signal: AbortSignal): Promise<OpenAI.Batch> {
    const batch = await this.call('read', (client) => client.batches.retrieve(batchId, { signal }));
    return this.expected(batch, 'status', 'read');
  }

  protected schemaIssue(schema: JsonSchema): string | undefined {
    return schemaIssue(schema, this.title);
  }

  protected async connect(apiKey: string): Promise<OpenAI> {
    const { default: Client } = await import('openai');
    return new Client({
      apiKey,
      baseURL: this.access.baseUrl,
      organization: null,
      project: null,
      timeout: READ_TIMEOUT_MS,
      maxRetries: 2,
      logLevel: 'off',
    });
  }
}

function failureOf({ errors }: OpenAI.Batch): NonNullable<BatchSnapshot['failure']> {
  const all = errors?.data ?? [];
  const queueFull = all.find(({ code }) => code === 'token_limit_exceeded');
  const first = queueFull ?? all[0];
  const line = first?.line == null ? '' : ` (line ${String(first.line)})`;
  return {
    code: queueFull === undefined ? 'rejected' : 'queueFull',
    message: `${first?.message ?? 'OpenAI gave no reason.'}${line}`,
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
