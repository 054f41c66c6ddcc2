import assert from 'node:assert/strict';
import { adoptBatch } from '../../src/workspace/adoptBatch.ts';
import { messages, openAt, runJob } from '../support/fakeWorkspace.ts';
import { FakeAnthropic } from '../support/fakes/fakeAnthropic.ts';
import { FakeGemini } from '../support/fakes/fakeGemini.ts';
import { FakeOpenAI } from '../support/fakes/fakeOpenAI.ts';

/** What a colleague with the same key sends to Anthropic. */
async function colleagueSends(fake: FakeAnthropic, ids: readonly string[]): Promise<void> {
  const params = { model: 'claude-haiku-5-5', max_tokens: 5, messages: [{ role: 'user', content: 'Hello' }] };
  const answer = await fetch(`${fake.origin}/v1/messages/batches`, {
    method: 'POST',
    headers: { authorization: `Bearer ${fake.key}`, 'anthropic-version': '2026-10-21' },
    body: JSON.stringify({ requests: ids.map((id) => ({ custom_id: id, params })) }),
  });
  assert.equal(answer.status, 200);
}

describe('A batch of which nobody heard, at Anthropic (b-1)', function () {
  this.timeout(60_000);

  it('is looked for until its end tells whose it is, longer than a quarter of an hour, and adopted', async () => {
    await using fake = await FakeAnthropic.start({ looks: 7 });
    fake.fail({ on: 'create', kind: 'resetAfter' });
    await using folder = await messages('claude-haiku-5-5', 3);
    let most = 0;
    const status = await runJob(await openAt(folder, fake), {
      onProgress: ({ batches }) => {
        most = Math.max(most, batches[0]?.candidates?.length ?? 0);
      },
    });
    assert.equal(status.state, 'finished', JSON.stringify(status));
    assert.equal(status.counts.ok, 3);
    assert.equal(fake.seen('create').length, 1);
    assert.equal(most, 1, 'shown while it was looked for');
    assert.ok(fake.seen('list').length > 4, 'the four looks of the first quarter of an hour were not enough');
  });

  it('is not taken for what a colleague sends, whose results are looked into once and never deleted', async () => {
    await using fake = await FakeAnthropic.start({ looks: 1 });
    await using folder = await messages('claude-haiku-5-5', 3);
    await colleagueSends(fake, ['a-1', 'a-2', 'a-3']);
    await colleagueSends(fake, [
      '0123abcd0123456789ab-0',
      '0123abcd0123456789ab-1',
      '0123abcd0123456789ab-2',
    ]);
    fake.fail({ on: 'create', kind: 'reset' });
    const root = await openAt(folder, fake);
    const status = await runJob(root);
    assert.equal(status.state, 'needsDecision', JSON.stringify(status));
    assert.deepEqual(status.batches[0]?.candidates, []);
    assert.equal(fake.seen('results').length, 2);
    assert.equal(fake.seen('delete').length + fake.seen('cancel').length, 0);
    const reader = await root.read(status.runId);
    const nonce = status.batches[0].nonce;
    const [foreign = '', marked = ''] = fake.batches.keys();
    await assert.rejects(adoptBatch(root, reader, nonce, foreign), {
      code: 'usage',
      message: `Batch ${foreign} is not the one that was sent: it was not made by this program.`,
    });
    await assert.rejects(adoptBatch(root, reader, nonce, marked), /carries the mark of another one/);
    await assert.rejects(adoptBatch(root, reader, nonce, 'msgbatch_999999'), {
      code: 'notFound',
      message: /^anthropic has no batch msgbatch_999999 for this key: /,
    });
    await reader.refresh();
    assert.equal(reader.ledger.batch(nonce).state, 'uncertain');
  });
});

describe('A batch that is named for one that is unknown', function () {
  this.timeout(60_000);

  it('is refused where OpenAI says that it is another, before anything is written', async () => {
    await using fake = await FakeOpenAI.start();
    await using folder = await messages('gpt-6-luna', 2);
    const root = await openAt(folder, fake, '/v1');
    const first = await runJob(root);
    assert.equal(first.state, 'finished', JSON.stringify(first));
    const taken = first.batches[0]?.id ?? '';
    fake.fail({ on: 'create', kind: 'reset' });
    const second = await runJob(root);
    assert.equal(second.state, 'needsDecision', JSON.stringify(second));
    const reader = await root.read(second.runId);
    const nonce = second.batches[0]?.nonce ?? '';
    const before = await root.state.journalBytes(second.runId);
    await assert.rejects(adoptBatch(root, reader, nonce, taken), {
      code: 'usage',
      message: `Batch ${taken} is one of run ${first.runId} already.`,
    });
    await using other = await messages('gpt-6-luna', 2);
    const elsewhere = await runJob(await openAt(other, fake, '/v1'));
    const theirs = elsewhere.batches[0]?.id ?? '';
    await assert.rejects(adoptBatch(root, reader, nonce, theirs), /carries the mark of another one/);
    assert.equal(await root.state.journalBytes(second.runId), before);
  });

  it('is refused where Gemini says that it is another', async () => {
    await using fake = await FakeGemini.start();
    await using folder = await messages('gemini-3.5-flash-lite', 2);
    const root = await openAt(folder, fake);
    fake.fail({ on: 'create', kind: 'reset' });
    const lost = await runJob(root);
    assert.equal(lost.state, 'needsDecision', JSON.stringify(lost));
    await using other = await messages('gemini-3.5-flash-lite', 2);
    fake.fail({ on: 'delete', kind: 'status', status: 503, times: 9 });
    const elsewhere = await runJob(await openAt(other, fake));
    assert.equal(elsewhere.counts.ok, 2, JSON.stringify(elsewhere));
    const reader = await root.read(lost.runId);
    const theirs = elsewhere.batches[0]?.id ?? '';
    await assert.rejects(
      adoptBatch(root, reader, lost.batches[0]?.nonce ?? '', theirs),
      /carries the mark of another one/,
    );
  });
});
