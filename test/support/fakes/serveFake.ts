/**
 * A fake as a process of its own, for tests that kill its clients or measure them. Prints where it is, with its key, and
 * where its control is.
 *
 *   node serveFake.ts anthropic|openai|gemini '{"looks":3}'
 *
 * Control: `POST /reset` a plan · `POST /faults` a list · `POST /clock` milliseconds to go ahead · `GET /ledger` ·
 * `GET /requests` all seen, without bodies.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { serveParent } from '../childServer.ts';
import type { SerialisablePlan } from './fakePlan.ts';
import type { Fault } from './faults.ts';
import type { FakeName, FakeServer } from './fakeServer.ts';
import { fakeNamed } from './fakeNames.ts';
import type { FakeReady, SeenCall } from './startFake.ts';

const [name, plan = '{}'] = process.argv.slice(2);
const fake: FakeServer = await fakeNamed(name as FakeName, JSON.parse(plan) as SerialisablePlan, false);
fake.keepsBodies = false;

const control = createServer((request, response) => {
  answer(request).then(
    (body) => response.end(JSON.stringify(body)),
    (error: unknown) => {
      response.writeHead(500).end(String(error));
    },
  );
});

async function answer(request: IncomingMessage): Promise<unknown> {
  switch (`${request.method ?? ''} ${request.url ?? ''}`) {
    case 'POST /reset':
      fake.reset((await json(request)) as SerialisablePlan);
      return {};
    case 'POST /faults':
      fake.fail(...((await json(request)) as readonly Fault[]));
      return {};
    case 'POST /clock':
      fake.aheadMs += (await json(request)) as number;
      return {};
    case 'GET /ledger':
      return fake.ledger();
    case 'GET /requests':
      return fake.requests.map(({ operation, method, path, headers }): SeenCall => {
        return { operation, method, path, bytes: Number(headers['content-length'] ?? 0) };
      });
    default:
      throw new Error(`There is no ${request.url ?? ''} here.`);
  }
}

control.listen(0, '127.0.0.1');
await once(control, 'listening');
const { port } = control.address() as AddressInfo;
serveParent({
  origin: fake.origin,
  key: fake.key,
  control: `http://127.0.0.1:${String(port)}`,
} satisfies FakeReady);
