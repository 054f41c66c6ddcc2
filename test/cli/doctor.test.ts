import assert from 'node:assert/strict';
import type { Check } from '../../src/workspace/diagnose.ts';
import { assertCode, runCli, type Said } from '../support/cli/cli.ts';
import { Folder } from '../support/cli/folder.ts';
import { RecordingServer, closedOrigin, type Reply } from '../support/recordingServer.ts';

const KEYS = {
  ANTHROPIC_API_KEY: 'sk-ant-0123456789',
  OPENAI_API_KEY: 'sk-proj-0123456789',
  GEMINI_API_KEY: 'AIza0123456789',
};
const GOOD = {
  data: [{ type: 'model', id: 'm' }],
  models: [{ name: 'models/m' }],
};

type Env = Readonly<Record<string, string>>;

/** The services' addresses, all at one origin. */
function at(origin: string): Env {
  return { ANTHROPIC_BASE_URL: origin, OPENAI_BASE_URL: `${origin}/v1`, GOOGLE_GEMINI_BASE_URL: origin };
}

async function doctor(env: Env, ...args: readonly string[]): Promise<Said> {
  await using folder = await Folder.with();
  const said = await runCli(folder, ['doctor', ...args], { env });
  for (const key of Object.values(KEYS))
    assert.ok(!(said.stdout + said.stderr).includes(key), 'a key is printed');
  return said;
}

/** The check of a service in `doctor --json`. */
function checkOf(said: Said, name: string): Check {
  const { checks } = JSON.parse(said.stdout) as { readonly checks: readonly Check[] };
  return checks.find((check) => check.name === name) ?? assert.fail(said.stdout);
}

describe('doctor', function () {
  this.timeout(20_000);

  it('shows each key that is there to its own service, at the address of the environment', async () => {
    await using server = await RecordingServer.start(() => ({ body: GOOD }));
    const said = await doctor({ ...at(server.origin), ...KEYS }, '--json');
    assertCode(said, 0);
    for (const [title, name] of [
      ['Anthropic', 'anthropic'],
      ['OpenAI', 'openai'],
      ['Gemini', 'gemini'],
    ] as const) {
      const { ok, service } = checkOf(said, title);
      assert.equal(ok, true);
      assert.deepEqual(
        { ...service, keyFingerprint: undefined },
        {
          name,
          origin: server.origin,
          isVendor: false,
          keySource: 'environment',
          keyFingerprint: undefined,
          key: 'accepted',
        },
      );
      assert.match(service?.keyFingerprint ?? '', /^[0-9a-f]{8}$/);
    }
    assert.deepEqual(server.requests.map(({ method, url }) => `${method} ${url}`).sort(), [
      'GET /v1/batches?limit=1',
      'GET /v1/models?limit=1',
      'GET /v1/models?pageSize=1',
    ]);
    assert.ok(server.requests.every(({ body }) => body.length === 0));
  });

  it('asks nobody where there is no key, and finds no fault in that', async () => {
    await using server = await RecordingServer.start(() => ({ body: GOOD }));
    const said = await doctor(at(server.origin));
    assertCode(said, 0);
    assert.match(said.stdout, /^ok +OpenAI: .*no key\..*OPENAI_API_KEY.*platform\.openai\.com/m);
    assert.deepEqual(server.requests, []);
    const json = await doctor(at(server.origin), '--json');
    assert.deepEqual(
      [checkOf(json, 'Gemini').service?.key, checkOf(json, 'Gemini').service?.keySource],
      ['none', null],
    );
  });

  it('ends 4 where a key is refused, says so on one line, and checks the others all the same', async () => {
    await using server = await RecordingServer.start(({ url }) =>
      url.includes('/batches')
        ? {
            status: 401,
            body: { error: { message: 'Incorrect API key provided.', code: 'invalid_api_key' } },
          }
        : { body: GOOD },
    );
    const said = await doctor({ ...at(server.origin), ...KEYS });
    assertCode(said, 4);
    assert.match(
      said.stdout,
      /^BAD +OpenAI: .*OpenAI does not accept this key\. It says: “Incorrect API key provided\.” Set one:.*OPENAI_API_KEY/m,
    );
    assert.match(said.stdout, /^ok +Anthropic: .*accepted$/m);
    const json = await doctor({ ...at(server.origin), ...KEYS }, '--json');
    assertCode(json, 4);
    const { ok, service } = checkOf(json, 'OpenAI');
    assert.deepEqual([ok, service?.key, service?.code], [false, 'refused', 'auth']);
  });

  for (const [what, reply, code, verdict] of [
    ['a key without the right', { status: 403, body: { error: { message: 'no' } } }, 4, 'refused'],
    ['an account without money', { status: 402, body: { error: { message: 'pay' } } }, 4, 'refused'],
    ['too many requests', { status: 429, body: { error: { message: 'slow down' } } }, 1, 'unchecked'],
    ['a proxy’s page', { headers: { 'content-type': 'text/html' }, body: '<html></html>' }, 1, 'unchecked'],
    ['a wrong address', { status: 404, body: { error: { message: 'no' } } }, 1, 'unchecked'],
  ] as const satisfies readonly (readonly [string, Reply, number, string])[])
    it(`ends ${String(code)} at ${what}`, async () => {
      await using server = await RecordingServer.start(() => reply);
      const said = await doctor({ ...at(server.origin), OPENAI_API_KEY: KEYS.OPENAI_API_KEY }, '--json');
      assertCode(said, code);
      assert.equal(checkOf(said, 'OpenAI').service?.key, verdict);
      assert.equal(checkOf(said, 'Anthropic').service?.key, 'none');
    });

  it('ends 1 without a network, and where an address cannot be used at all', async () => {
    const closed = await closedOrigin();
    const said = await doctor({ ...at(closed), ...KEYS });
    assertCode(said, 1);
    assert.match(said.stdout, /^BAD +Anthropic: .*Nothing answers at/m);
    const wrong = await doctor({ OPENAI_BASE_URL: 'http://proxy.example/v1', OPENAI_API_KEY: 'sk-x' });
    assertCode(wrong, 1);
    assert.match(wrong.stdout, /^BAD +OpenAI: .*OPENAI_BASE_URL is not https/m);
  });

  it('asks all services at once', async () => {
    let waiting = 0;
    const all = Promise.withResolvers<undefined>();
    await using server = await RecordingServer.start(async () => {
      waiting += 1;
      if (waiting === 3) all.resolve(undefined);
      await all.promise;
      return { body: GOOD };
    });
    assertCode(await doctor({ ...at(server.origin), ...KEYS }), 0);
  });
});
