import assert from 'node:assert/strict';
import { endedResults } from '../../src/core/assembleResult.ts';
import { attachmentsToPlan, attachmentsToRun } from '../../src/workspace/attachBatches.ts';
import { batchesAtProviders, type StrayBatch } from '../../src/workspace/batchesAtProviders.ts';
import type { Workspace } from '../../src/workspace/workspace.ts';
import { FakeAnthropic } from '../support/fakes/fakeAnthropic.ts';
import { FakeGemini } from '../support/fakes/fakeGemini.ts';
import { FakeOpenAI } from '../support/fakes/fakeOpenAI.ts';
import { messages, openAt, runJob, sendAndStop } from '../support/fakeWorkspace.ts';

function aboutQuestion(asked: string): string {
  return `About ${/Question (\d+)/.exec(asked)?.[1] ?? 'nothing'}`;
}

/** What one service lists as seen from a root; the others have another address and are not meant. */
async function strays(root: Workspace, provider: string): Promise<readonly StrayBatch[]> {
  const { batches } = await batchesAtProviders(root);
  return batches.filter((batch) => batch.provider === provider);
}

describe('What is at a service and known to no run here', function () {
  this.timeout(60_000);

  it('is listed at OpenAI by what says whose it is, and attached while it still runs; nothing is sent (P2, P4)', async () => {
    await using fake = await FakeOpenAI.start({ looks: 4, answer: aboutQuestion });
    await using lost = await messages('gpt-6-luna', 3);
    const batchId = await sendAndStop(await openAt(lost, fake, '/v1'));
    await using folder = await messages('gpt-6-luna', 3);
    const root = await openAt(folder, fake, '/v1');
    const [found, ...others] = await strays(root, 'openai');
    assert.deepEqual(others, []);
    assert.equal(found?.batchId, batchId);
    assert.deepEqual([found.attachableTo, found.uncertainIn], [[], undefined]);
    assert.deepEqual(typeof found.mark === 'object' ? found.mark.rows : undefined, [[0, 2]]);
    const plan = await root.plan(`${root.root}/job.batch.json`, { all: true });
    const attach = await attachmentsToPlan(root, plan, [batchId]);
    const run = await root.start(plan, 'library', { attach });
    const status = await run.finished();
    assert.equal(status.counts.ok, 3, JSON.stringify(status));
    assert.equal(fake.seen('create').length, 1, 'nothing was sent from here');
    const answers = [...endedResults(await root.read(status.runId))].map(({ jobId, response }) => [
      jobId.split('-')[0],
      response,
    ]);
    assert.deepEqual(answers, [
      ['m0', 'About 0'],
      ['m1', 'About 1'],
      ['m2', 'About 2'],
    ]);
    assert.deepEqual(await strays(root, 'openai'), [], 'known now');
  });

  it('is listed at Gemini by its display name, and attached to the open run of its plan', async () => {
    await using fake = await FakeGemini.start({ looks: 4 });
    await using lost = await messages('gemini-3.5-flash-lite', 3);
    const batchId = await sendAndStop(await openAt(lost, fake));
    await using folder = await messages('gemini-3.5-flash-lite', 3);
    const root = await openAt(folder, fake);
    const plan = await root.plan(`${root.root}/job.batch.json`, { all: true, limitNanoUsd: 1 });
    const open = await (await root.start(plan, 'library')).finished();
    assert.equal(open.state, 'stoppedByLimit');
    const [found] = await strays(root, 'gemini');
    assert.deepEqual([found?.batchId, found?.attachableTo], [batchId, [open.runId]]);
    const reader = await root.read(open.runId);
    await assert.rejects(attachmentsToRun(root, reader, [batchId]), { code: 'costLimit' });
    const limitNanoUsd = 1_000_000_000;
    const [attachment] = await attachmentsToRun(root, reader, [batchId], limitNanoUsd);
    assert.ok(attachment);
    await root.request(open.runId, { kind: 'setLimit', limitNanoUsd });
    await root.request(open.runId, { kind: 'attach', ...attachment });
    const resumed = await root.resume(open.runId, { askConsent: () => assert.fail('Somebody was asked.') });
    assert.ok(resumed);
    const status = await resumed.finished();
    assert.equal(status.counts.ok, 3, JSON.stringify(status));
    assert.equal(fake.seen('create').length, 1);
  });

  it('at Anthropic may be ours until its end, and is attached by its custom ids after it', async () => {
    await using fake = await FakeAnthropic.start({ looks: 3 });
    await using lost = await messages('claude-haiku-5-5', 3);
    const batchId = await sendAndStop(await openAt(lost, fake));
    await using folder = await messages('claude-haiku-5-5', 3);
    const root = await openAt(folder, fake);
    const plan = await root.plan(`${root.root}/job.batch.json`, { all: true });
    const [running] = await strays(root, 'anthropic');
    assert.deepEqual([running?.batchId, running?.rows, running?.mark], [batchId, 3, undefined]);
    await assert.rejects(
      attachmentsToPlan(root, plan, [batchId]),
      /Anthropic tells whose it is only once it has ended\. Try again then\.$/,
    );
    let listed: readonly StrayBatch[] = [];
    for (let look = 0; look < 9 && listed[0]?.mark === undefined; look++)
      listed = await strays(root, 'anthropic');
    assert.deepEqual([listed.length, typeof listed[0]?.mark], [1, 'object']);
    const attach = await attachmentsToPlan(root, plan, [batchId]);
    const status = await (await root.start(plan, 'library', { attach })).finished();
    assert.equal(status.counts.ok, 3, JSON.stringify(status));
    assert.equal(fake.seen('create').length, 1);
  });

  it('leaves out what others make with the same key, and what another program calls its requests', async () => {
    await using fake = await FakeAnthropic.start({ looks: 0 });
    await using folder = await messages('claude-haiku-5-5', 1);
    const root = await openAt(folder, fake);
    const params = {
      model: 'claude-haiku-5-5',
      max_tokens: 5,
      messages: [{ role: 'user', content: 'Hello' }],
    };
    for (const id of ['request-1', 'chapter1-2']) {
      const answer = await fetch(`${fake.origin}/v1/messages/batches`, {
        method: 'POST',
        headers: { authorization: `Bearer ${fake.key}`, 'anthropic-version': '2026-10-21' },
        body: JSON.stringify({ requests: [{ custom_id: id, params }] }),
      });
      assert.equal(answer.status, 200);
    }
    await strays(root, 'anthropic');
    assert.deepEqual(await strays(root, 'anthropic'), [], 'ended by now');
    assert.equal(fake.seen('create').length, 2);
    assert.ok(fake.requests.every(({ method, operation }) => method === 'GET' || operation === 'create'));
  });

  it('of another plan is not attached, and the reason is said (P4)', async () => {
    await using fake = await FakeOpenAI.start({ looks: 4 });
    await using lost = await messages('gpt-6-luna', 3);
    const batchId = await sendAndStop(await openAt(lost, fake, '/v1'));
    await using folder = await messages('gpt-6-luna', 3, 'Another question');
    const root = await openAt(folder, fake, '/v1');
    const plan = await root.plan(`${root.root}/job.batch.json`, { all: true });
    await assert.rejects(attachmentsToPlan(root, plan, [batchId]), {
      code: 'usage',
      message: /nobody can prove that it was made from the same plan/,
    });
  });

  it('whose results are gone is not attached, so that its rows can be sent', async () => {
    await using fake = await FakeOpenAI.start();
    await using lost = await messages('gpt-6-luna', 3);
    const ended = await runJob(await openAt(lost, fake, '/v1'));
    assert.equal(ended.counts.ok, 3);
    await using folder = await messages('gpt-6-luna', 3);
    const root = await openAt(folder, fake, '/v1');
    const plan = await root.plan(`${root.root}/job.batch.json`, { all: true });
    await assert.rejects(
      attachmentsToPlan(root, plan, [ended.batches[0]?.id ?? '']),
      /its results are not there any more/,
    );
  });
});
