import assert from 'node:assert/strict';
import { endedResults } from '../../src/core/assembleResult.ts';
import { describeStatus } from '../../src/core/describeStatus.ts';
import type { RunStatus } from '../../src/core/status.ts';
import { fakeNamed } from '../support/fakes/fakeNames.ts';
import { FAKE_SERVICES } from '../support/fakes/services.ts';
import { worldOf } from '../support/fakes/worldOf.ts';

for (const service of FAKE_SERVICES) {
  // OpenAI accepts the batch and says so afterwards; the others refuse to create it.
  const style = service.name === 'openai' ? 'after it was accepted' : 'when it is created';
  describe(`b-8 A queue of ${service.name} that is full, said ${style}`, function () {
    this.timeout(60_000);

    it('is waited for until own batches end: no attempt is used up, and the wait is shown from the journal alone', async () => {
      await using fake = await fakeNamed(service.name, { enqueuedRows: 4, looks: 3 });
      const world = await worldOf(
        { [service.name]: fake },
        { rows: 12, model: service.model, settings: { jobsPerBatch: 4 } },
      );
      const shown: RunStatus[] = [];
      await world.plan();
      const run = await world.start({
        onProgress: (status) => {
          if (status.fullQueues.length > 0) shown.push(status);
        },
      });
      const status = await run.finished();
      assert.deepEqual([status.state, status.counts.ok], ['finished', 12], JSON.stringify(status));
      const [first] = shown;
      assert.ok(first !== undefined, 'it was shown as waiting');
      assert.deepEqual(
        first.fullQueues.map(({ provider, model }) => [provider, model]),
        [[service.name, service.model]],
      );
      assert.equal(first.fullQueues[0]?.rows, first.counts.pending);
      assert.match(describeStatus(first), /rows wait for room in the queue of .* No attempt is used up\./);
      assert.deepEqual(status.fullQueues, [], 'nothing waits at the end');
      assert.ok(status.batches.some(({ message }) => /room|enqueued|queue|limit/i.test(message ?? '')));
      const reader = await world.state().readRun(world.runId);
      for (const { attempts } of endedResults(reader)) assert.equal(attempts, 1);
      assert.ok([...reader.ledger.batches.values()].some(({ queueFullAt }) => queueFullAt !== undefined));
      await world.remove();
    });

    it('that a batch alone does not fit is tried with smaller ones', async () => {
      await using fake = await fakeNamed(service.name, { enqueuedRows: 3 });
      const world = await worldOf({ [service.name]: fake }, { rows: 8, model: service.model });
      const status = await world.run();
      assert.deepEqual([status.state, status.counts.ok], ['finished', 8], JSON.stringify(status));
      const worked = fake.ledger().batches.filter(({ queueFull }) => !queueFull);
      for (const { rows } of worked) assert.ok(rows.length <= 3);
      const reader = await world.state().readRun(world.runId);
      for (const { attempts } of endedResults(reader)) assert.equal(attempts, 1);
      await world.remove();
    });
  });
}
