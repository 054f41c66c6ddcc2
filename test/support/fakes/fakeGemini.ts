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

const LIFE_MS = 48 * 3_600_000;

interface File {
  readonly name: string;
  readonly displayName: string;
  readonly mimeType: string;
  content: Buffer;
  looks: number;
}
interface Line {
  readonly key: string;
  readonly request: {
    readonly contents: unknown;
    readonly generationConfig: Readonly<Record<string, unknown>>;
  };
}
interface Batch {
  readonly name: string;
  readonly model: string;
  readonly displayName: string;
  readonly inputFile: string;
  readonly createdAt: number;
  readonly lines: readonly Line[];
  looks: number;
  state: 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'EXPIRED';
  error: { readonly code: number; readonly message: string } | undefined;
  output: string | undefined;
  succeeded: number;
  failed: number;
  cancelling: boolean;
}

/**
 * Gemini's Developer API, as its documentation and its SDK 3.1.0 have it (November 2026): resumable uploads, batches as
 * operations whose numbers are strings and whose zeros are left out, keyed result files, nothing at all of a batch that
 * expired.
 */
export class FakeGemini extends FakeServer {
  readonly key = 'AIza-fake-key';
  readonly batches = new Map<string, Batch>();
  readonly files = new Map<string, File>();
  readonly #plan: FakePlan;
  readonly #attempts: Attempts;
  aheadMs = 0;
  #next = 1;

  private constructor(plan: FakePlan) {
    super();
    this.#plan = plan;
    this.#attempts = new Attempts(plan);
  }

  static async start(plan: FakePlan = {}): Promise<FakeGemini> {
    const fake = new FakeGemini(plan);
    await fake.listen();
    return fake;
  }

  protected readonly operations: readonly Operation[] = [
    {
      name: 'startUpload',
      method: 'POST',
      path: /^\/upload\/v1(?:beta)?\/files$/,
      run: (request) => this.#startUpload(request),
    },
    {
      name: 'upload',
      method: 'POST',
      path: /^\/upload\/session\/(.+)$/,
      run: (request, [id]) => this.#upload(request, `files/${id ?? ''}`),
    },
    {
      name: 'download',
      method: 'GET',
      path: /^\/v1(?:beta)?\/(files\/[^/:]+):download$/,
      run: (_, [name]) => ({ body: this.#file(name).content }),
    },
    {
      name: 'getFile',
      method: 'GET',
      path: /^\/v1(?:beta)?\/(files\/[^/:]+)$/,
      run: (_, [name]) => ({ body: this.#fileView(this.#file(name)) }),
    },
    {
      name: 'deleteFile',
      method: 'DELETE',
      path: /^\/v1(?:beta)?\/(files\/[^/:]+)$/,
      run: (_, [name]) => this.#deleteFile(name),
    },
    {
      name: 'create',
      method: 'POST',
      path: /^\/v1(?:beta)?\/models\/([^/:]+):batchGenerateContent$/,
      run: (request, [model]) => this.#create(request, model ?? ''),
    },
    { name: 'list', method: 'GET', path: /^\/v1(?:beta)?\/batches$/, run: (request) => this.#list(request) },
    {
      name: 'get',
      method: 'GET',
      path: /^\/v1(?:beta)?\/(batches\/[^/:]+)$/,
      run: (_, [name]) => this.#get(name),
    },
    {
      name: 'cancel',
      method: 'POST',
      path: /^\/v1(?:beta)?\/(batches\/[^/:]+):cancel$/,
      run: (_, [name]) => this.#cancel(name),
    },
    {
      name: 'delete',
      method: 'DELETE',
      path: /^\/v1(?:beta)?\/(batches\/[^/:]+)$/,
      run: (_, [name]) => this.#delete(name),
    },
  ];

  protected authorize({ headers, query }: SeenRequest): void {
    if (headers['x-goog-api-key'] !== this.key && query.get('key') !== this.key)
      throw refusal(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.');
  }

  protected unknownPath({ path }: SeenRequest): Answer {
    throw refusal(404, 'NOT_FOUND', `${path} was not found.`);
  }

  #startUpload(request: SeenRequest): Answer {
    const { file } = jsonOf(request) as { file: { mimeType: string; displayName?: string } };
    const id = `f${String(this.#next++)}`;
    this.files.set(`files/${id}`, {
      name: `files/${id}`,
      displayName: file.displayName ?? '',
      mimeType: file.mimeType,
      content: Buffer.alloc(0),
      looks: 0,
    });
    return {
      body: {},
      headers: {
        'x-goog-upload-url': `${this.origin}/upload/session/${id}`,
        'x-goog-upload-status': 'active',
      },
    };
  }

  #upload(request: SeenRequest, name: string): Answer {
    const file = this.#file(name);
    file.content = Buffer.concat([file.content, request.body]);
    const final = String(request.headers['x-goog-upload-command']).includes('finalize');
    return {
      body: final ? { file: this.#fileView(file) } : {},
      headers: { 'x-goog-upload-status': final ? 'final' : 'active' },
    };
  }

  #create(request: SeenRequest, model: string): Answer {
    const { batch: asked } = jsonOf(request) as {
      batch: { displayName?: string; inputConfig?: { fileName?: string } };
    };
    if (asked.displayName === undefined) throw refusal(400, 'INVALID_ARGUMENT', 'displayName is required');
    const file = this.#file(asked.inputConfig?.fileName);
    const batch: Batch = {
      name: `batches/b${String(this.#next++)}`,
      model: `models/${model}`,
      displayName: asked.displayName,
      inputFile: file.name,
      createdAt: this.#now(),
      lines: file.content
        .toString('utf8')
        .trimEnd()
        .split('\n')
        .map((text) => JSON.parse(text) as Line),
      looks: 0,
      state: 'PENDING',
      error: undefined,
      output: undefined,
      succeeded: 0,
      failed: 0,
      cancelling: false,
    };
    this.batches.set(batch.name, batch);
    return { body: this.#view(batch) };
  }

  #list({ query }: SeenRequest): Answer {
    const all = [...this.batches.values()].toReversed();
    const from = Number(query.get('pageToken') ?? 0);
    const size = Number(query.get('pageSize') ?? 20);
    const more = from + size < all.length;
    return {
      body: {
        operations: all.slice(from, from + size).map((batch) => this.#view(batch)),
        ...(more ? { nextPageToken: String(from + size) } : {}),
      },
    };
  }

  #get(name: string | undefined): Answer {
    const batch = this.#batch(name);
    batch.looks += 1;
    if (batch.cancelling && batch.state !== 'CANCELLED') {
      batch.state = 'CANCELLED';
      batch.error = { code: 1, message: 'The operation was cancelled.' };
    } else if (
      this.#now() >= batch.createdAt + LIFE_MS &&
      !['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(batch.state)
    )
      batch.state = 'EXPIRED';
    else if (batch.state === 'PENDING') batch.state = 'RUNNING';
    else if (batch.state === 'RUNNING' && batch.looks > (this.#plan.looks ?? 1)) this.#end(batch);
    return { body: this.#view(batch) };
  }

  #end(batch: Batch): void {
    const lines = batch.lines.flatMap((line) => {
      const outcome = this.#attempts.next(line.key);
      return outcome === 'missing' ? [] : [{ outcome, line: answerOf(line, outcome, this.#plan) }];
    });
    batch.state = 'SUCCEEDED';
    batch.failed = lines.filter(({ outcome }) => outcome === 'transient' || outcome === 'permanent').length;
    batch.succeeded = lines.length - batch.failed;
    batch.output = `files/batch-${batch.name.slice('batches/'.length)}`;
    const text = disordered(lines.map(({ line }) => line)).map((line) => `${JSON.stringify(line)}\n`);
    this.files.set(batch.output, {
      name: batch.output,
      displayName: '',
      mimeType: 'application/jsonl',
      content: Buffer.from(text.join('')),
      looks: 9,
    });
  }

  #cancel(name: string | undefined): Answer {
    const batch = this.#batch(name);
    if (['SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED'].includes(batch.state))
      throw refusal(400, 'FAILED_PRECONDITION', 'The batch has ended.');
    batch.cancelling = true;
    return { body: {} };
  }

  #delete(name: string | undefined): Answer {
    this.batches.delete(this.#batch(name).name);
    return { body: {} };
  }

  #deleteFile(name: string | undefined): Answer {
    this.files.delete(this.#file(name).name);
    return { body: {} };
  }

  #batch(name: string | undefined): Batch {
    const batch = this.batches.get(name ?? '');
    if (batch === undefined) throw refusal(404, 'NOT_FOUND', 'Requested entity was not found.');
    return batch;
  }

  #file(name: string | undefined): File {
    const file = this.files.get(name ?? '');
    if (file === undefined)
      throw refusal(
        403,
        'PERMISSION_DENIED',
        `You do not have permission to access the File ${name ?? ''} or it may not exist.`,
      );
    return file;
  }

  #fileView(file: File): unknown {
    file.looks += 1;
    return {
      name: file.name,
      displayName: file.displayName,
      mimeType: file.mimeType,
      sizeBytes: String(file.content.length),
      state: file.looks > 1 ? 'ACTIVE' : 'PROCESSING',
      uri: `${this.origin}/v1/${file.name}`,
    };
  }

  #view(batch: Batch): unknown {
    const done = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED'].includes(batch.state);
    const stats = {
      requestCount: batch.lines.length,
      successfulRequestCount: batch.succeeded,
      failedRequestCount: batch.failed,
      pendingRequestCount: done ? 0 : batch.lines.length,
    };
    const output = batch.output === undefined ? {} : { output: { responsesFile: batch.output } };
    return {
      name: batch.name,
      metadata: {
        '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch',
        name: batch.name,
        model: batch.model,
        displayName: batch.displayName,
        createTime: new Date(batch.createdAt).toISOString(),
        updateTime: new Date(this.#now()).toISOString(),
        inputConfig: { fileName: batch.inputFile },
        state: `BATCH_STATE_${batch.state}`,
        batchStats: Object.fromEntries(
          Object.entries(stats)
            .filter(([, n]) => n > 0)
            .map(([key, n]) => [key, String(n)]),
        ),
        ...output,
      },
      ...(done ? { done: true } : {}),
      ...(batch.error === undefined ? {} : { error: batch.error }),
      ...(batch.state === 'SUCCEEDED'
        ? {
            response: {
              '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatchOutput',
              ...(output.output ?? {}),
            },
          }
        : {}),
    };
  }

  #now(): number {
    return Date.now() + this.aheadMs;
  }
}

function refusal(code: number, status: string, message: string): Refusal {
  return new Refusal(code, { error: { code, message, status } });
}

function answerOf(line: Line, outcome: FakeOutcome, plan: FakePlan): unknown {
  if (outcome === 'transient') return { key: line.key, error: { code: 13, message: 'Internal error.' } };
  if (outcome === 'permanent')
    return { key: line.key, error: { code: 3, message: 'The request is invalid.' } };
  const asked = JSON.stringify(line.request.contents);
  const text = plan.answer?.(asked) ?? `Answer to: ${asked.slice(-60)}`;
  const usageMetadata = {
    promptTokenCount: Math.ceil(asked.length / 4),
    candidatesTokenCount: Math.ceil(text.length / 4),
    thoughtsTokenCount: 2,
    totalTokenCount: 0,
  };
  if (outcome === 'refused')
    return {
      response: {
        promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
        usageMetadata: { promptTokenCount: 5 },
      },
      key: line.key,
    };
  return {
    response: {
      responseId: 'r1',
      usageMetadata,
      candidates: [
        {
          content: { role: 'model', parts: [{ text: 'thinking', thought: true }, { text }] },
          finishReason: outcome === 'truncated' ? 'MAX_TOKENS' : 'STOP',
          index: 0,
        },
      ],
    },
    // As the service does: sometimes last.
    key: line.key,
  };
}
