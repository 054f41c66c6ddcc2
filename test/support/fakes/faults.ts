import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { bytesOf, headersOf, readBody, send, type Answer } from './exchange.ts';

/**
 * How a call goes wrong.
 * Before anything happens: `status` answers with it · `reset` breaks the connection · `cutRequest` breaks it before the
 * request's last byte was read · `stallRequest` reads no further than that · `hang` never answers.
 * After it happened: `resetAfter` · `hangAfter` · `cut` half of the answer, then the connection breaks · `stall` half of
 * it, then nothing more · `brokenJson` a whole body that is none · `html` a proxy's page as 200 · `badGateway` the same
 * as 502 · `empty` nothing, as 200.
 */
export type FaultKind =
  | 'status'
  | 'reset'
  | 'cutRequest'
  | 'stallRequest'
  | 'hang'
  | 'resetAfter'
  | 'hangAfter'
  | 'cut'
  | 'stall'
  | 'brokenJson'
  | 'html'
  | 'badGateway'
  | 'empty';

/** What goes wrong with one call. */
export interface Fault {
  /** Name of the operation, such as `create`. */
  readonly on: string;
  readonly kind: FaultKind;
  /** Calls that go well before the first that does not; default 0. */
  readonly skip?: number;
  /** How often; default once. */
  readonly times?: number;
  /** Of `status`; default 500 and an empty object. */
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How many bytes of a request `cutRequest` and `stallRequest` read. */
const CUT_AFTER = 1_000;
const PAGE = '<html><body>proxy</body></html>';
const BEFORE: ReadonlySet<FaultKind> = new Set(['status', 'reset', 'cutRequest', 'stallRequest', 'hang']);

/** Faults to come, used up in their order. */
export class FaultQueue {
  #faults: Fault[] = [];

  add(...faults: readonly Fault[]): void {
    this.#faults.push(...faults);
  }

  clear(): void {
    this.#faults = [];
  }

  /** What befalls the next call of an operation. */
  take(operation: string): Fault | undefined {
    const at = this.#faults.findIndex(({ on }) => on === operation);
    const fault = this.#faults[at];
    if (fault === undefined) return undefined;
    if ((fault.skip ?? 0) > 0) {
      this.#faults[at] = { ...fault, skip: (fault.skip ?? 0) - 1 };
      return undefined;
    }
    const left = (fault.times ?? 1) - 1;
    if (left > 0) this.#faults[at] = { ...fault, times: left };
    else this.#faults.splice(at, 1);
    return fault;
  }
}

/** Whether the operation is not carried out at all. */
export function comesBefore({ kind }: Fault): boolean {
  return BEFORE.has(kind);
}

/** Of how much of its body a request is read. */
export async function readFaulty(incoming: IncomingMessage, fault: Fault | undefined): Promise<Buffer> {
  return readBody(
    incoming,
    fault?.kind === 'cutRequest' || fault?.kind === 'stallRequest' ? CUT_AFTER : undefined,
  );
}

/** Answers, or does not, as the fault says. `answer`: what was to be answered, where it happened. */
export async function misbehave(
  response: ServerResponse,
  fault: Fault,
  answer: Answer = { body: {} },
): Promise<void> {
  const { kind, status = 500, body = {}, headers = {} } = fault;
  switch (kind) {
    case 'status':
      return send(response, { status, body, headers });
    case 'reset':
    case 'cutRequest':
    case 'resetAfter':
      response.socket?.resetAndDestroy();
      return;
    case 'stallRequest':
    case 'hang':
    case 'hangAfter':
      return;
    case 'cut':
    case 'stall':
      return sendHalf(response, answer, kind === 'cut');
    case 'brokenJson':
      return send(response, { ...answer, body: bytesOf(answer).subarray(0, -2), headers: json(answer) });
    case 'html':
      return send(response, { body: PAGE, headers: { 'content-type': 'text/html' } });
    case 'badGateway':
      return send(response, { status: 502, body: PAGE, headers: { 'content-type': 'text/html' } });
    case 'empty':
      return send(response, { body: '', headers: json(answer) });
  }
}

function json({ headers }: Answer): Readonly<Record<string, string>> {
  return { 'content-type': 'application/json', ...headers };
}

/** The head and half of the body; then the connection breaks, or stays as it is. */
async function sendHalf(response: ServerResponse, answer: Answer, breaks: boolean): Promise<void> {
  const bytes = bytesOf(answer);
  const headers = { ...headersOf(answer), 'content-length': String(bytes.length) };
  response.writeHead(answer.status ?? 200, headers);
  await new Promise((resolve) => response.write(bytes.subarray(0, bytes.length >> 1), resolve));
  if (!breaks) return;
  await pause(10); // so that it has left
  response.destroy();
}
