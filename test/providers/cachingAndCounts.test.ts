import assert from 'node:assert/strict';
import { scaledClock, systemClock } from '../../src/core/clock.ts';
import type { RunStatus } from '../../src/core/status.ts';
import { describePlan } from '../../src/workspace/describePlan.ts';
import { openWorkspace } from '../../src/workspace/openWorkspace.ts';
import type { JobPlan } from '../../src/workspace/planJobFile.ts';
import type { Workspace } from '../../src/workspace/workspace.ts';
import { Folder } from '../support/cli/folder.ts';
import { FakeAnthropic } from '../support/fakes/fakeAnthropic.ts';
import { FakeGemini } from '../support/fakes/fakeGemini.ts';
import { FakeOpenAI } from '../support/fakes/fakeOpenAI.ts';
import { fakeService } from '../support/fakes/services.ts';
import { accessToFakes } from '../support/fakes/worldOf.ts';

type Fake = FakeAnthropic | FakeOpenAI | FakeGemini;

/** A job file of so many letters, planned and not started. */
async function planned(
  folder: Folder,
  fake: Fake,
  rows: number,
  changes: Readonly<Record<string, unknown>>,
): Promise<{ readonly root: Workspace; readonly plan: JobPlan }> {
  const { model } = fakeService(fake.name);
  await folder.write({
    ...Object.fromEntries(
      Array.from({ length: rows }, (_, i) => [`in/${String(i)}.md`, `Letter ${String(i)}.`]),
    ),
    'job.batch.json': {
      version: 1,
      costLimitUsd: 5,
      cells: [
        {
          kind: 'files',
          id: 'a',
          files: ['in'],
          prompt: 'Sum.',
          maxTokens: 50,
          model,
          output: false,
          ...changes,
        },
      ],
    },
  });
  const root = await openWorkspace({
    cwd: folder.root,
    folder: folder.root,
    clock: scaledClock(systemClock, 0.002),
    kind: 'library',
    access: accessToFakes({ [fake.name]: fake }),
  });
  return { root, plan: await root.plan(`${folder.root}/job.batch.json`, { all: true }) };
}

async function started({
  root,
  plan,
}: {
  readonly root: Workspace;
  readonly plan: JobPlan;
}): Promise<RunStatus> {
  return (await root.start(plan, 'library')).finished();
}

describe('Prompt caching at Anthropic', function () {
  this.timeout(60_000);
  const system = 'You read letters of all kinds and sum them up. '.repeat(500);

  it('lets one row write what all others then read, and shows the saving before and after', async () => {
    await using fake = await FakeAnthropic.start();
    await using folder = await Folder.with();
    const run = await planned(folder, fake, 20, { system, cache: true });
    assert.match(describePlan(run.plan), /Prompt caching saves about \$0\.0/);
    const status = await started(run);
    assert.equal(status.counts.ok, 20, JSON.stringify(status));
    const { batches, billedNanoUsd } = fake.ledger();
    assert.deepEqual(
      batches.map(({ rows }) => rows.length),
      [1, 19],
    );
    assert.equal(Math.round(status.costUsd.spent * 1e9), billedNanoUsd);
    // 19 rows read at a tenth of the price, one wrote at twice of it: the rest of 20 full prices is saved.
    const tokens = Math.ceil(system.length / 4);
    const full = tokens * 50;
    assert.equal(Math.round((status.costUsd.cacheSaved ?? 0) * 1e9), 19 * full * 0.9 - full);
    const sent = fake.seen('create').map(({ body }) => body.toString('utf8'));
    assert.ok(sent.every((body) => body.includes('"cache_control":{"type":"ephemeral","ttl":"1h"}')));
  });

  it('is left off, with the reason, where the rows share too little', async () => {
    await using fake = await FakeAnthropic.start();
    await using folder = await Folder.with();
    const run = await planned(folder, fake, 20, { system: 'Be short.', cache: true });
    assert.match(
      run.plan.notices.join('\n'),
      /"cache" has no effect here.*Put what is the same for all rows/,
    );
    const status = await started(run);
    assert.equal(status.counts.ok, 20);
    assert.equal(fake.ledger().batches.length, 1);
    assert.equal(status.costUsd.cacheSaved, undefined);
    assert.ok(!fake.seen('create')[0]?.body.includes('cache_control'));
  });
});

for (const Start of [FakeAnthropic, FakeOpenAI, FakeGemini])
  describe(`Counts by ${Start.name.replace('Fake', '')}`, function () {
    this.timeout(60_000);

    it('are made after the consent only, of a sample, before anything is sent to be answered (P7)', async () => {
      await using fake: Fake = await Start.start();
      await using folder = await Folder.with();
      const run = await planned(folder, fake, 40, { system: 'Be short, and name the letter.' });
      assert.deepEqual(fake.requests, [], 'an estimate sends nothing');
      const status = await started(run);
      assert.equal(status.counts.ok, 40, JSON.stringify(status));
      const counts = fake.seen('countTokens');
      assert.equal(counts.length, 10);
      const first = fake.requests.findIndex(({ operation }) => operation === 'create');
      assert.ok(fake.requests.lastIndexOf(counts.at(-1) as never) < first, 'before the first batch');
      for (const { body } of counts) assert.match(body.toString('utf8'), /Letter \d+/);
      assert.ok(counts.every(({ body }) => body.includes('name the letter')));
    });

    it('that are refused change nothing', async () => {
      await using fake: Fake = await Start.start();
      fake.fail({
        on: 'countTokens',
        kind: 'status',
        status: 404,
        times: 100,
        body: { error: { message: 'none' } },
      });
      await using folder = await Folder.with();
      const status = await started(await planned(folder, fake, 5, {}));
      assert.equal(status.counts.ok, 5, JSON.stringify(status));
    });
  });
