/**
 * Spoils what others write and reads it: result lines, provider bodies, run folders, job files. Whatever they hold, no
 * error comes without a message for a person, no answer gets another row's id, and no file is changed by being read.
 * Ends 1 at the first failure, and prints what belongs into test/fixtures/fuzz.
 *
 *   npm run fuzz -- [--seconds 60] [--seed 1] [--only jobFiles]
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { mutations } from './mutations.ts';
import { TARGETS } from './targets.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string' },
  },
});
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
if (!(seconds > 0) || !Number.isInteger(seed))
  throw new Error('--seconds is above 0, --seed a whole number.');
const names = values.only === undefined ? Object.keys(TARGETS) : [values.only];

for (const name of names) {
  const make = TARGETS[name];
  if (make === undefined) throw new Error(`--only takes ${Object.keys(TARGETS).join(', ')}.`);
  await using target = await make();
  let runs = 0;
  const result = await fc.check(
    fc.asyncProperty(fc.nat(target.samples.length - 1), mutations, async (sample, mutate) => {
      runs += 1;
      await target.check(mutate(target.samples[sample] ?? ''), sample);
    }),
    {
      seed,
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: (1000 * seconds) / names.length,
      markInterruptAsFailure: false,
    },
  );
  if (!result.failed) {
    process.stdout.write(`${target.name}: ${String(runs)} texts read (seed ${String(seed)})\n`);
    continue;
  }
  const [sample = 0, mutate] = result.counterexample ?? [];
  const text = mutate?.(target.samples[sample] ?? '') ?? '';
  process.stdout.write(
    `${target.name}: ${String(result.errorInstance)}\n${JSON.stringify({ target: name, sample, text })}\n`,
  );
  process.exitCode = 1;
}
