import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { BatchBuilder } from '../../../src/core/batch.ts';
import { ProviderError, type ProviderErrorCode } from '../../../src/core/errors.ts';
import type { Job } from '../../../src/core/job.ts';
import { kindOf, planProbe } from '../../../src/core/probing.ts';
import { MockProvider, type MockProviderOptions } from '../../../src/providers/mock/mockProvider.ts';
import { inProcess } from '../../../src/providers/mock/mockTransport.ts';
import { World, seededRandom, type WorldOptions } from '../../support/engine.ts';

/** A world of a cell of which one row goes first. */
function probing(options: WorldOptions = {}): Promise<World> {
  return World.make({ rows: 40, ...options, cell: { probe: true, ...options.cell } });
}

/** Rows of each batch, in the order in which they were made. */
async function sizesOf(world: World): Promise<number[]> {
  const { ledger } = await world.state().readRun(world.runId);
  return [...ledger.batches.values()].map(({ rows }) => rows.length);
}

function counting(countTokens: (job: Job) => number): Partial<MockProviderOptions> {
  return { countTokens };
}

function refusing(code: ProviderErrorCode): Partial<MockProviderOptions> {
  return counting(() => {
    throw new ProviderError(code, 'mock', 'Mock: temperature is not supported.');
  });
}

describe('One row before a big submission (b-17)', () => {
  it('goes alone, and the others when the service has taken it', async () => {
    const world = await probing();
    assert.equal((await world.run()).counts.ok, 40);
    assert.deepEqual(await sizesOf(world), [1, 39]);
    const { ledger } = await world.state().readRun(world.runId);
    const [, second] = [...ledger.batches.values()];
    assert.ok(ledger.row(0).finishedAt > 0);
    assert.ok((second?.intendedAt ?? 0) >= ledger.row(0).finishedAt, 'not before the first had ended');
    await world.remove();
  });

  it('keeps the others back where the service refuses it for good, until the person says go on', async () => {
    const world = await probing({ service: { outcomes: { rows: { 0: ['permanent'] } } } });
    const status = await world.run();
    assert.deepEqual([status.state, status.code], ['waiting', 'invalidRequest']);
    assert.deepEqual([status.counts.error, status.counts.pending], [1, 39]);
    assert.match(
      status.reason ?? '',
      /first row of cell "cell" for good: .*cannot take this request.* 39 others/,
    );
    assert.deepEqual(await sizesOf(world), [1]);
    const again = await world.resume();
    assert.deepEqual([again.state, again.reason], ['waiting', status.reason], 'a resume alone sends nothing');
    assert.deepEqual(await sizesOf(world), [1]);
    await world.state().request(world.runId, { kind: 'continue' });
    const end = await world.resume();
    assert.deepEqual([end.state, end.counts.ok, end.counts.error], ['finished', 39, 1]);
    assert.deepEqual(await sizesOf(world), [1, 39]);
    await world.remove();
  });

  for (const outcome of ['truncated', 'refused', 'invalid', 'transient', 'expired'] as const)
    it(`lets the others go where it ends ${outcome}`, async () => {
      const world = await probing({ service: { outcomes: { rows: { 0: [outcome, 'ok'] } } } });
      const status = await world.run();
      assert.equal(status.state, 'finished', status.reason);
      assert.equal((await sizesOf(world))[0], 1);
      assert.equal(status.counts.pending, 0);
      await world.remove();
    });

  it('lets the others go where nothing comes back of it', async () => {
    const world = await probing({ service: { faults: { droppedRows: { ordinals: [0], attempts: 1 } } } });
    assert.equal((await world.run()).counts.ok, 40);
    assert.deepEqual(await sizesOf(world), [1, 40]);
    await world.remove();
  });

  it('is one and the same row as the one that fills a cache', async () => {
    const world = await probing({
      provider: { cachePrefix: { minTokens: 100, lifeMs: 3_600_000 } },
      cell: { prefixTokens: 500 },
    });
    assert.equal((await world.run()).counts.ok, 40);
    assert.deepEqual(await sizesOf(world), [1, 39]);
    await world.remove();
  });

  it('is not there beside a pilot, which is a probe already', async () => {
    const world = await probing({
      settings: { pilot: 10 },
      service: { outcomes: { shares: { permanent: 1 }, shareAttempts: 1 } },
    });
    const pilot = await world.run();
    assert.deepEqual([pilot.state, pilot.code], ['waiting', undefined]);
    assert.match(pilot.reason ?? '', /The pilot of 10 rows is done/);
    await world.state().request(world.runId, { kind: 'continue' });
    await world.resume();
    assert.deepEqual(await sizesOf(world), [10, 30], 'the person has seen what the pilot brought');
    await world.remove();
  });

  it('goes first of cells that the pilot had no row of', async () => {
    const world = await probing({
      rows: 8,
      models: ['mock-small', 'mock-large'],
      settings: { pilot: 2 }, // rows 0 and 4, both of the first cell
    });
    await world.run();
    await world.state().request(world.runId, { kind: 'continue' });
    assert.equal((await world.resume()).counts.ok, 8);
    assert.deepEqual(await sizesOf(world), [2, 1, 2, 3]);
    await world.remove();
  });

  it('is one for all cells of a kind, and one for each kind', async () => {
    const alike = await probing({ rows: 20, models: ['mock-small', 'mock-small'] });
    assert.equal((await alike.run()).counts.ok, 20);
    assert.deepEqual(await sizesOf(alike), [1, 19]);
    const different = await probing({ rows: 20, models: ['mock-small', 'mock-large'] });
    await different.run();
    assert.deepEqual((await sizesOf(different)).sort(), [1, 1, 9, 9]);
    await Promise.all([alike.remove(), different.remove()]);
  });

  it('refused keeps back all cells of its kind, and no other', async () => {
    const world = await probing({
      rows: 30,
      models: ['mock-small', 'mock-large', 'mock-small'],
      service: { outcomes: { rows: { 0: ['permanent'] } } },
    });
    const status = await world.run();
    assert.equal(status.state, 'waiting');
    assert.deepEqual([status.counts.ok, status.counts.error, status.counts.pending], [10, 1, 19]);
    assert.match(status.reason ?? '', /cell "cell0".* 9 others.*cell "cell2".* 10 others/);
    await world.state().request(world.runId, { kind: 'continue' });
    assert.equal((await world.resume()).counts.ok, 29);
    await world.remove();
  });

  it('keeps the others back while it is looked for, and not when nobody will ever know', async () => {
    const found = await probing({ service: { faults: { lostReply: 1, listLagMs: 120_000 } } });
    assert.equal((await found.run()).counts.ok, 40);
    assert.deepEqual(await sizesOf(found), [1, 39]);
    const { ledger } = await found.state().readRun(found.runId);
    const [, second] = [...ledger.batches.values()];
    assert.ok((second?.intendedAt ?? 0) >= ledger.row(0).finishedAt);
    const lost = await probing({ service: { faults: { lostRequest: 1 } } });
    const status = await lost.run();
    assert.deepEqual([status.state, status.counts.ok], ['needsDecision', 39]);
    await Promise.all([found.remove(), lost.remove()]);
  });

  it('goes again where the person has refused rows sent again', async () => {
    const world = await probing({ service: { outcomes: { rows: { 0: ['permanent', 'ok'] } } } });
    await world.run();
    await world.state().request(world.runId, { kind: 'retry' });
    assert.equal((await world.resume()).counts.ok, 40);
    assert.deepEqual(await sizesOf(world), [1, 1, 39]);
    await world.remove();
  });

  it('is not one that could not even be sent', async () => {
    let planned = false;
    const world = await probing({
      prompt: (ordinal) => (planned && ordinal === 0 ? undefined : `Prompt ${String(ordinal)}`),
    });
    await world.plan();
    planned = true;
    const status = await world.resume();
    assert.deepEqual([status.counts.ok, status.counts.error], [39, 1]);
    assert.deepEqual(await sizesOf(world), [1, 38]);
    await world.remove();
  });

  it('is there without a batch where the service counts: what it will not count is not sent', async () => {
    const world = await probing({ provider: refusing('invalidRequest') });
    const status = await world.run();
    assert.deepEqual([status.state, status.code, status.counts.pending], ['waiting', 'invalidRequest', 40]);
    assert.match(status.reason ?? '', /temperature is not supported\. None of its 40 rows was sent/);
    assert.deepEqual(await sizesOf(world), []);
    assert.equal((await world.resume()).state, 'waiting', 'it was journalled');
    await world.state().request(world.runId, { kind: 'continue' });
    assert.equal((await world.resume()).counts.ok, 40);
    assert.deepEqual(await sizesOf(world), [40]);
    await world.remove();
  });

  it('is not taken to be refused by a count that fails in any other way', async () => {
    for (const code of ['notFound', 'unavailable', 'rateLimit', 'auth'] as const) {
      const world = await probing({ provider: refusing(code) });
      assert.equal((await world.run()).counts.ok, 40, code);
      assert.deepEqual(await sizesOf(world), [1, 39]);
      await world.remove();
    }
  });

  it('is not taken to be refused where the service finds fault with some rows only', async () => {
    const world = await probing({
      provider: counting(({ prompt }) => {
        if (prompt === 'Prompt 0') return 5;
        throw new ProviderError('invalidRequest', 'mock', 'Mock: this one is no PDF.');
      }),
    });
    assert.equal((await world.run()).counts.ok, 40);
    await world.remove();
  });

  it('is not needed of what was answered before: then a count that is refused stops nothing', async () => {
    const world = await probing({ settings: { jobsPerBatch: 10 } });
    await world.plan();
    const run = await world.start();
    for await (const { status } of run.stream()) if (status === 'ok') break; // the probe
    await run.shutdown();
    const countTokens = (): Promise<number> =>
      Promise.reject(new ProviderError('invalidRequest', 'mock', 'Mock: no.'));
    Object.assign(world.provider, { countTokens });
    assert.equal((await world.resume()).counts.ok, 40);
    const without = await World.make({ rows: 40, provider: refusing('invalidRequest') });
    assert.equal((await without.run()).counts.ok, 40, 'nor of a cell that is not probed');
    await Promise.all([world.remove(), without.remove()]);
  });

  it('is planned from 500 rows on where nothing like it was answered, always, or never', () => {
    const away = { origin: 'https://api.example' };
    const auto = (rows: number, isProven = false): boolean =>
      planProbe(away, rows, { setting: 'auto', isProven });
    assert.deepEqual([auto(499), auto(500), auto(500, true)], [false, true, false]);
    assert.equal(planProbe(away, 2, { setting: true, isProven: true }), true);
    assert.equal(planProbe(away, 1, { setting: true, isProven: false }), false, 'it would be all there is');
    assert.equal(planProbe(away, 9_000, { setting: false, isProven: false }), false);
    assert.equal(planProbe({ origin: undefined }, 9_000, { setting: true, isProven: false }), false);
  });

  it('tells kinds of requests by all that a service may refuse, and not by their text', () => {
    const cell = { provider: 'mock', model: 'mock-small', parameters: { model: 'mock-small', maxTokens: 9 } };
    const changed = (changes: object): string =>
      kindOf({ ...cell, parameters: { ...cell.parameters, ...changes } });
    assert.equal(changed({ system: 'Be brief.' }), kindOf(cell));
    assert.equal(
      kindOf({ ...cell, parameters: { maxTokens: 9, model: 'mock-small' } }),
      kindOf(cell),
      'in whatever order they stand',
    );
    const kinds = [{}, { maxTokens: 10 }, { temperature: 1 }, { effort: 'low' }, { responseSchema: {} }];
    assert.equal(new Set(kinds.map(changed)).size, kinds.length);
  });

  it('is there for jobs of the library', async () => {
    const world = await World.make({ service: { outcomes: { rows: { 0: ['permanent'] } } } });
    const away = new MockProvider({
      transport: { ...inProcess(world.service), origin: 'http://127.0.0.1:9' },
    });
    const run = async (jobs: number, probe?: 'auto' | boolean): Promise<readonly [string, number]> => {
      const batch = new BatchBuilder(
        { stateFile: world.stateDir, ...(probe === undefined ? {} : { probe }) },
        {
          state: world.state(),
          registry: {
            ...world.registry,
            providerOf: () => Promise.resolve(away),
            providerNamed: () => Promise.resolve(away),
          },
          outputs: undefined,
          clock: world.clock,
          random: seededRandom(2),
          randomBytes: world.randomBytes,
        },
      ).defaults({ model: 'mock-small' });
      for (let i = 0; i < jobs; i++) batch.addJob({ prompt: `Job ${String(i)}` });
      const { state, counts } = (await batch.run({ wait: true })).status();
      await rm(world.stateDir, { recursive: true, force: true });
      return [state, counts.pending];
    };
    assert.deepEqual(await run(500), ['waiting', 499]);
    assert.deepEqual(await run(499), ['finished', 0]);
    assert.deepEqual(await run(3, true), ['waiting', 2]);
    assert.deepEqual(await run(500, false), ['finished', 0]);
    await world.remove();
  });
});
