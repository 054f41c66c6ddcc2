/** `npm run bench`: how the engine's work grows with the rows of a run, as ratios within one run of this program. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { World } from '../support/engine.ts';

const SIZES = [1_000, 10_000] as const;

interface Figures {
  readonly rows: number;
  readonly planMs: number;
  readonly runMs: number;
  readonly replayMs: number;
  readonly journalBytes: number;
  readonly planBytes: number;
}

async function measure(rows: number): Promise<Figures> {
  const world = await World.make({ rows, settings: { jobsPerBatch: 1_000 } });
  try {
    const timed = async (work: () => Promise<unknown>): Promise<number> => {
      const begun = performance.now();
      await work();
      return performance.now() - begun;
    };
    const dir = path.join(world.stateDir, 'runs', world.runId);
    return {
      rows,
      planMs: await timed(() => world.plan()),
      runMs: await timed(() => world.resume()),
      replayMs: await timed(() => world.state().readRun(world.runId)),
      journalBytes: statSync(path.join(dir, 'journal.jsonl')).size,
      planBytes: statSync(path.join(dir, 'plan.jsonl')).size,
    };
  } finally {
    await world.remove();
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await measure(SIZES[0]); // warms up
const [small, large] = [await measure(SIZES[0]), await measure(SIZES[1])];
const growth = large.rows / small.rows;
say(`Work for ${String(growth)} times the rows (${SIZES.join(' → ')}); ${String(growth)} is linear.`);
for (const figure of ['planMs', 'runMs', 'replayMs', 'planBytes', 'journalBytes'] as const) {
  const ratio = large[figure] / small[figure];
  say(
    `${figure.padEnd(13)} ${small[figure].toFixed(0).padStart(9)} ${large[figure].toFixed(0).padStart(9)}   × ${ratio.toFixed(1)}`,
  );
}
