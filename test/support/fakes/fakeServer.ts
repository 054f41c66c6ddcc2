import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What goes wrong with one call. */
export interface Fault {
  /** Name of the operation, such as `create`. */
  readonly on: string;
  /** `reset`: before anything happens. `resetAfter`: it happened, and nobody hears of it. `cut`: half of the answer. */
  readonly kind: 'status' | 'reset' | 'resetAfter' | 'html' | 'cut' | 'hang';
  /** How often; default once. */
  readonly times?: number;
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request as it arrived. */
export interface SeenRequest {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What an operation answers. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text or bytes as they are; anything else as JSON. */
  readonly body: unknown;
}

/** Thrown by an operation that refuses. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`refused with ${String(status)}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** One operation of a service: which requests are it, and what it does. */
export interface Operation {
  readonly name: string;
  readonly method: string;
  /** Matches the path; its groups are given to `run`. */
  readonly path: RegExp;
  readonly run: (request: SeenRequest, groups: readonly string[]) => Answer;
}

/** A service on loopback that keeps state, and fails when it is told to. */
export abstract class FakeServer implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #faults: Fault[] = [];
  readonly #after = new Map<string, () => void>();

  protected constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  protected abstract readonly operations: readonly Operation[];
  /** Refuses who may not come in. */
  protected abstract authorize(request: SeenRequest): void;
  protected abstract unknownPath(request: SeenRequest): Answer;

  protected async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get origin(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Adds faults, used up in their order. */
  fail(...faults: readonly Fault[]): void {
    this.#faults.push(...faults);
  }

  /** Does something once, right after the next request of an operation was answered. */
  afterNext(operation: string, action: () => void): void {
    this.#after.set(operation, action);
  }

  /** Requests of an operation, oldest first. */
  seen(operation: string): readonly SeenRequest[] {
    return this.requests.filter((request) => request.operation === operation);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      return; // the client went away in the middle of its request: nothing has happened
    }
    const url = new URL(incoming.url ?? '/', 'http://x');
    const method = incoming.method ?? '';
    const matching = this.operations
      .map((operation) => ({ operation, match: operation.path.exec(url.pathname) }))
      .find(({ operation, match }) => operation.method === method && match !== null);
    const request: SeenRequest = {
      operation: matching?.operation.name ?? 'unknown',
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body: Buffer.concat(chunks),
    };
    this.requests.push(request);
    const fault = this.#takeFault(request.operation);
    if (fault?.kind === 'reset') {
      incoming.socket.resetAndDestroy();
      return;
    }
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'status') {
      send(response, { status: fault.status ?? 500, body: fault.body ?? {}, headers: fault.headers ?? {} });
      return;
    }
    const answer = this.#answer(request, matching?.operation, matching?.match?.slice(1) ?? []);
    const after = this.#after.get(request.operation);
    this.#after.delete(request.operation);
    after?.();
    if (fault?.kind === 'resetAfter') incoming.socket.resetAndDestroy();
    else if (fault?.kind === 'html')
      send(response, { status: 200, body: '<html>proxy</html>', headers: { 'content-type': 'text/html' } });
    else if (fault?.kind === 'cut') cut(response, answer);
    else send(response, answer);
  }

  #answer(request: SeenRequest, operation: Operation | undefined, groups: readonly string[]): Answer {
    try {
      this.authorize(request);
      return operation === undefined ? this.unknownPath(request) : operation.run(request, groups);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: error.status, body: error.body, headers: error.headers };
    }
  }

  #takeFault(operation: string): Fault | undefined {
    const at = this.#faults.findIndex(({ on }) => on === operation);
    const fault = this.#faults[at];
    if (fault === undefined) return undefined;
    const left = (fault.times ?? 1) - 1;
    if (left > 0) this.#faults[at] = { ...fault, times: left };
    else this.#faults.splice(at, 1);
    return fault;
  }
}

function bytesOf({ body }: Answer): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function send(response: ServerResponse, answer: Answer): void {
  const bytes = bytesOf(answer);
  response.writeHead(answer.status ?? 200, {
    'content-type':
      typeof answer.body === 'string' || Buffer.isBuffer(answer.body)
        ? 'application/octet-stream'
        : 'application/json',
    'content-length': String(bytes.length),
    ...answer.headers,
  });
  response.end(bytes);
}

/** Half of the answer, then the connection breaks. */
function cut(response: ServerResponse, answer: Answer): void {
  const bytes = bytesOf(answer);
  response.writeHead(answer.status ?? 200, { 'content-length': String(bytes.length), ...answer.headers });
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => {
    setTimeout(() => response.destroy(), 10);
  });
}

/** JSON of a request. @throws Refusal 400 where it is none. */
export function jsonOf(request: SeenRequest): unknown {
  try {
    return JSON.parse(request.body.toString('utf8'));
  } catch {
    throw new Refusal(400, { error: { message: 'The body is not JSON.' } });
  }
}

/** The same disorder each time: results come in any order but that in which they were asked. */
export function disordered<T>(items: readonly T[]): T[] {
  return items.toReversed().toSorted((a, b) => hash(JSON.stringify(a)) - hash(JSON.stringify(b)));
}

function hash(text: string): number {
  let sum = 0;
  for (const character of text) sum = (sum * 31 + character.charCodeAt(0)) % 1_000_003;
  return sum;
}

/** How a pretend row ends. `missing`: no line at all. */
export type FakeOutcome = 'ok' | 'truncated' | 'refused' | 'transient' | 'permanent' | 'missing';

/** What decides how rows end, by the ordinal in their custom id and the attempt. */
export interface FakePlan {
  /** Outcomes of the first, second … attempt of a row; after the last one it is ok. */
  readonly outcomes?: Readonly<Record<number, readonly FakeOutcome[]>>;
  /** The text of an answer, from the text of its request. */
  readonly answer?: (asked: string) => string;
  /** Looks at a batch until it has ended; default 1. */
  readonly looks?: number;
}

/** Counts attempts of rows over batches, by the ordinal in `<nonce>-<ordinal in base 36>`. */
export class Attempts {
  readonly #plan: FakePlan;
  readonly #made = new Map<number, number>();

  constructor(plan: FakePlan) {
    this.#plan = plan;
  }

  next(customId: string): FakeOutcome {
    const ordinal = parseInt(customId.split('-')[1] ?? '', 36);
    const attempt = this.#made.get(ordinal) ?? 0;
    this.#made.set(ordinal, attempt + 1);
    return this.#plan.outcomes?.[ordinal]?.[attempt] ?? 'ok';
  }
}
