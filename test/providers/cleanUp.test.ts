import assert from 'node:assert/strict';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ProviderSettings } from '../../src/providers/configured/configure.ts';
import { cleanUp } from '../../src/workspace/cleanUp.ts';
import type { Workspace } from '../../src/workspace/workspace.ts';
import { Folder } from '../support/cli/folder.ts';
import { messages, openWith, runJob, sendAndStop } from '../support/fakeWorkspace.ts';
import { FakeAnthropic } from '../support/fakes/fakeAnthropic.ts';
import { FakeGemini } from '../support/fakes/fakeGemini.ts';
import { FakeOpenAI } from '../support/fakes/fakeOpenAI.ts';
import { forgetAgreements } from '../support/forgetAgreements.ts';

const KEEPING: ProviderSettings = {
  keepProviderFiles: true,
  setBy: { providers: 'a test', models: 'a test' },
};
const NOTHING_SPOOLED = { files: [], bytes: 0 };

const SERVICES = [
  {
    name: 'Anthropic',
    model: 'claude-haiku-5-5',
    path: '',
    start: FakeAnthropic.start.bind(FakeAnthropic),
    each: 1,
  },
  { name: 'OpenAI', model: 'gpt-6-luna', path: '/v1', start: FakeOpenAI.start.bind(FakeOpenAI), each: 2 },
  {
    name: 'Gemini',
    model: 'gemini-3.5-flash-lite',
    path: '',
    start: FakeGemini.start.bind(FakeGemini),
    each: 2,
  },
] as const;
const [, OPENAI, GEMINI] = SERVICES;

type Fake = FakeAnthropic | FakeOpenAI | FakeGemini;

/** A root with a key for this service only. */
function open(folder: Folder, fake: Fake, path = '', settings?: ProviderSettings): Promise<Workspace> {
  return openWith(folder, (service) => (service === fake.name ? { fake, path } : undefined), settings);
}

/** Batches and files that a fake keeps. */
function kept(fake: Fake): number {
  return 'files' in fake && fake.name === 'openai' ? fake.files.size : fake.batches.size;
}

async function deletedIn(root: Workspace, runId: string): Promise<boolean[]> {
  const { ledger } = await root.read(runId);
  return [...ledger.batches.values()].map(({ artifactsDeleted }) => artifactsDeleted);
}

for (const { name, model, path: behind, start, each } of SERVICES) {
  describe(`b-18 What a batch leaves at ${name}`, function () {
    this.timeout(60_000);

    it('is deleted once its results are on disk, and the journal says so', async () => {
      await using fake = await start({});
      await using folder = await messages(model, 3);
      const root = await open(folder, fake, behind);
      const status = await runJob(root);
      assert.equal(status.counts.ok, 3, JSON.stringify(status));
      assert.equal(kept(fake), 0);
      assert.deepEqual(await deletedIn(root, status.runId), [true]);
      assert.deepEqual((await root.planCleanUp()).ofRunsHere, []);
    });

    it('stays where the person wants it, is listed with its size, and goes by their word', async () => {
      await using fake = await start({});
      await using folder = await messages(model, 3);
      const root = await open(folder, fake, behind, KEEPING);
      const { runId } = await runJob(root);
      assert.ok(kept(fake) > 0);
      assert.deepEqual(await deletedIn(root, runId), [false]);
      const plan = await root.planCleanUp();
      assert.equal(plan.ofRunsHere.length, each, JSON.stringify(plan));
      assert.deepEqual([plan.ofNoRunHere.length, plan.stays, plan.failures.length], [0, 0, 0]);
      const uploads = plan.ofRunsHere.filter(({ artifact }) => artifact.kind === 'upload');
      assert.equal(uploads.length, name === 'Anthropic' ? 0 : 1);
      for (const { artifact } of uploads) assert.ok((artifact.bytes ?? 0) > 300, JSON.stringify(artifact));
      const report = await cleanUp({ leftovers: plan.ofRunsHere, spooled: plan.spooled }, root.registry);
      assert.deepEqual([report.removed, report.failures], [each, []]);
      assert.equal(kept(fake), 0);
      assert.deepEqual((await root.planCleanUp()).ofRunsHere, []);
    });

    it('stays while the batch is open, and where the run came with its folder (P7)', async () => {
      await using fake = await start({ looks: 1_000_000 });
      await using folder = await messages(model, 2);
      const root = await open(folder, fake, behind);
      await sendAndStop(root);
      const live = await root.planCleanUp();
      assert.deepEqual([live.ofRunsHere.length, live.stays > 0], [0, name !== 'Anthropic']);

      await using theirs = await start({});
      await using other = await messages(model, 2);
      await runJob(await open(other, theirs, behind, KEEPING));
      await using copy = await Folder.with({});
      await cp(other.root, copy.root, { recursive: true });
      await forgetAgreements();
      const planted = await (await open(copy, theirs, behind)).planCleanUp();
      assert.deepEqual([planted.ofRunsHere, planted.ofNoRunHere, planted.stays > 0], [[], [], true]);
    });

    it('that cannot be deleted now keeps no run from finishing, and is found later', async () => {
      await using fake = await start({});
      const operation = name === 'OpenAI' ? 'deleteFile' : 'delete';
      await using folder = await messages(model, 2);
      const root = await open(folder, fake, behind);
      fake.fail({ on: operation, kind: 'status', status: 503, times: 9 });
      const status = await runJob(root);
      assert.equal(status.state, 'finished', JSON.stringify(status));
      assert.deepEqual(await deletedIn(root, status.runId), [false]);
      assert.ok((await root.planCleanUp()).ofRunsHere.length > 0);
    });
  });
}

for (const { name, model, path: behind, start } of [OPENAI, GEMINI]) {
  describe(`b-18 A file that arrived at ${name} without its batch`, function () {
    this.timeout(60_000);

    it('is found by its name: of a refused batch it may go, of an unknown one it stays', async () => {
      await using fake = await start({});
      await using folder = await messages(model, 2);
      const root = await open(folder, fake, behind);
      fake.fail({ on: 'create', kind: 'status', status: 401, body: { error: { message: 'no' } } });
      const refused = await runJob(root);
      assert.equal(refused.state, 'stopped', JSON.stringify(refused));
      fake.fail({ on: 'create', kind: 'reset' });
      const unknown = await runJob(root, { beside: refused.runId });
      assert.equal(unknown.state, 'needsDecision', JSON.stringify(unknown));
      const plan = await root.planCleanUp();
      assert.deepEqual(
        [plan.ofRunsHere.map(({ artifact }) => artifact.kind), plan.stays],
        [['upload'], 1],
        JSON.stringify(plan),
      );
    });

    it('is listed apart where no run here knows it, and goes only when it is asked for', async () => {
      await using fake = await start({});
      await using folder = await messages(model, 2);
      const root = await open(folder, fake, behind);
      fake.fail({ on: 'create', kind: 'status', status: 401, body: { error: { message: 'no' } } });
      const { runId } = await runJob(root);
      await rm(path.join(root.stateDir, 'runs', runId), { recursive: true });
      const plan = await (await open(folder, fake, behind)).planCleanUp();
      assert.deepEqual([plan.ofRunsHere.length, plan.ofNoRunHere.length], [0, 1]);
      const report = await cleanUp({ leftovers: plan.ofNoRunHere, spooled: NOTHING_SPOOLED }, root.registry);
      assert.equal(report.removed, 1);
      assert.equal(fake.files.size, 0);
    });
  });
}

describe('b-18 Files at OpenAI', function () {
  this.timeout(60_000);

  it('end by themselves: requests after three days, results after thirty', async () => {
    await using fake = await FakeOpenAI.start({});
    await using folder = await messages('gpt-6-luna', 1);
    await runJob(await open(folder, fake, '/v1', KEEPING));
    const [created] = fake.seen('create');
    const body = JSON.parse(created?.body.toString() ?? '') as { output_expires_after?: unknown };
    assert.deepEqual(body.output_expires_after, { anchor: 'created_at', seconds: 30 * 86_400 });
    const [upload] = fake.files.values();
    assert.equal((upload?.expiresAt ?? 0) - (upload?.createdAt ?? 0), 3 * 86_400);
  });
});

describe('b-18 Spooled requests of finished batches', function () {
  this.timeout(60_000);

  it('are listed with their size and removed; those of open ones stay', async () => {
    await using fake = await FakeAnthropic.start({ looks: 1_000_000 });
    await using folder = await messages('claude-haiku-5-5', 2);
    const root = await open(folder, fake);
    await sendAndStop(root);
    const [runId = ''] = await root.state.listRuns();
    const payloads = path.join(root.stateDir, 'runs', runId, 'payload');
    await mkdir(payloads, { recursive: true });
    const [spooled = ''] = await readdir(payloads);
    await cp(path.join(payloads, spooled), path.join(payloads, '0'.repeat(20)));
    const { spooled: found } = await root.planCleanUp();
    assert.deepEqual(
      found.files.map((file) => path.basename(file)),
      ['0'.repeat(20)],
    );
    assert.ok(found.bytes > 100);
    const report = await cleanUp({ leftovers: [], spooled: found }, root.registry);
    assert.equal(report.bytes, found.bytes);
    assert.deepEqual(await readdir(payloads), [spooled]);
  });
});
