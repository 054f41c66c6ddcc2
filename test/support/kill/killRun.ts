import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { readFileSync, rmSync } from 'node:fs';
import { DEFAULT_RETRY } from '../../../src/core/plan.ts';
import { RunLedger } from '../../../src/core/runLedger.ts';
import { decodeEvent, decodePlannedRow } from '../../../src/state/codec.ts';
import type { RunRequest } from '../../../src/core/stateManager.ts';
import { World } from '../engine.ts';
import {
  assertBilledOnce,
  assertNoRowInTwoLiveBatches,
  assertReadBeforeResent,
} from '../mockService/ledger.ts';
import type { KillGround } from './grounds.ts';
import { RUN_ID, type DriveArguments, type DriveOutput, type DriveReport, type Point } from './scenario.ts';

const DRIVER = fileURLToPath(new URL('driveRun.ts', import.meta.url));

/** Hundreds of processes are started: bundled, each is up in a third of the time. */
export async function bundleDriver(): Promise<string> {
  const outdir = await mkdtemp(path.join(tmpdir(), 'batchbook-driver-'));
  process.once('exit', () => {
    rmSync(outdir, { recursive: true, force: true });
  });
  await build({
    entryPoints: [DRIVER],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true, // an SDK is read only where it is used
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: ['unpdf', 'ajv'],
    // For packages of the old kind inside @google/genai.
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
    logLevel: 'warning',
  });
  return path.join(outdir, 'driveRun.mjs');
}

/** When a driving process dies: at a point of its own, or after so many milliseconds. */
export type Death = { readonly atPoint: Point } | { readonly afterMs: number };

/** What undisturbed runs came to, to compare with. */
export interface Undisturbed {
  readonly points: readonly Point[];
  /** Names of points that none of them went without: some depend on who is quicker. */
  readonly always: ReadonlySet<string>;
  readonly results: string;
  readonly ms: number;
}

/**
 * Every distinct point once, and of the times that a point comes again every so-manieth, so that there are about `most`.
 */
export function choosePoints(points: readonly Point[], most: number): Point[] {
  const again = points.filter(({ nth }) => nth > 1);
  const kinds = points.length - again.length;
  const step = Math.max(1, Math.ceil(again.length / Math.max(1, most - kinds)));
  const chosen = new Set(again.filter((_, i) => i % step === step - 1));
  return points.filter((point) => point.nth === 1 || chosen.has(point));
}

/**
 * Kills at each of the points, where the death did not come in time up to three times.
 *
 * @param each Resolves to the cases in which every death came in time.
 * @returns Names of points that every undisturbed run comes to, and at which no driver could be killed.
 */
export async function killAtEach(
  points: readonly Point[],
  { always }: Undisturbed,
  each: (cases: readonly (readonly Death[])[]) => Promise<ReadonlySet<readonly Death[]>>,
): Promise<string[]> {
  let left = points.map((point) => ({ point, deaths: [{ atPoint: point }] }));
  for (let attempt = 1; attempt <= 3; attempt++) {
    const hit = await each(left.map(({ deaths }) => deaths));
    // How often a point comes again depends on the moment; that it comes at all does not.
    left = left.filter(({ point, deaths }) => point.nth === 1 && always.has(point.name) && !hit.has(deaths));
  }
  return left.map(({ point }) => point.name);
}

/** Every case on the next free ground. Rejects with the first that failed, after all grounds are quiet. */
export async function eachCase<G, T>(
  grounds: readonly G[],
  cases: Iterable<T>,
  work: (ground: G, one: T) => Promise<void>,
): Promise<void> {
  const waiting = cases[Symbol.iterator]();
  const worker = async (ground: G): Promise<void> => {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      try {
        await work(ground, next.value);
      } catch (cause) {
        throw new Error(`Killed so: ${JSON.stringify(next.value)}`, { cause });
      }
    }
  };
  const ends = await Promise.allSettled(grounds.map(worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** One to three deaths, each at a point or a moment drawn from `random`. */
export function randomDeaths(random: () => number, { points, ms }: Undisturbed): Death[] {
  return Array.from({ length: 1 + Math.floor(random() * 3) }, (): Death => {
    const atPoint = points[Math.floor(random() * points.length)];
    return random() < 0.5 || atPoint === undefined ? { afterMs: Math.round(random() * ms) } : { atPoint };
  });
}

/** Runs without being killed, as often as it takes to know which points depend on who is quicker. */
export async function undisturbedRun(ground: KillGround): Promise<Undisturbed> {
  const first = await runOnce(ground);
  const again = new Set((await runOnce(ground)).points.map(({ name }) => name));
  const always = new Set(first.points.map(({ name }) => name).filter((name) => again.has(name)));
  return { ...first, always };
}

async function runOnce(ground: KillGround): Promise<Omit<Undisturbed, 'always'>> {
  return inFolder(async (dir) => {
    await ground.reset();
    const begun = performance.now();
    const report = await drive(ground, { dir, seed: 1 });
    assert.ok(report !== undefined && report.status.state === 'finished', 'the undisturbed run finishes');
    return { points: report.points, results: await resultsIn(ground, dir), ms: performance.now() - begun };
  });
}

/**
 * Drives a run whose drivers die one after the other, then one to the end, and asserts that nothing was lost, nothing was
 * in two live batches, every cent is booked, the limit held, and the results are those of the undisturbed run. Resolves
 * to how many of `deaths` came before the driver had ended by itself.
 */
export async function killAndResume(
  ground: KillGround,
  deaths: readonly Death[],
  undisturbed: Undisturbed,
  whileDeciding: readonly Death[] = [],
): Promise<number> {
  return inFolder(async (dir) => {
    let killed = 0;
    await ground.reset();
    for (const [i, death] of deaths.entries())
      if ((await drive(ground, { dir, seed: i + 1 }, death)) === undefined) killed += 1;
    const report = await decided(ground, dir, await driveOn(ground, { dir, seed: 100 }), whileDeciding);
    const { status } = report;
    assert.equal(status.state, 'finished', status.reason);
    const { total, ...counts } = status.counts;
    assert.equal(
      Object.values(counts).reduce((a, b) => a + b),
      total,
    );
    const ledger = await ground.ledger();
    assertNoRowInTwoLiveBatches(ledger);
    assertReadBeforeResent(ledger);
    assertBilledOnce(ledger, { allowRetries: true });
    assert.equal(Math.round(status.costUsd.spent * 1e9), ledger.billedNanoUsd, 'money equals the ledger');
    assertLimitHeld(ground, dir);
    assert.equal(
      await resultsIn(ground, dir),
      undisturbed.results,
      'results are those of the undisturbed run',
    );
    return killed;
  });
}

/**
 * The person's part: an intent that is not at the service is sent again, and what it had reserved is written off.
 * `deaths` befall the drivers that carry the first word out.
 */
async function decided(
  ground: KillGround,
  dir: string,
  first: DriveReport,
  deaths: readonly Death[],
): Promise<DriveReport> {
  let report = first;
  for (let seed = 200; ; seed += 10) {
    const there = new Set((await ground.ledger()).batches.map((batch) => batch.nonce));
    const uncertain = report.status.batches.filter((batch) => batch.state === 'uncertain');
    for (const { nonce } of uncertain)
      assert.ok(!there.has(nonce), `batch ${nonce} is at the service but was not adopted`);
    const requests: RunRequest[] = uncertain.map(({ nonce }) => ({ kind: 'resend', nonce }));
    if (uncertain.length === 0 && report.unconfirmedNanoUsd > 0)
      requests.push({ kind: 'writeOff', nanoUsd: report.unconfirmedNanoUsd });
    if (requests.length === 0) return report;
    assert.ok(seed < 300, `the person is asked again and again: ${String(report.status.reason)}`);
    const dying = seed === 200 ? deaths : [];
    for (const [i, death] of dying.entries())
      await drive(ground, { dir, seed: seed + i, ...(i === 0 ? { requests } : {}) }, death);
    report = await driveOn(ground, { dir, seed: seed + 9, ...(dying.length === 0 ? { requests } : {}) });
  }
}

/** Drives without dying. */
async function driveOn(ground: KillGround, args: Omit<DriveArguments, 'reach'>): Promise<DriveReport> {
  const report = await drive(ground, args);
  assert.ok(report !== undefined, 'this driver ends by itself');
  return report;
}

/** Promise P3, from the journal alone: at no intent was more reserved and spent than the limit allows. */
function assertLimitHeld({ scenario }: KillGround, dir: string): void {
  const folder = path.join(dir, '.batchbook', 'runs', RUN_ID);
  const limit = scenario.settings?.limitNanoUsd ?? 0;
  const lines = linesOf(path.join(folder, 'journal.jsonl'));
  const plan = linesOf(path.join(folder, 'plan.jsonl')).map((line, i) => decodePlannedRow(line, i + 1));
  const ledger = new RunLedger({ plan, limitNanoUsd: limit, retryOf: () => DEFAULT_RETRY });
  lines.forEach((line, i) => {
    const { event, epoch } = decodeEvent(line, i + 1, (row) => plan[row]?.source);
    ledger.apply(event, epoch);
    const { spentNanoUsd, unconfirmedNanoUsd, inFlightNanoUsd } = ledger.money;
    if (event.e === 'batchIntended')
      assert.ok(spentNanoUsd + unconfirmedNanoUsd + inFlightNanoUsd <= limit, `line ${String(i + 1)}`);
  });
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

async function resultsIn({ scenario }: KillGround, dir: string): Promise<string> {
  return (await World.make({ ...scenario, dir, runId: RUN_ID })).comparableResults();
}

/** Resolves to what the process reported, or `undefined` if it was killed. */
async function drive(
  ground: KillGround,
  args: Omit<DriveArguments, 'reach'>,
  death?: Death,
): Promise<DriveReport | undefined> {
  const at =
    death !== undefined && 'atPoint' in death ? { at: { ...death.atPoint, signal: 'SIGKILL' } as const } : {};
  const { child, output } = startDriver(ground, { ...args, ...at });
  const timer =
    death !== undefined && 'afterMs' in death
      ? setTimeout(() => child.kill('SIGKILL'), death.afterMs)
      : undefined;
  const report = await output;
  clearTimeout(timer);
  assert.ok(report === undefined || !('error' in report), `the driver ended with ${JSON.stringify(report)}`);
  return report;
}

/** Starts a driver, in front of it `prefix` (such as `unshare`). `output` is `undefined` if it was killed. */
export function startDriver(
  { driver, reach }: KillGround,
  args: Omit<DriveArguments, 'reach'>,
  prefix: readonly string[] = [],
): { readonly child: ChildProcess; readonly output: Promise<DriveOutput | undefined> } {
  const [program, ...rest] = prefix.length === 0 ? [process.execPath] : [...prefix, process.execPath];
  const child = spawn(
    program,
    [...rest, driver, JSON.stringify({ ...args, reach } satisfies DriveArguments)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const output = (async () => {
    const [out, errors, [code, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
    ]);
    if (signal === 'SIGKILL') return undefined;
    assert.equal(code, 0, errors);
    return JSON.parse(out) as DriveOutput;
  })();
  return { child, output };
}

export async function inFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(path.join(tmpdir(), 'batchbook-kill-'));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
