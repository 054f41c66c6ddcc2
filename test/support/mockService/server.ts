/**
 * The pretend batch service as a process of its own, for tests that kill its clients. It listens on 127.0.0.1, keeps
 * everything in memory, prints `{"port":N}` when ready, and ends when its standard input does.
 *
 *   node server.ts [--port N] [--options JSON]
 *
 * Clients use the paths of `httpTransport.ts`; tests also have `GET /ledger`, `POST /options` and `POST /reset`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import type { MockServiceOptions } from '../../../src/providers/mock/mockOptions.ts';
import { MockService } from '../../../src/providers/mock/mockService.ts';
import { MOCK_STATUS, MockServiceError } from '../../../src/providers/mock/mockServiceError.ts';
import { serveParent } from '../childServer.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    options: { type: 'string', default: '{}' },
  },
});
let service = new MockService(JSON.parse(values.options) as MockServiceOptions);

const server = createServer((request, response) => {
  // A kept connection that dies looks like a lost reply; one connection a call leaves only the faults that were asked for.
  response.setHeader('connection', 'close');
  answer(request, response).catch((error: unknown) => {
    fail(response, error);
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const [, collection, id, action] = url.pathname.split('/');
  const route = `${request.method ?? ''} /${collection ?? ''}${id === undefined ? '' : '/:id'}${action === undefined ? '' : `/${action}`}`;
  const batchId = decodeURIComponent(id ?? '');
  switch (route) {
    case 'POST /batches': {
      const body = await text(request); // rejects where the connection breaks first: then nothing is created
      const query = url.searchParams;
      const created = service.create(body, query.get('nonce') ?? '', query.get('model') ?? '');
      await service.replyDelay();
      sendJson(response, 201, created);
      return;
    }
    case 'GET /batches':
      sendJson(response, 200, service.list());
      return;
    case 'GET /batches/:id':
      sendJson(response, 200, service.get(batchId));
      return;
    case 'GET /batches/:id/results':
      await sendResults(response, batchId);
      return;
    case 'POST /batches/:id/cancel':
      service.cancel(batchId);
      sendJson(response, 200, {});
      return;
    case 'DELETE /batches/:id':
      service.delete(batchId);
      sendJson(response, 200, {});
      return;
    case 'GET /ledger':
      sendJson(response, 200, service.ledger());
      return;
    case 'POST /options':
      service.configure(JSON.parse(await text(request)) as MockServiceOptions);
      sendJson(response, 200, {});
      return;
    case 'POST /reset':
      service = new MockService(JSON.parse(await text(request)) as MockServiceOptions);
      sendJson(response, 200, {});
      return;
    default:
      sendJson(response, 404, { code: 'notFound', message: `There is no ${route}.` });
  }
}

async function sendResults(response: ServerResponse, batchId: string): Promise<void> {
  for (const chunk of service.results(batchId)) {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/jsonl' });
    await new Promise<void>((resolve, reject) => {
      response.once('close', reject);
      response.write(chunk, () => {
        response.off('close', reject);
        resolve();
      });
    });
  }
  response.end();
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Answers with the error's status, or breaks the connection where no answer would come. */
function fail(response: ServerResponse, error: unknown): void {
  const status = error instanceof MockServiceError ? MOCK_STATUS[error.code] : undefined;
  if (!(error instanceof MockServiceError) || status === undefined || response.headersSent) {
    response.destroy();
    return;
  }
  const { code, message, retryAfterMs } = error;
  sendJson(response, status, { code, message, retryAfterMs });
}

server.listen(Number(values.port), '127.0.0.1', () => {
  serveParent({ port: (server.address() as AddressInfo).port });
});
