import type { ModelConfig } from '../../../src/core/modelConfig.ts';
import { GEMINI_MODELS } from '../../../src/providers/models/modelTable.ts';
import { jsonOf, type Answer, type SeenRequest } from './exchange.ts';
import { resultLines, tokensOf, type FakeRow, type Work } from './fakeBatch.ts';
import type { FakePlan } from './fakePlan.ts';
import { FakeServer } from './fakeServer.ts';
import type { Operation } from './scriptedServer.ts';
import { GeminiBatch, operationOf } from './gemini/batch.ts';
import { FileStore, contentOf, refusal } from './gemini/fileStore.ts';
import { askedBy, inventedLine, resultLine, workOn, type GenerateRequest, type Line } from './gemini/wire.ts';
import { linesIn } from './lines.ts';

/** A batch that has not ended after so long has nothing to show. */
const LIFE_MS = 48 * 3_600_000;

/**
 * Gemini's Developer API, as its documentation and its SDK 3.1.0 have it (November 2026): resumable uploads of files that
 * cannot be used at once and are gone after two days, batches as operations whose numbers are strings and whose zeros are
 * left out, keyed result files, nothing at all of a batch that expired or was cancelled.
 */
export class FakeGemini extends FakeServer<GeminiBatch> {
  readonly name = 'gemini';
  readonly key = 'AIza-fake-key';
  readonly files = new FileStore({
    now: () => this.now(),
    newId: (length) => this.newId(length),
    origin: () => this.origin,
    looks: () => this.plan.fileLooks ?? 1,
  });

  /** @param inspects See `open`. */
  static async start(plan: FakePlan = {}, inspects = true): Promise<FakeGemini> {
    const fake = new FakeGemini(plan);
    await fake.open(inspects);
    return fake;
  }

  protected readonly operations: readonly Operation[] = [
    {
      name: 'startUpload',
      method: 'POST',
      path: /^\/upload\/v1(?:beta)?\/files$/,
      isMeant: ({ query }) => !query.has('upload_id'),
      run: (request) => this.files.startUpload(request),
    },
    {
      name: 'upload',
      method: 'POST',
      path: /^\/upload\/v1(?:beta)?\/files$/,
      run: (request) => this.files.upload(request),
    },
    operation('download', 'GET', '(files/[^/:]+):download', (_, [name]) => contentOf(this.files.named(name))),
    operation('getFile', 'GET', '(files/[^/:]+)', (_, [name]) => ({
      body: this.files.view(this.files.named(name)),
    })),
    operation('files', 'GET', 'files', ({ query }) => {
      const { items, ...rest } = pageIn(this.files.listed(), query);
      return { body: { files: items.map((file) => this.files.view(file)), ...rest } };
    }),
    operation('deleteFile', 'DELETE', '(files/[^/:]+)', (_, [name]) => this.#deleteFile(name)),
    operation('create', 'POST', 'models/([^/:]+):batchGenerateContent', (request, [model]) =>
      this.#create(request, model ?? ''),
    ),
    operation('list', 'GET', 'batches', ({ query }) => this.#list(query)),
    operation('get', 'GET', '(batches/[^/:]+)', (_, [name]) => this.#get(name)),
    operation('cancel', 'POST', '(batches/[^/:]+):cancel', (_, [name]) => this.#cancel(name)),
    operation('delete', 'DELETE', '(batches/[^/:]+)', (_, [name]) => this.#delete(name)),
    operation('countTokens', 'POST', 'models/([^/:]+):countTokens', (request, [model]) => {
      this.#model(model);
      return { body: { totalTokens: tokensOf(askedBy(jsonOf(request) as GenerateRequest)) } };
    }),
    operation('models', 'GET', 'models', ({ query }) => {
      const { items, ...rest } = pageIn(GEMINI_MODELS, query);
      return { body: { models: items.map(modelView), ...rest } };
    }),
    operation('model', 'GET', 'models/([^/:]+)', (_, [name]) => ({ body: modelView(this.#model(name)) })),
  ];

  override reset(plan: FakePlan): void {
    super.reset(plan);
    this.files.clear();
  }

  protected authorize({ headers, query }: SeenRequest): void {
    if (headers['x-goog-api-key'] !== this.key && query.get('key') !== this.key)
      throw refusal(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.');
  }

  protected unknownPath({ path }: SeenRequest): Answer {
    throw refusal(404, 'NOT_FOUND', `${path} was not found.`);
  }

  protected work(row: FakeRow): Work {
    return workOn(row, this.plan);
  }

  protected ledgerStateOf(batch: GeminiBatch): ReturnType<FakeServer['ledgerStateOf']> {
    if (batch.endedAt === undefined) return batch.isCancelling ? 'cancelling' : 'running';
    return batch.state === 'SUCCEEDED' ? 'ended' : (batch.state.toLowerCase() as 'failed');
  }

  protected advance(batch: GeminiBatch): void {
    if (batch.endedAt !== undefined) return;
    const progress = this.progressOf(batch);
    const { failsWith } = this.plan;
    if (batch.isCancelling) this.#fail(batch, 'CANCELLED', 1, 'The operation was cancelled.');
    else if (this.now() >= batch.createdAt + LIFE_MS) this.#fail(batch, 'EXPIRED');
    else if (progress === 'queued') return;
    else if (progress === 'running') batch.state = 'RUNNING';
    else if (failsWith !== undefined) this.#fail(batch, 'FAILED', failsWith, 'The batch failed.');
    else this.#succeed(batch);
  }

  protected cancel(batch: GeminiBatch): void {
    batch.isCancelling = true;
  }

  #create(request: SeenRequest, model: string): Answer {
    const { batch: asked = {} } = jsonOf(request) as {
      readonly batch?: {
        readonly displayName?: string;
        readonly inputConfig?: { readonly fileName?: string };
      };
    };
    this.#model(model);
    const { displayName } = asked;
    if (displayName === undefined || displayName === '')
      throw refusal(400, 'INVALID_ARGUMENT', 'batch.display_name is required.');
    const file = this.files.named(asked.inputConfig?.fileName);
    if (!this.files.isActive(file))
      throw refusal(
        400,
        'FAILED_PRECONDITION',
        `The File ${file.name} is not in an ACTIVE state and usage is not allowed.`,
      );
    const lines = [...linesIn(Buffer.isBuffer(file.content) ? file.content : Buffer.alloc(0))];
    if (this.queuedRows() + lines.length > (this.plan.enqueuedRows ?? Infinity))
      throw refusal(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota of enqueued batch tokens.');
    const keys = lines.map((bytes) => (JSON.parse(bytes.toString('utf8')) as Line).key);
    const batch = new GeminiBatch({
      id: `batches/${this.newId(36)}`,
      nonce: keys[0]?.split('-')[0] ?? '',
      createdAt: this.now(),
      createdOrder: this.nextOrder(),
    });
    Object.assign(batch, { model, displayName, inputFile: file.name });
    batch.rows = lines.map((bytes, i) => this.takeRow(keys[i] ?? '', bytes, model));
    this.keep(batch);
    return { body: this.#view(batch) };
  }

  #list(query: URLSearchParams): Answer {
    const all = [...this.batches.values()].toReversed();
    for (const batch of all) this.look(batch);
    const { items, ...rest } = pageIn(all, query);
    return { body: { operations: items.map((batch) => this.#view(batch)), ...rest } };
  }

  #get(name: string | undefined): Answer {
    const batch = this.#batch(name);
    this.look(batch);
    if (batch.endedAt !== undefined && batch.output === undefined) this.wasRead(batch);
    return { body: this.#view(batch) };
  }

  #succeed(batch: GeminiBatch): void {
    batch.state = 'SUCCEEDED';
    batch.end(this.now(), batch.rows.length);
    batch.output = `files/batch-${batch.id.slice('batches/'.length)}`;
    const invented = Array.from({ length: this.plan.invented ?? 0 }, (_, i) =>
      inventedLine(`invented-${String(i)}`),
    );
    const content = (): Iterable<string> =>
      resultLines(
        batch.rows,
        (row) => this.worked(row),
        (row, customId) => resultLine(row, this.worked(row), customId),
        invented,
      );
    this.files.keep(batch.output, content, () => {
      this.wasRead(batch);
    });
  }

  #fail(batch: GeminiBatch, state: 'FAILED' | 'CANCELLED' | 'EXPIRED', code?: number, message = ''): void {
    batch.state = state;
    batch.end(this.now(), 0);
    if (code !== undefined) batch.error = { code, message };
    batch.queueFull = code === 8;
  }

  #cancel(name: string | undefined): Answer {
    const batch = this.#batch(name);
    this.advance(batch);
    if (batch.endedAt !== undefined) throw refusal(400, 'FAILED_PRECONDITION', 'The batch has ended.');
    this.cancel(batch);
    return { body: {} };
  }

  #delete(name: string | undefined): Answer {
    const batch = this.#batch(name);
    batch.isDeleted = true;
    this.batches.delete(batch.id);
    return { body: {} };
  }

  #deleteFile(name: string | undefined): Answer {
    this.files.delete(this.files.named(name).name);
    return { body: {} };
  }

  #batch(name: string | undefined): GeminiBatch {
    const batch = this.batches.get(name ?? '');
    if (batch === undefined) throw refusal(404, 'NOT_FOUND', 'Requested entity was not found.');
    return batch;
  }

  #model(name: string | undefined): ModelConfig {
    const model = GEMINI_MODELS.find((one) => one.name === name);
    if (model === undefined)
      throw refusal(404, 'NOT_FOUND', `models/${name ?? ''} is not found for API version v1.`);
    return model;
  }

  #view(batch: GeminiBatch): unknown {
    return operationOf(batch, this.now(), (row) => this.worked(row));
  }
}

function operation(name: string, method: string, path: string, run: Operation['run']): Operation {
  return { name, method, path: new RegExp(`^/v1(?:beta)?/${path}$`), run };
}

/** A page of a list; `nextPageToken` is absent on the last. */
function pageIn<T>(
  all: readonly T[],
  query: URLSearchParams,
): { readonly items: readonly T[]; readonly nextPageToken?: string } {
  const from = Number(query.get('pageToken') ?? 0);
  const to = from + Math.min(Number(query.get('pageSize') ?? 50), 1_000);
  return { items: all.slice(from, to), ...(to < all.length ? { nextPageToken: String(to) } : {}) };
}

function modelView({ name, maxInputTokens, maxOutputTokens }: ModelConfig): unknown {
  return {
    name: `models/${name}`,
    version: '001',
    displayName: name,
    inputTokenLimit: maxInputTokens,
    outputTokenLimit: maxOutputTokens,
    supportedGenerationMethods: ['generateContent', 'countTokens', 'batchGenerateContent'],
    thinking: true,
  };
}
