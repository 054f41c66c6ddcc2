import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mock } from 'node:test';
import tls from 'node:tls';
import { isBatchbookError, type ProviderError, type ProviderErrorCode } from '../../src/core/errors.ts';
import type { Provider } from '../../src/core/provider.ts';
import type { Fault } from '../support/fakes/faults.ts';
import { fakeNamed } from '../support/fakes/fakeNames.ts';
import type { FakeServer } from '../support/fakes/fakeServer.ts';
import { FAKE_SERVICES, fakeService, providerAt, type FakeService } from '../support/fakes/services.ts';
import { createOf, NEVER, questionJob } from '../support/mockService/pretendBatch.ts';
import { selfSigned } from '../support/selfSigned.ts';

type Wrong = Omit<Fault, 'on'>;

/** What goes wrong with a create call, what it means, and whether the batch is there (providers’ documentation). */
const FAULTS: readonly (readonly [what: string, wrong: Wrong, code: ProviderErrorCode, exists: boolean])[] = [
  ['the connection is reset before anything happened', { kind: 'reset' }, 'ambiguous', false],
  ['the connection is reset after it happened', { kind: 'resetAfter' }, 'ambiguous', true],
  ['a short request is broken off', { kind: 'cutRequest' }, 'ambiguous', false],
  ['the answer breaks off in the middle', { kind: 'cut' }, 'ambiguous', true],
  ['the answer is broken JSON', { kind: 'brokenJson' }, 'ambiguous', true],
  ['a proxy answers 200 with a page', { kind: 'html' }, 'ambiguous', true],
  ['the answer is 200 and empty', { kind: 'empty' }, 'ambiguous', true],
  ['a proxy answers 502 with a page', { kind: 'badGateway' }, 'ambiguous', true],
  ...[408, 409, 500, 503, 529].map(
    (status) => [`it answers ${String(status)}`, { kind: 'status', status }, 'ambiguous', false] as const,
  ),
  ...[409, 500, 503].map(
    (status) =>
      [
        `it answers ${String(status)} and speaks of money`,
        { kind: 'status', status, body: { error: { message: 'The billing service did not answer.' } } },
        'ambiguous',
        false,
      ] as const,
  ),
  ['it answers 429', { kind: 'status', status: 429 }, 'rateLimit', false],
  ['it answers 400', { kind: 'status', status: 400 }, 'invalidRequest', false],
  ['it answers 401', { kind: 'status', status: 401 }, 'auth', false],
  ['it answers 403', { kind: 'status', status: 403 }, 'auth', false],
  ['it answers 404', { kind: 'status', status: 404 }, 'notFound', false],
  ['it answers 413', { kind: 'status', status: 413 }, 'invalidRequest', false],
];

/** What goes wrong with bringing the rows to the service, before anything could be created. */
const UPLOAD_FAULTS: readonly Wrong[] = [
  { kind: 'reset' },
  { kind: 'resetAfter' },
  { kind: 'cutRequest' },
  { kind: 'cut' },
  { kind: 'brokenJson' },
  { kind: 'html' },
  { kind: 'empty' },
  { kind: 'badGateway' },
  { kind: 'status', status: 408 },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 500 },
];

/**
 * Gemini says in a header of its first answer where to send the rows, and nothing in its body; where the second answer
 * lacks its header the SDK asks twice more, after waits that no test should wait for.
 */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  'gemini startUpload': ['cut', 'brokenJson', 'empty'],
  'gemini upload': ['html'],
};

/** What a create call is refused with. */
async function errorOf(creating: Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await creating.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(isBatchbookError(error) && 'retryAfterMs' in error, `it was not refused but ${String(error)}`);
  return error as ProviderError;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}

for (const service of FAKE_SERVICES) {
  describe(`A create call to ${service.name}`, function () {
    this.timeout(60_000);
    let fake: FakeServer;
    let provider: Provider;

    beforeEach(async () => {
      fake = await fakeNamed(service.name, { fileLooks: 0 });
      provider = providerAt(service, fake);
    });
    afterEach(() => fake[Symbol.asyncDispose]());

    const create = (signal: AbortSignal = NEVER): Promise<string> =>
      createOf(provider, 'aaaaaaaa', [questionJob(0, { model: service.model })], { signal });

    for (const [what, wrong, code, exists] of FAULTS)
      it(`where ${what} is ${code}, and is made once`, async () => {
        fake.fail({ on: 'create', ...wrong });
        assert.equal((await errorOf(create())).code, code);
        assert.equal(fake.seen('create').length, 1);
        assert.equal(fake.batches.size, exists ? 1 : 0);
      });

    it('is ambiguous on a connection that was used before and breaks', async () => {
      await provider.findBatches({
        nonce: 'x',
        model: service.model,
        rows: 1,
        intendedAt: 0,
        endedAt: 0,
        except: new Set(),
      });
      fake.fail({ on: 'create', kind: 'reset' });
      assert.equal((await errorOf(create())).code, 'ambiguous');
      assert.equal(fake.seen('create').length, 1);
    });

    it('is told by a 429 how long to wait', async () => {
      const inAMinute = new Date(Date.now() + 60_000).toUTCString();
      const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7.5s' };
      const ways: readonly (readonly [Partial<Fault>, least: number, most: number])[] =
        service.name === 'gemini' // whose SDK drops the headers
          ? [[{ body: { error: { code: 429, message: 'Slow down.', details: [retryInfo] } } }, 7_500, 7_500]]
          : [
              [{ headers: { 'retry-after': '7' } }, 7_000, 7_000],
              [{ headers: { 'retry-after-ms': '1500' } }, 1_500, 1_500],
              [{ headers: { 'retry-after': inAMinute } }, 50_000, 60_000],
              [{ headers: { 'retry-after': 'Mon, 02 Nov 2026 08:00:00 GMT' } }, 0, 0],
            ];
      for (const [wrong, least, most] of ways) {
        fake.fail({ on: 'create', kind: 'status', status: 429, ...wrong });
        const { code, retryAfterMs } = await errorOf(create());
        assert.equal(code, 'rateLimit');
        assert.ok(
          retryAfterMs !== undefined && retryAfterMs >= least && retryAfterMs <= most,
          String(retryAfterMs),
        );
      }
    });

    for (const kind of ['hang', 'hangAfter', 'stall'] as const)
      it(`that is never answered whole (${kind}) is ambiguous when its time is over`, async () => {
        fake.fail({ on: 'create', kind });
        // Timers of this process wait until they are told that time has passed; so does the signal of a time-out.
        mock.timers.enable({ apis: ['setTimeout'] });
        mock.method(AbortSignal, 'timeout', (ms: number) => {
          const late = new AbortController();
          setTimeout(() => {
            late.abort(new DOMException('It took too long.', 'TimeoutError'));
          }, ms);
          return late.signal;
        });
        try {
          const error = errorOf(create());
          await until(() => fake.seen('create').length === 1);
          if (kind === 'stall') for (let i = 0; i < 200; i++) await new Promise(setImmediate); // half of it arrives
          mock.timers.tick(120_000);
          assert.equal((await error).code, 'ambiguous');
        } finally {
          mock.timers.reset();
          mock.restoreAll();
        }
        assert.equal(fake.seen('create').length, 1);
        assert.equal(fake.batches.size, kind === 'hang' ? 0 : 1);
      });

    it('that we break off ourselves is ambiguous', async () => {
      fake.fail({ on: 'create', kind: 'hangAfter' });
      const giveUp = new AbortController();
      const error = errorOf(create(giveUp.signal));
      await until(() => fake.batches.size === 1);
      giveUp.abort();
      assert.equal((await error).code, 'ambiguous');
      assert.equal(fake.seen('create').length, 1);
    });

    for (const upload of service.uploads)
      for (const wrong of UPLOAD_FAULTS.filter(
        ({ kind }) => LEFT_OUT[`${service.name} ${upload}`]?.includes(kind) !== true,
      ))
        it(`never comes to be, and leaves no doubt, where ${upload} fails (${String(wrong.status ?? wrong.kind)})`, async () => {
          fake.fail({ on: upload, ...wrong, times: 9 });
          const { code, retryable } = await errorOf(create());
          assert.ok(['network', 'unavailable', 'rateLimit'].includes(code), code);
          assert.ok(retryable, 'it may be sent again');
          assert.equal(fake.seen('create').length, 0);
          assert.equal(fake.batches.size, 0);
        });

    it('leads to nothing where nobody listens, or nobody has that name', async () => {
      const gone = await fakeNamed(service.name);
      const { origin } = gone;
      await gone[Symbol.asyncDispose]();
      for (const nowhere of [origin, 'http://nobody.invalid']) {
        provider = providerAt(service, { origin: nowhere, key: fake.key });
        assert.equal((await errorOf(create())).code, 'network', nowhere);
      }
    });

    for (const [what, dnsName, days, isTrusted] of [
      ['nobody vouches for', 'localhost', [-1, 1], false],
      ['is for another host', 'example.com', [-1, 1], true],
      ['has run out', 'localhost', [-2, -1], true],
    ] as const)
      it(`sends nothing to a server with a certificate that ${what}`, async () => {
        const certificate = selfSigned(dnsName, days);
        const trusted = tls.getCACertificates('default');
        if (isTrusted) tls.setDefaultCACertificates([...trusted, certificate.cert]);
        let requests = 0;
        const server = createServer(certificate, () => (requests += 1));
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        const { port } = server.address() as AddressInfo;
        try {
          provider = providerAt(service, { origin: `https://localhost:${String(port)}`, key: fake.key });
          const { code, cause } = await errorOf(create());
          assert.equal(code, 'network');
          assert.match(causesOf(cause), /CERT/);
          assert.equal(requests, 0);
        } finally {
          tls.setDefaultCACertificates(trusted);
          server.close();
        }
      });
  });
}

describe('A large body', function () {
  this.timeout(60_000);
  const service: FakeService = fakeService('anthropic');

  for (const [what, break_] of [
    ['the connection breaks', undefined],
    ['we break it off', new AbortController()],
  ] as const)
    it(`whose last byte had not left when ${what} has created nothing`, async () => {
      await using fake = await fakeNamed(service.name, {}, false);
      const folder = await mkdtemp(path.join(tmpdir(), 'batchbook-body-'));
      try {
        const file = path.join(folder, 'payload');
        await writeFile(file, Buffer.alloc(64_000_000, ' '));
        const payload = { path: file, bytes: 64_000_000, rows: 1, model: service.model };
        if (break_ === undefined) fake.fail({ on: 'create', kind: 'cutRequest' });
        else fake.fail({ on: 'create', kind: 'stallRequest' });
        const creating = providerAt(service, fake).createBatch(payload, {
          nonce: 'aaaaaaaa',
          rows: [[0, 0]],
          signal: break_?.signal ?? NEVER,
        });
        const error = errorOf(creating);
        if (break_ !== undefined) {
          await until(() => fake.seen('create').length === 1);
          break_.abort();
        }
        assert.equal((await error).code, 'network');
        assert.equal(fake.seen('create').length, 1);
        assert.equal(fake.batches.size, 0);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
});

/** Codes of an error and of all that caused it. */
function causesOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { readonly code?: unknown; readonly cause?: unknown };
  return [String(code), cause === undefined ? '' : causesOf(cause)].join(' ');
}
