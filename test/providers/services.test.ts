import assert from 'node:assert/strict';
import { endedResults } from '../../src/core/assembleResult.ts';
import { scaledClock, systemClock } from '../../src/core/clock.ts';
import type { JobResult } from '../../src/core/job.ts';
import type { RunStatus } from '../../src/core/status.ts';
import { openWorkspace } from '../../src/workspace/openWorkspace.ts';
import type { Workspace } from '../../src/workspace/workspace.ts';
import { Folder } from '../support/cli/folder.ts';
import { FakeAnthropic } from '../support/fakes/fakeAnthropic.ts';
import { FakeGemini } from '../support/fakes/fakeGemini.ts';
import { FakeOpenAI } from '../support/fakes/fakeOpenAI.ts';
import type { FakePlan, FakeServer } from '../support/fakes/fakeServer.ts';

interface Service {
  readonly name: string;
  readonly model: string;
  /** What its base URL has behind the origin. */
  readonly path: string;
  /** The header that has the key, and what stands before it there. */
  readonly auth: { readonly header: string; readonly before: string };
  /** How long a batch may take. */
  readonly lifeMs: number;
  readonly start: (
    plan: FakePlan,
  ) => Promise<
    FakeServer & { readonly key: string; readonly batches: ReadonlyMap<string, unknown>; aheadMs: number }
  >;
}

const DAY_MS = 86_400_000;
const BEARER = { header: 'authorization', before: 'Bearer ' };

const SERVICES: readonly Service[] = [
  {
    name: 'anthropic',
    model: 'claude-haiku-5-5',
    path: '',
    auth: BEARER,
    lifeMs: DAY_MS,
    start: (plan) => FakeAnthropic.start(plan),
  },
  {
    name: 'openai',
    model: 'gpt-6-luna',
    path: '/v1',
    auth: BEARER,
    lifeMs: DAY_MS,
    start: (plan) => FakeOpenAI.start(plan),
  },
  {
    name: 'gemini',
    model: 'gemini-3.5-flash-lite',
    path: '',
    auth: { header: 'x-goog-api-key', before: '' },
    lifeMs: 2 * DAY_MS,
    start: (plan) => FakeGemini.start(plan),
  },
];

/** A root whose service is a fake, at a pace that a test can wait for. */
function open(
  folder: Folder,
  service: Service,
  fake: FakeServer,
  key: string | undefined,
): Promise<Workspace> {
  return openWorkspace({
    cwd: folder.root,
    folder: folder.root,
    clock: scaledClock(systemClock, 0.002),
    kind: 'library',
    access: {
      accessTo: (name) =>
        Promise.resolve({
          baseUrl: `${fake.origin}${service.path}`,
          origin: fake.origin,
          isVendor: false,
          apiKey: name === service.name ? key : undefined,
          keySource: 'environment',
        }),
    },
  });
}

function letters(
  service: Service,
  rows: number,
  changes: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    ...Object.fromEntries(
      Array.from({ length: rows }, (_, i) => [
        `in/${String(i)}.md`,
        `Letter ${String(i)} of many, für dich.`,
      ]),
    ),
    'job.batch.json': {
      version: 1,
      defaults: { model: service.model, maxTokens: 200 },
      costLimitUsd: 5,
      cells: [
        { kind: 'files', id: 'a', files: ['in'], prompt: 'Answer {{file.name}}.', output: false, ...changes },
      ],
    },
  };
}

interface Ended {
  readonly status: RunStatus;
  readonly results: readonly JobResult[];
}

async function run(root: Workspace): Promise<Ended> {
  const plan = await root.plan(`${root.root}/job.batch.json`, { all: true });
  const running = await root.start(plan, 'library');
  const status = await running.finished();
  return { status, results: [...endedResults(await root.read(running.runId))] };
}

for (const service of SERVICES) {
  describe(`The provider ${service.name} on its own SDK, against its fake`, function () {
    this.timeout(60_000);

    it('sends, polls, reads results in any order onto the right rows, accounts and cleans up (P4)', async () => {
      await using fake = await service.start({
        answer: (asked) => `About ${/Letter \d+/.exec(asked)?.[0] ?? 'nothing'}`,
      });
      await using folder = await Folder.with(letters(service, 12) as never);
      const { status, results } = await run(await open(folder, service, fake, fake.key));
      assert.equal(status.state, 'finished', JSON.stringify(status.batches));
      assert.equal(status.counts.ok, 12);
      const sources = new Map(results.map((result) => [result.response, result]));
      for (let i = 0; i < 12; i++) assert.ok(sources.has(`About Letter ${String(i)}`), String(i));
      assert.ok(status.costUsd.spent > 0);
      assert.ok(status.tokens.input > 0 && status.tokens.output > 0);
      assert.equal(fake.seen('create').length, 1);
    });

    it('sorts every ending: cut off, refused, failed for now, failed for good, not returned', async () => {
      await using fake = await service.start({
        outcomes: { 0: ['truncated'], 1: ['refused'], 2: ['transient'], 3: ['permanent'], 4: ['missing'] },
      });
      await using folder = await Folder.with(letters(service, 6) as never);
      const { status } = await run(await open(folder, service, fake, fake.key));
      assert.equal(status.state, 'finished', JSON.stringify(status.batches));
      const { ok, refused, error } = status.counts;
      // What was cut off, failed for now or was not returned is asked for once more, and is ok then.
      assert.deepEqual({ ok, refused, error }, { ok: 4, refused: 1, error: 1 });
    });

    it('finds a batch whose creation nobody heard of, and sends nothing twice (P2)', async () => {
      await using fake = await service.start({});
      fake.fail({ on: 'create', kind: 'resetAfter' });
      await using folder = await Folder.with(letters(service, 3) as never);
      const { status } = await run(await open(folder, service, fake, fake.key));
      assert.equal(fake.batches.size + fake.seen('delete').length >= 1, true);
      assert.equal(fake.seen('create').length, 1);
      assert.equal(status.state, 'finished', JSON.stringify(status.batches));
      assert.equal(status.counts.ok, 3);
    });

    it('reads results again whose stream breaks, and waits out what passes', async () => {
      await using fake = await service.start({});
      fake.fail(
        { on: 'get', kind: 'status', status: 503, body: { error: { message: 'overloaded' } } },
        { on: 'results', kind: 'cut' },
        { on: 'content', kind: 'cut' },
        { on: 'download', kind: 'cut' },
      );
      await using folder = await Folder.with(letters(service, 5) as never);
      const { status } = await run(await open(folder, service, fake, fake.key));
      assert.equal(status.counts.ok, 5, JSON.stringify(status));
    });

    it('stops with a plain reason at a key that is not good', async () => {
      await using fake = await service.start({});
      await using folder = await Folder.with(letters(service, 2) as never);
      const { status } = await run(await open(folder, service, fake, 'not the key'));
      assert.equal(status.state, 'stopped');
      assert.equal(status.code, 'auth');
      assert.equal(fake.batches.size, 0);
      assert.ok(!JSON.stringify(status).includes('not the key'));
    });

    it('takes nothing for an answer that is not the service’s: a proxy’s page leaves the batch to be found', async () => {
      await using fake = await service.start({});
      fake.fail({ on: 'create', kind: 'html' });
      await using folder = await Folder.with(letters(service, 2) as never);
      const { status } = await run(await open(folder, service, fake, fake.key));
      assert.equal(status.state, 'finished', JSON.stringify(status.batches));
      assert.equal(fake.seen('create').length, 1);
    });

    it('asks for a schema in the service’s own form, and checks the answer by the person’s', async () => {
      const schema = {
        type: 'object',
        properties: {
          total: { type: 'number', minimum: 0, description: 'Sum payable' },
          note: { type: 'string', maxLength: 5 },
        },
        required: ['total'],
      };
      const answers = [
        '{"total": 12.5, "note": null}',
        '{"total": -1}',
        'no JSON at all',
        '{"total": 1, "note": "far too long"}',
      ];
      let asked = 0;
      await using fake = await service.start({ answer: () => answers[asked++ % answers.length] ?? '' });
      await using folder = await Folder.with(
        letters(service, 4, { responseSchema: schema, retry: { invalid: 0 } }) as never,
      );
      const { status, results } = await run(await open(folder, service, fake, fake.key));
      assert.equal(status.state, 'finished', JSON.stringify(status.batches));
      assert.deepEqual([status.counts.ok, status.counts.invalid], [1, 3]);
      const ok = results.find((result) => result.status === 'ok');
      // What a service must return as null because it has to return it is not there.
      assert.deepEqual(ok?.parsedResponse, { total: 12.5 });
      assert.ok(
        results.every((result) => result.response !== undefined),
        'the text of every answer is kept',
      );
      assert.ok(results.some((result) => /total must be >= 0/.test(result.error?.message ?? '')));
      const sent = fake.requests.map(({ body }) => body.toString('utf8')).join('\n');
      assert.ok(sent.includes('"additionalProperties":false'));
      assert.ok(!sent.includes('"maxLength":5'), 'a keyword that the service does not know');
      assert.match(sent, /maxLength: 5/);
    });

    it('collects what is there of a batch that expired, and asks again for the rest (P1)', async () => {
      await using fake = await service.start({ looks: 3 });
      fake.afterNext('create', () => {
        fake.aheadMs += service.lifeMs + 1;
      });
      await using folder = await Folder.with(letters(service, 4) as never);
      const { status, results } = await run(await open(folder, service, fake, fake.key));
      assert.equal(status.state, 'finished', JSON.stringify(status));
      assert.equal(status.counts.ok, 4);
      assert.equal(fake.seen('create').length, 2);
      assert.ok(results.every(({ attempts }) => attempts === 2));
      // Only Gemini does not say what a batch without results has cost.
      assert.equal(status.costUsd.unconfirmed > 0, service.name === 'gemini');
    });

    it('collects what is there of a batch that was cancelled from here (P1)', async () => {
      await using fake = await service.start({ looks: 50 });
      await using folder = await Folder.with(letters(service, 4) as never);
      const root = await open(folder, service, fake, fake.key);
      const plan = await root.plan(`${root.root}/job.batch.json`, { all: true });
      const running = await root.start(plan, 'library');
      while (fake.batches.size === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      await root.request(running.runId, { kind: 'cancel' });
      const status = await running.finished();
      assert.equal(status.state, 'finished', JSON.stringify(status));
      const { ok, cancelled } = status.counts;
      assert.equal(ok + cancelled, 4);
      assert.equal(ok, service.name === 'openai' ? 2 : 0);
      assert.equal(status.costUsd.unconfirmed > 0, service.name === 'gemini');
      assert.equal(fake.seen('create').length, 1);
    });

    it('sends the key in its own header of every request, and nowhere else in any (P6)', async () => {
      await using fake = await service.start({});
      await using folder = await Folder.with(letters(service, 2) as never);
      const root = await open(folder, service, fake, fake.key);
      const { status } = await run(root);
      assert.equal(status.counts.ok, 2);
      assert.deepEqual((await root.planCleanUp()).failures, []);
      assert.ok(fake.requests.length > 3);
      for (const { operation, path, query, headers, body } of fake.requests) {
        const { [service.auth.header]: auth, ...others } = headers;
        assert.equal(auth, service.auth.before + fake.key, operation);
        const elsewhere = JSON.stringify([path, [...query], others]) + body.toString('latin1');
        assert.ok(!elsewhere.includes(fake.key), `${operation}: ${elsewhere}`);
      }
    });
  });
}

describe('Citations', function () {
  this.timeout(60_000);

  it('b-16 name their file and are verified word for word; a schema beside them is asked for in words', async () => {
    const [service] = SERVICES;
    assert.ok(service);
    await using fake = await FakeAnthropic.start({ answer: () => 'Here it is: {"total": 3}' });
    await using folder = await Folder.with(
      letters(service, 2, {
        enableCitations: true,
        responseSchema: { type: 'object', properties: { total: { type: 'number' } }, required: ['total'] },
      }) as never,
    );
    const { status, results } = await run(await open(folder, service, fake, fake.key));
    assert.equal(status.counts.ok, 2, JSON.stringify(status));
    for (const { citations, parsedResponse } of results) {
      assert.deepEqual(parsedResponse, { total: 3 });
      const [citation] = citations;
      assert.match(citation?.file ?? '', /^in\/\d\.md$/);
      assert.match(citation?.citedText ?? '', /^Letter \d of many/);
      assert.equal(citation?.verified, true);
      assert.deepEqual(citation.charRange, [0, 20]);
    }
    const body = fake.seen('create')[0]?.body.toString('utf8') ?? '';
    assert.ok(!body.includes('output_config'), 'together they would be refused');
    assert.match(body, /must fit this JSON Schema/);
  });

  it('do not lead the key to another host that a batch names for its results', async () => {
    const [service] = SERVICES;
    assert.ok(service);
    await using fake = await FakeAnthropic.start({});
    await using other = await FakeAnthropic.start({});
    fake.resultsOrigin = other.origin;
    await using folder = await Folder.with(letters(service, 1) as never);
    const { status } = await run(await open(folder, service, fake, fake.key));
    assert.equal(status.state, 'stopped');
    assert.match(status.reason ?? '', /is not http:\/\/127\.0\.0\.1:\d+. The key is not sent there/);
    assert.deepEqual(other.requests, []);
  });
});
