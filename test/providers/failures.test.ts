import assert from 'node:assert/strict';
import { endedResults } from '../../src/core/assembleResult.ts';
import { DEFAULT_RETRY } from '../../src/core/plan.ts';
import { runStatus, type RunStatus } from '../../src/core/status.ts';
import type { World, WorldOptions } from '../support/engine.ts';
import { LIVE_BATCH_STATES } from '../../src/core/vocabulary.ts';
import { Folder } from '../support/cli/folder.ts';
import { openWith, runJob } from '../support/fakeWorkspace.ts';
import { fakeNamed } from '../support/fakes/fakeNames.ts';
import type { FakePlan } from '../support/fakes/fakePlan.ts';
import type { FakeServer } from '../support/fakes/fakeServer.ts';
import { FAKE_SERVICES, type FakeService } from '../support/fakes/services.ts';
import { worldOf } from '../support/fakes/worldOf.ts';
import { assertBilledOnce, assertNoRowInTwoLiveBatches } from '../support/mockService/ledger.ts';

/** A run of prompts against the fake of a service, through its own SDK. */
async function against(
  service: FakeService,
  plan: FakePlan,
  options: WorldOptions,
  work: (world: World, fake: FakeServer) => Promise<void>,
): Promise<void> {
  await using fake = await fakeNamed(service.name, plan);
  const world = await worldOf({ [service.name]: fake }, { model: service.model, ...options });
  try {
    await work(world, fake);
  } finally {
    await world.remove();
  }
}

function sumOf(status: RunStatus): number {
  const { total: _total, ...counts } = status.counts;
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

for (const service of FAKE_SERVICES) {
  const { name } = service;
  /** Gemini gives nothing of a batch that it did not finish. */
  const keepsPartial = name !== 'gemini';

  describe(`What goes wrong in the real world, at ${name}`, function () {
    this.timeout(60_000);

    it('b-2 ids of batches are not lost: of 50 batches 37 were sent when it stopped, and 13 are sent afterwards', () =>
      against(
        service,
        {},
        { rows: 50, settings: { jobsPerBatch: 1, maxConcurrent: 37 } },
        async (world, fake) => {
          // No batch is seen to end, so that no other one may be sent.
          fake.fail({ on: 'get', kind: 'status', status: 503, times: 1_000_000 });
          await world.plan();
          const sent = Promise.withResolvers<undefined>();
          const run = await world.start({
            onProgress: ({ batches }) => {
              if (batches.filter(({ acceptedAt }) => acceptedAt !== undefined).length === 37)
                sent.resolve(undefined);
            },
          });
          await sent.promise;
          await run.shutdown();
          assert.equal(fake.seen('create').length, 37);
          fake.forgive();
          const status = await world.resume();
          assert.deepEqual([status.state, status.counts.ok], ['finished', 50], status.reason);
          assert.equal(fake.seen('create').length, 50);
          assertBilledOnce(fake.ledger());
        },
      ));

    it('b-3 rows that are missing, doubled and invented: each row ends as what it is, and the counts sum', () =>
      against(
        service,
        { outcomes: { 1: ['missing'], 2: ['duplicate'] }, invented: 3 },
        { rows: 8, cell: { retry: { ...DEFAULT_RETRY, missing: 0 } } },
        async (world, fake) => {
          const status = await world.run();
          assert.equal(sumOf(status), 8);
          assert.deepEqual([status.counts.ok, status.counts.error], [7, 1], JSON.stringify(status.counts));
          const results = [...endedResults(await world.state().readRun(world.runId))];
          const lost = results.find(({ status: ending }) => ending === 'error');
          assert.deepEqual([lost?.error?.code, lost?.jobId.endsWith('1')], ['missing', true]);
          assert.ok(
            status.notices.some((text) => / result lines of batch .* belong to no row of it/.test(text)),
          );
          assertNoRowInTwoLiveBatches(fake.ledger());
        },
      ));

    it('b-5 a batch that expired holds paid answers: they are kept, the others are sent again', () =>
      against(service, { looks: 1_000_000, done: { expired: 0.1 } }, { rows: 10 }, async (world, fake) => {
        fake.afterNext('create', () => {
          fake.aheadMs = service.lifeMs + 1_000; // too late at the first look; a batch made from then on is not
        });
        await world.plan();
        const sentAgain = Promise.withResolvers<undefined>();
        const run = await world.start({
          onProgress: ({ batches }) => {
            if (batches[1]?.acceptedAt !== undefined) sentAgain.resolve(undefined);
          },
        });
        await sentAgain.promise;
        await run.shutdown();
        const reader = await world.state().readRun(world.runId);
        const kept = [...endedResults(reader)];
        assert.equal(kept.length, keepsPartial ? 1 : 0);
        for (const { status } of kept) assert.equal(status, 'ok');
        const [first] = [...reader.ledger.batches.values()];
        assert.equal(first?.reported, name === 'anthropic' ? 'ended' : 'expired'); // its rows say so there
        assert.equal(Math.round(run.status().costUsd.spent * 1e9), fake.ledger().billedNanoUsd);
      }));

    it('b-6 a cancel keeps its money set aside until the service says that the batch has ended', () =>
      against(service, { looks: 8, done: { cancelled: 0.5 } }, { rows: 4 }, async (world, fake) => {
        const cancelling: number[] = [];
        await world.plan();
        const run = await world.start({
          onProgress: ({ state, batches, costUsd }) => {
            const live = batches[0] !== undefined && LIVE_BATCH_STATES.has(batches[0].state);
            if (state === 'cancelling' && live) cancelling.push(costUsd.inFlight);
          },
        });
        while (fake.batches.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        await world.state().request(world.runId, { kind: 'cancel' });
        const status = await run.finished();
        assert.equal(status.state, 'finished', JSON.stringify(status));
        assert.ok(fake.seen('cancel').length > 0);
        assert.equal(status.costUsd.inFlight, 0);
        assert.ok(cancelling.length > 0 && cancelling.every((inFlight) => inFlight > 0), cancelling.join());
        assert.equal(sumOf(status), 4);
        assert.equal(Math.round(status.costUsd.spent * 1e9), fake.ledger().billedNanoUsd);
      }));

    it('b-12 custom ids are in the one form that every service takes, whatever the paths', async () => {
      await using fake = await fakeNamed(name);
      const paths = [
        'Ä.md',
        'ä.md',
        '日本語.md',
        `${'long '.repeat(40)}.md`,
        'a b (1).md',
        'README.md',
        'readme.md',
      ];
      await using folder = await Folder.with({
        ...Object.fromEntries(paths.map((file) => [`in/${file}`, `Text of ${file}`])),
        'job.batch.json': {
          version: 1,
          defaults: { model: service.model, maxTokens: 50 },
          cells: [{ kind: 'files', id: 'a', files: ['in'], prompt: 'Answer {{file.name}}.', output: false }],
        },
      });
      const root = await openWith(folder, (asked) =>
        asked === name ? { fake, path: service.path } : undefined,
      );
      const status = await runJob(root);
      assert.equal(status.counts.ok, paths.length, JSON.stringify(status.counts));
      const ids = fake.ledger().batches.flatMap(({ rows }) => rows.map(({ customId }) => customId));
      assert.equal(new Set(ids.map((id) => id.toLowerCase())).size, paths.length);
      for (const id of ids) assert.match(id, /^[a-z0-9_-]{1,64}$/);
    });

    it('b-14 one model a batch', async () => {
      const models = service.models
        .filter(({ prices }) => prices.length > 0)
        .slice(0, 2)
        .map((model) => model.name);
      await against(service, {}, { rows: 6, models }, async (world, fake) => {
        const status = await world.run();
        assert.equal(status.counts.ok, 6, JSON.stringify(status.counts));
        const { ledger } = await world.state().readRun(world.runId);
        for (const { model, rows } of ledger.batches.values())
          for (const row of rows) assert.equal(model, models[row % 2]);
        for (const { path, body } of fake.seen('create'))
          assert.ok(!models.every((model) => `${path}:${body.toString()}`.includes(`${model}"`)), path);
      });
    });

    it('b-20 an input that changed before it was first sent is planned anew, and said to be', async () => {
      await using fake = await fakeNamed(name);
      await using folder = await Folder.with({
        'in/a.md': 'As it was.',
        'job.batch.json': {
          version: 1,
          defaults: { model: service.model, maxTokens: 50 },
          costLimitUsd: 1,
          cells: [{ kind: 'files', id: 'a', files: ['in'], prompt: 'Answer it.', output: false }],
        },
      });
      const root = await openWith(folder, (asked) =>
        asked === name ? { fake, path: service.path } : undefined,
      );
      const plan = await root.plan(`${root.root}/job.batch.json`, { all: true });
      await folder.write({ 'in/a.md': 'As it is now.' });
      const status = await (await root.start(plan, 'library')).finished();
      assert.equal(status.counts.ok, 1, JSON.stringify(status));
      assert.ok(status.notices.some((text) => text.includes('in/a.md changed since the run was planned')));
      await folder.write({ 'in/a.md': 'As it is afterwards.' });
      const again = await root.plan(`${root.root}/job.batch.json`, { all: false });
      assert.deepEqual([again.summary.rowsReused, again.summary.rowsToSend], [0, 1]);
    });

    it('b-23 what is told of a run is what its journal says, at every moment', () =>
      against(
        service,
        { shares: { transient: 0.3, truncated: 0.2 } },
        { rows: 20, settings: { jobsPerBatch: 5 } },
        async (world) => {
          const live: RunStatus[] = [];
          await world.plan();
          const run = await world.start({ onProgress: (status) => live.push(status) });
          const end = await run.finished();
          for (const status of live) {
            assert.equal(sumOf(status), 20);
            const inBatches = status.batches.filter(
              ({ state }) => !['closed', 'rejected', 'abandoned'].includes(state),
            );
            assert.equal(
              inBatches.reduce((sum, { rows }) => sum + rows, 0) >= status.counts.submitted,
              true,
              'no row is at the service without a batch',
            );
          }
          const { counts, costUsd } = runStatus(await world.state().readRun(world.runId), {
            driven: false,
            now: world.clock.now(),
          });
          assert.deepEqual([counts, costUsd], [end.counts, end.costUsd]);
          assert.equal(counts.ok, 20);
        },
      ));
  });
}

describe('What goes wrong in the real world, at openai', function () {
  this.timeout(60_000);
  const openai = FAKE_SERVICES.find(({ name }) => name === 'openai') ?? assert.fail();

  it('b-21 a completed batch with only an error file, and one whose error file is named by an empty text', async () => {
    const all = Object.fromEntries(Array.from({ length: 3 }, (_, row) => [row, ['permanent'] as const]));
    await against(openai, { outcomes: all }, { rows: 3 }, async (world) => {
      const status = await world.run();
      assert.deepEqual([status.state, status.counts.error], ['finished', 3], JSON.stringify(status));
      for (const { error } of endedResults(await world.state().readRun(world.runId)))
        assert.equal(error?.code, 'permanent', 'the file was read');
    });
    await against(openai, { emptyErrorFile: true }, { rows: 3 }, async (world) => {
      assert.equal((await world.run()).counts.ok, 3);
    });
  });
});
