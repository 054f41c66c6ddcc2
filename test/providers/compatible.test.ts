import assert from 'node:assert/strict';
import { endedResults } from '../../src/core/assembleResult.ts';
import { scaledClock, systemClock } from '../../src/core/clock.ts';
import type { JobResult } from '../../src/core/job.ts';
import type { RunStatus } from '../../src/core/status.ts';
import { Batch } from '../../src/index.ts';
import { createServiceAccess, type ProviderSettings } from '../../src/workspace/access.ts';
import { describePlan } from '../../src/workspace/describePlan.ts';
import { openWorkspace } from '../../src/workspace/openWorkspace.ts';
import type { Workspace } from '../../src/workspace/workspace.ts';
import { Folder, type FileContent } from '../support/cli/folder.ts';
import { FakeCompatible, chatAnswer, type FakeCompatiblePlan } from '../support/fakes/fakeCompatible.ts';
import { FakeOpenAI } from '../support/fakes/fakeOpenAI.ts';

const KEY = 'acme-key-0123456789';
const CHAT = '/v1/chat/completions';
const MODEL = {
  input: 2,
  output: 8,
  cacheRead: 0.5,
  batchMultiplier: 0.5,
  maxInputTokens: 30_000,
  maxOutputTokens: 4_000,
};
/** 1,000 tokens in, 200 of them from a cache; 300 out: 0.5 × (800 × 2 + 200 × 0.5 + 300 × 8) micro-USD. */
const USAGE = {
  prompt_tokens: 1_000,
  prompt_tokens_details: { cached_tokens: 200 },
  completion_tokens: 300,
  completion_tokens_details: { reasoning_tokens: 100 },
  total_tokens: 1_300,
};
const ROW_USD = 0.002_05;

/** One page, and one pixel. */
const PDF = Buffer.from('%PDF-1.7\n1 0 obj\n<< /Type /Page >>\nendobj\n');
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

type Change = Readonly<Record<string, unknown>>;

function settingsOf(fake: FakeCompatible, entry: Change = {}, model: Change = {}): ProviderSettings {
  return {
    providers: {
      acme: {
        title: 'Acme',
        baseUrl: fake.baseUrl,
        keyVariable: 'ACME_API_KEY',
        models: { 'acme/large': { ...MODEL, ...model } },
        ...entry,
      },
    },
    setBy: { providers: 'the setting batchbook.providers', models: 'the setting batchbook.models' },
  };
}

function open(
  folder: Folder,
  settings: ProviderSettings,
  env: Readonly<Record<string, string>>,
): Promise<Workspace> {
  return openWorkspace({
    cwd: folder.root,
    folder: folder.root,
    clock: scaledClock(systemClock, 0.002),
    kind: 'library',
    access: createServiceAccess({ env, settings: () => settings }),
    settings: () => settings,
  });
}

function job(
  files: Readonly<Record<string, FileContent>>,
  cell: Change = {},
): Readonly<Record<string, FileContent>> {
  return {
    ...files,
    'job.batch.json': {
      version: 1,
      defaults: { model: 'acme/large', maxTokens: 500 },
      costLimitUsd: 5,
      cells: [
        { kind: 'files', id: 'a', files: Object.keys(files), prompt: 'Answer.', output: false, ...cell },
      ],
    },
  };
}

const letters = (count: number): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`in/${String(i)}.md`, `Letter ${String(i)}.`]));

interface Ran {
  readonly status: RunStatus;
  readonly results: readonly JobResult[];
  readonly shown: string;
}

async function run(root: Workspace): Promise<Ran> {
  const plan = await root.plan(`${root.root}/job.batch.json`, { all: true });
  const running = await root.start(plan, 'library');
  const status = await running.finished();
  return { status, results: [...endedResults(await root.read(running.runId))], shown: describePlan(plan) };
}

async function ran(
  plan: Partial<FakeCompatiblePlan> & Pick<FakeCompatiblePlan, 'answer'>,
  options: {
    readonly files?: Readonly<Record<string, FileContent>>;
    readonly cell?: Change;
    readonly entry?: Change;
    readonly model?: Change;
  } = {},
): Promise<Ran & { readonly fake: FakeCompatible }> {
  await using fake = await FakeCompatible.start({ key: KEY, endpoint: CHAT, ...plan });
  await using folder = await Folder.with(job(options.files ?? letters(1), options.cell));
  const root = await open(folder, settingsOf(fake, options.entry, options.model), { ACME_API_KEY: KEY });
  return { ...(await run(root)), fake };
}

describe('A service with OpenAI’s Files and Batches, on OpenAI’s SDK', function () {
  this.timeout(60_000);

  it('answers by its own name, key and prices; the money is exact', async () => {
    const { status, results, shown, fake } = await ran(
      { answer: (_, n) => chatAnswer(`Answer ${String(n)}`, { usage: USAGE }) },
      { files: letters(3) },
    );
    assert.equal(status.state, 'finished', JSON.stringify(status));
    assert.equal(status.counts.ok, 3);
    assert.deepEqual(
      [status.costUsd.spent, status.costUsd.unconfirmed, status.costUsd.inFlight],
      [0.006_15, 0, 0],
    );
    for (const { costUsd, provider, model, usage, stopReason } of results) {
      assert.deepEqual([costUsd, provider, model, stopReason], [ROW_USD, 'acme', 'acme/large', 'stop']);
      assert.deepEqual([usage.input, usage.cacheRead, usage.output, usage.thinking], [800, 200, 300, 100]);
    }
    assert.deepEqual(
      status.batches.map(({ provider }) => provider),
      ['acme'],
    );
    const origin = `http://${fake.requests[0]?.headers.host ?? ''}`;
    assert.match(shown, new RegExp(`${origin} \\(acme, not a vendor's own address\\): acme/large`));
  });

  it('is asked in the form of chat completions, with files as parts of the message', async () => {
    const schema = { type: 'object', properties: { total: { type: 'number' } }, required: ['total'] };
    const { status, fake, results } = await ran(
      { answer: () => chatAnswer('{"total": 3}', { usage: USAGE }) },
      {
        files: {
          'a.md': 'Some words.',
          'b.pdf': PDF,
          'c.png': PNG,
        },
        cell: { system: 'Be brief.', temperature: 0.2, effort: 'low', responseSchema: schema },
        model: {
          supportsFiles: true,
          supportsImages: true,
          supportsStructuredOutput: true,
          efforts: ['low'],
        },
      },
    );
    assert.equal(status.counts.ok, 3, JSON.stringify(status));
    assert.deepEqual(results[0]?.parsedResponse, { total: 3 });
    const system = { role: 'system', content: 'Be brief.' };
    const prompt = { type: 'text', text: 'Answer.' };
    const bodies = fake.lines.map(({ method, url, body }) => {
      assert.deepEqual([method, url], ['POST', CHAT]);
      return body;
    });
    assert.deepEqual(bodies[0], {
      model: 'acme/large',
      messages: [
        system,
        {
          role: 'user',
          content: [{ type: 'text', text: '<file name="a.md">\nSome words.\n</file>' }, prompt],
        },
      ],
      max_completion_tokens: 500,
      temperature: 0.2,
      reasoning_effort: 'low',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', strict: true, schema: { ...schema, additionalProperties: false } },
      },
    });
    const file = { filename: 'b.pdf', file_data: `data:application/pdf;base64,${PDF.toString('base64')}` };
    const image = { url: `data:image/png;base64,${PNG.toString('base64')}` };
    assert.deepEqual(
      bodies.slice(1).map(({ messages }) => messages),
      [
        [system, { role: 'user', content: [{ type: 'file', file }, prompt] }],
        [system, { role: 'user', content: [{ type: 'image_url', image_url: image }, prompt] }],
      ],
    );
  });

  it('is asked with messages as they are, and by the parameter that it knows', async () => {
    const messages = [
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: 'Two.' },
      { role: 'user', content: 'Three?' },
    ];
    const { fake, status } = await ran(
      { answer: () => chatAnswer('Four.', { usage: USAGE }) },
      {
        cell: { kind: 'messages', messages, files: undefined, prompt: undefined },
        entry: { maxTokensParameter: 'max_tokens' },
      },
    );
    assert.equal(status.counts.ok, 1, JSON.stringify(status));
    assert.deepEqual(fake.lines[0]?.body, { model: 'acme/large', messages, max_tokens: 500 });
  });

  it('has every ending sorted: cut off, filtered, refused, failed, refused as a request, not returned', async () => {
    const failed = (status: number, message: string): object => ({
      response: { status_code: status, body: { error: { message, code: 'x' } } },
      error: null,
    });
    const answers = [
      chatAnswer('cut o', { finish: 'length', usage: USAGE }),
      chatAnswer('', { finish: 'content_filter', usage: USAGE }),
      chatAnswer(null, { refusal: 'I will not.', usage: USAGE }),
      failed(500, 'broke'),
      failed(400, 'bad request'),
      chatAnswer(
        [
          { type: 'text', text: 'in ' },
          { type: 'text', text: 'parts' },
        ],
        { finish: 'eos', usage: USAGE },
      ),
      { response: { status_code: 200, body: { choices: [], usage: USAGE } }, error: null },
    ];
    const { status, results } = await ran(
      { answer: (_, n) => answers[n] },
      { files: letters(answers.length), cell: { retry: { truncated: 0, transient: 0, missing: 0 } } },
    );
    assert.equal(status.state, 'finished', JSON.stringify(status));
    assert.deepEqual(
      results.map((result) => [result.status, result.response || undefined, result.error?.code]),
      [
        ['truncated', 'cut o', undefined],
        ['refused', undefined, undefined],
        ['refused', 'I will not.', undefined],
        ['error', undefined, 'transient'],
        ['error', undefined, 'permanent'],
        ['ok', 'in parts', undefined],
        ['error', undefined, 'transient'],
      ],
    );
    assert.deepEqual(
      results.map(({ costUsd }) => costUsd),
      [ROW_USD, ROW_USD, ROW_USD, 0, 0, ROW_USD, ROW_USD],
    );
    assert.ok(status.costUsd.unconfirmed > 0, 'what failed in the middle may have cost something');
  });

  it('is paid for what it thought, also where it tells so in the total only', async () => {
    const hidden = { ...USAGE, total_tokens: 1_000 + 300 + 500 };
    const { results } = await ran({ answer: () => chatAnswer('x', { usage: hidden }) });
    assert.deepEqual([results[0]?.outputTokens, results[0]?.costUsd], [800, 0.004_05]);
  });

  it('has the reserve counted as spent where it does not say what a row has cost (P3)', async () => {
    for (const usage of [undefined, null, {}, { total_tokens: 7 }]) {
      const { status } = await ran({ answer: () => chatAnswer('x', { usage }) });
      assert.equal(status.counts.ok, 1);
      assert.equal(status.costUsd.spent, 0);
      assert.ok(status.costUsd.unconfirmed > 0, JSON.stringify(usage));
    }
  });

  it('is not believed to give for nothing what it did not come to (P3)', async () => {
    const expired = {
      response: null,
      error: { code: 'batch_expired', message: 'This request could not be executed in time.' },
    };
    const { status } = await ran(
      { answer: () => expired, ending: 'expired' },
      { cell: { retry: { transient: 0 } } },
    );
    assert.deepEqual([status.counts.error, status.costUsd.spent], [1, 0], JSON.stringify(status));
    assert.ok(status.costUsd.unconfirmed > 0);
  });

  it('may know the form of responses instead', async () => {
    const body = {
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'Yes.' }] }],
      usage: { input_tokens: 1_000, input_tokens_details: { cached_tokens: 200 }, output_tokens: 300 },
    };
    const { status, results, fake } = await ran(
      { endpoint: '/v1/responses', answer: () => ({ response: { status_code: 200, body }, error: null }) },
      { entry: { endpoint: '/v1/responses' } },
    );
    assert.deepEqual([results[0]?.response, status.costUsd.spent], ['Yes.', ROW_USD], JSON.stringify(status));
    assert.equal(fake.lines[0]?.body['max_output_tokens'], 500);
  });

  it('may be below any path', async () => {
    const { status, fake } = await ran({
      path: '/api/openai/v1',
      answer: () => chatAnswer('x', { usage: USAGE }),
    });
    assert.equal(status.counts.ok, 1, JSON.stringify(status));
    assert.ok(fake.requests.every(({ path }) => path.startsWith('/api/openai/v1/')));
  });

  it('is looked at for a batch of which nobody heard, and is sent nothing twice (P2)', async () => {
    await using fake = await FakeCompatible.start({
      key: KEY,
      endpoint: CHAT,
      answer: () => chatAnswer('x', { usage: USAGE }),
    });
    fake.fail({ on: 'create', kind: 'resetAfter' });
    await using folder = await Folder.with(job(letters(2)));
    const { status } = await run(await open(folder, settingsOf(fake), { ACME_API_KEY: KEY }));
    assert.deepEqual([status.counts.ok, fake.seen('create').length], [2, 1], JSON.stringify(status));
  });

  it('and OpenAI are two: neither is sent the key or the rows of the other (P6)', async () => {
    await using fake = await FakeCompatible.start({
      key: KEY,
      endpoint: CHAT,
      answer: () => chatAnswer('from acme', { usage: USAGE }),
    });
    await using openai = await FakeOpenAI.start();
    const both = [
      { kind: 'messages', id: 'ours', messages: [{ role: 'user', content: 'for acme' }] },
      {
        kind: 'messages',
        id: 'theirs',
        messages: [{ role: 'user', content: 'for openai' }],
        model: 'gpt-6-luna',
      },
    ];
    await using folder = await Folder.with({
      'job.batch.json': { version: 1, defaults: { model: 'acme/large' }, costLimitUsd: 5, cells: both },
    });
    const env = { ACME_API_KEY: KEY, OPENAI_API_KEY: openai.key, OPENAI_BASE_URL: `${openai.origin}/v1` };
    const { status } = await run(await open(folder, settingsOf(fake), env));
    assert.equal(status.counts.ok, 2, JSON.stringify(status));
    const sent = (server: FakeCompatible | FakeOpenAI): string =>
      JSON.stringify(
        server.requests.map(({ path, headers, body }) => [path, headers, body.toString('utf8')]),
      );
    assert.ok(sent(fake).includes('for acme') && sent(openai).includes('for openai'));
    for (const [server, foreign] of [
      [fake, openai.key],
      [fake, 'for openai'],
      [openai, KEY],
      [openai, 'for acme'],
    ] as const)
      assert.ok(!sent(server).includes(foreign), foreign);
  });

  it('is sent nothing without its key, whose variable is named', async () => {
    await using fake = await FakeCompatible.start({ key: KEY, endpoint: CHAT, answer: () => undefined });
    await using folder = await Folder.with(job(letters(1)));
    const root = await open(folder, settingsOf(fake), { OPENAI_API_KEY: 'sk-other' });
    await assert.rejects(run(root), { code: 'auth', message: /no key of Acme for http.*ACME_API_KEY/ });
    assert.deepEqual(fake.requests, []);
  });

  it('is an option of the library, which refuses what is wrong in it at once', async () => {
    await using fake = await FakeCompatible.start({
      key: KEY,
      endpoint: CHAT,
      answer: () => chatAnswer('Yes.', { usage: USAGE }),
    });
    await using folder = await Folder.with();
    const entry = {
      baseUrl: fake.baseUrl,
      keyVariable: 'BATCHBOOK_TEST_KEY',
      models: { 'acme/large': MODEL },
    };
    process.env['BATCHBOOK_TEST_KEY'] = KEY;
    try {
      const options = { stateFile: folder.path('state'), providers: { acme: entry } };
      const run = await new Batch(options, { clock: scaledClock(systemClock, 0.002) })
        .defaults({ model: 'acme/large', maxTokens: 500 })
        .addCostLimit({ usd: 1 })
        .addJob({ messages: [{ role: 'user', content: 'Hello?' }] })
        .run({ wait: true });
      assert.equal(run.status().counts.ok, 1, JSON.stringify(run.status()));
      assert.equal(run.status().costUsd.spent, ROW_USD);
      assert.equal(fake.lines[0]?.body['temperature'], 0.7);
    } finally {
      Reflect.deleteProperty(process.env, 'BATCHBOOK_TEST_KEY');
    }
    const wrong = { acme: { ...entry, baseUrl: 'http://llm.example' } };
    assert.throws(() => new Batch({ stateFile: folder.path('other'), providers: wrong }), {
      code: 'usage',
      message: /Provider "acme" in the option "providers": "baseUrl" is not https/,
    });
  });
});
