import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** A request as it arrived. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An answer; a body that is no text and no bytes goes as JSON. `hang`: none ever comes. `reset`: the connection breaks. */
export type Reply =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | 'hang'
  | 'reset';

/** In PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A server on loopback that answers as it is told, and keeps whatever anybody has sent it. */
export class RecordingServer implements AsyncDisposable {
  readonly requests: RecordedRequest[] = [];
  /** Stays what it was when the server is gone. */
  origin = '';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(answer: Answerer, certificate: Certificate | undefined) {
    const serve = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#serve(request, response, answer);
    this.#server = certificate === undefined ? createServer(serve) : createTlsServer(certificate, serve);
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** @param certificate Answers over https with it. */
  static async start(answer: Answerer, certificate?: Certificate): Promise<RecordingServer> {
    const server = new RecordingServer(answer, certificate);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    const { port } = server.#server.address() as AddressInfo;
    server.origin = `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${String(port)}`;
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse, answer: Answerer): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, headers, body: Buffer.concat(chunks) };
    this.requests.push(request);
    const reply = await answer(request, this.requests.length);
    if (reply === 'hang') return;
    if (reply === 'reset') {
      incoming.socket.resetAndDestroy();
      return;
    }
    const { status = 200, body = '' } = reply;
    const isJson = typeof body !== 'string' && !Buffer.isBuffer(body);
    response.writeHead(status, {
      'content-type': isJson ? 'application/json' : 'text/plain',
      ...reply.headers,
    });
    response.end(isJson ? JSON.stringify(body) : body);
  }
}

/** @param n How many requests there have been, this one included. */
type Answerer = (request: RecordedRequest, n: number) => Reply | Promise<Reply>;

/** An address of this machine at which nobody answers. */
export async function closedOrigin(): Promise<string> {
  await using server = await RecordingServer.start(() => 'reset');
  return server.origin;
}
