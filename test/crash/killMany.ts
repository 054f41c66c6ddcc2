/**
 * Kills drivers at random, as often as is asked for: one to three deaths a run, each at a point of the driver's own or at
 * a moment, then a resume to the end with every check of `kill.test.ts`. Ends 1 at the first run that went wrong.
 *
 *   npm run test:crash -- --kills 1000 [--seed 1] [--parallel 2]
 */
import { parseArgs } from 'node:util';
import { seededRandom } from '../support/engine.ts';
import {
  bundleDriver,
  eachCase,
  killAndResume,
  randomDeaths,
  undisturbedRun,
} from '../support/kill/killRun.ts';
import { startMockService } from '../support/mockService/startMockService.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '2' },
  },
});
const [kills, seed, parallel] = [values.kills, values.seed, values.parallel].map(Number) as [
  number,
  number,
  number,
];
if (![kills, seed, parallel].every((n) => Number.isInteger(n) && n > 0))
  throw new Error('--kills, --seed and --parallel take whole numbers above 0.');

const driver = await bundleDriver();
const grounds = await Promise.all(
  Array.from({ length: parallel }, async () => ({ service: await startMockService(), driver })),
);
const random = seededRandom(seed);
const startedAt = performance.now();
let killed = 0;
let runs = 0;
try {
  const [ground] = grounds;
  if (ground === undefined) throw new Error('There is nothing to kill with.');
  const undisturbed = await undisturbedRun(ground);
  const cases = (function* () {
    while (killed < kills) yield randomDeaths(random, undisturbed);
  })();
  await eachCase(grounds, cases, async (on, deaths) => {
    killed += await killAndResume(on, deaths, undisturbed);
    runs += 1;
    if (runs % 50 === 0) say(`${String(runs)} runs, ${String(killed)} kills: nothing lost or paid twice`);
  });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await Promise.all(grounds.map(({ service }) => service.stop()));
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
say(`${String(runs)} runs survived ${String(killed)} kills (seed ${String(seed)}) in ${seconds} s.`);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
