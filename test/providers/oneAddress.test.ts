import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { isBatchbookError } from '../../src/core/errors.ts';
import type { Provider } from '../../src/core/provider.ts';
import { createProviderRegistry } from '../../src/providers/registry.ts';
import { Folder } from '../support/cli/folder.ts';
import { FakeAnthropic } from '../support/fakes/fakeAnthropic.ts';
import { FakeGemini } from '../support/fakes/fakeGemini.ts';
import { FakeOpenAI } from '../support/fakes/fakeOpenAI.ts';
import { RecordingServer, type RecordedRequest, type Reply } from '../support/recordingServer.ts';

const SERVICES = [
  {
    name: 'anthropic',
    model: 'claude-haiku-5-5',
    path: '',
    auth: 'authorization',
    start: () => FakeAnthropic.start(),
  },
  {
    name: 'openai',
    model: 'gpt-6-luna',
    path: '/v1',
    auth: 'authorization',
    start: () => FakeOpenAI.start(),
  },
  {
    name: 'gemini',
    model: 'gemini-3.5-flash-lite',
    path: '',
    auth: 'x-goog-api-key',
    start: () => FakeGemini.start(),
  },
] as const;

type Service = (typeof SERVICES)[number];

/** One service on its SDK, behind a server that can lead a request elsewhere. */
interface Scene extends AsyncDisposable {
  readonly provider: Provider;
  readonly fake: Awaited<ReturnType<Service['start']>>;
  readonly front: RecordingServer;
  /** A server that would take anything. */
  readonly other: RecordingServer;
  /** Leads the request of this number, from now on counted from 1, to `other`. */
  leadAway(nth: number): void;
  readonly folder: Folder;
}

async function sceneOf(service: Service): Promise<Scene> {
  const fake = await service.start();
  const folder = await Folder.with();
  const other = await RecordingServer.start(() => ({ body: { id: 'x', data: [] } }));
  let until = Infinity;
  const front = await RecordingServer.start((request) => {
    until -= 1;
    if (until === 0) return { status: 307, headers: { location: `${other.origin}${request.url}` } };
    return request.url.startsWith('/v1/models?') ? { body: MODELS } : forward(fake.origin, request);
  });
  if (fake instanceof FakeAnthropic) fake.resultsOrigin = front.origin;
  const registry = createProviderRegistry({
    offlineDirectory: folder.root,
    access: {
      accessTo: () =>
        Promise.resolve({
          baseUrl: `${front.origin}${service.path}`,
          origin: front.origin,
          isVendor: false,
          apiKey: fake.key,
          keySource: 'environment',
        }),
    },
  });
  return {
    provider: await registry.providerNamed(service.name),
    fake,
    front,
    other,
    folder,
    leadAway: (nth) => {
      until = nth;
    },
    async [Symbol.asyncDispose]() {
      for (const one of [front, other, fake, folder]) await one[Symbol.asyncDispose]();
    },
  };
}

/** The same request at the fake, with its answer. */
async function forward(origin: string, { method, url, headers, body }: RecordedRequest): Promise<Reply> {
  const { host, connection, 'content-length': _length, 'transfer-encoding': _coding, ...rest } = headers;
  const response = await fetch(`${origin}${url}`, {
    method,
    headers: Object.entries(rest).map(([name, value]): [string, string] => [name, String(value)]),
    ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
  });
  const answered = Object.fromEntries(response.headers);
  delete answered['content-encoding'];
  delete answered['transfer-encoding'];
  return { status: response.status, headers: answered, body: Buffer.from(await response.arrayBuffer()) };
}

/** One model, as Anthropic and Gemini list it. */
const MODELS = { data: [{ type: 'model', id: 'm' }], has_more: false, models: [{ name: 'models/m' }] };

/** Everything that a provider does at its service, in the order of a batch's life. */
const CALLS: Readonly<Record<string, (scene: Scene, model: string, batchId: string) => Promise<unknown>>> = {
  createBatch: (scene, model) => create(scene, model),
  findBatches: ({ provider }, model) =>
    provider.findBatches({
      nonce: 'nonce',
      model,
      rows: 1,
      intendedAt: Date.now(),
      endedAt: Date.now(),
      except: new Set(),
    }),
  getBatch: ({ provider }, _, batchId) => provider.getBatch(batchId, AbortSignal.timeout(10_000)),
  results: async ({ provider }, _, batchId) =>
    Array.fromAsync(provider.results(batchId, AbortSignal.timeout(10_000))),
  cancelBatch: ({ provider }, _, batchId) => provider.cancelBatch(batchId),
  deleteArtifacts: ({ provider }, _, batchId) => provider.deleteArtifacts(batchId),
  checkAccess: ({ provider }) => provider.checkAccess?.(AbortSignal.timeout(10_000)) ?? Promise.resolve(),
};

const SECRET = 'what the person wrote';

async function create({ provider, folder }: Scene, model: string): Promise<string> {
  const job = { id: 'a', model, maxTokens: 100, prompt: SECRET };
  const { head, tail } = provider.framing;
  const path = folder.path('payload');
  await writeFile(path, `${head}${await provider.encodeRow(job, 'nonce-0')}${tail}`);
  const payload = { path, bytes: (await stat(path)).size, rows: 1, model };
  const { batchId } = await provider.createBatch(payload, {
    nonce: 'nonce',
    rows: [[0, 0]],
    signal: AbortSignal.timeout(10_000),
  });
  return batchId;
}

/** A batch that has ended. */
async function ended(scene: Scene, model: string): Promise<string> {
  const batchId = await create(scene, model);
  for (let looks = 0; looks < 10; looks++) {
    const { state } = await scene.provider.getBatch(batchId, AbortSignal.timeout(10_000));
    if (state === 'ended') return batchId;
  }
  return assert.fail('The batch does not end.');
}

for (const service of SERVICES) {
  describe(`The key and the content for ${service.name}`, function () {
    this.timeout(30_000);

    for (const [name, call] of Object.entries(CALLS))
      it(`go nowhere else when ${name} is led away, whichever of its requests it is (P6, P7)`, async () => {
        let requests = 0;
        for (let nth = 1; nth <= requests + 1; nth++) {
          await using scene = await sceneOf(service);
          const batchId = name === 'createBatch' ? '' : await ended(scene, service.model);
          const before = scene.front.requests.length;
          scene.leadAway(nth);
          const outcome = await call(scene, service.model, batchId).then(
            () => undefined,
            (error: unknown) => error,
          );
          const made = scene.front.requests.length - before;
          assert.deepEqual(scene.other.requests, [], `request ${String(nth)} of ${name} went on`);
          if (made < nth) {
            assert.equal(outcome, undefined, String(outcome));
            break;
          }
          requests = made;
          assert.equal(made, nth, 'it was tried again');
          assert.ok(isBatchbookError(outcome), String(outcome));
          assert.match(
            outcome.userMessage,
            new RegExp(`leads on to (?:${scene.other.origin}|another address)`),
          );
          assert.equal(outcome.code, name === 'checkAccess' ? 'notFound' : 'providerRefused');
          assert.ok(!outcome.retryable);
        }
        assert.ok(requests > 0, 'nothing was asked');
      });

    it('are not joined by anything of the environment: other keys, projects, headers (P6)', async () => {
      const foreign = 'foreign-0123456789';
      const variables = {
        OPENAI_API_KEY: foreign,
        OPENAI_ADMIN_KEY: foreign,
        OPENAI_ORG_ID: foreign,
        OPENAI_PROJECT_ID: foreign,
        OPENAI_CUSTOM_HEADERS: `Authorization: Bearer ${foreign}\nx-gateway: ${foreign}`,
        ANTHROPIC_API_KEY: foreign,
        ANTHROPIC_AUTH_TOKEN: foreign,
        ANTHROPIC_CUSTOM_HEADERS: `Authorization: Bearer ${foreign}\nx-gateway: ${foreign}`,
        GOOGLE_API_KEY: foreign,
        GEMINI_API_KEY: foreign,
        GOOGLE_CLOUD_PROJECT: foreign,
        GOOGLE_GENAI_API_VERSION: foreign,
        GOOGLE_GENAI_USE_VERTEXAI: 'true',
      };
      const before = { ...process.env };
      Object.assign(process.env, variables);
      try {
        await using scene = await sceneOf(service);
        const batchId = await ended(scene, service.model);
        for (const [name, call] of Object.entries(CALLS))
          if (name !== 'createBatch') await call(scene, service.model, batchId);
        assert.ok(scene.front.requests.length > 4);
        for (const { url, headers, body } of scene.front.requests) {
          const sent = `${url} ${JSON.stringify(headers)} ${body.toString('latin1')}`;
          assert.ok(!sent.includes(foreign), sent);
          assert.ok(String(headers[service.auth]).includes(scene.fake.key));
        }
        assert.equal(process.env['OPENAI_CUSTOM_HEADERS'], variables.OPENAI_CUSTOM_HEADERS);
      } finally {
        for (const name of Object.keys(variables)) {
          const value = before[name];
          if (value === undefined) Reflect.deleteProperty(process.env, name);
          else process.env[name] = value;
        }
      }
    });
  });
}
