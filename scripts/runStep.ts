import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TallyLine } from '../test/support/tallyReporter.ts';
import { ROOT } from './bundles.ts';
import type { Step } from './steps.ts';

/** How one step ended. */
export interface StepResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  /** Everything the step printed. */
  readonly output: string;
  /** Why it failed beyond its own output. */
  readonly problems: readonly string[];
}

/**
 * The folder in memory that Linux has. What is written there is there for every process as on a disk, also when one is killed;
 * only a flush costs nothing, and the suites flush a hundred thousand times. That flushes come where they must is seen by
 * tests with a disk that forgets what was not flushed.
 */
const IN_MEMORY = '/dev/shm';
/** More than the suites need there at a time. */
const ROOM_BYTES = 4 * 2 ** 30;

/** How long a step that is over its budget may take to clean up before it is killed. */
const GRACE_MS = 5_000;

const running = new Set<ChildProcess>();
const folders = new Set<string>();

/**
 * Runs one step in a process group of its own and ends the whole group when the step is over or out of time. What it
 * leaves in the temporary folder in memory goes with it.
 *
 * @param step - What to run.
 * @returns Its counts; it never rejects, a step that cannot be started has failed.
 */
export async function runStep(step: Step): Promise<StepResult> {
  const started = performance.now();
  const inMemory = await hasRoom(IN_MEMORY);
  const folder = await mkdtemp(path.join(inMemory ? IN_MEMORY : tmpdir(), 'batchbook-test-'));
  folders.add(folder);
  const tally = path.join(folder, 'tally.jsonl');
  try {
    const ended = await runCommand(step, {
      BATCHBOOK_TALLY: tally,
      ...(inMemory ? { TMPDIR: folder } : {}),
      ...(step.countsLines === true ? {} : { NODE_COMPILE_CACHE: path.join(folder, 'compiled') }),
    });
    const counts =
      step.countsTests === true && ended.started ? countTests(await readLines(tally)) : undefined;
    const problems = [...ended.problems, ...(counts?.problems ?? [])];
    // A suite whose tests passed and whose process failed has failed too.
    const failed = Math.max(counts?.failed ?? 0, problems.length > 0 || ended.code !== 0 ? 1 : 0);
    return {
      name: step.name,
      passed: counts?.passed ?? (failed === 0 ? 1 : 0),
      failed,
      seconds: (performance.now() - started) / 1_000,
      output: ended.output,
      problems,
    };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    folders.delete(folder);
  }
}

/** Ends every step that is running, for when `npm test` itself is interrupted. */
export function endRunningSteps(): void {
  for (const child of running) signalGroup(child, 'SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function hasRoom(folder: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const { bavail, bsize } = await statfs(folder).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= ROOM_BYTES;
}

interface Ended {
  readonly started: boolean;
  readonly code: number | null;
  readonly output: string;
  readonly problems: readonly string[];
}

async function runCommand(step: Step, environment: Readonly<Record<string, string>>): Promise<Ended> {
  let command: readonly string[];
  try {
    command = await step.command();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { started: false, code: null, output: '', problems: [problem] };
  }
  const child = spawn(process.execPath, command, {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  running.add(child);
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const problems: string[] = [];
  const timer = setTimeout(() => {
    problems.push(`It was ended after its ${String(step.budgetSeconds)} seconds.`);
    signalGroup(child, 'SIGTERM');
    setTimeout(() => {
      signalGroup(child, 'SIGKILL');
    }, GRACE_MS).unref();
  }, step.budgetSeconds * 1_000);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      problems.push(`It could not be started: ${error.message}`);
      resolve(null);
    });
    child.once('exit', (exitCode, signal) => {
      if (signal !== null) problems.push(`It was ended by ${signal}.`);
      resolve(exitCode);
    });
  });
  clearTimeout(timer);
  signalGroup(child, 'SIGKILL'); // what it started and left behind
  running.delete(child);
  return { started: true, code, output, problems };
}

/** Signals the child and what it started; never another process, as the group is the child's own. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function readLines(file: string): Promise<TallyLine[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TallyLine);
}

function countTests(lines: readonly TallyLine[]): { passed: number; failed: number; problems: string[] } {
  let passed = 0;
  const failures: string[] = [];
  let ended = false;
  let current: string | undefined;
  for (const line of lines) {
    if ('begun' in line) current = line.begun;
    else if ('passed' in line) passed++;
    else if ('failed' in line) failures.push(`${line.failed}: ${line.message}`);
    else ended = true;
  }
  const problems: string[] = [];
  // A suite that ended has printed its failures itself.
  if (!ended) problems.push(`The suite did not end; its last test was: ${current ?? 'none'}`, ...failures);
  if (passed + failures.length === 0) problems.push('No test was run.');
  return { passed, failed: failures.length, problems };
}
