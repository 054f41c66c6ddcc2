/**
 * Kills drivers at random, as often as is asked for: one to three deaths a run, each at a point of the driver's own or at
 * a moment, then a resume to the end with every check of the kill tests. Two of three runs are mixed ones through the SDKs
 * of all three services against their fakes, the third is against the pretend service; or all are what is asked for. Ends
 * 1 at the first run that went wrong.
 *
 *   npm run test:crash -- --kills 1000 [--on fakes|mock|both] [--seed 1] [--parallel 2]
 */
import { parseArgs } from 'node:util';
import { seededRandom } from '../support/engine.ts';
import { fakesGround, mockGround, type KillGround } from '../support/kill/grounds.ts';
import {
  bundleDriver,
  eachCase,
  killAndResume,
  randomDeaths,
  undisturbedRun,
  type Undisturbed,
} from '../support/kill/killRun.ts';

/** On what runs are driven, by turns. */
const TURNS = {
  fakes: [fakesGround],
  mock: [mockGround],
  both: [fakesGround, fakesGround, mockGround],
} as const;
type Kind = (typeof TURNS)[keyof typeof TURNS][number];

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    on: { type: 'string', default: 'both' },
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
if (!Object.hasOwn(TURNS, values.on)) throw new Error(`--on takes ${Object.keys(TURNS).join(', ')}.`);
const turns = TURNS[values.on as keyof typeof TURNS];

const driver = await bundleDriver();
const workers = await Promise.all(
  Array.from({ length: parallel }, async () => {
    const grounds = new Map<Kind, KillGround>();
    for (const kind of new Set<Kind>(turns)) grounds.set(kind, await kind(driver));
    return grounds;
  }),
);
const random = seededRandom(seed);
const startedAt = performance.now();
const killed = new Map<string, number>();
let runs = 0;
try {
  const undisturbed = new Map<Kind, Undisturbed>();
  for (const [kind, ground] of workers[0] ?? []) undisturbed.set(kind, await undisturbedRun(ground));
  const cases = (function* () {
    for (let i = 0; sum() < kills; i++) {
      const kind = turns[i % turns.length] ?? fakesGround;
      const whole = undisturbed.get(kind);
      if (whole !== undefined) yield { kind, whole, deaths: randomDeaths(random, whole) };
    }
  })();
  await eachCase(workers, cases, async (grounds, { kind, whole, deaths }) => {
    const ground = grounds.get(kind);
    if (ground === undefined) throw new Error('There is nothing to kill on.');
    const came = await killAndResume(ground, deaths, whole);
    killed.set(ground.name, (killed.get(ground.name) ?? 0) + came);
    runs += 1;
    if (runs % 50 === 0) say(`${String(runs)} runs, ${String(sum())} kills: nothing lost or paid twice`);
  });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await Promise.all(workers.flatMap((grounds) => [...grounds.values()].map((ground) => ground.stop())));
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
const where = [...killed].map(([name, count]) => `${String(count)} on ${name}`).join(', ');
say(`${String(runs)} runs survived ${String(sum())} kills (${where}; seed ${String(seed)}) in ${seconds} s.`);

function sum(): number {
  return [...killed.values()].reduce((total, count) => total + count, 0);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
