import type Anthropic from '@anthropic-ai/sdk';
import pLimit from 'p-limit';
import { ProviderError } from '../../core/errors.ts';
import { nonceOf, planOf } from '../../core/ids.ts';
import type { Job, JsonSchema } from '../../core/job.ts';
import type { ModelConfig } from '../../core/modelConfig.ts';
import type {
  Artifact,
  BatchCandidate,
  BatchIntent,
  BatchMark,
  BatchQuery,
  BatchSearch,
  BatchSnapshot,
  Provider,
  RowResult,
  ServiceBatch,
} from '../../core/provider.ts';
import type { Access } from '../../core/serviceAccess.ts';
import { inBareEnvironment } from '../shared/bareEnvironment.ts';
import { linesOf } from '../shared/jsonLines.ts';
import {
  READ_TIMEOUT_MS,
  SKEW_MS,
  SdkProvider,
  uploadTimeoutMs,
  type ServiceFacts,
} from '../shared/sdkProvider.ts';
import { SENT_ONCE, openSpooledBody } from '../shared/spooledBody.ts';
import { strangeAnswer } from '../shared/wireErrors.ts';
import { recordOf, timeOf } from '../shared/wireValues.ts';
import { toRowResult } from './rows.ts';
import { stateOf } from './states.ts';
import { schemaIssue, toRequest } from './request.ts';

/** 100,000 requests and 256 MB a batch; 32 MB a request. Somewhat less is asked for than is allowed. */
const LIMITS = { maxRows: 100_000, maxBytes: 230_000_000 };
const FACTS: ServiceFacts = {
  name: 'anthropic',
  keyVariable: 'ANTHROPIC_API_KEY',
  wording: {
    title: 'Anthropic',
    isQueueFull: (message) => /queued? (?:batch )?requests|batch.*queue/i.test(message),
    isOutOfMoney: (message) => /credit balance|spend(?:ing)? limit|billing/i.test(message),
  },
  inputs: {
    maxRequestBytes: 30_000_000,
    maxImageCharacters: 5 * 1024 * 1024,
    maxPdfPages: ({ maxInputTokens }) => (maxInputTokens > 200_000 ? 600 : 100),
  },
  // Newer tokenizers make about 30 % more tokens of a text than the one that four characters a token stand for; newer
  // models see pictures of up to 4,784 tokens.
  rates: () => ({ asciiPerToken: 3.1, perOtherCharacter: 1.3, perPage: 3_000, perImage: 3_000 }),
};

/** 1,024 to 4,096 tokens by model, kept for the hour that is asked for (documentation, November 2026). */
/** 29 days after a batch was created, whenever it ended (documentation of Message Batches, November 2026). */
const RESULTS_KEPT_MS = 29 * 86_400_000;
const CACHE_PREFIX = { minTokens: 4_096, lifeMs: 3_600_000 };

/** A list has many pages where much is sent. */
const LIST_TIMEOUT_MS = 10 * READ_TIMEOUT_MS;
/** Results of batches that are begun to be read side by side. */
const LOOKED_INTO_AT_A_TIME = 8;

type Batch = Anthropic.Messages.MessageBatch;

/** Anthropic's Message Batches on its own SDK. Results of a batch are read from the configured origin only (promise P6). */
export function createAnthropicProvider(access: Access, models: readonly ModelConfig[]): Provider {
  return new AnthropicProvider(access, models);
}

class AnthropicProvider extends SdkProvider<Anthropic> implements Provider {
  readonly limits = LIMITS;
  readonly findsBySize = true;
  readonly resultsKeptMs = RESULTS_KEPT_MS;
  readonly cachePrefix = CACHE_PREFIX;
  readonly framing = { head: '{"requests":[', separator: ',', tail: ']}' };

  constructor(access: Access, models: readonly ModelConfig[]) {
    super(FACTS, access, models);
  }

  encodeRow(job: Job, customId: string): Promise<string> {
    return Promise.resolve(JSON.stringify(toRequest(job, customId)));
  }

  async countTokens(job: Job, signal: AbortSignal): Promise<number> {
    const { model, messages, system, output_config } = toRequest(job, '').params;
    const counted = await this.call('count', (client) =>
      client.messages.countTokens(
        {
          model,
          messages,
          ...(system === undefined ? {} : { system }),
          ...(output_config === undefined ? {} : { output_config }),
        },
        { signal: limited(signal, READ_TIMEOUT_MS) },
      ),
    );
    return this.tokensIn(counted, 'input_tokens');
  }

  async createBatch(
    payload: { readonly path: string; readonly bytes: number },
    { signal }: { readonly signal: AbortSignal },
  ): Promise<{ readonly batchId: string }> {
    const body = await openSpooledBody(payload.path, 'application/json');
    const timeout = uploadTimeoutMs(payload.bytes);
    // What was not sent to its end is an upload that failed, after which there is no batch.
    const attempted = (): 'create' | 'upload' => (body.wasRead ? 'create' : 'upload');
    const created = await this.call(attempted, (client) =>
      // As a Blob: the SDK's own `create` would hold the whole body in memory several times over.
      client.post<Batch>('/v1/messages/batches', {
        body: body.blob,
        fetchOptions: SENT_ONCE,
        headers: { 'content-type': 'application/json' },
        maxRetries: 0,
        timeout,
        signal: limited(signal, timeout),
      }),
    );
    return { batchId: this.expected(created, 'id', attempted()).id };
  }

  /**
   * There is no place for a nonce on a batch, so that candidates are told by time and number of rows; one that has ended
   * is certain when its first result carries the nonce, and ruled out when it carries another.
   */
  async findBatches(intent: BatchIntent): Promise<BatchSearch> {
    const candidates: BatchCandidate[] = [];
    const ruledOut: string[] = [];
    for (const batch of await this.#createdSince(intent.intendedAt - SKEW_MS)) {
      const about = described(batch);
      const { batchId, rows, createdAt } = about;
      if (rows !== intent.rows || intent.except.has(batchId)) continue;
      if (createdAt !== undefined && createdAt > intent.endedAt + SKEW_MS) continue;
      const mark = await this.#markOf(batch);
      if (mark === 'gone') continue;
      const certain = mark !== undefined && mark !== 'foreign' && mark.nonce === intent.nonce;
      if (mark === undefined || certain) candidates.push({ ...about, certain });
      else ruledOut.push(batchId);
    }
    return { candidates, ruledOut };
  }

  /** Of one that still runs nobody can tell whose it is; of one that has ended its first result does. */
  async listBatches({ since, except }: BatchQuery): Promise<readonly ServiceBatch[]> {
    const unknown = (await this.#createdSince(since)).filter(({ id }) => !except.has(id));
    const limit = pLimit(LOOKED_INTO_AT_A_TIME);
    const marks = await Promise.all(unknown.map((batch) => limit(() => this.#markOf(batch))));
    return unknown.flatMap((batch, i): ServiceBatch[] => {
      const mark = marks[i];
      // Others' ids may look like a nonce alone, but hardly like one with a plan.
      if (mark === 'foreign' || mark === 'gone' || (mark !== undefined && planOf(mark.nonce) === undefined))
        return [];
      return [{ ...described(batch), ...(mark === undefined ? {} : { mark }) }];
    });
  }

  async getBatch(batchId: string, signal: AbortSignal): Promise<BatchSnapshot> {
    const batch = await this.#retrieve(batchId, signal);
    const ended = batch.processing_status === 'ended';
    const { succeeded, errored, canceled, expired } = batch.request_counts;
    const endedAt = timeOf(batch.ended_at);
    return {
      ...described(batch),
      rawState: batch.processing_status,
      // While it runs everything counts as being processed, so that there is no progress to tell.
      ...(ended ? { expectedLines: succeeded + errored + canceled + expired } : {}),
      expiresAt: Date.parse(batch.expires_at),
      ...(endedAt === undefined ? {} : { endedAt }),
      // What is documented as free says so in its row; of anything else without a usage nobody knows.
      unreportedIsFree: false,
    };
  }

  async *results(batchId: string, signal: AbortSignal): AsyncIterable<RowResult> {
    const { results_url: url } = await this.#retrieve(batchId, signal);
    if (url === null)
      throw new ProviderError(
        'notFound',
        this.name,
        `Anthropic keeps the results of batch ${batchId} no longer: they are there for 29 days.`,
      );
    if (URL.parse(url)?.origin !== this.origin)
      throw new ProviderError(
        'providerRefused',
        this.name,
        `The results of batch ${batchId} are said to be at ${URL.parse(url)?.origin ?? 'an address that is none'}, which is not ${this.origin}. The key is not sent there, and the results were not read.`,
      );
    const response = await this.call('read', (client) =>
      client.get<Response>(url, {
        headers: { accept: 'application/binary' },
        __binaryResponse: true,
        signal,
      }),
    );
    if (response.body === null) throw strangeAnswer(this.name, this.title, 'read');
    for await (const line of linesOf(response.body, this.name)) yield toRowResult(line);
  }

  async cancelBatch(batchId: string): Promise<void> {
    await this.unlessOver((client) =>
      client.messages.batches.cancel(batchId, {}, { signal: AbortSignal.timeout(READ_TIMEOUT_MS) }),
    );
  }

  /** The results go with the batch; they are on disk here. */
  async deleteArtifacts(batchId: string): Promise<void> {
    await this.unlessOver((client) =>
      client.messages.batches.delete(batchId, {}, { signal: AbortSignal.timeout(READ_TIMEOUT_MS) }),
    );
  }

  /** Whose batches are is not asked: it takes a download of each, and those of runs here are known by their ids. */
  async listArtifacts(): Promise<readonly Artifact[]> {
    const ended = (await this.#createdSince(0)).filter(
      ({ processing_status: status, archived_at: archived }) => status === 'ended' && archived === null,
    );
    return ended.map(({ id, created_at: created }) => {
      const createdAt = timeOf(created);
      return { id, kind: 'batch', batchId: id, ...(createdAt === undefined ? {} : { createdAt }) };
    });
  }

  deleteArtifact({ id }: Artifact): Promise<void> {
    return this.deleteArtifacts(id);
  }

  async #retrieve(batchId: string, signal: AbortSignal): Promise<Batch> {
    const options = { signal: limited(signal, READ_TIMEOUT_MS) };
    const batch = await this.call('read', (client) => client.messages.batches.retrieve(batchId, {}, options));
    return this.#counted(this.expected(batch, 'processing_status', 'read'));
  }

  /** Newest first. */
  async #createdSince(since: number): Promise<Batch[]> {
    const batches: Batch[] = [];
    await this.call('read', async (client) => {
      const options = { signal: AbortSignal.timeout(LIST_TIMEOUT_MS) };
      for await (const batch of client.messages.batches.list({ limit: 100 }, options)) {
        if ((timeOf(batch.created_at) ?? since) < since) return;
        batches.push(this.#counted(batch));
      }
    });
    return batches;
  }

  /** @throws ProviderError where the batch does not say how many rows it has. */
  #counted(batch: Batch): Batch {
    const counts = recordOf(batch.request_counts);
    const all = [
      counts['processing'],
      counts['succeeded'],
      counts['errored'],
      counts['canceled'],
      counts['expired'],
    ];
    if (!all.every((count) => Number.isSafeInteger(count)))
      throw strangeAnswer(this.name, this.title, 'read');
    return batch;
  }

  /** Whose a batch is: any result line tells, since all of a batch begin with its nonce. Before its end nobody knows. */
  async #markOf({ id, results_url: url }: Batch): Promise<BatchMark | 'foreign' | 'gone' | undefined> {
    if (url === null) return undefined;
    try {
      for await (const { customId } of this.results(id, AbortSignal.timeout(READ_TIMEOUT_MS))) {
        const nonce = customId === undefined ? undefined : nonceOf(customId);
        return nonce === undefined ? 'foreign' : { nonce };
      }
      return undefined;
    } catch (error) {
      if (error instanceof ProviderError && error.code === 'notFound') return 'gone'; // deleted since it was listed
      throw error;
    }
  }

  protected schemaIssue(schema: JsonSchema): string | undefined {
    return schemaIssue(schema);
  }

  protected async connect(apiKey: string): Promise<Anthropic> {
    const { default: Client } = await import('@anthropic-ai/sdk');
    return inBareEnvironment(
      () =>
        new Client({
          apiKey,
          authToken: null,
          baseURL: this.access.baseUrl,
          timeout: READ_TIMEOUT_MS,
          maxRetries: 2,
          logLevel: 'off',
          fetch: this.fetch,
        }),
    );
  }

  protected async probe(client: Anthropic, signal: AbortSignal): Promise<boolean> {
    const options = { signal: limited(signal, READ_TIMEOUT_MS), maxRetries: 0 };
    const { data } = await client.models.list({ limit: 1 }, options);
    return data[0]?.type === 'model';
  }
}

/** The SDK does not end a body that stalls after its headers; this does (seen with 1.12.0). */
function limited(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(ms))]);
}

/** What the service says of a batch that has nothing to do with its results. */
function described(batch: Batch): ServiceBatch & Required<Pick<ServiceBatch, 'rows'>> {
  const createdAt = timeOf(batch.created_at);
  return {
    batchId: batch.id,
    state: stateOf(batch.processing_status),
    ...(createdAt === undefined ? {} : { createdAt }),
    rows: rowsOf(batch),
  };
}

function rowsOf({ request_counts: counts }: Batch): number {
  return counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired;
}
