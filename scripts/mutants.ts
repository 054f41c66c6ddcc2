// Breaks one line at a time in a copy of the checkout and expects the named tests to fail: `node scripts/mutants.ts [name]`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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
let untouched: Promise<TestRun> | undefined;
const startedAt = performance.now();
await Promise.all(Array.from({ length: PARALLEL }, workThrough));
const failed = verdicts.filter((verdict) => verdict.problem !== undefined).length;
console.log(`All took ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`);
console.log(`${String(verdicts.length - failed)} passed, ${String(failed)} failed`);
process.exitCode = failed > 0 || verdicts.length === 0 ? 1 : 0;

/** Works in a copy of its own; TypeScript below a `node_modules` would not be run, so the copy is elsewhere. */
async function workThrough(): Promise<void> {
  const copy = mkdtempSync(path.join(realpathSync(tmpdir()), 'batchbook-mutants-'));
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
    untouched ??= runUntouched(copy);
    const whole = await untouched;
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const verdict = await judge(mutant, copy, whole);
      verdicts.push(verdict);
      const word = verdict.problem === undefined ? 'killed' : 'SURVIVED';
      console.log(`${word.padEnd(10)}${verdict.seconds.toFixed(1).padStart(5)} s  ${mutant.name}`);
      if (verdict.problem !== undefined) console.log(`    ${verdict.problem}`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function judge(mutant: Mutant, copy: string, whole: TestRun): Promise<Verdict> {
  const since = performance.now();
  const done = (problem?: string): Verdict => ({
    mutant,
    seconds: (performance.now() - since) / 1000,
    ...(problem === undefined ? {} : { problem }),
  });
  const own = whole.tests.filter((test) => isChosen(mutant, test));
  if (own.length === 0) return done(`No test of ${mutant.tests.join(', ')} was run:\n${whole.output}`);
  const failing = own.filter((test) => test.failed);
  if (failing.length > 0)
    return done(`Its tests fail without it: ${failing.map(({ title }) => title).join('; ')}`);
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
    const grep = mutant.grep === undefined ? [] : ['--fgrep', mutant.grep];
    const run = await runTests(copy, ['--bail', ...grep, ...mutant.tests], BUDGET_MS);
    if (run.hung || run.tests.some((test) => test.failed)) return done();
    // A mutant that cannot even be loaded proves nothing of the tests.
    return done(run.tests.length > 0 ? `${mutant.tests.join(', ')} pass.` : `No test ran:\n${run.output}`);
  } finally {
    writeFileSync(file, text);
  }
}

function isChosen({ tests, grep = '' }: Mutant, { file, title }: TestEnd): boolean {
  return tests.includes(file) && title.includes(grep);
}

/** Tests that fail anyway kill nothing: all that are chosen run once on what is whole, in as few processes as can be. */
async function runUntouched(copy: string): Promise<TestRun> {
  const filesOf = (mutants: readonly Mutant[]): string[] => [
    ...new Set(mutants.flatMap(({ tests }) => tests)),
  ];
  const entire = new Set(filesOf(waiting.filter(({ grep }) => grep === undefined)));
  const greps = waiting.flatMap(({ grep }) =>
    grep === undefined ? [] : grep.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  );
  const partly = filesOf(waiting).filter((file) => !entire.has(file));
  // All at once take longer than one by one, and here nobody waits for a test that hangs.
  const patient = ['--timeout', String(BUDGET_MS)];
  const runs = await Promise.all([
    ...(entire.size > 0 ? [runTests(copy, [...patient, ...entire])] : []),
    ...(partly.length > 0 ? [runTests(copy, [...patient, '--grep', greps.join('|'), ...partly])] : []),
  ]);
  return {
    tests: runs.flatMap(({ tests }) => tests),
    hung: runs.some(({ hung }) => hung),
    output: runs.map(({ output }) => output).join('\n'),
  };
}

interface TestEnd {
  /** Path below the root of the checkout. */
  readonly file: string;
  readonly title: string;
  readonly failed: boolean;
}

interface TestRun {
  readonly tests: readonly TestEnd[];
  readonly hung: boolean;
  readonly output: string;
}

/** Runs tests in a copy of the checkout; without a budget they may take as long as they do. */
async function runTests(copy: string, args: readonly string[], budgetMs = Infinity): Promise<TestRun> {
  const mocha = path.join(ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const folder = mkdtempSync(path.join(copy, 'run-'));
  const ends = path.join(folder, 'ends.json');
  const report = ['--reporter', 'json', '--reporter-option', `output=${ends}`];
  const child = spawn(process.execPath, [mocha, '--exit', ...report, ...args], {
    cwd: copy,
    // Most of a run is the start of the process, and most of that is making sense of the same modules.
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(copy, 'compiled') },
    ...(budgetMs === Infinity ? {} : { timeout: budgetMs, killSignal: 'SIGKILL' }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (output += part));
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { tests: endsIn(ends, copy), hung: signal === 'SIGKILL', output };
}

/** None where the run did not come to write them. */
function endsIn(file: string, copy: string): TestEnd[] {
  if (!existsSync(file)) return [];
  const { passes, failures } = JSON.parse(readFileSync(file, 'utf8')) as Record<
    'passes' | 'failures',
    { readonly file: string; readonly fullTitle: string }[]
  >;
  const endOf =
    (failed: boolean) =>
    (test: (typeof passes)[number]): TestEnd => ({
      file: path.relative(copy, test.file).split(path.sep).join('/'),
      title: test.fullTitle,
      failed,
    });
  return [...passes.map(endOf(false)), ...failures.map(endOf(true))];
}
