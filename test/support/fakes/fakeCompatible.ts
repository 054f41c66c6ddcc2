import { formDataOf } from './formData.ts';
import { Refusal, jsonOf, type Answer, type SeenRequest } from './exchange.ts';
import { ScriptedServer, type Operation } from './scriptedServer.ts';

/** A line of an input file. */
export interface CompatibleLine {
  readonly custom_id: string;
  readonly method: string;
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface FakeCompatiblePlan {
  readonly key: string;
  /** What is behind the origin; default `/v1`. */
  readonly path?: string;
  readonly endpoint: string;
  /** The line of the output or error file for a row, without its `custom_id`; `undefined`: none. @param n From 0. */
  readonly answer: (line: CompatibleLine, n: number) => object | undefined;
  /** How batches end; default `completed`. */
  readonly ending?: 'completed' | 'expired';
}

interface Batch {
  readonly id: string;
  readonly lines: readonly CompatibleLine[];
  readonly metadata: unknown;
  readonly createdAt: number;
}

/** A service that has OpenAI's Files and Batches for one endpoint, and nothing else: every batch has ended at once. */
export class FakeCompatible extends ScriptedServer {
  readonly name = 'a compatible service';
  readonly lines: CompatibleLine[] = [];
  readonly #plan: FakeCompatiblePlan;
  readonly #files = new Map<string, string>();
  readonly #batches = new Map<string, Batch>();
  protected readonly operations: readonly Operation[];

  private constructor(plan: FakeCompatiblePlan) {
    super();
    this.#plan = plan;
    const at = (rest: string): RegExp => new RegExp(`^${plan.path ?? '/v1'}${rest}$`);
    this.operations = [
      { name: 'upload', method: 'POST', path: at('/files'), run: (request) => this.#upload(request) },
      {
        name: 'content',
        method: 'GET',
        path: at('/files/([^/]+)/content'),
        run: (_, [id]) => this.#content(id),
      },
      { name: 'create', method: 'POST', path: at('/batches'), run: (request) => this.#create(request) },
      {
        name: 'list',
        method: 'GET',
        path: at('/batches'),
        run: () => ({
          body: {
            object: 'list',
            data: [...this.#batches.values()].toReversed().map((batch) => this.#view(batch)),
            has_more: false,
          },
        }),
      },
      {
        name: 'get',
        method: 'GET',
        path: at('/batches/([^/]+)'),
        run: (_, [id]) => ({ body: this.#view(this.#batch(id)) }),
      },
    ];
  }

  static async start(plan: FakeCompatiblePlan): Promise<FakeCompatible> {
    const fake = new FakeCompatible(plan);
    await fake.listen(); // nothing to hold it against: the SDK's types know nothing of its ways
    return fake;
  }

  get baseUrl(): string {
    return `${this.origin}${this.#plan.path ?? '/v1'}`;
  }

  protected authorize({ headers }: SeenRequest): void {
    if (headers.authorization !== `Bearer ${this.#plan.key}`) throw refusal(401, 'Invalid API Key');
  }

  protected unknownPath({ path }: SeenRequest): Answer {
    throw refusal(404, `Unknown request URL: ${path}`);
  }

  #upload(request: SeenRequest): Answer {
    const file = formDataOf(request).find(({ filename }) => filename !== undefined);
    if (file === undefined) throw refusal(400, 'no file');
    const id = `file-${String(this.#files.size)}`;
    this.#files.set(id, file.content.toString('utf8'));
    return { body: { id, object: 'file', purpose: 'batch', filename: file.filename } };
  }

  #create(request: SeenRequest): Answer {
    const {
      input_file_id: file,
      endpoint,
      completion_window: window,
      metadata,
    } = jsonOf(request) as Record<string, string>;
    const text = this.#files.get(file ?? '');
    if (text === undefined) throw refusal(400, 'no such file');
    if (endpoint !== this.#plan.endpoint || window !== '24h')
      throw refusal(400, `no such endpoint: ${endpoint ?? ''}`);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as CompatibleLine);
    if (lines.some(({ url }) => url !== endpoint)) throw refusal(400, 'url_mismatch');
    this.lines.push(...lines);
    const batch = {
      id: `batch-${String(this.#batches.size)}`,
      lines,
      metadata,
      createdAt: Math.floor(Date.now() / 1000),
    };
    this.#batches.set(batch.id, batch);
    return { body: this.#view(batch) };
  }

  #content(id: string | undefined): Answer {
    const batch = this.#batch(id?.replace(/^output-/, ''));
    const lines = batch.lines.flatMap((line, n) => {
      const answer = this.#plan.answer(line, n);
      return answer === undefined ? [] : [JSON.stringify({ id: 'r', custom_id: line.custom_id, ...answer })];
    });
    return {
      body: lines
        .toReversed()
        .map((line) => `${line}\n`)
        .join(''),
    };
  }

  #batch(id: string | undefined): Batch {
    const batch = this.#batches.get(id ?? '');
    if (batch === undefined) throw refusal(404, `no batch ${id ?? ''}`);
    return batch;
  }

  #view({ id, lines, metadata, createdAt }: Batch): unknown {
    const answered = lines.filter((line, n) => this.#plan.answer(line, n) !== undefined).length;
    return {
      id,
      object: 'batch',
      endpoint: this.#plan.endpoint,
      status: this.#plan.ending ?? 'completed',
      input_file_id: 'file',
      output_file_id: `output-${id}`,
      error_file_id: '',
      created_at: createdAt,
      request_counts: { total: lines.length, completed: answered, failed: 0 },
      metadata,
    };
  }
}

function refusal(status: number, message: string): Refusal {
  return new Refusal(status, { error: { message, type: 'invalid_request_error', param: null, code: null } });
}

/** A chat answer as a line of an output file. */
export function chatAnswer(
  content: unknown,
  {
    finish = 'stop',
    usage,
    refusal: refused,
  }: { finish?: string | null; usage?: unknown; refusal?: string } = {},
): object {
  return {
    response: {
      status_code: 200,
      request_id: 'q',
      body: {
        id: 'c',
        object: 'chat.completion',
        model: 'm',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content, refusal: refused ?? null },
            finish_reason: finish,
          },
        ],
        usage,
      },
    },
    error: null,
  };
}
