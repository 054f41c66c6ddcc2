import assert from 'node:assert/strict';
import { ProviderError } from '../../src/core/errors.ts';
import { costNanoUsd } from '../../src/core/modelConfig.ts';
import type { BatchIntent, Provider, RowResult } from '../../src/core/provider.ts';
import { fakeNamed } from '../support/fakes/fakeNames.ts';
import type { FakePlan, FakeServer } from '../support/fakes/fakeServer.ts';
import { FAKE_SERVICES, providerAt, type FakeService } from '../support/fakes/services.ts';
import { worldOf } from '../support/fakes/worldOf.ts';
import { createOf, NEVER, questionJob, readAll, withCode } from '../support/mockService/pretendBatch.ts';

const DAY_MS = 86_400_000;

/** Creates a batch of so many rows. */
function create(provider: Provider, service: FakeService, nonce: string, rows: number): Promise<string> {
  const jobs = Array.from({ length: rows }, (_, i) => questionJob(i, { model: service.model }));
  return createOf(provider, nonce, jobs);
}

/** Looks until a batch has ended. */
async function ended(provider: Provider, batchId: string): ReturnType<Provider['getBatch']> {
  for (;;) {
    const snapshot = await provider.getBatch(batchId, NEVER);
    if (['ended', 'failed', 'expired', 'cancelled'].includes(snapshot.state)) return snapshot;
  }
}

/** Results of a batch that has ended, by custom id. */
async function resultsOf(provider: Provider, batchId: string): Promise<ReadonlyMap<string, RowResult>> {
  await ended(provider, batchId);
  const results = await readAll(provider, batchId);
  return new Map(results.map((result) => [result.customId ?? '', result]));
}

/** What is looked for: a batch of three rows whose call has just ended. */
function intentOf(service: FakeService, intendedAt: number): BatchIntent {
  return {
    nonce: 'aaaaaaaa',
    model: service.model,
    rows: 3,
    intendedAt,
    endedAt: Date.now(),
    except: new Set(),
  };
}

for (const service of FAKE_SERVICES) {
  describe(`At the edges of what ${service.name} does`, function () {
    this.timeout(30_000);

    async function setUp(
      plan: FakePlan = {},
    ): Promise<{ fake: FakeServer; provider: Provider } & AsyncDisposable> {
      const fake = await fakeNamed(service.name, { fileLooks: 0, ...plan });
      const dispose = (): Promise<void> => fake[Symbol.asyncDispose]();
      return { fake, provider: providerAt(service, fake), [Symbol.asyncDispose]: dispose };
    }

    it('finds a batch behind more than a page of others', async () => {
      await using at = await setUp({ looks: 0 });
      const intendedAt = Date.now();
      const ours = await create(at.provider, service, 'aaaaaaaa', 3);
      for (let i = 0; i < 105; i++) await create(at.provider, service, 'bbbbbbbb', 2);
      const intent = intentOf(service, intendedAt);
      // Anthropic's are certain only once they have ended, which is after some looks.
      await ended(at.provider, ours);
      const found = await at.provider.findBatches(intent);
      assert.deepEqual(
        found.candidates.map(({ batchId, certain }) => [batchId, certain]),
        [[ours, true]],
      );
      assert.ok(at.fake.seen('list').length >= 2, 'one page does not hold them');
      assert.deepEqual((await at.provider.findBatches({ ...intent, nonce: 'cccccccc' })).candidates, []);
    });

    for (const hours of [-14, 14])
      it(`finds a batch although this machine's clock is ${String(hours)} hours off (P2)`, async () => {
        await using at = await setUp({ looks: 0 });
        const batchId = await create(at.provider, service, 'aaaaaaaa', 3);
        await ended(at.provider, batchId);
        const by = Date.now() + hours * 3_600_000;
        const { candidates } = await at.provider.findBatches({ ...intentOf(service, by), endedAt: by });
        assert.deepEqual(
          candidates.map((one) => [one.batchId, one.certain]),
          [[batchId, true]],
        );
      });

    if (service.name !== 'gemini')
      // Gemini says so in its body, and its SDK asks once.
      it('is asked once where it wants to be left alone for long, and whoever asks is told for how long', async () => {
        const later = new Date(Date.now() + 600_000).toUTCString();
        await using at = await setUp();
        const batchId = await create(at.provider, service, 'aaaaaaaa', 1);
        for (const after of ['300', later]) {
          const before = at.fake.seen('get').length;
          at.fake.fail({ on: 'get', kind: 'status', status: 429, headers: { 'retry-after': after } });
          await assert.rejects(at.provider.getBatch(batchId, NEVER), (error) => {
            assert.ok(error instanceof ProviderError);
            assert.equal(error.code, 'rateLimit');
            assert.ok((error.retryAfterMs ?? 0) > 250_000, String(error.retryAfterMs));
            return true;
          });
          assert.equal(at.fake.seen('get').length, before + 1);
        }
        at.fake.fail({ on: 'get', kind: 'status', status: 429, headers: { 'retry-after': '0.01' } });
        assert.equal((await at.provider.getBatch(batchId, NEVER)).batchId, batchId, 'a moment is waited for');
      });

    if (service.name === 'gemini')
      // the others are asked to count the schema themselves
      it('counts a schema as a part of the prompt, which it is (P3)', async () => {
        await using at = await setUp();
        const properties = Object.fromEntries(
          Array.from({ length: 50 }, (_, i) => [
            `field_${String(i)}`,
            { type: 'string', description: 'Said.' },
          ]),
        );
        const responseSchema = { type: 'object', properties };
        const job = questionJob(0, { model: service.model });
        const without = await at.provider.countTokens?.(job, NEVER);
        const counted = await at.provider.countTokens?.({ ...job, responseSchema }, NEVER);
        assert.ok(without !== undefined && counted !== undefined);
        const least = JSON.stringify(responseSchema).length / 5;
        assert.ok(counted - without > least, `${String(without)}, with its schema ${String(counted)}`);
      });

    if (service.name === 'gemini')
      it('is believed where it names the results in the response of the operation alone', async () => {
        await using at = await setUp();
        const batchId = await create(at.provider, service, 'aaaaaaaa', 2);
        await ended(at.provider, batchId);
        const body = {
          name: batchId,
          metadata: { name: batchId, state: 'BATCH_STATE_SUCCEEDED', batchStats: { requestCount: '2' } },
          done: true,
          response: { responsesFile: `files/batch-${batchId.slice('batches/'.length)}` },
        };
        at.fake.fail({ on: 'get', kind: 'status', status: 200, body });
        assert.equal((await readAll(at.provider, batchId)).length, 2);
      });

    it('accounts every class of token as it was billed', async () => {
      const share = service.name === 'anthropic' ? 'cacheWrite1h' : 'cacheWrite';
      const written = service.name === 'gemini' ? {} : { [share]: 0.125 };
      await using at = await setUp({
        usage: { cacheRead: 0.5, thinking: 9, ...written },
        outcomes: { 1: ['truncated'], 2: ['refused'], 3: ['transient'], 4: ['permanent'] },
      });
      const batchId = await create(at.provider, service, 'aaaaaaaa', 6);
      const results = await resultsOf(at.provider, batchId);
      const model = at.provider.models.find(({ name }) => name === service.model);
      assert.ok(model !== undefined);
      let spent = 0;
      for (const { usage } of results.values())
        if (usage !== undefined) spent += costNanoUsd(model, usage, Date.now());
      const [batch] = at.fake.ledger().batches;
      assert.equal(batch?.rows.filter(({ billedNanoUsd }) => billedNanoUsd > 0).length, 4);
      assert.equal(spent, at.fake.ledger().billedNanoUsd);
      const first = results.get('aaaaaaaa-0')?.usage;
      assert.ok((first?.cacheRead ?? 0) > 0 && first?.thinking === 9);
    });

    it('takes a cancel of what has ended, and a second deletion, for done', async () => {
      await using at = await setUp();
      const batchId = await create(at.provider, service, 'aaaaaaaa', 2);
      await ended(at.provider, batchId);
      await at.provider.cancelBatch(batchId);
      await at.provider.deleteArtifacts(batchId);
      await at.provider.deleteArtifacts(batchId).catch((error: unknown) => {
        // Anthropic and Gemini know the batch no more; that much may be said.
        assert.ok(withCode('notFound')(error), String(error));
      });
    });

    it('says of results that are kept no longer that they are gone, and nothing of a bad key', async () => {
      await using at = await setUp();
      const batchId = await create(at.provider, service, 'aaaaaaaa', 2);
      await ended(at.provider, batchId);
      at.fake.aheadMs += 31 * DAY_MS;
      await assert.rejects(readAll(at.provider, batchId), withCode('notFound'));
    });

    it('collects what was done of a batch that expired or was cancelled', async () => {
      await using at = await setUp({ looks: 9, done: { expired: 0.5, cancelled: 0.25 } });
      const expired = await create(at.provider, service, 'aaaaaaaa', 8);
      await at.provider.getBatch(expired, NEVER);
      at.fake.aheadMs += service.lifeMs;
      const snapshot = await ended(at.provider, expired);
      const cancelled = await create(at.provider, service, 'bbbbbbbb', 8);
      await at.provider.cancelBatch(cancelled);
      const outcomes = async (batchId: string): Promise<readonly string[]> =>
        [...(await resultsOf(at.provider, batchId)).values()].map(({ outcome }) => outcome).sort();
      const all = (...parts: readonly (readonly [number, string])[]): readonly string[] =>
        parts.flatMap(([times, word]) => Array<string>(times).fill(word));
      if (service.name === 'gemini') {
        assert.equal(snapshot.state, 'expired');
        assert.deepEqual(await outcomes(expired), [], 'nothing at all');
        assert.deepEqual(await outcomes(cancelled), []);
        assert.equal((await at.provider.getBatch(cancelled, NEVER)).state, 'cancelled');
      } else {
        assert.deepEqual(await outcomes(expired), all([4, 'expired'], [4, 'ok']));
        assert.deepEqual(await outcomes(cancelled), all([6, 'cancelled'], [2, 'ok']));
      }
    });

    it('tells a full queue from a fault of the batch', async () => {
      await using at = await setUp({ enqueuedRows: 10, looks: 5 });
      await create(at.provider, service, 'aaaaaaaa', 8).then((id) => at.provider.getBatch(id, NEVER));
      const second = create(at.provider, service, 'bbbbbbbb', 3);
      if (service.name !== 'openai') {
        await assert.rejects(second, withCode('queueFull'));
        assert.equal(at.fake.batches.size, 1);
        return;
      }
      const { state, failure, unreportedIsFree } = await ended(at.provider, await second);
      assert.deepEqual([state, failure?.code, unreportedIsFree], ['failed', 'queueFull', true]);
    });

    it('puts nothing on a row that a line does not name, and asks again for what is lost (P1, P2, P4)', async () => {
      await using fake = await fakeNamed(service.name, {
        fileLooks: 0,
        invented: 2,
        outcomes: {
          0: ['duplicate'],
          1: ['malformed'],
          2: ['keyless'],
          3: ['missing'],
          4: ['missing', 'keyless'],
        },
      });
      const world = await worldOf({ [service.name]: fake }, { rows: 7, models: [service.model] });
      const status = await world.run();
      const reader = await world.state().readRun(world.runId);
      await world.remove();
      assert.equal(status.state, 'finished', status.reason);
      assert.equal(status.counts.ok, 7, JSON.stringify(status.counts));
      const { billedNanoUsd, batches } = fake.ledger();
      const { spentNanoUsd, unconfirmedNanoUsd } = reader.ledger.money;
      const lost = batches.flatMap(({ rows }) => rows).filter(({ delivered }) => !delivered);
      assert.equal(lost.length, 5);
      const lostNanoUsd = lost.reduce((sum, row) => sum + row.billedNanoUsd, 0);
      assert.equal(spentNanoUsd, billedNanoUsd - lostNanoUsd);
      assert.ok(
        unconfirmedNanoUsd >= lostNanoUsd,
        'what was billed and not delivered counts against the limit',
      );
    });
  });
}

describe('Anthropic’s own ways', function () {
  this.timeout(30_000);
  const service = FAKE_SERVICES.find(({ name }) => name === 'anthropic');
  assert.ok(service !== undefined);

  it('tell nothing of a batch that is deleted while ours is looked for', async () => {
    await using fake = await fakeNamed(service.name, { looks: 0 });
    const provider = providerAt(service, fake);
    const other = await create(provider, service, 'bbbbbbbb', 3);
    const ours = await create(provider, service, 'aaaaaaaa', 3);
    await ended(provider, other);
    await ended(provider, ours);
    fake.afterNext('list', () => void fake.batches.delete(other));
    const intent = intentOf(service, Date.now());
    const found = await provider.findBatches(intent);
    assert.deepEqual(
      found.candidates.map(({ batchId, certain }) => [batchId, certain]),
      [[ours, true]],
    );
  });
});

describe('OpenAI’s own ways', function () {
  this.timeout(30_000);
  const service = FAKE_SERVICES.find(({ name }) => name === 'openai');
  assert.ok(service !== undefined);

  it('do not make a file of an empty name', async () => {
    await using fake = await fakeNamed(service.name, { emptyErrorFile: true });
    const provider = providerAt(service, fake);
    const batchId = await create(provider, service, 'aaaaaaaa', 3);
    assert.equal((await resultsOf(provider, batchId)).size, 3);
    await provider.deleteArtifacts(batchId);
    assert.equal(fake.seen('deleteFile').length, 2);
    assert.equal(fake.seen('unknown').length, 0);
  });
});

describe('Gemini’s own ways', function () {
  this.timeout(30_000);
  const service = FAKE_SERVICES.find(({ name }) => name === 'gemini');
  assert.ok(service !== undefined);

  it('wait for a file that cannot be used yet', async () => {
    await using fake = await fakeNamed(service.name, { fileLooks: 2 });
    await create(providerAt(service, fake), service, 'aaaaaaaa', 1);
    assert.equal(fake.seen('getFile').length, 2);
    assert.equal(fake.seen('create').length, 1);
  });

  for (const [code, failure] of [
    [3, 'rejected'],
    [8, 'queueFull'],
    [13, 'failed'],
  ] as const)
    it(`tell a failed batch by its code ${String(code)}, which the SDK drops`, async () => {
      await using fake = await fakeNamed(service.name, { fileLooks: 0, failsWith: code });
      const provider = providerAt(service, fake);
      const snapshot = await ended(provider, await create(provider, service, 'aaaaaaaa', 1));
      assert.deepEqual([snapshot.state, snapshot.failure?.code], ['failed', failure]);
    });
});
