import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Provider } from '../../src/core/provider.ts';
import { fakeNamed } from '../support/fakes/fakeNames.ts';
import type { FakeName } from '../support/fakes/fakeServer.ts';
import { fakeService, providerAt } from '../support/fakes/services.ts';
import type { Target } from './targets.ts';

const NONCE = '0123abcd0123456789ab';
const NEVER = new AbortController().signal;
/** A spoilt answer may say that there is more to come, for ever. */
const WITHIN_MS = 5_000;

/** What a provider reads of its service, by the text of the answers that come over the wire. */
export async function startBodies(
  name: FakeName,
  readable: (work: () => unknown) => Promise<boolean>,
): Promise<Target> {
  const service = fakeService(name);
  const fake = await fakeNamed(name, { looks: 0, fileLooks: 0 }, false);
  const folder = await mkdtemp(path.join(tmpdir(), 'batchbook-fuzz-'));
  let spoilt: string | undefined;
  let last = '';
  const proxy = createServer((request, response) => {
    forward(fake.origin + (request.url ?? ''), request.headers as Record<string, string>).then(
      ({ status, type, text }) => {
        last = text;
        response.writeHead(status, { 'content-type': type }).end(spoilt ?? text);
      },
      () => response.destroy(), // the fake ends before the last of its clients
    );
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const origin = `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`;
  if ('resultsOrigin' in fake) fake.resultsOrigin = origin;

  const direct = providerAt(service, fake);
  const body = path.join(folder, 'payload');
  const job = { id: 'a', model: service.model, maxTokens: 50, prompt: 'Hello' };
  const row = await direct.encodeRow(job, `${NONCE}-0`);
  const { head, separator, tail } = direct.framing;
  const text = `${head}${row}${separator}${await direct.encodeRow(job, `${NONCE}-1`)}${tail}`;
  await writeFile(body, text);
  const payload = { path: body, bytes: Buffer.byteLength(text), rows: 2, model: service.model };
  const { batchId } = await direct.createBatch(payload, { nonce: NONCE, rows: [[0, 1]], signal: NEVER });
  while ((await direct.getBatch(batchId, NEVER)).state !== 'ended');

  const provider = providerAt(service, { origin, key: fake.key });
  const reads = readsOf(provider, batchId);
  const samples: string[] = [];
  for (const read of reads) {
    await read();
    samples.push(last);
  }
  return {
    name: `bodies of ${name}`,
    samples,
    check: async (changed, sample) => {
      spoilt = changed;
      const read = reads[sample];
      if (read !== undefined) await readable(read);
      spoilt = undefined;
    },
    [Symbol.asyncDispose]: async () => {
      proxy.closeAllConnections();
      proxy.close();
      await fake[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

async function forward(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly type: string; readonly text: string }> {
  const answer = await fetch(url, { headers });
  const type = answer.headers.get('content-type') ?? 'text/plain';
  return { status: answer.status, type, text: await answer.text() };
}

function readsOf(provider: Provider, batchId: string): readonly (() => Promise<unknown>)[] {
  const intent = {
    nonce: NONCE,
    model: 'any',
    rows: 2,
    intendedAt: 0,
    endedAt: Date.now() + 60_000,
    except: new Set<string>(),
  };
  return [
    () => provider.getBatch(batchId, AbortSignal.timeout(WITHIN_MS)),
    () => Array.fromAsync(provider.results(batchId, AbortSignal.timeout(WITHIN_MS))),
    () => provider.findBatches(intent),
    () => provider.listArtifacts?.(AbortSignal.timeout(WITHIN_MS)) ?? Promise.resolve(),
    () => provider.checkAccess?.(AbortSignal.timeout(WITHIN_MS)) ?? Promise.resolve(),
  ];
}
