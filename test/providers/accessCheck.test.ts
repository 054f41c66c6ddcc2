import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Access } from '../../src/core/serviceAccess.ts';
import type { ErrorCode } from '../../src/core/vocabulary.ts';
import { checkKey, type CheckKeyOptions, type KeyCheck } from '../../src/workspace/checkKey.ts';
import { RecordingServer, closedOrigin, type Reply } from '../support/recordingServer.ts';

const KEY = 'sk-secret-0123456789-key';

interface Service {
  readonly name: string;
  readonly title: string;
  /** What its base URL has behind the origin. */
  readonly path: string;
  /** The one request of a check. */
  readonly asks: string;
  readonly good: unknown;
  readonly auth: { readonly header: string; readonly value: string };
  readonly error: (message: string, type?: string) => unknown;
  readonly wrongKey: Reply;
  readonly noMoney: Reply;
}

const stainless = (message: string, code: string | null = null): unknown => ({
  error: { message, type: 'invalid_request_error', param: null, code },
});
const OPENAI = {
  path: '/v1',
  asks: 'GET /v1/batches?limit=1',
  good: { object: 'list', data: [], first_id: null, last_id: null, has_more: false },
  auth: { header: 'authorization', value: `Bearer ${KEY}` },
  error: stainless,
  wrongKey: {
    status: 401,
    body: stainless(`Incorrect API key provided: sk-sec***********-key.`, 'invalid_api_key'),
  },
  noMoney: {
    status: 429,
    body: stainless(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
    ),
  },
};
const SERVICES: readonly Service[] = [
  {
    name: 'anthropic',
    title: 'Anthropic',
    path: '',
    asks: 'GET /v1/models?limit=1',
    good: { data: [{ type: 'model', id: 'claude-haiku-5-5' }], has_more: true, first_id: 'x', last_id: 'x' },
    auth: { header: 'authorization', value: `Bearer ${KEY}` },
    error: (message, type = 'api_error') => ({
      type: 'error',
      error: { type, message },
      request_id: 'req_1',
    }),
    wrongKey: {
      status: 401,
      body: { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } },
    },
    noMoney: {
      status: 402,
      body: {
        type: 'error',
        error: { type: 'billing_error', message: 'There is an issue with your billing.' },
      },
    },
  },
  { ...OPENAI, name: 'openai', title: 'OpenAI' },
  { ...OPENAI, name: 'acme', title: 'Acme' },
  {
    name: 'gemini',
    title: 'Gemini',
    path: '',
    asks: 'GET /v1/models?pageSize=1',
    good: { models: [{ name: 'models/gemini-3.5-flash' }], nextPageToken: 'x' },
    auth: { header: 'x-goog-api-key', value: KEY },
    error: (message) => ({ error: { code: 1, message, status: 'X' } }),
    wrongKey: {
      status: 400,
      body: {
        error: {
          code: 400,
          message: 'API key not valid. Please pass a valid API key.',
          status: 'INVALID_ARGUMENT',
        },
      },
    },
    noMoney: {
      status: 429,
      body: {
        error: {
          code: 429,
          message: 'Your prepayment credits are depleted: prepay.',
          status: 'RESOURCE_EXHAUSTED',
        },
      },
    },
  },
];

const SETTINGS = {
  providers: {
    acme: { title: 'Acme', baseUrl: 'https://llm.example/v1', keyVariable: 'ACME_API_KEY', models: {} },
  },
  setBy: { providers: 'the setting', models: 'the setting' },
};

function check(service: Service, origin: string, options: CheckKeyOptions = {}): Promise<KeyCheck> {
  const access: Access = {
    baseUrl: `${origin}${service.path}`,
    origin,
    isVendor: false,
    apiKey: KEY,
    keySource: 'environment',
  };
  return checkKey(service.name, access, { settings: SETTINGS, ...options });
}

async function against(
  service: Service,
  reply: Reply,
  options?: CheckKeyOptions,
): Promise<{ readonly found: KeyCheck; readonly server: RecordingServer }> {
  await using server = await RecordingServer.start(() => reply);
  return { found: await check(service, server.origin, options), server };
}

function assertProblem(found: KeyCheck, code: ErrorCode, isRefused: boolean, says: RegExp): void {
  assert.ok(!found.ok, 'the key passes for good');
  assert.deepEqual([found.code, found.isRefused], [code, isRefused], found.message);
  assert.match(found.message, says);
  assert.ok(!found.message.includes('\n'), `one line: ${found.message}`);
  assert.ok(!found.message.includes(KEY), `the key is in the message: ${found.message}`);
}

/** A certificate that nobody has signed. */
const unsigned = {
  key: readFileSync(new URL('../fixtures/tls/key.pem', import.meta.url), 'utf8'),
  cert: readFileSync(new URL('../fixtures/tls/certificate.pem', import.meta.url), 'utf8'),
};
const PAGE = '<!DOCTYPE html><html><body>Sign in to the hotel</body></html>';
const html = { 'content-type': 'text/html; charset=utf-8' };

for (const service of SERVICES) {
  const { title } = service;
  describe(`The check of a key of ${service.name}`, function () {
    this.timeout(20_000);

    it('is one call, which sends the key in its header and nothing else of the person’s (P6, P7)', async () => {
      const { found, server } = await against(service, { body: service.good });
      assert.deepEqual(found, { ok: true });
      const [request, ...others] = server.requests;
      assert.ok(request);
      assert.deepEqual(others, []);
      assert.equal(`${request.method} ${request.url}`, service.asks);
      assert.equal(request.body.length, 0);
      for (const [name, value] of Object.entries(request.headers))
        if (name === service.auth.header) assert.equal(value, service.auth.value);
        else assert.ok(!String(value).includes(KEY), name);
    });

    it('tells a wrong key, in the service’s words', async () => {
      const { found } = await against(service, service.wrongKey);
      assertProblem(found, 'auth', true, new RegExp(`^${title} does not accept this key\\. It says: “.+”$`));
    });

    it('tells a key that may not do this from a wrong one', async () => {
      const body = service.error('Your key has no permission.', 'permission_error');
      const { found } = await against(service, { status: 403, body });
      assertProblem(
        found,
        'providerRefused',
        true,
        /knows this key, but it may not.*“Your key has no permission\.”.*leave/,
      );
    });

    it('tells that the account is out of money', async () => {
      const { found } = await against(service, service.noMoney);
      assertProblem(found, 'providerRefused', true, new RegExp(`no money left at ${title}\\. It says`));
    });

    it('does not take too many requests for a bad key', async () => {
      const { found, server } = await against(service, {
        status: 429,
        body: service.error('Slow down.', 'rate_limit_error'),
      });
      assertProblem(found, 'rateLimit', false, /“Slow down\.” Try again/);
      assert.equal(server.requests.length, 1, 'asked again although it was told not to');
    });

    it('does not take a service that fails for a bad key', async () => {
      const { found, server } = await against(service, { status: 503, body: service.error('Overloaded.') });
      assertProblem(found, 'unavailable', false, /cannot answer at the moment \(status 503\).*Try again/);
      assert.equal(server.requests.length, 1);
    });

    it('tells a web page from the service, whatever its status: a proxy, a sign-in', async () => {
      for (const status of [200, 403, 404, 502, 511]) {
        const { found } = await against(service, { status, headers: html, body: PAGE });
        assertProblem(found, 'unavailable', false, /a web page: .*proxy.*http\.proxy/);
      }
      const { found } = await against(service, { status: 407, body: 'Proxy Authentication Required' });
      assertProblem(found, 'network', false, /proxy in between/);
    });

    it('tells what is not this service by its answer', async () => {
      for (const reply of [
        { status: 404, body: service.error('Not found', 'not_found_error') },
        { status: 405, body: service.error('Method not allowed') },
        { body: { hello: 'world' } },
        { body: [] },
        { body: 'It works!' },
      ]) {
        const { found, server } = await against(service, reply);
        const where = `${server.origin}${service.path}`;
        assertProblem(found, 'notFound', false, new RegExp(`${where} .*Check the address`));
        assert.equal(server.requests.length, 1);
      }
    });

    it('goes to no other address that it is led to, and says where that is (P6)', async () => {
      await using other = await RecordingServer.start(() => ({ body: service.good }));
      for (const status of [301, 302, 303, 307, 308]) {
        const { found, server } = await against(service, {
          status,
          headers: { location: `${other.origin}/x` },
        });
        assertProblem(
          found,
          'notFound',
          false,
          new RegExp(`leads on to ${other.origin}\\..*set it as its address`),
        );
        assert.equal(server.requests.length, 1, String(status));
      }
      const inside = await against(service, { status: 307, headers: { location: '/elsewhere' } });
      assertProblem(inside.found, 'notFound', false, /leads on to another address/);
      assert.deepEqual(other.requests, []);
    });

    it('tells that there is no network, or nobody at the address', async () => {
      assertProblem(
        await check(service, 'https://no-such-host.invalid'),
        'network',
        false,
        /The name no-such-host\.invalid is not found: there is no network, or the address is wrong.*HTTPS_PROXY/,
      );
      const closed = await closedOrigin();
      assertProblem(
        await check(service, closed),
        'network',
        false,
        new RegExp(`Nothing answers at ${closed}`),
      );
      const { found } = await against(service, 'reset');
      assertProblem(found, 'network', false, /The connection to .* broke/);
    });

    it('tells a certificate that is not trusted, and how a company’s is named', async () => {
      await using server = await RecordingServer.start(() => ({ body: service.good }), unsigned);
      assertProblem(
        await check(service, server.origin),
        'network',
        false,
        /certificate of .* not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\).*NODE_EXTRA_CA_CERTS/,
      );
      assert.deepEqual(server.requests, []);
      await using plain = await RecordingServer.start(() => ({ body: service.good }));
      const found = await check(service, plain.origin.replace('http:', 'https:'));
      assertProblem(found, 'network', false, /does not speak https/);
    });

    it('is over when the service does not answer, and when the person says so', async () => {
      const { found } = await against(service, 'hang', { withinMs: 50 });
      assertProblem(found, 'network', false, new RegExp(`${title} did not answer at http.* in time`));
      const stop = new AbortController();
      await using server = await RecordingServer.start(() => {
        stop.abort();
        return 'hang';
      });
      const stopped = await check(service, server.origin, { signal: stop.signal });
      assert.ok(!stopped.ok && !stopped.isRefused);
    });

    it('never shows the key, also where the service or a proxy throws it back (P6)', async () => {
      const echo = `Consumer 'api_key:${KEY}' has been suspended. Authorization: Bearer ${KEY}`;
      for (const status of [400, 401, 403, 404, 429, 500])
        for (const body of [service.error(echo), echo, { message: echo }]) {
          const { found } = await against(service, { status, body });
          assert.ok(!found.ok);
          assert.ok(!JSON.stringify(found).includes('0123456789'), found.message);
        }
    });
  });
}

describe('The check of a key', () => {
  it('of a masked key does not repeat what is left of it', async () => {
    const [, openai] = SERVICES;
    assert.ok(openai);
    const { found } = await against(openai, openai.wrongKey);
    assert.ok(!found.ok);
    assert.match(found.message, /Incorrect API key provided: \[key\]/);
    assert.doesNotMatch(found.message, /sk-sec|-key\b/);
  });
});
