import assert from 'node:assert/strict';
import { describeRetention } from '../../src/core/describeStatus.ts';
import { messages, openWith, sendAndStop } from '../support/fakeWorkspace.ts';
import { fakeNamed } from '../support/fakes/fakeNames.ts';
import { FAKE_SERVICES } from '../support/fakes/services.ts';

const DAY_MS = 86_400_000;
const KEPT_DAYS = { anthropic: 29, openai: 30, gemini: 2 } as const;
const NEVER = new AbortController().signal;
const noConsent = { askConsent: () => Promise.resolve(undefined) };

for (const service of FAKE_SERVICES) {
  describe(`b-7 Results at ${service.name}`, function () {
    this.timeout(60_000);

    it('that nobody has fetched: how long they are kept is shown, and why they are gone afterwards', async () => {
      await using fake = await fakeNamed(service.name, { looks: 1 });
      await using folder = await messages(service.model, 2);
      let aheadMs = 0;
      const root = await openWith(
        folder,
        (name) => (name === service.name ? { fake, path: service.path } : undefined),
        undefined,
        () => aheadMs,
      );
      const batchId = await sendAndStop(root);
      const [runId = ''] = await root.state.listRuns();
      const status = await root.statusOf(await root.read(runId));
      const [batch] = status.batches;
      assert.ok(batch?.acceptedAt !== undefined && batch.keptUntil !== undefined);
      const days = KEPT_DAYS[service.name];
      assert.equal(batch.keptUntil - batch.acceptedAt, days * DAY_MS);
      assert.match(
        describeRetention(batch, batch.acceptedAt),
        new RegExp(`at the least, ${String(days)} d from now$`),
      );

      // It ends while nobody drives the run, and its results are kept no longer when somebody does.
      const provider = await root.registry.providerNamed(service.name);
      while ((await provider.getBatch(batchId, NEVER)).state !== 'ended');
      aheadMs = (days + 1) * DAY_MS;
      fake.aheadMs = aheadMs;
      const run = await root.resume(runId, noConsent);
      const late = await run?.finished();
      assert.equal(late?.state, 'needsDecision', JSON.stringify(late));
      assert.match(
        late.batches[0]?.message ?? '',
        /Results were to be kept until .+ UTC at the least, which is over/,
      );
      assert.deepEqual([late.counts.submitted, fake.seen('create').length], [2, 1], 'nothing was sent again');
      assert.ok(late.costUsd.inFlight > 0, 'what it may have cost stays counted');
      assert.match(
        describeRetention(late.batches[0] ?? assert.fail(), Date.now() + aheadMs),
        /were kept until/,
      );
    });
  });
}
