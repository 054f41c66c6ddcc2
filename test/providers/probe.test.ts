import assert from 'node:assert/strict';
import type { FakeServer } from '../support/fakes/fakeServer.ts';
import { fakeNamed } from '../support/fakes/fakeNames.ts';
import type { FakePlan } from '../support/fakes/fakePlan.ts';
import { FAKE_SERVICES } from '../support/fakes/services.ts';
import { worldOf } from '../support/fakes/worldOf.ts';
import type { World } from '../support/engine.ts';

for (const service of FAKE_SERVICES)
  describe(`One row before the others at ${service.name} (b-17)`, function () {
    this.timeout(30_000);

    async function setUp(plan: FakePlan = {}): Promise<{ fake: FakeServer; world: World } & AsyncDisposable> {
      const fake = await fakeNamed(service.name, { fileLooks: 0, ...plan });
      const options = { rows: 12, model: service.model, cell: { probe: true } } as const;
      const world = await worldOf({ [service.name]: fake }, options);
      const dispose = async (): Promise<void> => {
        await world.remove();
        await fake[Symbol.asyncDispose]();
      };
      return { fake, world, [Symbol.asyncDispose]: dispose };
    }

    it('shows what the service will not have, before all are sent', async () => {
      await using at = await setUp({ outcomes: { 0: ['permanent'] } });
      const status = await at.world.run();
      assert.deepEqual([status.state, status.counts.pending], ['waiting', 11], status.reason);
      assert.match(
        status.reason ?? '',
        /refused the first row .* for good: \S.* The 11 others were not sent/,
      );
      assert.equal(at.fake.seen('create').length, 1);
      await at.world.state().request(at.world.runId, { kind: 'continue' });
      assert.equal((await at.world.resume()).counts.ok, 11);
      assert.equal(at.fake.seen('create').length, 2);
    });

    it('is spared where the service refuses to count it', async () => {
      await using at = await setUp();
      const body = { error: { code: 400, message: 'Unsupported parameter.', status: 'INVALID_ARGUMENT' } };
      at.fake.fail({ on: 'countTokens', kind: 'status', status: 400, body, times: 10 });
      const status = await at.world.run();
      assert.deepEqual([status.state, status.counts.pending], ['waiting', 12], status.reason);
      assert.match(status.reason ?? '', /Unsupported parameter\. None of its 12 rows was sent/);
      assert.equal(at.fake.seen('create').length, 0);
    });

    for (const fault of [404, 405, 501])
      it(`goes where there is no count endpoint: ${String(fault)}`, async () => {
        await using at = await setUp();
        at.fake.fail({ on: 'countTokens', kind: 'status', status: fault, times: 99 });
        assert.equal((await at.world.run()).counts.ok, 12);
        assert.equal(at.fake.seen('create').length, 2);
      });
  });
