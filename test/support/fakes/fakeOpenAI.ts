import { formDataOf } from './formData.ts';
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

const DAY_S = 86_400;

interface File {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly content: Buffer;
}
interface Line {
  readonly custom_id: string;
  readonly body: {
    readonly model: string;
    readonly input: unknown;
    readonly temperature?: number;
    readonly max_output_tokens: number;
    readonly text?: unknown;
  };
}
interface Batch {
  readonly id: string;
  readonly inputFile: string;
  readonly metadata: unknown;
  readonly createdAt: number;
  looks: number;
  status:
    | 'validating'
    | 'in_progress'
    | 'finalizing'
    | 'completed'
    | 'failed'
    | 'expired'
    | 'cancelling'
    | 'cancelled';
  errors: readonly unknown[] | null;
  lines: readonly Line[];
  output: string | null;
  errorFile: string | null;
  completed: number;
  failed: number;
}

export interface FakeOpenAIPlan extends FakePlan {
  /** Rows that may be enqueued over all batches; more fail after creation with `token_limit_exceeded`. */
  readonly enqueuedRows?: number;
  /** Leaves out the error file with an empty string, as the service sometimes does. */
  readonly emptyErrorFile?: boolean;
}

/**
 * OpenAI's Files and Batches, as its documentation and its SDK 7.57.0 have them (November 2026): files are checked only
 * after the batch was created, `completed` does not mean that all succeeded, partial results come in two files.
 */
export class FakeOpenAI extends FakeServer {
  readonly key = 'sk-proj-fake-key';
  readonly batches = new Map<string, Batch>();
  readonly files = new Map<string, File>();
  readonly #plan: FakeOpenAIPlan;
  readonly #attempts: Attempts;
  /** Added to the clock: a day passes when a test says so. */
  aheadMs = 0;
  #next = 1;

  private constructor(plan: FakeOpenAIPlan) {
    super();
    this.#plan = plan;
    this.#attempts = new Attempts(plan);
  }

  static async start(plan: FakeOpenAIPlan = {}): Promise<FakeOpenAI> {
    const fake = new FakeOpenAI(plan);
    await fake.listen();
    return fake;
  }

  protected readonly operations: readonly Operation[] = [
    { name: 'upload', method: 'POST', path: /^\/v1\/files$/, run: (request) => this.#upload(request) },
    {
      name: 'content',
      method: 'GET',
      path: /^\/v1\/files\/([^/]+)\/content$/,
      run: (_, [id]) => ({ body: this.#file(id).content }),
    },
    {
      name: 'deleteFile',
      method: 'DELETE',
      path: /^\/v1\/files\/([^/]+)$/,
      run: (_, [id]) => this.#deleteFile(id),
    },
    { name: 'create', method: 'POST', path: /^\/v1\/batches$/, run: (request) => this.#create(request) },
    { name: 'list', method: 'GET', path: /^\/v1\/batches$/, run: (request) => this.#list(request) },
    { name: 'get', method: 'GET', path: /^\/v1\/batches\/([^/]+)$/, run: (_, [id]) => this.#get(id) },
    {
      name: 'cancel',
      method: 'POST',
      path: /^\/v1\/batches\/([^/]+)\/cancel$/,
      run: (_, [id]) => this.#cancel(id),
    },
  ];

  protected authorize({ headers }: SeenRequest): void {
    if (headers.authorization === undefined)
      throw refusal(401, 'Missing bearer or basic authentication in header', null);
    if (headers.authorization !== `Bearer ${this.key}`)
      throw refusal(401, 'Incorrect API key provided.', 'invalid_api_key');
  }

  protected unknownPath({ path }: SeenRequest): Answer {
    throw refusal(404, `Unknown request URL: ${path}`, 'unknown_url');
  }

  #upload(request: SeenRequest): Answer {
    const form = formDataOf(request);
    const file = form.find(({ filename }) => filename !== undefined);
    const purpose = form.find(({ name }) => name === 'purpose')?.content.toString() ?? '';
    if (file?.filename === undefined) throw refusal(400, "'file' is a required property", null);
    if (purpose === 'batch' && !file.filename.endsWith('.jsonl'))
      throw refusal(400, 'Invalid file format for Batch API. Must be .jsonl', null);
    if (file.content.length > 209_715_200)
      throw refusal(400, 'The file is larger than the 209715200 maximum', null);
    return { body: viewOf(this.#keep(file.filename, purpose, file.content)) };
  }

  #keep(filename: string, purpose: string, content: Buffer): File {
    const file = { id: `file-${String(this.#next++)}`, filename, purpose, content };
    this.files.set(file.id, file);
    return file;
  }

  #create(request: SeenRequest): Answer {
    const {
      input_file_id: inputFile,
      endpoint,
      completion_window: window,
      metadata,
    } = jsonOf(request) as Record<string, string>;
    const file = this.files.get(inputFile ?? '');
    if (file?.purpose !== 'batch') throw refusal(400, 'Invalid input file.', 'invalid_file');
    if (endpoint !== '/v1/responses' || window !== '24h')
      throw refusal(400, 'Invalid value.', 'invalid_value');
    const batch: Batch = {
      id: `batch_${String(this.#next++)}`,
      inputFile: file.id,
      metadata: metadata ?? null,
      createdAt: this.#now(),
      looks: 0,
      status: 'validating',
      errors: null,
      lines: [],
      output: null,
      errorFile: null,
      completed: 0,
      failed: 0,
    };
    this.batches.set(batch.id, batch);
    return { body: this.#view(batch), headers: { 'x-request-id': 'req_1' } };
  }

  #list({ query }: SeenRequest): Answer {
    const all = [...this.batches.values()].toReversed();
    const after = query.get('after');
    const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
    const page = all.slice(from, from + Number(query.get('limit') ?? 20));
    return {
      body: {
        object: 'list',
        data: page.map((batch) => this.#view(batch)),
        first_id: page[0]?.id ?? null,
        last_id: page.at(-1)?.id ?? null,
        has_more: from + page.length < all.length,
      },
    };
  }

  #get(id: string | undefined): Answer {
    const batch = this.#batch(id);
    batch.looks += 1;
    if (batch.status === 'validating') this.#validate(batch);
    else if (batch.status === 'in_progress') {
      if (this.#now() >= batch.createdAt + DAY_S) this.#end(batch, 'expired', 0);
      else if (batch.looks > (this.#plan.looks ?? 1)) this.#end(batch, 'completed', batch.lines.length);
    } else if (batch.status === 'cancelling')
      this.#end(batch, 'cancelled', Math.floor(batch.lines.length / 2));
    return { body: this.#view(batch) };
  }

  #validate(batch: Batch): void {
    const texts = this.#file(batch.inputFile).content.toString('utf8').trimEnd().split('\n');
    const errors: unknown[] = [];
    const lines: Line[] = [];
    const ids = new Set<string>();
    for (const [i, text] of texts.entries()) {
      try {
        const line = JSON.parse(text) as Line;
        if (ids.has(line.custom_id))
          errors.push({
            code: 'duplicate_custom_id',
            line: i + 1,
            message: `Duplicate custom_id: ${line.custom_id}`,
            param: null,
          });
        ids.add(line.custom_id);
        lines.push(line);
      } catch {
        errors.push({
          code: 'invalid_json_line',
          line: i + 1,
          message: 'This line is not parseable as valid JSON.',
          param: null,
        });
      }
    }
    const models = new Set(lines.map(({ body }) => body.model));
    if (models.size > 1)
      errors.push({
        code: 'model_mismatch',
        line: null,
        message: 'All requests must have one model.',
        param: null,
      });
    const enqueued = [...this.batches.values()]
      .filter(({ status }) => status === 'in_progress')
      .reduce((sum, other) => sum + other.lines.length, 0);
    if (errors.length === 0 && enqueued + lines.length > (this.#plan.enqueuedRows ?? Infinity))
      errors.push({
        code: 'token_limit_exceeded',
        line: null,
        message: `Enqueued token limit reached for ${[...models][0] ?? ''} in organization org-1. Limit: 2,000,000 enqueued tokens. Please try again once some in_progress batches have been completed.`,
        param: null,
      });
    if (errors.length > 0) {
      batch.status = 'failed';
      batch.errors = errors;
      return;
    }
    batch.lines = lines;
    batch.status = 'in_progress';
  }

  /** @param done How many rows were worked on; the others are in the error file. */
  #end(batch: Batch, status: 'completed' | 'expired' | 'cancelled', done: number): void {
    const output: unknown[] = [];
    const failed: unknown[] = [];
    for (const [i, line] of batch.lines.entries()) {
      if (i >= done) {
        const code = status === 'expired' ? 'batch_expired' : 'batch_cancelled';
        failed.push({
          id: 'batch_req_1',
          custom_id: line.custom_id,
          response: null,
          error: {
            code,
            message: 'This request could not be executed before the completion window expired.',
          },
        });
        continue;
      }
      const outcome = this.#attempts.next(line.custom_id);
      if (outcome === 'missing') continue;
      const { ok, response } = answerOf(line, outcome, this.#plan);
      (ok ? output : failed).push({ id: 'batch_req_1', custom_id: line.custom_id, response, error: null });
    }
    batch.status = status;
    batch.completed = output.length;
    batch.failed = failed.length;
    const keep = (lines: readonly unknown[], name: string): string | null =>
      lines.length === 0
        ? null
        : this.#keep(
            name,
            'batch_output',
            Buffer.from(
              disordered(lines)
                .map((line) => `${JSON.stringify(line)}\n`)
                .join(''),
            ),
          ).id;
    batch.output = keep(output, 'output.jsonl');
    batch.errorFile = keep(failed, 'error.jsonl') ?? (this.#plan.emptyErrorFile === true ? '' : null);
  }

  #cancel(id: string | undefined): Answer {
    const batch = this.#batch(id);
    if (!['validating', 'in_progress'].includes(batch.status))
      throw refusal(409, `Cannot cancel a batch with status '${batch.status}'.`, null);
    if (batch.status === 'validating') this.#validate(batch);
    batch.status = 'cancelling';
    return { body: this.#view(batch) };
  }

  #deleteFile(id: string | undefined): Answer {
    const file = this.#file(id);
    this.files.delete(file.id);
    return { body: { id: file.id, object: 'file', deleted: true } };
  }

  #batch(id: string | undefined): Batch {
    const batch = this.batches.get(id ?? '');
    if (batch === undefined) throw refusal(404, `No batch found with id '${id ?? ''}'.`, null);
    return batch;
  }

  #file(id: string | undefined): File {
    const file = this.files.get(id ?? '');
    if (file === undefined) throw refusal(404, `No such File object: ${id ?? ''}`, null);
    return file;
  }

  #view(batch: Batch): unknown {
    const validated = batch.lines.length > 0;
    return {
      id: batch.id,
      object: 'batch',
      endpoint: '/v1/responses',
      model: batch.lines[0]?.body.model ?? null,
      errors: batch.errors === null ? null : { object: 'list', data: batch.errors },
      input_file_id: batch.inputFile,
      completion_window: '24h',
      status: batch.status,
      output_file_id: batch.output,
      error_file_id: batch.errorFile,
      created_at: batch.createdAt,
      in_progress_at: validated ? batch.createdAt : null,
      expires_at: batch.createdAt + DAY_S,
      finalizing_at: null,
      completed_at: batch.status === 'completed' ? this.#now() : null,
      failed_at: batch.status === 'failed' ? this.#now() : null,
      expired_at: null,
      cancelling_at: null,
      cancelled_at: null,
      request_counts: { total: batch.lines.length, completed: batch.completed, failed: batch.failed },
      usage: null,
      metadata: batch.metadata,
    };
  }

  #now(): number {
    return Math.floor((Date.now() + this.aheadMs) / 1000);
  }
}

function refusal(status: number, message: string, code: string | null): Refusal {
  return new Refusal(status, { error: { message, type: 'invalid_request_error', param: null, code } });
}

function viewOf({ id, filename, purpose, content }: File): unknown {
  return {
    object: 'file',
    id,
    purpose,
    filename,
    bytes: content.length,
    created_at: 1,
    expires_at: null,
    status: 'processed',
    status_details: null,
  };
}

function answerOf(line: Line, outcome: FakeOutcome, plan: FakePlan): { ok: boolean; response: unknown } {
  const failed = (status: number, message: string, code: string): { ok: false; response: unknown } => ({
    ok: false,
    response: {
      status_code: status,
      request_id: 'req_1',
      body: { error: { message, type: 'invalid_request_error', param: null, code } },
    },
  });
  if (line.body.temperature !== undefined && !line.body.model.startsWith('gpt-4'))
    return failed(400, "Unsupported parameter: 'temperature'.", 'unsupported_value');
  if (outcome === 'permanent') return failed(400, 'This request cannot be answered.', 'invalid_value');
  if (outcome === 'transient') return failed(500, 'The server had an error.', 'server_error');
  const asked = JSON.stringify(line.body.input);
  const text = plan.answer?.(asked) ?? `Answer to: ${asked.slice(-60)}`;
  const part =
    outcome === 'refused'
      ? { type: 'refusal', refusal: 'I will not.' }
      : { type: 'output_text', text, annotations: [] };
  return {
    ok: true,
    response: {
      status_code: 200,
      request_id: 'req_1',
      body: {
        id: 'resp_1',
        object: 'response',
        status: outcome === 'truncated' ? 'incomplete' : 'completed',
        incomplete_details: outcome === 'truncated' ? { reason: 'max_output_tokens' } : null,
        error: null,
        model: line.body.model,
        output: [
          { type: 'reasoning', id: 'rs_1', summary: [] },
          { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [part] },
        ],
        usage: {
          input_tokens: Math.ceil(asked.length / 4),
          input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
          output_tokens: Math.ceil(text.length / 4),
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: 0,
        },
      },
    },
  };
}
