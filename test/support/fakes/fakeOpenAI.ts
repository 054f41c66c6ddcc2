import { OPENAI_MODELS } from '../../../src/providers/models/modelTable.ts';
import { jsonOf, type Answer, type SeenRequest } from './exchange.ts';
import { resultLines, tokensOf, type FakeRow, type Work } from './fakeBatch.ts';
import type { FakePlan } from './fakePlan.ts';
import { FakeServer } from './fakeServer.ts';
import type { Operation } from './scriptedServer.ts';
import { OpenAIBatch, WINDOW_S, batchView } from './openai/batch.ts';
import { FileStore, contentOf, fileView, type StoredFile } from './openai/fileStore.ts';
import { checkLines, checkMetadata, limitOf, refusal, type Body, type Line } from './openai/requests.ts';
import { askedBy, restLine, resultLine, workOn } from './openai/wire.ts';
import { linesIn } from './lines.ts';
import { pageOf } from './paging.ts';

const ENDPOINTS = ['/v1/responses', '/v1/chat/completions', '/v1/embeddings', '/v1/completions'];
const CANCELLABLE = ['validating', 'in_progress', 'finalizing', 'cancelling'];

/**
 * OpenAI's Files and Batches, as its documentation and its SDK 7.57.0 have them (November 2026): files are checked only
 * after the batch was created, `completed` does not mean that all succeeded, partial results come in two files.
 */
export class FakeOpenAI extends FakeServer<OpenAIBatch> {
  readonly name = 'openai';
  readonly key = 'sk-proj-fake-key';
  readonly files = new FileStore(
    () => this.#seconds(),
    (length) => this.newId(length),
  );

  /** @param inspects See `open`. */
  static async start(plan: FakePlan = {}, inspects = true): Promise<FakeOpenAI> {
    const fake = new FakeOpenAI(plan);
    await fake.open(inspects);
    return fake;
  }

  protected readonly operations: readonly Operation[] = [
    operation('upload', 'POST', 'files', (request) => ({ body: fileView(this.files.upload(request)) })),
    operation('files', 'GET', 'files', ({ query }) =>
      this.#page(this.files.listed(query), query, 10_000, fileView),
    ),
    operation('file', 'GET', 'files/([^/]+)', (_, [id]) => ({ body: fileView(this.files.named(id)) })),
    operation('content', 'GET', 'files/([^/]+)/content', (_, [id]) => contentOf(this.files.named(id))),
    operation('deleteFile', 'DELETE', 'files/([^/]+)', (_, [id]) => this.#deleteFile(id)),
    operation('create', 'POST', 'batches', (request) => this.#create(request)),
    operation('list', 'GET', 'batches', (request) => this.#list(request)),
    operation('get', 'GET', 'batches/([^/]+)', (_, [id]) => this.#get(id)),
    operation('cancel', 'POST', 'batches/([^/]+)/cancel', (_, [id]) => this.#cancel(id)),
    operation('countTokens', 'POST', 'responses/input_tokens', (request) => ({
      body: {
        object: 'response.input_tokens',
        input_tokens: tokensOf(askedBy(jsonOf(request) as Body)),
      },
    })),
    operation('models', 'GET', 'models', () => ({
      body: { object: 'list', data: OPENAI_MODELS.map(({ name }) => modelView(name)) },
    })),
    operation('model', 'GET', 'models/([^/]+)', (_, [id]) => {
      if (!OPENAI_MODELS.some(({ name }) => name === id))
        throw refusal(404, `The model '${id ?? ''}' does not exist`, 'model_not_found');
      return { body: modelView(id ?? '') };
    }),
  ];

  override reset(plan: FakePlan): void {
    super.reset(plan);
    this.files.clear();
  }

  protected authorize({ headers }: SeenRequest): void {
    if (headers.authorization === undefined)
      throw refusal(401, 'Missing bearer or basic authentication in header', null);
    if (headers.authorization !== `Bearer ${this.key}`)
      throw refusal(401, 'Incorrect API key provided.', 'invalid_api_key');
  }

  protected unknownPath({ path }: SeenRequest): Answer {
    throw refusal(404, `Unknown request URL: ${path}`, 'unknown_url');
  }

  protected work(row: FakeRow): Work {
    return workOn(row, this.plan);
  }

  protected ledgerStateOf({ status }: OpenAIBatch): ReturnType<FakeServer['ledgerStateOf']> {
    if (status === 'in_progress' || status === 'finalizing') return 'running';
    return status === 'completed' ? 'ended' : status;
  }

  protected advance(batch: OpenAIBatch): void {
    const progress = this.progressOf(batch);
    if (batch.status === 'validating' && progress !== 'queued') this.#validate(batch);
    else if (batch.status === 'cancelling') this.#end(batch, 'cancelled', this.plan.done?.cancelled ?? 0.5);
    else if (batch.status === 'in_progress' || batch.status === 'finalizing') {
      if (this.#seconds() >= Math.floor(batch.createdAt / 1000) + WINDOW_S)
        this.#end(batch, 'expired', this.plan.done?.expired ?? 0);
      else if (progress === 'done') this.#end(batch, 'completed', 1);
      else if (progress === 'closing') batch.become('finalizing', this.#seconds());
    }
  }

  protected cancel(batch: OpenAIBatch): void {
    if (batch.status === 'validating') this.#validate(batch);
    if (batch.endedAt === undefined) batch.become('cancelling', this.#seconds());
  }

  #create(request: SeenRequest): Answer {
    const asked = jsonOf(request) as Record<string, unknown>;
    const { input_file_id: inputFile, endpoint, completion_window: window, metadata = null } = asked;
    if (typeof inputFile !== 'string') throw refusal(400, "Missing required parameter: 'input_file_id'.");
    const file = this.files.named(inputFile);
    if (file.purpose !== 'batch') throw refusal(400, 'The input file must have the purpose batch.');
    if (typeof endpoint !== 'string' || !ENDPOINTS.includes(endpoint))
      throw refusal(400, "Invalid 'endpoint'.");
    if (window !== '24h') throw refusal(400, "Invalid 'completion_window': must be 24h.");
    checkMetadata(metadata);
    const batch = new OpenAIBatch({
      id: `batch_${this.newId(32)}`,
      nonce: nonceIn(file),
      createdAt: this.now(),
      createdOrder: this.nextOrder(),
    });
    Object.assign(batch, { inputFile: file.id, endpoint, metadata });
    this.keep(batch);
    return this.#viewed(batch);
  }

  #list({ query }: SeenRequest): Answer {
    const all = [...this.batches.values()].toReversed();
    for (const batch of all) this.look(batch);
    return this.#page(all, query, 100, (batch) => batchView(batch, (row) => this.worked(row)));
  }

  #page<T extends { readonly id: string }>(
    all: readonly T[],
    query: URLSearchParams,
    most: number,
    viewOf: (item: T) => unknown,
  ): Answer {
    const page = pageOf(all, { after: query.get('after'), limit: limitOf(query, most) });
    if (page === undefined) throw refusal(400, "Invalid 'after'.");
    const { items, hasMore } = page;
    const [first_id, last_id] = [items[0]?.id ?? null, items.at(-1)?.id ?? null];
    return { body: { object: 'list', data: items.map(viewOf), first_id, last_id, has_more: hasMore } };
  }

  #get(id: string | undefined): Answer {
    const batch = this.#batch(id);
    this.look(batch);
    if (batch.endedAt !== undefined && batch.unread.size === 0) this.wasRead(batch);
    return this.#viewed(batch);
  }

  /** Only now does the service look into the file. */
  #validate(batch: OpenAIBatch): void {
    const content = this.files.get(batch.inputFile)?.content; // a file that was deleted meanwhile is empty
    const { rows, models, errors } = checkLines(
      Buffer.isBuffer(content) ? content : Buffer.alloc(0),
      batch.endpoint,
    );
    const isFull = this.queuedRows() + rows.length > (this.plan.enqueuedRows ?? Infinity);
    if (errors.length > 0 || isFull) {
      batch.errors = errors.length > 0 ? errors : [queueIsFull([...models].join())];
      batch.queueFull = errors.length === 0;
      batch.become('failed', this.#seconds());
      batch.end(this.now(), 0);
      return;
    }
    batch.rows = rows.map(({ customId, bytes }) => this.takeRow(customId, bytes));
    batch.become('in_progress', this.#seconds());
  }

  /** @param share How many of the rows were worked on; the others are in the error file. */
  #end(batch: OpenAIBatch, status: 'completed' | 'expired' | 'cancelled', share: number): void {
    batch.end(this.now(), Math.floor(batch.rows.length * share));
    const worked = batch.rows.slice(0, batch.done);
    const good = worked.filter((row) => this.worked(row).usage !== undefined);
    const bad = worked.filter((row) => this.worked(row).usage === undefined);
    const rest = batch.rows.slice(batch.done);
    const linesOf = (rows: readonly FakeRow[], invented = 0): Iterable<string> =>
      resultLines(
        rows,
        (row) => this.worked(row),
        (row, customId) => resultLine(row, this.worked(row), customId),
        Array.from({ length: invented }, (_, i) => restLine(`invented-${String(i)}`, 'expired')),
      );
    batch.output = this.#keepResults(batch, 'output', good.length, () => linesOf(good, this.plan.invented));
    batch.errorFile =
      this.#keepResults(batch, 'error', bad.length + rest.length, function* () {
        yield* linesOf(bad);
        for (const { customId } of rest)
          yield `${JSON.stringify(restLine(customId, status === 'expired' ? status : 'cancelled'))}\n`;
      }) ?? (this.plan.emptyErrorFile === true ? '' : null);
    batch.become(status, this.#seconds());
  }

  #keepResults(
    batch: OpenAIBatch,
    kind: string,
    lines: number,
    content: () => Iterable<string>,
  ): string | null {
    if (lines === 0) return null;
    const { id } = this.files.keep(`${batch.id}_${kind}.jsonl`, 'batch_output', content, () => {
      batch.unread.delete(id);
      if (batch.unread.size === 0) this.wasRead(batch);
    });
    batch.unread.add(id);
    return id;
  }

  #cancel(id: string | undefined): Answer {
    const batch = this.#batch(id);
    if (!CANCELLABLE.includes(batch.status))
      throw refusal(409, `Cannot cancel a batch with status '${batch.status}'.`, null);
    this.cancel(batch);
    return this.#viewed(batch);
  }

  #deleteFile(id: string | undefined): Answer {
    const file = this.files.named(id);
    this.files.delete(file.id);
    return { body: { id: file.id, object: 'file', deleted: true } };
  }

  #batch(id: string | undefined): OpenAIBatch {
    const batch = this.batches.get(id ?? '');
    if (batch === undefined) throw refusal(404, `No batch found with id '${id ?? ''}'.`, null);
    return batch;
  }

  #viewed(batch: OpenAIBatch): Answer {
    return {
      body: batchView(batch, (row) => this.worked(row)),
      headers: { 'x-request-id': `req_${this.newId(32)}` },
    };
  }

  #seconds(): number {
    return Math.floor(this.now() / 1000);
  }
}

function operation(name: string, method: string, path: string, run: Operation['run']): Operation {
  return { name, method, path: new RegExp(`^/v1/${path}$`), run };
}

function modelView(id: string): unknown {
  return { id, object: 'model', created: 1_764_000_000, owned_by: 'system' };
}

function nonceIn({ content }: StoredFile): string {
  try {
    const [first] = Buffer.isBuffer(content) ? linesIn(content) : [];
    return first === undefined ? '' : ((JSON.parse(first.toString()) as Line).custom_id.split('-')[0] ?? '');
  } catch {
    return '';
  }
}

function queueIsFull(model: string): unknown {
  const message = `Enqueued token limit reached for ${model} in organization org-1. Limit: 2,000,000 enqueued tokens. Please try again once some in_progress batches have been completed.`;
  return { code: 'token_limit_exceeded', line: null, message, param: null };
}
