import assert from 'node:assert/strict';
import { cacheSavingNanoUsd, planCaching } from '../../../src/core/caching.ts';
import { mockModel } from '../../../src/providers/mock/mockModels.ts';
import { World, type WorldOptions } from '../../support/engine.ts';

const HOUR_MS = 3_600_000;
const CACHE_PREFIX = { minTokens: 100, lifeMs: HOUR_MS };

/** A world whose rows share 500 tokens that its service can keep. */
function caching(options: WorldOptions = {}): Promise<World> {
  return World.make({
    rows: 40,
    ...options,
    provider: { cachePrefix: CACHE_PREFIX, ...options.provider },
    cell: { prefixTokens: 500, ...options.cell },
  });
}

/** Rows of each batch, in the order in which they were made. */
async function sizesOf(world: World): Promise<number[]> {
  const { ledger } = await world.state().readRun(world.runId);
  return [...ledger.batches.values()].map(({ rows }) => rows.length);
}

describe('Prompt caching', () => {
  it('sends one row first, alone, and the others when it has ended', async () => {
    const world = await caching();
    assert.equal((await world.run()).counts.ok, 40);
    assert.deepEqual(await sizesOf(world), [1, 39]);
    const { ledger } = await world.state().readRun(world.runId);
    const [, second] = [...ledger.batches.values()];
    assert.ok((second?.intendedAt ?? 0) >= ledger.row(0).finishedAt, 'not before the first had ended');
    assert.ok(ledger.row(0).finishedAt > 0);
    await world.remove();
  });

  it('does not wait for a second row where the first has failed', async () => {
    const world = await caching({ service: { outcomes: { rows: { 0: ['permanent'] } } } });
    const status = await world.run();
    assert.deepEqual(await sizesOf(world), [1, 39]);
    assert.deepEqual([status.counts.ok, status.counts.error], [39, 1]);
    await world.remove();
  });

  it('does not hold back rows while nobody knows whether the first arrived', async () => {
    const world = await caching({ service: { faults: { lostRequest: 1 } } });
    const status = await world.run();
    assert.equal(status.state, 'needsDecision');
    assert.deepEqual(await sizesOf(world), [1, 39]);
    assert.equal(status.counts.ok, 39);
    await world.remove();
  });

  it('writes the prefix anew where it may have been forgotten', async () => {
    const world = await caching({ settings: { pilot: 10 } });
    await world.run();
    await world.clock.sleep(2 * HOUR_MS);
    await world.state().request(world.runId, { kind: 'continue' });
    await world.resume();
    assert.deepEqual(await sizesOf(world), [1, 9, 1, 29]);
    await world.remove();
  });

  it('is left off where it does not pay, and says why', async () => {
    const world = await caching();
    const parameters = { model: 'mock-small', maxTokens: 10, cache: true, system: 'word '.repeat(400) };
    assert.deepEqual(planCaching(world.provider, parameters, 3), { prefixTokens: 500 });
    assert.match(planCaching(world.provider, parameters, 2).why ?? '', /from 3 rows on/);
    assert.match(
      planCaching(world.provider, { ...parameters, system: 'Be short.' }, 3).why ?? '',
      /keeps 100/,
    );
    assert.deepEqual(planCaching(world.provider, { ...parameters, cache: false }, 3), {});
    const without = await World.make();
    assert.match(planCaching(without.provider, parameters, 3).why ?? '', /by itself, or not at all/);
    await Promise.all([world.remove(), without.remove()]);
  });

  it('counts what it has saved: reading costs a tenth, writing twice the input', () => {
    const model = mockModel('mock-small'); // 1 USD a million of input, half of it in a batch
    assert.ok(model !== undefined);
    assert.equal(cacheSavingNanoUsd(model, { input: 7, output: 9 }, 0), 0);
    // 1,000 tokens at 500 nanodollars, read at 50.
    assert.equal(cacheSavingNanoUsd(model, { input: 7, cacheRead: 1_000, output: 9 }, 0), 450_000);
    assert.equal(cacheSavingNanoUsd(model, { input: 7, cacheWrite1h: 1_000, output: 9 }, 0), -500_000);
  });
});
