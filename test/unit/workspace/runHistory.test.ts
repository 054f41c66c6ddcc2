import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { runStatus } from '../../../src/core/status.ts';
import type { UsualDuration } from '../../../src/core/usualDurations.ts';
import { ROW_STATUSES } from '../../../src/core/vocabulary.ts';
import { forecast } from '../../../src/workspace/forecast.ts';
import { rowProblems } from '../../../src/workspace/rowProblems.ts';
import { MOST_POINTS, RunHistory } from '../../../src/workspace/runHistory.ts';
import type { World } from '../../support/engine.ts';
import { inWorld, nano, resumeWith } from '../core/scenario.ts';

/** Says of every point that its rows sum to the run's, and of the last that it is what the status says. */
async function assertFits(world: World, history: RunHistory): Promise<void> {
  const { points, reader } = history;
  const status = runStatus(await world.state().readRun(world.runId), {
    driven: false,
    now: world.clock.now(),
  });
  for (const [i, { counts, at }] of points.entries()) {
    assert.equal(
      ROW_STATUSES.reduce((sum, row) => sum + counts[row], 0),
      reader.ledger.rows.length,
    );
    assert.ok(at >= (points[i - 1]?.at ?? 0), 'time goes backwards');
  }
  const last = points.at(-1);
  assert.deepEqual({ total: status.total, ...last?.counts }, status.counts);
  assert.equal(last?.spentNanoUsd, nano(status.costUsd.spent));
  assert.equal(last.inFlightNanoUsd, nano(status.costUsd.inFlight));
  assert.equal(last.unconfirmedNanoUsd, nano(status.costUsd.unconfirmed));
}

describe('The history of a run', () => {
  it('ends where the status of the run is, whatever the service did (property)', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.integer({ min: 1, max: 1_000_000 }),
          rows: fc.integer({ min: 1, max: 40 }),
          jobsPerBatch: fc.integer({ min: 1, max: 12 }),
          limitUsd: fc.option(fc.double({ min: 0.0001, max: 0.05, noNaN: true }), { nil: undefined }),
        }),
        async ({ seed, rows, jobsPerBatch, limitUsd }) =>
          inWorld(
            {
              seed,
              rows,
              settings: {
                jobsPerBatch,
                ...(limitUsd === undefined ? {} : { limitNanoUsd: Math.round(limitUsd * 1e9) }),
              },
              service: {
                seed,
                outcomes: {
                  shares: { refused: 0.1, transient: 0.1, truncated: 0.1, invalid: 0.1 },
                  shareAttempts: 2,
                },
              },
            },
            async (world) => {
              await world.run();
              const history = await RunHistory.of(world, world.runId);
              await assertFits(world, history);
              await resumeWith(world, { kind: 'retry' });
              assert.equal(await history.refresh(), true);
              await assertFits(world, history);
              const again = await RunHistory.of(world, world.runId);
              assert.deepEqual(again.points, history.points);
              assert.deepEqual(again.entries, history.entries);
            },
          ),
      ),
      { numRuns: 25 },
    );
  });

  it('tells in the log who ran it, what was agreed to, and of every batch when it was sent and how it ended', () =>
    inWorld({ rows: 10, settings: { jobsPerBatch: 5, maxConcurrent: 1 } }, async (world) => {
      await world.run();
      const { entries } = await RunHistory.of(world, world.runId);
      assert.deepEqual(
        entries.map(({ kind }) => kind),
        ['taken', 'agreed', 'sent', 'closed', 'sent', 'closed', 'halted'],
      );
      const closed = entries.filter((entry) => entry.kind === 'closed');
      assert.deepEqual(
        closed.map(({ number, rows, outcomes, again }) => [number, rows, outcomes, again]),
        [
          [1, 5, { ok: 5 }, 0],
          [2, 5, { ok: 5 }, 0],
        ],
      );
      for (const { took, costNanoUsd } of closed) assert.ok(took > 0 && costNanoUsd > 0);
    }));

  it('has no more points than a curve can show, and keeps the first and the last', async function () {
    this.timeout(60_000);
    await inWorld({ rows: 260, settings: { jobsPerBatch: 1, maxConcurrent: 4 } }, async (world) => {
      await world.run();
      const history = await RunHistory.of(world, world.runId);
      const { length } = history.points;
      assert.ok(length <= MOST_POINTS && length > 100, String(length));
      assert.equal(history.points[0]?.counts.pending, 260);
      await assertFits(world, history);
    });
  });

  it('names why rows are not ok, with what was said of them', () =>
    inWorld({ rows: 6, prompt: (row) => (row === 4 ? undefined : `Row ${String(row)}`) }, async (world) => {
      await world.run();
      const [problem, ...others] = rowProblems(await world.state().readRun(world.runId));
      assert.deepEqual(others, []);
      assert.deepEqual([problem?.outcome, problem?.ending, problem?.rows], ['error', 'gone', 1]);
      assert.deepEqual(problem?.first.row, 4);
      assert.deepEqual(problem.words, ['4: It is gone.']);
    }));
});

describe('What is expected of a run', () => {
  const usual = (): UsualDuration => ({ medianMs: 60_000, mostMs: 90_000 });

  it('is that every row ends and costs what was estimated, in the waves that the run may have', () =>
    inWorld({ rows: 12, settings: { jobsPerBatch: 3, maxConcurrent: 2, pilot: 3 } }, async (world) => {
      assert.equal((await world.run()).state, 'waiting');
      const { reader } = await RunHistory.of(world, world.runId);
      const { ledger } = reader;
      const pending = ledger.pendingRows();
      assert.equal(pending.length, 9);
      const points = forecast(reader, { now: 1_000, usual, etaMs: null });
      const waves = Math.ceil(pending.length / 3 / 2);
      assert.deepEqual(
        [...new Set(points.map(({ at }) => at))],
        Array.from({ length: waves }, (_, i) => 1_000 + (i + 1) * 60_000),
      );
      assert.equal(points.at(-1)?.finished, 12);
      const expected = pending.reduce((sum, row) => sum + ledger.row(row).estimate.expectedNanoUsd, 0);
      const off = (points.at(-1)?.spentNanoUsd ?? 0) - ledger.money.spentNanoUsd - expected;
      assert.ok(Math.abs(off) <= points.length, String(off));
    }));

  it('is by the pace so far where nobody knows how long batches take, and nothing where there is no pace', () =>
    inWorld({ rows: 4, settings: { limitNanoUsd: 1 } }, async (world) => {
      await world.run();
      const { reader } = await RunHistory.of(world, world.runId);
      const context = { now: 1_000, usual: () => undefined };
      assert.deepEqual(forecast(reader, { ...context, etaMs: null }), []);
      const pace = forecast(reader, { ...context, etaMs: 4_000 });
      assert.deepEqual(
        pace.map(({ at, finished }) => [at, finished]),
        [
          [2_000, 1],
          [3_000, 2],
          [4_000, 3],
          [5_000, 4],
        ],
      );
    }));
});
