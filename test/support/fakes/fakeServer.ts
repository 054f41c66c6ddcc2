import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { MockLedger, MockLedgerBatch } from '../../../src/providers/mock/mockLedger.ts';
import { Pieces, Refusal, bytesOf, send, type Answer, type SeenRequest } from './exchange.ts';
import type { FakeBatch, FakeRow, Work } from './fakeBatch.ts';
import { fakeLedger } from './fakeLedger.ts';
import { Attempts, type FakePlan } from './fakePlan.ts';
import type { Inspector } from './schemas/inspector.ts';
import { FaultQueue, comesBefore, misbehave, readFaulty, type Fault } from './faults.ts';

export type { FakePlan } from './fakePlan.ts';

export type FakeName = 'anthropic' | 'openai' | 'gemini';

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

/** How far a batch is by its plan. `closing`: everything was worked on and the results are put together. */
export type Progress = 'queued' | 'running' | 'closing' | 'done';

/** A service on loopback that keeps state, and fails when it is told to. */
export abstract class FakeServer<B extends FakeBatch = FakeBatch> implements AsyncDisposable {
  /** Batches that the service still has, by id, oldest first. */
  readonly batches = new Map<string, B>();
  /** Oldest first. Bodies are empty where `keepsBodies` is false. */
  readonly requests: SeenRequest[] = [];
  /** Added to the clock: a day passes when a test says so. */
  aheadMs = 0;
  keepsBodies = true;
  protected plan: FakePlan;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #faults = new FaultQueue();
  readonly #after = new Map<string, () => void>();
  /** What was wrong with what came and what went, by the vendor's own types. */
  readonly #problems: string[] = [];
  #inspect: Inspector | undefined;
  #created: B[] = [];
  #attempts: Attempts;
  #order = 0;
  #ids = 0;

  protected constructor(plan: FakePlan) {
    this.plan = plan;
    this.#attempts = new Attempts(plan);
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

  abstract readonly name: FakeName;
  /** The one key that it takes. */
  abstract readonly key: string;
  protected abstract readonly operations: readonly Operation[];
  /** Refuses who may not come in. */
  protected abstract authorize(request: SeenRequest): void;
  protected abstract unknownPath(request: SeenRequest): Answer;
  /** Lets a batch become what by the clock and its plan it is now. */
  protected abstract advance(batch: B): void;
  protected abstract work(row: FakeRow): Work;
  protected abstract ledgerStateOf(batch: B): MockLedgerBatch['state'];

  /** @param inspects Whether what comes and goes is held against the vendor's own types. */
  async listen(inspects: boolean): Promise<void> {
    if (inspects) this.#inspect = await (await import('./schemas/inspector.ts')).inspectorOf(this.name);
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get origin(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Forgets everything and begins anew with this plan, at the same address. */
  reset(plan: FakePlan): void {
    this.plan = plan;
    this.#attempts = new Attempts(plan);
    this.#faults.clear();
    this.#after.clear();
    this.#created = [];
    this.#order = 0;
    this.aheadMs = 0;
    this.batches.clear();
    this.requests.length = 0;
  }

  /** Adds faults, used up in their order. */
  fail(...faults: readonly Fault[]): void {
    this.#faults.add(...faults);
  }

  /** Does something once, right after the next request of an operation was carried out. */
  afterNext(operation: string, action: () => void): void {
    this.#after.set(operation, action);
  }

  /** Requests of an operation, oldest first. */
  seen(operation: string): readonly SeenRequest[] {
    return this.requests.filter((request) => request.operation === operation);
  }

  /** Every batch that was ever created, what became of its rows, and what the service billed. */
  ledger(): MockLedger {
    return fakeLedger(
      this.#created,
      (row) => this.worked(row),
      (batch) => this.ledgerStateOf(batch),
    );
  }

  /** @throws Error that names what was wrong with requests and answers, by the vendor's own types. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
    if (this.#problems.length > 0)
      throw new Error(`At the fake of ${this.name}:\n${[...new Set(this.#problems)].join('\n')}`);
  }

  protected now(): number {
    return Date.now() + this.aheadMs;
  }

  /** An id that looks like the service's, and never comes again. */
  protected newId(length: number): string {
    this.#ids += 1;
    const digest = createHash('sha512')
      .update(`${this.key}${String(this.#ids)}`)
      .digest('hex');
    return digest.slice(0, length);
  }

  /** The next number in the order in which batches are created and read. */
  protected nextOrder(): number {
    this.#order += 1;
    return this.#order;
  }

  protected keep(batch: B): void {
    this.batches.set(batch.id, batch);
    this.#created.push(batch);
  }

  /** A row as it comes in: another attempt begins. */
  protected takeRow(customId: string, bytes: Buffer, model?: string): FakeRow {
    const ordinal = parseInt(customId.split('-')[1] ?? '', 36);
    const row = { customId, ordinal, bytes, ...this.#attempts.next(ordinal) };
    return model === undefined ? row : { ...row, model };
  }

  /** Rows of batches that have not ended. */
  protected queuedRows(): number {
    return this.#created
      .filter(({ endedAt }) => endedAt === undefined)
      .reduce((sum, { rows }) => sum + rows.length, 0);
  }

  /** What the service makes of a row, the same whenever it is asked for. */
  protected worked(row: FakeRow): Work {
    row.work ??= this.work(row);
    return row.work;
  }

  protected look(batch: B): void {
    batch.looks += 1;
    this.advance(batch);
  }

  protected progressOf(batch: B): Progress {
    const { runningMs, looks = 1 } = this.plan;
    const [at, end] =
      runningMs === undefined ? [batch.looks, looks + 2] : [this.now() - batch.createdAt, runningMs];
    if (at >= end) return 'done';
    if (at >= (runningMs === undefined ? looks + 1 : runningMs * 0.9)) return 'closing';
    return at >= (runningMs === undefined ? 1 : runningMs * 0.1) ? 'running' : 'queued';
  }

  /** A batch is read when every file of it was: the ledger has the first time. */
  protected wasRead(batch: B): void {
    batch.readOrder ??= this.nextOrder();
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
