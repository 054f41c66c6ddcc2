import { ANTHROPIC_MODELS } from '../../../src/providers/models/modelTable.ts';
import { modelInfo } from './anthropic/models.ts';
import { invalid, limitOf, refusal, rowsOf } from './anthropic/requests.ts';
import {
  askedBy,
  paramsOf,
  prefixOf,
  restLine,
  resultLine,
  workOn,
  type Params,
  type Rest,
} from './anthropic/wire.ts';
import { Pieces, jsonOf, type Answer, type SeenRequest } from './exchange.ts';
import { FakeBatch, NO_TEXT, resultLines, tokensOf, type FakeRow, type Work } from './fakeBatch.ts';
import type { FakePlan } from './fakePlan.ts';
import { FakeServer } from './fakeServer.ts';
import type { Operation } from './scriptedServer.ts';
import { pageOf } from './paging.ts';

const DAY_MS = 86_400_000;
/** Results are kept for so long after a batch was created. */
const KEPT_MS = 29 * DAY_MS;
/** A prefix is kept for so long after its last use, where that was asked for. */
const CACHE_MS = 3_600_000;
const MAX_BYTES = 256_000_000;

class AnthropicBatch extends FakeBatch {
  status: 'in_progress' | 'canceling' | 'ended' = 'in_progress';
  cancelledAt: number | undefined;
  /** How rows ended that were not worked on. */
  rest: Rest | undefined;
}

/**
 * Anthropic's Message Batches, as its documentation and its SDK 1.12.0 have them (November 2026): bearer keys, version
 * header, ids checked at once and params later, counts that stay at `processing` until the end, results in any order and
 * for 29 days.
 */
export class FakeAnthropic extends FakeServer<AnthropicBatch> {
  readonly name = 'anthropic';
  readonly key = 'sk-ant-fake-key';
  /** Where results are said to be; default: here. */
  resultsOrigin: string | undefined;

  /** @param inspects See `open`. */
  static async start(plan: FakePlan = {}, inspects = true): Promise<FakeAnthropic> {
    const fake = new FakeAnthropic(plan);
    await fake.open(inspects);
    return fake;
  }

  protected readonly operations: readonly Operation[] = [
    operation('create', 'POST', 'messages/batches', (request) => this.#create(request)),
    operation('list', 'GET', 'messages/batches', (request) => this.#list(request)),
    operation('get', 'GET', 'messages/batches/([^/]+)', (_, [id]) => this.#get(id)),
    operation('results', 'GET', 'messages/batches/([^/]+)/results', (_, [id]) => this.#results(id)),
    operation('cancel', 'POST', 'messages/batches/([^/]+)/cancel', (_, [id]) => this.#cancel(id)),
    operation('delete', 'DELETE', 'messages/batches/([^/]+)', (_, [id]) => this.#delete(id)),
    operation('countTokens', 'POST', 'messages/count_tokens', (request) => ({
      body: { input_tokens: tokensOf(askedBy(jsonOf(request) as Params)) },
    })),
    operation('models', 'GET', 'models', (request) => this.#models(request)),
    operation('model', 'GET', 'models/([^/]+)', (_, [id]) => this.#model(id)),
  ];

  protected authorize({ headers }: SeenRequest): void {
    const given = headers.authorization === `Bearer ${this.key}` || headers['x-api-key'] === this.key;
    if (!given) throw refusal(401, 'authentication_error', 'invalid x-api-key');
    if (headers['anthropic-version'] === undefined) throw invalid('anthropic-version: header is required');
  }

  /** Prefixes in the cache, and when each was last used. */
  readonly #keptSince = new Map<string, number>();

  protected unknownPath(): Answer {
    throw refusal(404, 'not_found_error', 'Not found');
  }

  protected work(row: FakeRow): Work {
    return workOn(row, this.plan);
  }

  protected ledgerStateOf(batch: AnthropicBatch): 'running' | 'cancelling' | 'ended' {
    return batch.status === 'ended' ? 'ended' : batch.status === 'canceling' ? 'cancelling' : 'running';
  }

  protected advance(batch: AnthropicBatch): void {
    if (batch.status === 'ended') return;
    const progress = this.progressOf(batch);
    if (batch.status === 'canceling') this.#end(batch, 'canceled', this.plan.done?.cancelled ?? 0);
    else if (this.now() >= batch.createdAt + DAY_MS)
      this.#end(batch, 'expired', this.plan.done?.expired ?? 0);
    else if (progress === 'closing' || progress === 'done') this.#end(batch, undefined, 1);
  }

  protected cancel(batch: AnthropicBatch): void {
    batch.cancelledAt ??= this.now();
    batch.status = 'canceling';
  }

  #create(request: SeenRequest): Answer {
    if (request.body.length > MAX_BYTES)
      throw refusal(413, 'request_too_large', 'Request exceeds the maximum size');
    const rows = rowsOf(request);
    if (this.queuedRows() + rows.length > (this.plan.enqueuedRows ?? Infinity))
      throw refusal(
        429,
        'rate_limit_error',
        'This request would exceed the number of queued batch requests of your organization.',
      );
    const batch = new AnthropicBatch({
      id: `msgbatch_01${this.newId(22)}`,
      nonce: rows[0]?.customId.split('-')[0] ?? '',
      createdAt: this.now(),
      createdOrder: this.nextOrder(),
    });
    // A batch works on its rows side by side: none finds what another of them writes.
    batch.rows = rows.map(({ customId, bytes }) => {
      const row = this.takeRow(customId, bytes);
      return { ...row, findsPrefix: this.#keeps(prefixOf(paramsOf(row))) };
    });
    this.keep(batch);
    return this.#viewed(batch);
  }

  #list({ query }: SeenRequest): Answer {
    const all = [...this.batches.values()].toReversed();
    for (const batch of all) this.look(batch);
    return this.#page(all, query, 100, (batch) => this.#view(batch));
  }

  #get(id: string | undefined): Answer {
    const batch = this.#batch(id);
    this.look(batch);
    return this.#viewed(batch);
  }

  #results(id: string | undefined): Answer {
    const batch = this.#batch(id);
    if (batch.status !== 'ended' || this.#isArchived(batch))
      throw refusal(404, 'not_found_error', 'Batch has no available results.');
    const invented = Array.from({ length: this.plan.invented ?? 0 }, (_, i) =>
      restLine(`invented-${String(i)}`, 'expired'),
    );
    const done = new Set(batch.rows.slice(0, batch.done));
    const lines = resultLines(
      batch.rows,
      (row) => (done.has(row) ? this.worked(row) : NOT_WORKED_ON),
      (row, customId) =>
        done.has(row) || batch.rest === undefined
          ? resultLine(row, this.worked(row), customId)
          : restLine(row.customId, batch.rest),
      invented,
    );
    return {
      body: new Pieces(lines),
      headers: { ...this.#headers(), 'content-type': 'application/x-jsonl' },
      whenRead: () => {
        this.wasRead(batch);
      },
    };
  }

  #cancel(id: string | undefined): Answer {
    const batch = this.#batch(id);
    this.advance(batch);
    if (batch.status === 'ended') throw invalid('Batch cannot be canceled because it has ended.');
    this.cancel(batch);
    return this.#viewed(batch);
  }

  #delete(id: string | undefined): Answer {
    const batch = this.#batch(id);
    if (batch.status !== 'ended') throw invalid('Batch has not ended.');
    batch.isDeleted = true;
    this.batches.delete(batch.id);
    return { body: { id: batch.id, type: 'message_batch_deleted' }, headers: this.#headers() };
  }

  #models({ query }: SeenRequest): Answer {
    const all = ANTHROPIC_MODELS.map((model) => ({ id: model.name, model }));
    return this.#page(all, query, 1_000, ({ model }) => modelInfo(model));
  }

  #model(id: string | undefined): Answer {
    const model = ANTHROPIC_MODELS.find(({ name }) => name === id);
    if (model === undefined) throw refusal(404, 'not_found_error', `model: ${id ?? ''}`);
    return { body: modelInfo(model), headers: this.#headers() };
  }

  #page<T extends { readonly id: string }>(
    all: readonly T[],
    query: URLSearchParams,
    most: number,
    viewOf: (item: T) => unknown,
  ): Answer {
    const [after, before] = [query.get('after_id'), query.get('before_id')];
    const page = pageOf(all, { after, before, limit: limitOf(query, most) });
    if (page === undefined) throw invalid(`${after === null ? 'before_id' : 'after_id'}: Invalid value`);
    const { items, hasMore } = page;
    const [first_id, last_id] = [items[0]?.id ?? null, items.at(-1)?.id ?? null];
    return {
      body: { data: items.map(viewOf), has_more: hasMore, first_id, last_id },
      headers: this.#headers(),
    };
  }

  #end(batch: AnthropicBatch, rest: Rest | undefined, share: number): void {
    batch.status = 'ended';
    batch.rest = rest;
    batch.end(this.now(), Math.floor(batch.rows.length * share));
    for (const row of batch.rows.slice(0, batch.done)) {
      const prefix = prefixOf(paramsOf(row));
      if (prefix !== undefined) this.#keptSince.set(prefix, this.now());
    }
  }

  #keeps(prefix: string | undefined): boolean {
    return prefix !== undefined && this.now() < (this.#keptSince.get(prefix) ?? -Infinity) + CACHE_MS;
  }

  #batch(id: string | undefined): AnthropicBatch {
    const batch = this.batches.get(id ?? '');
    if (batch === undefined) throw refusal(404, 'not_found_error', `Batch ${id ?? ''} not found.`);
    return batch;
  }

  #isArchived(batch: AnthropicBatch): boolean {
    return this.now() >= batch.createdAt + KEPT_MS;
  }

  #viewed(batch: AnthropicBatch): Answer {
    return { body: this.#view(batch), headers: this.#headers() };
  }

  #view(batch: AnthropicBatch): unknown {
    const ended = batch.status === 'ended';
    const counts = { succeeded: 0, errored: 0, canceled: 0, expired: 0 };
    if (ended) {
      for (const row of batch.rows.slice(0, batch.done)) {
        const { usage } = this.worked(row);
        counts[usage === undefined ? 'errored' : 'succeeded'] += 1;
      }
      if (batch.rest !== undefined) counts[batch.rest] = batch.rows.length - batch.done;
    }
    const archived = ended && this.#isArchived(batch);
    return {
      id: batch.id,
      type: 'message_batch',
      processing_status: batch.status,
      request_counts: { processing: ended ? 0 : batch.rows.length, ...counts },
      created_at: iso(batch.createdAt),
      expires_at: iso(batch.createdAt + DAY_MS),
      ended_at: iso(batch.endedAt),
      archived_at: archived ? iso(batch.createdAt + KEPT_MS) : null,
      cancel_initiated_at: iso(batch.cancelledAt),
      results_url:
        ended && !archived
          ? `${this.resultsOrigin ?? this.origin}/v1/messages/batches/${batch.id}/results`
          : null,
    };
  }

  #headers(): Readonly<Record<string, string>> {
    return { 'request-id': `req_01${this.newId(22)}`, 'anthropic-workspace-id': 'wrkspc_fake' };
  }
}

/** The line of a row that was never reached says so, whatever was planned for it. */
const NOT_WORKED_ON: Work = { model: '', outcome: 'ok', text: NO_TEXT, usage: undefined };

function operation(name: string, method: string, path: string, run: Operation['run']): Operation {
  return { name, method, path: new RegExp(`^/v1/${path}$`), run };
}

function iso(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
