import assert from 'node:assert/strict';
import { endedResults } from '../../src/core/assembleResult.ts';
import type { JobResult } from '../../src/core/job.ts';
import type { RunStatus } from '../../src/core/status.ts';
import { withdrawBatch, withdrawalOf } from '../../src/workspace/withdrawBatch.ts';
import type { Workspace } from '../../src/workspace/workspace.ts';
import { FakeAnthropic } from '../support/fakes/fakeAnthropic.ts';
import { FakeGemini } from '../support/fakes/fakeGemini.ts';
import { FakeOpenAI } from '../support/fakes/fakeOpenAI.ts';
import { messages, openAt, openWith } from '../support/fakeWorkspace.ts';

/** Drives the job; as soon as its first batch runs, takes it back. Resolves to how it ended. */
async function runAndWithdraw(root: Workspace, model?: string): Promise<[RunStatus, JobResult[]]> {
  const plan = await root.plan(`${root.root}/job.batch.json`, { all: true });
  const running = Promise.withResolvers<undefined>();
  const run = await root.start(plan, 'library', {
    onProgress: ({ batches }) => {
      if (batches[0]?.state === 'running') running.resolve(undefined);
    },
  });
  await running.promise;
  const reader = await root.read(run.runId);
  const withdrawal = await withdrawalOf(root, reader, run.status().batches[0]?.nonce ?? '', model);
  await withdrawBatch(root, reader, withdrawal, 'shown');
  const status = await run.finished();
  return [status, [...endedResults(await root.read(run.runId))]];
}

describe('A batch that takes too long, at the services (b-9)', function () {
  this.timeout(60_000);

  it('is cancelled at OpenAI: the half that was done is kept, the other half sent again', async () => {
    await using fake = await FakeOpenAI.start({ looks: 10 });
    await using folder = await messages('gpt-6-luna', 4);
    const [status, results] = await runAndWithdraw(await openAt(folder, fake, '/v1'));
    assert.equal(status.state, 'finished', JSON.stringify(status));
    assert.equal(status.counts.ok, 4);
    assert.deepEqual(results.map(({ attempts }) => attempts).sort(), [1, 1, 2, 2]);
    assert.deepEqual([fake.seen('create').length, fake.seen('cancel').length >= 1], [2, true]);
    assert.equal(status.costUsd.unconfirmed, 0);
  });

  it('is cancelled at Gemini, which gives nothing of it: what it may have cost stays unconfirmed, and is said before', async () => {
    await using fake = await FakeGemini.start({ looks: 10 });
    await using folder = await messages('gemini-3.5-flash-lite', 3);
    const root = await openAt(folder, fake);
    const [status] = await runAndWithdraw(root);
    assert.equal(status.counts.ok, 3, JSON.stringify(status));
    assert.ok(status.costUsd.unconfirmed > 0);
    assert.equal((await root.registry.providerNamed('gemini')).losesCancelledWork, true);
  });

  it('is cancelled at OpenAI and its rest moved to Anthropic, in the same run; results say who has answered', async () => {
    await using openai = await FakeOpenAI.start({ looks: 10 });
    await using anthropic = await FakeAnthropic.start();
    await using folder = await messages('gpt-6-luna', 4);
    const root = await openWith(folder, (service) =>
      service === 'openai' ? { fake: openai, path: '/v1' } : { fake: anthropic },
    );
    const [status, results] = await runAndWithdraw(root, 'claude-haiku-5-5');
    assert.equal(status.state, 'finished', JSON.stringify(status));
    assert.equal(status.counts.ok, 4);
    assert.deepEqual(results.map(({ provider, model }) => `${provider} ${model}`).sort(), [
      ...Array<string>(2).fill('anthropic claude-haiku-5-5'),
      ...Array<string>(2).fill('openai gpt-6-luna'),
    ]);
    assert.deepEqual([openai.seen('create').length, anthropic.seen('create').length], [1, 1]);
    const sent = anthropic.seen('create')[0]?.body.toString('utf8') ?? '';
    assert.match(sent, /"model":"claude-haiku-5-5"/);
    // What is answered is kept for that model alone: the job file, run again, asks the other two of its own once more.
    const again = await root.plan(`${root.root}/job.batch.json`, { all: false });
    assert.equal(again.summary.rowsReused, 2);
  });
});

describe('What moving the rest of a batch would mean', function () {
  this.timeout(60_000);

  async function withLive<T>(
    changes: Readonly<Record<string, unknown>>,
    work: (root: Workspace, of: (model?: string) => ReturnType<typeof withdrawalOf>) => Promise<T>,
  ): Promise<void> {
    await using openai = await FakeOpenAI.start({ looks: 10_000 });
    await using gemini = await FakeGemini.start();
    await using folder = await messages('gpt-6-luna', 3, 'Question', changes);
    const root = await openWith(folder, (service) =>
      service === 'openai'
        ? { fake: openai, path: '/v1' }
        : service === 'gemini'
          ? { fake: gemini }
          : undefined,
    );
    const plan = await root.plan(`${root.root}/job.batch.json`, { all: true });
    const running = Promise.withResolvers<undefined>();
    const run = await root.start(plan, 'library', {
      onProgress: ({ batches }) => {
        if (batches[0]?.state === 'running') running.resolve(undefined);
      },
    });
    await running.promise;
    await run.shutdown();
    const reader = await root.read(run.runId);
    await work(root, (model) => withdrawalOf(root, reader, run.status().batches[0]?.nonce ?? '', model));
    await reader.refresh();
    assert.ok(
      [...reader.ledger.batches.values()].every(({ withdrawn }) => !withdrawn),
      'looking changes nothing',
    );
    assert.equal(openai.seen('cancel').length, 0);
  }

  it('is worked out before anything is done: rows, address, price, and what is lost (P7)', () =>
    withLive({}, async (root, of) => {
      const same = await of();
      assert.deepEqual([same.rows, same.losesWork, same.destination], [3, false, undefined]);
      assert.ok(same.worstNanoUsd > 0);
      const there = await of('gemini-3.5-flash-lite');
      const gemini = await root.registry.providerNamed('gemini');
      assert.deepEqual(
        { ...there.destination, caveat: undefined },
        {
          model: 'gemini-3.5-flash-lite',
          provider: 'gemini',
          title: 'Gemini',
          origin: gemini.origin,
          isVendor: false,
          caveat: undefined,
          notSent: [],
        },
      );
      assert.notEqual(there.worstNanoUsd, same.worstNanoUsd);
    }));

  it('is refused where the model cannot take a row, there is no key, or it is the same model', () =>
    withLive(
      { responseSchema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] } },
      async (_root, of) => {
        await assert.rejects(of('offline-extractive'), {
          code: 'usage',
          message: /^Nothing was cancelled: offline-extractive cannot take m0-.*responseSchema/,
        });
        await assert.rejects(of('claude-haiku-5-5'), { code: 'auth' });
        await assert.rejects(of('gpt-6-luna'), /is at gpt-6-luna already/);
        await assert.rejects(of('gpt-7'), { code: 'unknownModel' });
      },
    ));
});
