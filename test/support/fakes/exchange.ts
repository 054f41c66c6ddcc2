import type { IncomingMessage, ServerResponse } from 'node:http';

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
  /** A text, bytes or `Pieces` as they are; anything else as JSON. */
  readonly body: unknown;
  /** Called once the last byte has left. */
  readonly whenRead?: () => void;
}

/** A body that is made while it is sent, piece by piece, so that a large one is never whole in memory. */
export class Pieces {
  readonly pieces: Iterable<string | Buffer>;

  constructor(pieces: Iterable<string | Buffer>) {
    this.pieces = pieces;
  }
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

/** JSON of a request. @throws Refusal 400 where it is none. */
export function jsonOf(request: SeenRequest): unknown {
  try {
    return JSON.parse(request.body.toString('utf8'));
  } catch {
    throw new Refusal(400, { error: { message: 'The body is not JSON.' } });
  }
}

/**
 * A request's body, once in memory whatever its size. Rejects where the client goes away in the middle.
 *
 * @param most Stops reading after so many bytes, and resolves to what there is.
 */
export async function readBody(incoming: IncomingMessage, most = Infinity): Promise<Buffer> {
  const announced = Number(incoming.headers['content-length'] ?? NaN);
  let bytes = Buffer.allocUnsafe(Number.isSafeInteger(announced) ? announced : 65_536);
  let length = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (length + chunk.length > bytes.length)
      bytes = Buffer.concat([bytes.subarray(0, length)], (length + chunk.length) * 2);
    chunk.copy(bytes, length);
    length += chunk.length;
    if (length >= most) break;
  }
  return bytes.subarray(0, length);
}

/** Sends an answer whole, at the pace at which it is read. */
export async function send(response: ServerResponse, answer: Answer): Promise<void> {
  response.once('finish', () => answer.whenRead?.());
  response.writeHead(answer.status ?? 200, headersOf(answer));
  if (!(answer.body instanceof Pieces)) {
    response.end(bytesOf(answer));
    return;
  }
  for (const piece of answer.body.pieces) {
    if (response.destroyed) return;
    if (!response.write(piece)) await drained(response);
  }
  response.end();
}

/** The body of an answer in one piece. */
export function bytesOf({ body }: Answer): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (body instanceof Pieces) return Buffer.concat(Array.from(body.pieces, (piece) => Buffer.from(piece)));
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** The headers that `send` would send. */
export function headersOf(answer: Answer): Record<string, string> {
  const { body, headers } = answer;
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body) || body instanceof Pieces;
  return {
    'content-type': isRaw ? 'application/octet-stream' : 'application/json',
    ...(body instanceof Pieces ? {} : { 'content-length': String(bytesOf(answer).length) }),
    ...headers,
  };
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}
