import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Pieces, Refusal, bytesOf, send, type Answer, type SeenRequest } from './exchange.ts';
import { FaultQueue, comesBefore, misbehave, readFaulty, type Fault } from './faults.ts';
import type { Inspector } from './schemas/inspector.ts';

/** One operation of a service: which requests are it, and what it does. */
export interface Operation {
  readonly name: string;
  readonly method: string;
  /** Matches the path; its groups are given to `run`. */
  readonly path: RegExp;
  /** Where the path does not tell; default: yes. */
  readonly isMeant?: (url: { readonly query: URLSearchParams }) => boolean;
  readonly run: (request: SeenRequest, groups: readonly string[]) => Answer;
}

/** A server on loopback that answers operations, remembers what it was asked, and fails when it is told to. */
export abstract class ScriptedServer implements AsyncDisposable {
  /** Oldest first. Bodies are empty where `keepsBodies` is false. */
  readonly requests: SeenRequest[] = [];
  keepsBodies = true;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #faults = new FaultQueue();
  readonly #after = new Map<string, () => void>();
  /** What was wrong with what came and what went, by the vendor's own types. */
  readonly #problems: string[] = [];
  #inspect: Inspector | undefined;

  protected constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        // Nothing that a client does may end the fake: whoever started it hears of it at its end.
        this.#problems.push(String(error instanceof Error ? error.stack : error));
        response.destroy();
      });
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** How failures name it. */
  abstract readonly name: string;
  protected abstract readonly operations: readonly Operation[];
  /** Refuses who may not come in. */
  protected abstract authorize(request: SeenRequest): void;
  protected abstract unknownPath(request: SeenRequest): Answer;

  /** @param inspect Holds what comes and goes against the vendor's own types. */
  async listen(inspect?: Inspector): Promise<void> {
    this.#inspect = inspect;
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get origin(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Adds faults, used up in their order. */
  fail(...faults: readonly Fault[]): void {
    this.#faults.add(...faults);
  }

  /** Drops the faults that have not come yet. */
  forgive(): void {
    this.#faults.clear();
  }

  /** Does something once, right after the next request of an operation was carried out. */
  afterNext(operation: string, action: () => void): void {
    this.#after.set(operation, action);
  }

  /** Requests of an operation, oldest first. */
  seen(operation: string): readonly SeenRequest[] {
    return this.requests.filter((request) => request.operation === operation);
  }

  /** @throws Error that names what was wrong with requests and answers, by the vendor's own types. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
    if (this.#problems.length > 0)
      throw new Error(`At the fake of ${this.name}:\n${[...new Set(this.#problems)].join('\n')}`);
  }

  /** Forgets requests, and faults that have not come yet. */
  protected forget(): void {
    this.#faults.clear();
    this.#after.clear();
    this.requests.length = 0;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://x');
    const method = incoming.method ?? '';
    const matching = this.operations
      .map((operation) => ({ operation, match: operation.path.exec(url.pathname) }))
      .find(
        ({ operation, match }) =>
          operation.method === method &&
          match !== null &&
          operation.isMeant?.({ query: url.searchParams }) !== false,
      );
    const name = matching?.operation.name ?? 'unknown';
    const fault = this.#faults.take(name);
    let body: Buffer;
    try {
      body = await readFaulty(incoming, fault);
    } catch {
      return; // the client went away in the middle of its request: nothing has happened
    }
    const request: SeenRequest = {
      operation: name,
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body,
    };
    this.requests.push(this.keepsBodies ? request : { ...request, body: Buffer.alloc(0) });
    if (fault !== undefined && comesBefore(fault)) {
      await misbehave(response, fault);
      return;
    }
    const answer = this.#inspected(
      request,
      this.#answer(request, matching?.operation, matching?.match?.slice(1) ?? []),
    );
    const after = this.#after.get(name);
    this.#after.delete(name);
    after?.();
    await (fault === undefined ? send(response, answer) : misbehave(response, fault, answer));
  }

  #inspected(request: SeenRequest, answer: Answer): Answer {
    if (this.#inspect === undefined) return answer;
    // What is made while it is sent can be made once only.
    const body = answer.body instanceof Pieces ? bytesOf(answer) : answer.body;
    this.#problems.push(...this.#inspect({ request, status: answer.status ?? 200, body }));
    return { ...answer, body };
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
}
