import assert from 'node:assert/strict';
import { endedResults } from '../../src/core/assembleResult.ts';
import { scaledClock, systemClock } from '../../src/core/clock.ts';
import type { JobResult } from '../../src/core/job.ts';
import type { RunStatus } from '../../src/core/status.ts';
import { openWorkspace } from '../../src/workspace/openWorkspace.ts';
import { Folder } from '../support/cli/folder.ts';
import { FakeAnthropic } from '../support/fakes/fakeAnthropic.ts';
import { FakeGemini } from '../support/fakes/fakeGemini.ts';
import { FakeOpenAI } from '../support/fakes/fakeOpenAI.ts';

import type { FakeName } from '../support/fakes/fakeServer.ts';
import { FAKE_SERVICES } from '../support/fakes/services.ts';
import { accessToFakes } from '../support/fakes/worldOf.ts';

/** Every kind of input: texts, a picture, a PDF, lines of a table, a conversation. 30 rows in all. */
const FILES = {
  ...Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`in/letter-${String(i)}.md`, `Letter ${String(i)}.`]),
  ),
  'in/stamp.png': new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]),
  'in/bill.pdf': '%PDF-1.7\n1 0 obj\n<< /Type /Page >>\nendobj\n',
  'people.csv': [
    'email,name',
    ...Array.from({ length: 15 }, (_, i) => `p${String(i)}@example.org,"Name, ${String(i)}"`),
  ].join('\n'),
};
const CELLS = [
  { kind: 'files', id: 'letters', files: ['in'], prompt: 'Summarize {{file.name}}.' },
  { kind: 'rows', id: 'mail', data: 'people.csv', key: 'email', prompt: 'Greet {{row.name}}.' },
  {
    kind: 'messages',
    id: 'talk',
    system: 'Be short.',
    messages: [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'And now?' },
    ],
  },
] as const;

/** All three services, each a fake with the same plan. */
class Fakes implements AsyncDisposable {
  readonly anthropic: FakeAnthropic;
  readonly openai: FakeOpenAI;
  readonly gemini: FakeGemini;

  private constructor(anthropic: FakeAnthropic, openai: FakeOpenAI, gemini: FakeGemini) {
    this.anthropic = anthropic;
    this.openai = openai;
    this.gemini = gemini;
  }

  static async start(): Promise<Fakes> {
    const plan = {
      answer: (asked: string) => `${asked.split('\n').at(-1) ?? ''} — done`,
      outcomes: { 1: ['truncated'], 3: ['transient'], 5: ['duplicate'] },
    } as const;
    return new Fakes(
      await FakeAnthropic.start(plan),
      await FakeOpenAI.start(plan),
      await FakeGemini.start(plan),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const fake of [this.anthropic, this.openai, this.gemini]) await fake[Symbol.asyncDispose]();
  }
}

interface Ended {
  readonly status: RunStatus;
  readonly results: readonly JobResult[];
}

async function run(fakes: Fakes, models: readonly string[]): Promise<Ended> {
  await using folder = await Folder.with({
    ...FILES,
    'job.batch.json': {
      version: 1,
      defaults: { maxTokens: 300 },
      costLimitUsd: 5,
      cells: CELLS.map((cell, i) => ({ ...cell, output: false, model: models[i % models.length] })),
    },
  });
  const root = await openWorkspace({
    cwd: folder.root,
    folder: folder.root,
    clock: scaledClock(systemClock, 0.002),
    kind: 'library',
    access: accessToFakes({ anthropic: fakes.anthropic, openai: fakes.openai, gemini: fakes.gemini }),
  });
  const plan = await root.plan(`${folder.root}/job.batch.json`, { all: true });
  const running = await root.start(plan, 'library');
  const status = await running.finished();
  return { status, results: [...endedResults(await root.read(running.runId))] };
}

/** Every row has the answer to what it asked, and what it cost is what its services have billed. */
function assertRight({ status, results }: Ended, fakes: Fakes): void {
  assert.equal(status.state, 'finished', `${status.reason ?? ''} ${JSON.stringify(status.batches)}`);
  assert.deepEqual(
    [status.counts.total, status.counts.ok],
    [30, 30],
    JSON.stringify(results.filter((r) => r.status !== 'ok')),
  );
  const answers = new Set(results.map(({ response }) => response));
  for (let i = 0; i < 12; i++) assert.ok(answers.has(`Summarize letter-${String(i)}.md. — done`), String(i));
  for (let i = 0; i < 15; i++) assert.ok(answers.has(`Greet Name, ${String(i)}. — done`), String(i));
  for (const answer of ['Summarize stamp.png. — done', 'Summarize bill.pdf. — done', 'And now? — done'])
    assert.ok(answers.has(answer), answer);
  const billed = [fakes.anthropic, fakes.openai, fakes.gemini].reduce(
    (sum, fake) => sum + fake.ledger().billedNanoUsd,
    0,
  );
  assert.equal(Math.round(status.costUsd.spent * 1e9), billed, 'money equals the services’ ledgers');
}

describe('A job file of 30 rows', function () {
  this.timeout(60_000);

  for (const { name, model } of FAKE_SERVICES)
    it(`passes at ${name}`, async () => {
      await using fakes = await Fakes.start();
      const ended = await run(fakes, [model]);
      assertRight(ended, fakes);
      assert.deepEqual(new Set(ended.results.map(({ provider }) => provider)), new Set<FakeName>([name]));
    });

  it('passes at all three in one run, each row at the service of its cell', async () => {
    await using fakes = await Fakes.start();
    const ended = await run(
      fakes,
      FAKE_SERVICES.map(({ model }) => model),
    );
    assertRight(ended, fakes);
    const byProvider = Object.groupBy(ended.results, ({ provider }) => provider);
    assert.deepEqual(
      FAKE_SERVICES.map(({ name }) => byProvider[name]?.length),
      [14, 15, 1],
    );
  });
});
