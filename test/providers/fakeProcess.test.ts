import assert from 'node:assert/strict';
import { FAKE_SERVICES, providerAt } from '../support/fakes/services.ts';
import { startFake } from '../support/fakes/startFake.ts';
import { createOf, NEVER, questions, readAll, withCode } from '../support/mockService/pretendBatch.ts';

describe('A fake in a process of its own', function () {
  this.timeout(30_000);

  for (const service of FAKE_SERVICES) {
    it(`is ${service.name}, does what it is told to, and knows what it billed`, async () => {
      await using fake = await startFake(service.name, { fileLooks: 0, outcomes: { 1: ['transient'] } });
      const provider = providerAt(service, fake);
      const jobs = questions(3).map((job) => ({ ...job, model: service.model }));
      await fake.fail({ on: 'create', kind: 'reset' }, { on: 'create', kind: 'resetAfter' });
      await assert.rejects(createOf(provider, 'aaaaaaaa', jobs), withCode('ambiguous'));
      assert.deepEqual((await fake.ledger()).batches, []);
      await assert.rejects(createOf(provider, 'bbbbbbbb', jobs), withCode('ambiguous'));
      const [batch] = (await fake.ledger()).batches;
      assert.equal(batch?.nonce, 'bbbbbbbb');
      const { batchId } = batch;
      while ((await provider.getBatch(batchId, NEVER)).state !== 'ended');
      assert.equal((await readAll(provider, batchId)).length, 3);
      const ledger = await fake.ledger();
      assert.equal(ledger.batches[0]?.state, 'ended');
      assert.ok(ledger.billedNanoUsd > 0 && ledger.batches[0].readOrder !== undefined);
      const seen = await fake.seen('create');
      assert.equal(seen.length, 2);
      assert.ok(seen.every(({ bytes }) => bytes > 0));
      await fake.pass(32 * 86_400_000);
      await assert.rejects(readAll(provider, batchId), withCode('notFound'));
      await fake.reset({});
      assert.deepEqual([(await fake.ledger()).batches, await fake.seen('create')], [[], []]);
    });
  }
});
