// All of `npm test`, or the steps that are named: `npm test -- unit crash`. Every step runs even when one failed.
import { endRunningSteps, runStep, type StepResult } from './runStep.ts';
import { STEPS, type Step } from './steps.ts';

/** Read-only steps that run side by side. */
const PARALLEL = 2;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endRunningSteps();
    process.exit(130);
  });
}

const results: StepResult[] = [];
for (const group of groupsOf(chosenSteps(process.argv.slice(2)))) await runGroup(group);
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
const failures = results.filter((result) => result.failed > 0).map(({ name }) => name);
if (failures.length > 0) console.log(`\nFailed: ${failures.join(', ')}`);
console.log(`${String(passed)} passed, ${String(failed)} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function chosenSteps(names: readonly string[]): readonly Step[] {
  const unknown = names.filter((name) => !STEPS.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(`No step ${unknown.join(', ')}. Steps: ${STEPS.map(({ name }) => name).join(', ')}`);
    process.exit(2);
  }
  if (names.length === 0) return STEPS;
  const wanted = new Set(names);
  // Needs point backwards in the table, so one pass from its end finds them all.
  for (const step of STEPS.toReversed()) {
    if (wanted.has(step.name))
      for (const other of [...(step.needs ?? []), ...(step.after ?? [])]) wanted.add(other);
  }
  return STEPS.filter(({ name }) => wanted.has(name));
}

/** Neighbours that only read form one group; every other step is a group of its own. */
function groupsOf(steps: readonly Step[]): Step[][] {
  const groups: Step[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (step.readOnly === true && last?.[0]?.readOnly === true) last.push(step);
    else groups.push([step]);
  }
  return groups;
}

async function runGroup(group: readonly Step[]): Promise<void> {
  const waiting = [...group];
  const worker = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const missing = step.needs?.find((need) => results.some((r) => r.name === need && r.failed > 0));
      const result = missing === undefined ? await runStep(step) : notRun(step, missing);
      results.push(result);
      print(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, group.length) }, worker));
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
