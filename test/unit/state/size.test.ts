import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { OutputWriter, PlannedRow } from '../../../src/core/plan.ts';
import type { StateManager } from '../../../src/core/stateManager.ts';
import { FileStateManager } from '../../../src/state/fileStateManager.ts';
import { realDisk } from '../../../src/state/disk.ts';
import { World } from '../../support/engine.ts';

const MOST_BYTES_A_ROW = 400;

describe('The state of a run on disk', () => {
  it('takes at most 400 bytes a row without answers, at 1,000 rows as at 10,000', async function () {
    this.timeout(60_000);
    const small = await bytesPerRow(1_000);
    const large = await bytesPerRow(10_000);
    const say = JSON.stringify({ small, large });
    assert.ok(small.total <= MOST_BYTES_A_ROW && large.total <= MOST_BYTES_A_ROW, say);
    assert.ok(Math.abs(large.total / small.total - 1) <= 0.02, say);
    if (process.env['BATCHBOOK_SIZES'] !== undefined) process.stderr.write(`${say}\n`);
  });
});

/** A source path of 60 bytes, different for every row. */
function sourceOf(ordinal: number): string {
  const name = createHash('sha256').update(String(ordinal)).digest('hex').slice(0, 24);
  return `documents/reports/2026/q3/incoming/${name}.md`.slice(-60).padStart(60, 'd');
}

/** Everything in the run's folder after a run that wrote one output a row, but for the text of the answers. */
async function bytesPerRow(rows: number): Promise<Record<string, number> & { total: number }> {
  const world = await World.make({ rows });
  try {
    await planWithPaths(world, rows);
    const outputs: OutputWriter = {
      write: ({ row, result }) =>
        Promise.resolve({
          kind: 'written',
          path: `results/summary/${row.source}.json`,
          sha256: createHash('sha256')
            .update(result.response ?? '')
            .digest('hex'),
        }),
    };
    const loader = {
      load: (row: PlannedRow) => world.loader.load({ ...row, source: String(ordinals.get(row.source)) }),
    };
    const status = await world.resume({ outputs, loader });
    assert.equal(status.counts.ok, rows);
    return await measure(path.join(world.stateDir, 'runs', world.runId), rows);
  } finally {
    await world.remove();
  }
}

const ordinals = new Map(Array.from({ length: 10_000 }, (_, ordinal) => [sourceOf(ordinal), ordinal]));

async function planWithPaths(world: World, rows: number): Promise<void> {
  const state = new FileStateManager({ dir: world.stateDir, disk: realDisk, clock: world.clock });
  const withPaths: Pick<StateManager, 'createRun'> = {
    createRun: ({ meta, plan }) =>
      state.createRun({
        meta: { ...meta, cells: meta.cells.map((cell) => ({ ...cell, id: 'summary' })) },
        plan: [...plan].map((row, ordinal) => ({
          ...row,
          id: `summary-${createHash('sha256').update(String(ordinal)).digest('hex').slice(0, 26)}`,
          cell: 'summary',
          source: sourceOf(ordinal),
          // As a text of some pages has it.
          estimate: {
            bytes: 12_345,
            inputTokens: 4_321,
            reservedNanoUsd: 5_401_250,
            expectedNanoUsd: 3_410_500,
          },
        })),
      }),
  };
  assert.equal(rows, world.options.rows);
  await world.plan(withPaths as StateManager);
}

async function measure(dir: string, rows: number): Promise<Record<string, number> & { total: number }> {
  const split: Record<string, number> & { total: number } = { total: 0 };
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    let { size } = await stat(file);
    if (entry.name === 'results.jsonl') size -= await bytesOfAnswers(file);
    split[entry.name] = size / rows;
    split.total += size / rows;
  }
  return split;
}

async function bytesOfAnswers(file: string): Promise<number> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines
    .map((line) => JSON.parse(line) as { response: string })
    .reduce((sum, { response }) => sum + Buffer.byteLength(JSON.stringify(response)) - 2, 0);
}
