import type { File as UploadedFile, GoogleGenAI } from '@google/genai';
import { openAsBlob } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { ProviderError } from '../../core/errors.ts';
import type { RowRanges } from '../../core/rowRanges.ts';
import type { Job, JsonSchema } from '../../core/job.ts';
import type { ModelConfig } from '../../core/modelConfig.ts';
import type {
  Artifact,
  BatchCandidate,
  BatchIntent,
  BatchMark,
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
import { schemaBound } from '../shared/tokenEstimate.ts';
import { strangeAnswer } from '../shared/wireErrors.ts';
import { timeOf } from '../shared/wireValues.ts';
import { schemaIssue, toLine } from './request.ts';
import { toRowResult } from './rows.ts';
import { stateOf, stateOfWord } from './states.ts';

/** 2 GB a file; the tokens are the least of the enqueued limits of its current models. */
const LIMITS = { maxRows: 100_000, maxBytes: 1_800_000_000, maxEnqueuedTokens: 3_000_000 };
const FACTS: ServiceFacts = {
  name: 'gemini',
  keyVariable: 'GEMINI_API_KEY',
  wording: {
    title: 'Gemini',
    isQueueFull: (message) => /enqueued|batch.*(?:quota|limit)|RESOURCE_EXHAUSTED/i.test(message),
    isOutOfMoney: (message) => /billing|prepay/i.test(message),
    isBadKey: (message) => /API key/i.test(message),
  },
  inputs: { maxRequestBytes: 70_000_000, maxFileBytes: 50_000_000, maxPdfPages: () => 1_000 }, // a third more in base64
  rates: () => ({ asciiPerToken: 3.8, perOtherCharacter: 1.1, perPage: 1_100, perImage: 1_120 }),
};
const ACTIVE_WITHIN_MS = 120_000;
const LOOK_AGAIN_MS = 500;
/** What the service says of a file that is gone. */
const FILE_GONE = 403;
const LIFE_MS = 48 * 3_600_000;

interface Output {
  readonly responsesFile?: string;
}

/** What the service says of a batch; the SDK (3.1.0) drops the error and the counts of it. */
interface Operation {
  readonly done?: boolean;
  readonly error?: { readonly code?: number; readonly message?: string };
  readonly response?: Output;
  readonly metadata?: {
    readonly state?: string;
    readonly displayName?: string;
    readonly model?: string;
    readonly createTime?: string;
    readonly endTime?: string;
    readonly inputConfig?: { readonly fileName?: string };
    readonly output?: Output;
    readonly batchStats?: Readonly<
      Partial<Record<'requestCount' | 'successfulRequestCount' | 'failedRequestCount', string>>
    >;
  };
}

/** Gemini's batches on its own SDK, always with keyed JSONL files: answers without a key are nobody's. */
export function createGeminiProvider(access: Access, models: readonly ModelConfig[]): Provider {
  return new GeminiProvider(access, models);
}

class GeminiProvider extends SdkProvider<GoogleGenAI> implements Provider {
  readonly limits = LIMITS;
  readonly framing = { head: '', separator: '\n', tail: '\n' };
  readonly losesCancelledWork = true;
  readonly resultsKeptMs = LIFE_MS;
  /** Batches as they came over the wire, by name; each is read once, right after the call that brought it. */
  readonly #seen = new Map<string, Operation>();

  constructor(access: Access, models: readonly ModelConfig[]) {
    super(FACTS, access, models);
  }

  encodeRow(job: Job, customId: string): Promise<string> {
    return Promise.resolve(JSON.stringify(toLine(job, customId)));
  }

  /** The SDK takes no system instruction here, so that it is counted as one more text; and no schema, which is estimated. */
  async countTokens(job: Job, signal: AbortSignal): Promise<number> {
    const { contents, systemInstruction } = toLine(job, '').request;
    const system = systemInstruction === undefined ? [] : [{ role: 'user', parts: systemInstruction.parts }];
    const counted = await this.call('count', (client) =>
      client.models.countTokens({
        model: job.model,
        contents: [...system, ...contents].map(({ role, parts }) => ({ role, parts: [...parts] })),
        config: { abortSignal: signal },
      }),
    );
    const { responseSchema: schema } = job;
    const unseen = schema === undefined ? 0 : schemaBound(schema, FACTS.rates(job.model));
    return this.tokensIn(counted, 'totalTokens') + unseen;
  }

  /** Nonce and rows are the batch's display name, and that of its file. */
  async createBatch(
    payload: BatchPayload,
    { nonce, rows, signal }: CreateOptions,
  ): Promise<{ readonly batchId: string }> {
    const timeout = uploadTimeoutMs(payload.bytes);
    const file = await openAsBlob(payload.path, { type: 'application/jsonl' });
    const displayName = displayNameOf(nonce, rows);
    // A file that arrived without our hearing of it costs nothing and goes by itself after 48 hours.
    const uploaded = await this.call('upload', (client) =>
      client.files.upload({
        file,
        config: { mimeType: 'application/jsonl', displayName, abortSignal: signal, httpOptions: { timeout } },
      }),
    );
    const src = await this.#untilActive(uploaded, signal);
    const created = await this.call('create', (client) =>
      client.batches.create({ model: payload.model, src, config: { displayName, abortSignal: signal } }),
    );
    return { batchId: this.expected(created, 'name', 'create').name };
  }

  /** Display names are not unique: two of the same name are for the person to decide, which two certain ones are. */
  async findBatches(intent: BatchIntent): Promise<BatchSearch> {
    const candidates: BatchCandidate[] = [];
    for (const { batchId, state, createdAt, mark } of await this.#createdSince(intent.intendedAt - SKEW_MS))
      if (mark !== 'foreign' && mark.nonce === intent.nonce)
        candidates.push({ batchId, certain: true, state, ...(createdAt === undefined ? {} : { createdAt }) });
    return { candidates, ruledOut: [] };
  }

  async listBatches({ since, except }: BatchQuery): Promise<readonly ServiceBatch[]> {
    const batches = await this.#createdSince(since);
    return batches.filter(({ batchId, mark }) => mark !== 'foreign' && !except.has(batchId));
  }

  async getBatch(batchId: string, signal: AbortSignal): Promise<BatchSnapshot> {
    const operation = await this.#operation(batchId, signal);
    const { metadata = {}, error } = operation;
    const state = stateOf(operation);
    const count = (name: keyof NonNullable<typeof metadata.batchStats>): number =>
      Number(metadata.batchStats?.[name] ?? 0); // zeros are left out
    const created = timeOf(metadata.createTime);
    const endedAt = timeOf(metadata.endTime);
    const rows = count('requestCount');
    return {
      batchId,
      state,
      ...(created === undefined ? {} : { createdAt: created }),
      ...(rows === 0 ? {} : { rows }),
      ...modelOf(metadata.model),
      mark: markIn(metadata.displayName),
      rawState: metadata.state ?? '',
      completed: count('successfulRequestCount') + count('failedRequestCount'),
      ...(state === 'ended' && rows > 0 ? { expectedLines: rows } : {}),
      ...(state === 'failed' ? { failure: failureOf(error) } : {}),
      ...(created === undefined ? {} : { expiresAt: created + LIFE_MS }),
      ...(endedAt === undefined ? {} : { endedAt }),
      // The service does not document what a batch without results has cost.
      unreportedIsFree: false,
    };
  }

  async *results(batchId: string, signal: AbortSignal): AsyncIterable<RowResult> {
    const file = resultsFileOf(await this.#operation(batchId, signal));
    if (file === undefined) return; // expired, cancelled and failed batches have none
    const response = await this.#download(file, signal);
    if (response.body === null) throw strangeAnswer(this.name, this.title, 'read');
    for await (const line of linesOf(response.body, this.name)) yield toRowResult(line);
  }

  async cancelBatch(batchId: string): Promise<void> {
    await this.unlessOver((client) => client.batches.cancel({ name: batchId }));
  }

  async deleteArtifacts(batchId: string): Promise<void> {
    const operation = await this.#operation(batchId, AbortSignal.timeout(READ_TIMEOUT_MS));
    for (const name of [operation.metadata?.inputConfig?.fileName, resultsFileOf(operation)])
      if (name !== undefined) await this.unlessOver((client) => client.files.delete({ name }), FILE_GONE);
    await this.unlessOver((client) => client.batches.delete({ name: batchId }));
  }

  /** Batches with their files; uploads of which no batch was made by their name. Files go by themselves after 48 hours. */
  async listArtifacts(signal: AbortSignal): Promise<readonly Artifact[]> {
    const batches = (await this.#createdSince(0)).flatMap(({ batchId, createdAt, mark }): Artifact[] =>
      mark === 'foreign'
        ? []
        : [
            {
              id: batchId,
              kind: 'batch',
              batchId,
              nonce: mark.nonce,
              ...(createdAt === undefined ? {} : { createdAt }),
            },
          ],
    );
    const uploads: Artifact[] = [];
    await this.call('read', async (client) => {
      const pages = await client.files.list({ config: { pageSize: 100, abortSignal: signal } });
      for await (const { name, displayName, sizeBytes, createTime } of pages) {
        const mark = markIn(displayName);
        if (name === undefined || mark === 'foreign') continue;
        const createdAt = timeOf(createTime);
        const bytes = Number(sizeBytes);
        uploads.push({
          id: name,
          kind: 'upload',
          nonce: mark.nonce,
          ...(Number.isSafeInteger(bytes) ? { bytes } : {}),
          ...(createdAt === undefined ? {} : { createdAt }),
        });
      }
    });
    return [...uploads, ...batches];
  }

  async deleteArtifact({ id, kind }: Artifact): Promise<void> {
    if (kind === 'batch') await this.deleteArtifacts(id);
    else await this.unlessOver((client) => client.files.delete({ name: id }), FILE_GONE);
  }

  /** In no order that is documented, hence all pages of the list; it does not say how many rows a batch has. */
  async #createdSince(since: number): Promise<MarkedBatch[]> {
    const batches: MarkedBatch[] = [];
    await this.call('read', async (client) => {
      for await (const batch of await client.batches.list({ config: { pageSize: 100 } })) {
        const createdAt = timeOf(batch.createTime);
        if (batch.name === undefined || (createdAt ?? since) < since) continue;
        batches.push({
          batchId: batch.name,
          state: stateOfWord(batch.state),
          ...(createdAt === undefined ? {} : { createdAt }),
          ...modelOf(batch.model),
          mark: markIn(batch.displayName),
        });
      }
    });
    return batches;
  }

  async #untilActive(uploaded: UploadedFile, signal: AbortSignal): Promise<string> {
    const { name } = uploaded;
    if (name === undefined) throw strangeAnswer(this.name, this.title, 'upload');
    const until = performance.now() + ACTIVE_WITHIN_MS;
    for (let file = uploaded; ;) {
      const state: string | undefined = file.state;
      if (state === undefined || state === 'ACTIVE') return name;
      if (state === 'FAILED' || performance.now() > until)
        throw new ProviderError(
          'unavailable',
          this.name,
          `Gemini could not take the batch's file ${name} in; it is sent again.`,
        );
      await pause(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      file = await this.call('upload', (client) => client.files.get({ name }));
    }
  }

  async #operation(batchId: string, signal: AbortSignal): Promise<Operation> {
    await this.call('read', (client) =>
      client.batches.get({ name: batchId, config: { abortSignal: signal } }),
    );
    const operation = this.#seen.get(batchId);
    this.#seen.delete(batchId);
    if (operation?.metadata === undefined) throw strangeAnswer(this.name, this.title, 'read');
    return operation;
  }

  /** Without the SDK, whose download knows files on disk only. The same address, key and version as its calls. */
  async #download(file: string, signal: AbortSignal): Promise<Response> {
    const { baseUrl, apiKey = '' } = this.access;
    const name = file.split('/').map(encodeURIComponent).join('/');
    try {
      const response = await this.fetch(`${baseUrl}/v1/${name}:download?alt=media`, {
        headers: { 'x-goog-api-key': apiKey },
        signal,
      });
      if (response.ok) return response;
      // The same key has just read the batch, so that it is not the key that is refused.
      if (response.status === FILE_GONE)
        throw new ProviderError(
          'notFound',
          this.name,
          `Gemini keeps the results of this batch no longer: their file ${file} is there for 48 hours.`,
        );
      throw Object.assign(new Error(await response.text()), {
        status: response.status,
        headers: response.headers,
      });
    } catch (error) {
      throw this.errorOf(error, 'read');
    }
  }

  protected schemaIssue(schema: JsonSchema): string | undefined {
    return schemaIssue(schema);
  }

  protected async connect(apiKey: string): Promise<GoogleGenAI> {
    const { GoogleGenAI: Client } = await import('@google/genai');
    return inBareEnvironment(
      () =>
        new Client({
          apiKey,
          vertexai: false,
          httpOptions: {
            baseUrl: this.access.baseUrl,
            timeout: READ_TIMEOUT_MS,
            fetch: (input: Parameters<typeof fetch>[0], init?: RequestInit) => this.#fetch(input, init),
          },
        }),
    );
  }

  protected async probe(client: GoogleGenAI, signal: AbortSignal): Promise<boolean> {
    const { page } = await client.models.list({ config: { pageSize: 1, abortSignal: signal } });
    return typeof page[0]?.name === 'string';
  }

  /** Keeps what the SDK drops of a batch. */
  async #fetch(input: Parameters<typeof fetch>[0], init: RequestInit | undefined): Promise<Response> {
    const response = await this.fetch(input, init);
    const url = input instanceof Request ? input.url : String(input);
    const name = /\/(batches\/[^/:?]+)(?:\?|$)/.exec(url)?.[1];
    if (name !== undefined && response.ok && (init?.method ?? 'GET') === 'GET') {
      const operation = (await response
        .clone()
        .json()
        .catch(() => undefined)) as Operation | undefined;
      if (operation !== undefined) this.#seen.set(name, operation);
    }
    return response;
  }
}

/** Nonce and rows, as far as they are short: nothing is documented of how long a name may be. */
function displayNameOf(nonce: string, rows: RowRanges): string {
  const held = formatRanges(rows, 64);
  return `${APP}-${nonce}${held === undefined ? '' : `-${held}`}`;
}

function markIn(displayName: unknown): BatchMark | 'foreign' {
  const [app, nonce, ...ranges] = typeof displayName === 'string' ? displayName.split('-') : [];
  return app === APP ? markOf(nonce, ranges.length === 0 ? undefined : ranges.join('-')) : 'foreign';
}

/** It stands in the metadata and in the response of the operation, or in one of them alone (b-21). */
function resultsFileOf({ metadata, response }: Operation): string | undefined {
  return metadata?.output?.responsesFile ?? response?.responsesFile;
}

function modelOf(model: unknown): { readonly model?: string } {
  return typeof model === 'string' ? { model: model.replace(/^models\//, '') } : {};
}

function failureOf(error: Operation['error']): NonNullable<BatchSnapshot['failure']> {
  const message = error?.message ?? 'Gemini gave no reason.';
  return { code: error?.code === 8 ? 'queueFull' : error?.code === 3 ? 'rejected' : 'failed', message };
}
