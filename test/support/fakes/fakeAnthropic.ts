import {
  Attempts,
  FakeServer,
  Refusal,
  disordered,
  jsonOf,
  type Answer,
  type FakeOutcome,
  type FakePlan,
  type Operation,
  type SeenRequest,
} from './fakeServer.ts';

const DAY_MS = 86_400_000;

interface Params {
  readonly model: string;
  readonly max_tokens: number;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly system?: unknown;
  readonly temperature?: number;
  readonly output_config?: { readonly format?: unknown };
}
interface Row {
  readonly custom_id: string;
  readonly params: Params;
}
interface Batch {
  readonly id: string;
  readonly rows: readonly Row[];
  readonly createdAt: number;
  readonly outcomes: ReadonlyMap<string, FakeOutcome>;
  looks: number;
  status: 'in_progress' | 'canceling' | 'ended';
  endedAt: number | undefined;
  /** How rows ended that were not worked on. */
  rest: 'canceled' | 'expired' | undefined;
}

/**
 * Anthropic's Message Batches, as its documentation and its SDK 1.12.0 have them (November 2026): bearer keys, version
 * header, ids checked at once and params later, counts that stay at `processing` until the end, results in any order.
 */
export class FakeAnthropic extends FakeServer {
  readonly key = 'sk-ant-fake-key';
  readonly batches = new Map<string, Batch>();
  readonly #plan: FakePlan;
  readonly #attempts: Attempts;
  /** Added to the clock: a day passes when a test says so. */
  aheadMs = 0;
  /** Where results are said to be; default: here. */
  resultsOrigin: string | undefined;
  #next = 1;

  private constructor(plan: FakePlan) {
    super();
    this.#plan = plan;
    this.#attempts = new Attempts(plan);
  }

  static async start(plan: FakePlan = {}): Promise<FakeAnthropic> {
    const fake = new FakeAnthropic(plan);
    await fake.listen();
    return fake;
  }

  protected readonly operations: readonly Operation[] = [
    {
      name: 'create',
      method: 'POST',
      path: /^\/v1\/messages\/batches$/,
      run: (request) => this.#create(request),
    },
    { name: 'list', method: 'GET', path: /^\/v1\/messages\/batches$/, run: (request) => this.#list(request) },
    {
      name: 'get',
      method: 'GET',
      path: /^\/v1\/messages\/batches\/([^/]+)$/,
      run: (_, [id]) => this.#get(id),
    },
    {
      name: 'results',
      method: 'GET',
      path: /^\/v1\/messages\/batches\/([^/]+)\/results$/,
      run: (_, [id]) => this.#results(id),
    },
    {
      name: 'cancel',
      method: 'POST',
      path: /^\/v1\/messages\/batches\/([^/]+)\/cancel$/,
      run: (_, [id]) => this.#cancel(id),
    },
    {
      name: 'delete',
      method: 'DELETE',
      path: /^\/v1\/messages\/batches\/([^/]+)$/,
      run: (_, [id]) => this.#delete(id),
    },
    {
      name: 'countTokens',
      method: 'POST',
      path: /^\/v1\/messages\/count_tokens$/,
      run: (request) => ({ body: { input_tokens: tokensOf(jsonOf(request)) } }),
    },
  ];

  protected authorize({ headers }: SeenRequest): void {
    const given = headers.authorization === `Bearer ${this.key}` || headers['x-api-key'] === this.key;
    if (!given) throw refusal(401, 'authentication_error', 'invalid x-api-key');
    if (headers['anthropic-version'] === undefined)
      throw refusal(400, 'invalid_request_error', 'anthropic-version: header is required');
  }

  protected unknownPath(): Answer {
    throw refusal(404, 'not_found_error', 'Not found');
  }

  #create(request: SeenRequest): Answer {
    const { requests, ...rest } = jsonOf(request) as { readonly requests?: readonly Row[] };
    if (!Array.isArray(requests) || requests.length === 0)
      throw refusal(400, 'invalid_request_error', 'requests: Field required');
    if (Object.keys(rest).length > 0)
      throw refusal(
        400,
        'invalid_request_error',
        `${Object.keys(rest)[0] ?? ''}: Extra inputs are not permitted`,
      );
    if (request.body.length > 256_000_000)
      throw refusal(413, 'request_too_large', 'Request exceeds the maximum size');
    const ids = new Set<string>();
    for (const [i, row] of (requests as readonly Row[]).entries()) {
      if (!/^[a-zA-Z0-9_-]{1,64}$/.test(row.custom_id))
        throw refusal(
          400,
          'invalid_request_error',
          `requests.${String(i)}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'`,
        );
      if (ids.has(row.custom_id))
        throw refusal(400, 'invalid_request_error', `requests.${String(i)}.custom_id: duplicate`);
      ids.add(row.custom_id);
    }
    const batch: Batch = {
      id: `msgbatch_${String(this.#next++).padStart(6, '0')}`,
      rows: requests as readonly Row[],
      createdAt: this.#now(),
      outcomes: new Map(
        (requests as readonly Row[]).map(({ custom_id }) => [custom_id, this.#attempts.next(custom_id)]),
      ),
      looks: 0,
      status: 'in_progress',
      endedAt: undefined,
      rest: undefined,
    };
    this.batches.set(batch.id, batch);
    return { body: this.#view(batch), headers: { 'request-id': 'req_1' } };
  }

  #list({ query }: SeenRequest): Answer {
    // Time passes here too: a batch that is only listed ends all the same.
    for (const batch of this.batches.values()) {
      batch.looks += 1;
      if (batch.status === 'in_progress' && batch.looks > (this.#plan.looks ?? 1) + 1)
        this.#end(batch, undefined);
    }
    const all = [...this.batches.values()].toReversed();
    const after = query.get('after_id');
    const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
    const page = all.slice(from, from + Number(query.get('limit') ?? 20));
    return {
      body: {
        data: page.map((batch) => this.#view(batch)),
        has_more: from + page.length < all.length,
        first_id: page[0]?.id ?? null,
        last_id: page.at(-1)?.id ?? null,
      },
    };
  }

  #get(id: string | undefined): Answer {
    const batch = this.#batch(id);
    batch.looks += 1;
    if (batch.status === 'canceling') this.#end(batch, 'canceled');
    else if (batch.status === 'in_progress' && this.#now() >= batch.createdAt + DAY_MS)
      this.#end(batch, 'expired');
    else if (batch.status === 'in_progress' && batch.looks > (this.#plan.looks ?? 1))
      this.#end(batch, undefined);
    return { body: this.#view(batch) };
  }

  #results(id: string | undefined): Answer {
    const batch = this.#batch(id);
    if (batch.status !== 'ended') throw refusal(404, 'not_found_error', 'Batch has no available results.');
    const lines = batch.rows.flatMap((row) => {
      const outcome = batch.outcomes.get(row.custom_id) ?? 'ok';
      if (outcome === 'missing') return [];
      return [{ custom_id: row.custom_id, result: this.#result(batch, row, outcome) }];
    });
    return {
      body: disordered(lines)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
      headers: { 'content-type': 'application/x-jsonl' },
    };
  }

  #result(batch: Batch, row: Row, outcome: FakeOutcome): unknown {
    if (batch.rest !== undefined) return { type: batch.rest };
    const wrong = wrongParams(row.params);
    if (wrong !== undefined || outcome === 'permanent')
      return errored('invalid_request_error', wrong ?? 'messages: something that cannot be answered');
    if (outcome === 'transient') return errored('overloaded_error', 'Overloaded');
    return { type: 'succeeded', message: this.#message(row.params, outcome) };
  }

  #message(params: Params, outcome: FakeOutcome): unknown {
    const asked = textOf(params.messages);
    const text = this.#plan.answer?.(asked) ?? `Answer to: ${asked.slice(-80)}`;
    const document = documentIn(params);
    const cited =
      document === undefined
        ? null
        : [
            {
              type: 'char_location',
              cited_text: document.slice(0, 20),
              document_index: 0,
              document_title: null,
              file_id: null,
              start_char_index: 0,
              end_char_index: Math.min(20, document.length),
            },
          ];
    return {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: params.model,
      // With citations one sentence comes in several blocks.
      content: [
        { type: 'text', text: text.slice(0, 5), citations: null },
        { type: 'text', text: text.slice(5), citations: cited },
      ],
      stop_reason: outcome === 'truncated' ? 'max_tokens' : outcome === 'refused' ? 'refusal' : 'end_turn',
      stop_sequence: null,
      stop_details: outcome === 'refused' ? { type: 'refusal', category: 'other', explanation: 'No.' } : null,
      container: null,
      usage: {
        input_tokens: tokensOf(params),
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: Math.ceil(text.length / 4),
        service_tier: 'batch',
      },
    };
  }

  #cancel(id: string | undefined): Answer {
    const batch = this.#batch(id);
    if (batch.status === 'ended')
      throw refusal(409, 'conflict_error', 'Batch cannot be canceled because it has ended.');
    batch.status = 'canceling';
    return { body: this.#view(batch) };
  }

  #delete(id: string | undefined): Answer {
    const batch = this.#batch(id);
    if (batch.status !== 'ended') throw refusal(400, 'invalid_request_error', 'Batch has not ended.');
    this.batches.delete(batch.id);
    return { body: { id: batch.id, type: 'message_batch_deleted' } };
  }

  #end(batch: Batch, rest: Batch['rest']): void {
    batch.status = 'ended';
    batch.endedAt = this.#now();
    batch.rest = rest;
  }

  #batch(id: string | undefined): Batch {
    const batch = this.batches.get(id ?? '');
    if (batch === undefined) throw refusal(404, 'not_found_error', `Batch ${id ?? ''} not found.`);
    return batch;
  }

  #view(batch: Batch): unknown {
    const count = (type: string): number =>
      batch.status === 'ended'
        ? batch.rows.filter((row) => {
            const outcome = batch.outcomes.get(row.custom_id) ?? 'ok';
            return (
              outcome !== 'missing' && (this.#result(batch, row, outcome) as { type: string }).type === type
            );
          }).length
        : 0;
    const iso = (at: number | undefined): string | null =>
      at === undefined ? null : new Date(at).toISOString();
    return {
      id: batch.id,
      type: 'message_batch',
      processing_status: batch.status,
      request_counts: {
        processing: batch.status === 'ended' ? 0 : batch.rows.length,
        succeeded: count('succeeded'),
        errored: count('errored'),
        canceled: count('canceled'),
        expired: count('expired'),
      },
      created_at: iso(batch.createdAt),
      expires_at: iso(batch.createdAt + DAY_MS),
      ended_at: iso(batch.endedAt),
      archived_at: null,
      cancel_initiated_at: batch.status === 'canceling' ? iso(this.#now()) : null,
      results_url:
        batch.status === 'ended'
          ? `${this.resultsOrigin ?? this.origin}/v1/messages/batches/${batch.id}/results`
          : null,
    };
  }

  #now(): number {
    return Date.now() + this.aheadMs;
  }
}

function refusal(status: number, type: string, message: string): Refusal {
  return new Refusal(status, { type: 'error', error: { type, message }, request_id: 'req_1' });
}

function errored(type: string, message: string): unknown {
  return { type: 'errored', error: { type: 'error', error: { type, message }, request_id: null } };
}

/** What the service finds wrong only while it works on a row. */
function wrongParams(params: Params): string | undefined {
  if (params.temperature !== undefined && !/-4-[56]/.test(params.model))
    return 'temperature: not supported by this model';
  const citations = JSON.stringify(params.messages).includes('"citations":{"enabled":true}');
  if (citations && params.output_config?.format !== undefined)
    return 'output_config.format: cannot be used together with citations';
  return undefined;
}

function textOf(messages: Params['messages']): string {
  return messages
    .flatMap(({ content }) =>
      typeof content === 'string'
        ? [content]
        : (content as { text?: string; source?: { data?: string } }[]).map(
            ({ text, source }) => text ?? source?.data ?? '',
          ),
    )
    .join('\n');
}

/** The text of a document whose citations are asked for. */
function documentIn({ messages }: Params): string | undefined {
  for (const { content } of messages) {
    if (typeof content === 'string') continue;
    for (const block of content as {
      type: string;
      citations?: { enabled: boolean };
      source?: { type: string; data: string };
    }[])
      if (block.type === 'document' && block.citations?.enabled === true && block.source?.type === 'text')
        return block.source.data;
  }
  return undefined;
}

function tokensOf(value: unknown): number {
  return Math.ceil(JSON.stringify(value).length / 4);
}
