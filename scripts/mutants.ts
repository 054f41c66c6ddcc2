// Breaks one line at a time in a copy of the checkout and expects the named tests to fail: `node scripts/mutants.ts [name]`.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MUTANTS, type Mutant } from '../test/mutants/mutants.ts';
import { ROOT } from './bundles.ts';

const PARALLEL = 2;
/** A mutant under which the tests hang is killed as well. */
const BUDGET_MS = 60_000;

interface Verdict {
  readonly mutant: Mutant;
  /** Absent: killed. */
  readonly problem?: string;
  readonly seconds: number;
}

const only = process.argv[2];
const waiting = MUTANTS.filter((mutant) => only === undefined || mutant.name.includes(only));
const verdicts: Verdict[] = [];
const wholeRuns = new Map<string, Promise<TestRun>>();
const startedAt = performance.now();
await Promise.all(Array.from({ length: PARALLEL }, workThrough));
const failed = verdicts.filter((verdict) => verdict.problem !== undefined).length;
console.log(`All took ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`);
console.log(`${String(verdicts.length - failed)} passed, ${String(failed)} failed`);
process.exitCode = failed > 0 || verdicts.length === 0 ? 1 : 0;

/** Works in a copy of its own; TypeScript below a `node_modules` would not be run, so the copy is elsewhere. */
async function workThrough(): Promise<void> {
  const copy = mkdtempSync(path.join(tmpdir(), 'batchbook-mutants-'));
  try {
    for (const name of [
      'src',
      'test/unit',
      'test/providers',
      'test/fuzz',
      'test/support',
      'package.json',
      '.mocharc.json',
    ])
      cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
    for (const name of ['node_modules', 'examples', 'test/fixtures'])
      symlinkSync(path.join(ROOT, name), path.join(copy, name), 'junction');
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const verdict = await judge(mutant, copy);
      verdicts.push(verdict);
      const word = verdict.problem === undefined ? 'killed' : 'SURVIVED';
      console.log(`${word.padEnd(10)}${verdict.seconds.toFixed(1).padStart(5)} s  ${mutant.name}`);
      if (verdict.problem !== undefined) console.log(`    ${verdict.problem}`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function judge(mutant: Mutant, copy: string): Promise<Verdict> {
  const since = performance.now();
  const done = (problem?: string): Verdict => ({
    mutant,
    seconds: (performance.now() - since) / 1000,
    ...(problem === undefined ? {} : { problem }),
  });
  const whole = await wholeRun(mutant, copy);
  if (whole.failing > 0 || whole.passing === 0)
    return done(`Its tests do not pass without it:\n${whole.output}`);
  const file = path.join(copy, mutant.file);
  const text = readFileSync(file, 'utf8');
  const found = text.split(mutant.find).length - 1;
  if (found !== 1)
    return done(`The snippet stands ${String(found)} times in ${mutant.file}; it must stand once.`);
  try {
    writeFileSync(
      file,
      text.replace(mutant.find, () => mutant.replace),
    );
    const run = await runTests(mutant, copy);
    if (run.failing > 0 || run.hung) return done();
    // A mutant that cannot even be loaded proves nothing of the tests.
    return done(run.passing > 0 ? `${mutant.tests.join(', ')} pass.` : `No test ran:\n${run.output}`);
  } finally {
    writeFileSync(file, text);
  }
}

/** Tests that fail anyway kill nothing: each selection is run once on what is whole. */
function wholeRun(mutant: Mutant, copy: string): Promise<TestRun> {
  const key = JSON.stringify([mutant.tests, mutant.grep]);
  const run = wholeRuns.get(key) ?? runTests(mutant, copy);
  wholeRuns.set(key, run);
  return run;
}

interface TestRun {
  readonly passing: number;
  readonly failing: number;
  readonly hung: boolean;
  readonly output: string;
}

function runTests(mutant: Mutant, copy: string): Promise<TestRun> {
  const grep = mutant.grep === undefined ? [] : ['--fgrep', mutant.grep];
  const mocha = path.join(ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const child = spawn(process.execPath, [mocha, '--bail', '--exit', ...grep, ...mutant.tests], { cwd: copy });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (output += part));
  return new Promise((resolve) => {
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      child.kill('SIGKILL');
    }, BUDGET_MS);
    child.once('close', () => {
      clearTimeout(timer);
      const count = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(output)?.[1] ?? 0);
      resolve({ passing: count('passing'), failing: count('failing'), hung, output });
    });
  });
}
