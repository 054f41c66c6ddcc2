// All of `npm test`, or the steps that are named: `npm test -- unit crash`, where `ui` names `ui-1` too. Every step runs
// even when one failed.
import { endRunningSteps, runStep, type StepResult } from './runStep.ts';
import { STEPS, type Step } from './steps.ts';

/** Steps that run at a time, some of which mostly wait; see `apart` for those that time matters to. */
const PARALLEL = 3;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endRunningSteps();
    process.exit(130);
  });
}

const results: StepResult[] = [];
await runAll(chosenSteps(process.argv.slice(2)));
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
const failures = results.filter((result) => result.failed > 0).map(({ name }) => name);
if (failures.length > 0) console.log(`\nFailed: ${failures.join(', ')}`);
console.log(`${String(passed)} passed, ${String(failed)} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function chosenSteps(names: readonly string[]): readonly Step[] {
  const isNamed = ({ name }: Step, by: string): boolean => name === by || name.startsWith(`${by}-`);
  const unknown = names.filter((name) => !STEPS.some((step) => isNamed(step, name)));
  if (unknown.length > 0) {
    console.error(`No step ${unknown.join(', ')}. Steps: ${STEPS.map(({ name }) => name).join(', ')}`);
    process.exit(2);
  }
  if (names.length === 0) return STEPS;
  const wanted = new Set(
    STEPS.filter((step) => names.some((name) => isNamed(step, name))).map(({ name }) => name),
  );
  // Needs point backwards in the table, so one pass from its end finds them all.
  for (const step of STEPS.toReversed()) {
    if (wanted.has(step.name))
      for (const other of [...(step.needs ?? []), ...(step.after ?? [])]) wanted.add(other);
  }
  return STEPS.filter(({ name }) => wanted.has(name));
}

/** Runs the steps in their order, some at a time where all allow it, each after those that it needs. */
async function runAll(steps: readonly Step[]): Promise<void> {
  const waiting = [...steps];
  const running = new Map<Step, Promise<void>>();
  while (waiting.length > 0 || running.size > 0) {
    const next = waiting.findIndex((step) => mayStart(step, waiting, running));
    const [step] = next < 0 ? [] : waiting.splice(next, 1);
    if (step === undefined) await Promise.race(running.values());
    else
      running.set(
        step,
        run(step).finally(() => running.delete(step)),
      );
  }
}

function mayStart(step: Step, waiting: readonly Step[], running: ReadonlyMap<Step, unknown>): boolean {
  const others = [...running.keys()];
  const unfinished = new Set([...waiting, ...others].map(({ name }) => name));
  if ([...(step.needs ?? []), ...(step.after ?? [])].some((name) => unfinished.has(name))) return false;
  return others.length < PARALLEL && others.every((other) => other.apart === step.apart);
}

async function run(step: Step): Promise<void> {
  const missing = step.needs?.find((need) => results.some((r) => r.name === need && r.failed > 0));
  const result = missing === undefined ? await runStep(step) : notRun(step, missing);
  results.push(result);
  print(result);
}

function notRun({ name }: Step, missing: string): StepResult {
  const problems = [`It was not run: it needs ${missing}, which failed.`];
  return { name, passed: 0, failed: 1, seconds: 0, output: '', problems };
}

function print({ name, passed, failed, seconds, output, problems }: StepResult): void {
  const verdict = failed > 0 ? 'FAILED' : 'ok';
  const time = `${seconds.toFixed(1)} s`;
  console.log(
    `${verdict.padEnd(7)}${name.padEnd(14)}${time.padStart(8)}  ${String(passed)} passed, ${String(failed)} failed`,
  );
  if (failed === 0) return;
  const lines = [...problems, ...(output === '' ? [] : output.trimEnd().split('\n'))];
  for (const line of lines) console.log(`    ${line}`);
}
