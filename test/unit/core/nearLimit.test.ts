import assert from 'node:assert/strict';
import { nanoFromUsd } from '../../../src/core/money.ts';
import { World } from '../../support/engine.ts';

describe('The warning before the cost limit', () => {
  async function inWorld(
    limitOf: (spentUsd: number) => number,
    check: (world: World) => Promise<void>,
  ): Promise<void> {
    const settings = { jobsPerBatch: 1, maxConcurrent: 1 };
    const whole = await World.make({ rows: 80, settings });
    const { costUsd } = await whole.run();
    await whole.remove();
    const limitNanoUsd = nanoFromUsd(limitOf(costUsd.spent));
    const world = await World.make({ rows: 80, settings: { ...settings, limitNanoUsd } });
    try {
      await check(world);
    } finally {
      await world.remove();
    }
  }

  it('comes once, at 80 %, before the run is stopped, and once more for another limit', () =>
    inWorld(
      (spent) => spent * 0.9,
      async (world) => {
        const warnings: number[] = [];
        await world.plan();
        const run = await world.start({
          onProgress: ({ costUsd, notices }) => {
            if (notices.length > 0)
              warnings.push((costUsd.spent + costUsd.unconfirmed) / (costUsd.limit ?? 0));
          },
        });
        const stopped = await run.finished();
        assert.equal(stopped.state, 'stoppedByLimit', JSON.stringify(stopped));
        assert.equal(stopped.costUsd.nearLimit, true);
        assert.equal(stopped.notices.length, 1);
        assert.match(
          stopped.notices[0] ?? '',
          /^\d+ % of the cost limit of \$[\d.]+ is used: \$[\d.]+ spent/,
        );
        assert.ok((warnings[0] ?? 0) >= 0.8, 'not before');
        assert.deepEqual((await world.resume()).notices, stopped.notices, 'not again for the same limit');

        const state = world.state();
        const more = (stopped.costUsd.limit ?? 0) * 1.05;
        await state.request(world.runId, { kind: 'setLimit', limitNanoUsd: nanoFromUsd(more) });
        const again = await world.resume();
        assert.equal(again.notices.length, 2, again.notices.join());
      },
    ));

  it('does not come while most of the limit is left', () =>
    inWorld(
      (spent) => spent * 2,
      async (world) => {
        const status = await world.run();
        assert.deepEqual(
          [status.state, status.notices, status.costUsd.nearLimit],
          ['finished', [], undefined],
        );
      },
    ));
});
