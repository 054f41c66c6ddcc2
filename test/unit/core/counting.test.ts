import assert from 'node:assert/strict';
import { ProviderError } from '../../../src/core/errors.ts';
import type { Job } from '../../../src/core/job.ts';
import { worstCostNanoUsd } from '../../../src/core/modelConfig.ts';
import type { RunReader } from '../../../src/core/stateManager.ts';
import { World, type WorldOptions } from '../../support/engine.ts';

/** A run whose service counts, with every job that it was asked to count. */
async function counted(
  tokensOf: (job: Job) => number,
  options: WorldOptions = {},
): Promise<{ readonly asked: readonly Job[]; readonly world: World; readonly run: RunReader }> {
  const asked: Job[] = [];
  const world = await World.make({
    ...options,
    provider: {
      countTokens: (job) => {
        asked.push(job);
        return tokensOf(job);
      },
    },
  });
  await world.run();
  return { asked, world, run: await world.state().readRun(world.runId) };
}

/** A prompt of about so many tokens by the mock's own estimate. */
const long = (ordinal: number): string => `Prompt ${String(ordinal)} ${'word '.repeat(400)}`;

describe('Counts by the service itself', () => {
  it('are made of a sample of a cell, after the consent, and replace the estimate (P7)', async () => {
    const world = await World.make({ rows: 100, provider: { countTokens: () => 7 } });
    await world.plan();
    const asked: unknown[] = [];
    Object.assign(world.provider, { countTokens: (job: Job) => Promise.resolve(asked.push(job)) });
    await (await world.startUnconfirmed()).finished();
    assert.equal(asked.length, 0, 'nothing was agreed to, so no content left this machine');
    await world.resume();
    assert.equal(asked.length, 10);
    const { ledger } = await world.state().readRun(world.runId);
    assert.equal(ledger.rows.filter((row) => row.counted).length, 10);
    assert.equal(
      ledger.rows.every((row) => row.status === 'ok'),
      true,
    );
    await world.remove();
  });

  it('raise what is reserved for all rows of a cell whose estimates turn out too low (P3)', async () => {
    const { run, world } = await counted(() => 5_000, { rows: 40 });
    const model = world.registry.modelConfig('mock-small');
    const atLeast = worstCostNanoUsd(
      model,
      { inputTokens: 5_000, maxTokens: 100, cache: false },
      world.clock.now(),
    );
    for (const row of run.ledger.rows) assert.ok(row.estimate.reservedNanoUsd >= atLeast, row.planned.source);
    assert.equal(run.ledger.rows.filter((row) => row.counted).length, 10);
    assert.match(run.ledger.notices.map(({ message }) => message).join('\n'), /times the tokens/);
    await world.remove();
  });

  it('never lower the reservation of a row that was not counted', async () => {
    const { run, world } = await counted(() => 1, { rows: 40, prompt: long });
    for (const row of run.ledger.rows)
      if (row.counted) assert.ok(row.estimate.reservedNanoUsd < row.planned.estimate.reservedNanoUsd);
      else assert.equal(row.estimate.reservedNanoUsd, row.planned.estimate.reservedNanoUsd);
    await world.remove();
  });

  it('let more rows go at once where the limit cuts the run into waves', async () => {
    const limited = async (tokens: ((job: Job) => number) | undefined): Promise<number> => {
      const world = await World.make({
        rows: 60,
        prompt: long,
        ...(tokens === undefined ? {} : { provider: { countTokens: tokens } }),
      });
      await world.plan();
      const { rows } = (await world.state().readRun(world.runId)).ledger;
      const all = rows.reduce((sum, row) => sum + row.estimate.reservedNanoUsd, 0);
      await world.state().request(world.runId, { kind: 'setLimit', limitNanoUsd: Math.round(all * 0.6) });
      await world.resume();
      const { ledger } = await world.state().readRun(world.runId);
      await world.remove();
      return ledger.batches.size;
    };
    assert.ok((await limited(undefined)) > 1);
    assert.equal(await limited(() => 10), 1);
  });

  it('that fail change nothing and are not asked for again', async () => {
    const { asked, run, world } = await counted(
      () => {
        throw new ProviderError('notFound', 'mock', 'There is no such endpoint.');
      },
      { rows: 60 },
    );
    assert.ok(asked.length <= 10, String(asked.length));
    assert.equal(run.ledger.phase, 'finished');
    assert.deepEqual(
      run.ledger.rows.map((row) => row.estimate),
      run.ledger.rows.map((row) => row.planned.estimate),
    );
    await world.remove();
  });

  it('are of what was confirmed only: a changed input is not sent to be counted', async () => {
    let changed = false;
    const asked: Job[] = [];
    const world = await World.make({
      rows: 3,
      prompt: (ordinal) => (changed && ordinal === 1 ? 'Something else' : `Prompt ${String(ordinal)}`),
      provider: { countTokens: (job) => asked.push(job) },
    });
    await world.plan();
    changed = true;
    await world.resume();
    assert.deepEqual(asked.map(({ prompt }) => prompt).sort(), ['Prompt 0', 'Prompt 2']);
    await world.remove();
  });

  it('end a row with its name that is longer than the model reads', async () => {
    const { run, world } = await counted((job) => (job.prompt === 'Prompt 1' ? 10_000_000 : 5), { rows: 3 });
    assert.deepEqual(
      run.ledger.rows.map((row) => row.status),
      ['ok', 'error', 'ok'],
    );
    const { location } = run.ledger.row(1);
    assert.ok(location !== undefined);
    const { error } = run.readResult(location);
    assert.equal(error?.code, 'tooLarge');
    assert.match(error.message, /counts 10000000 tokens/);
    await world.remove();
  });
});
