import assert from 'node:assert/strict';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../src/core/clock.ts';
import { StateError } from '../../src/core/errors.ts';
import { createProviderRegistry } from '../../src/providers/registry.ts';
import { World, seededRandom, type WorldOptions } from '../support/engine.ts';
import { LossyDisk } from '../support/lossyDisk.ts';
import { assertBilledOnce, assertNoRowInTwoLiveBatches } from '../support/mockService/ledger.ts';

const SCENARIO: WorldOptions = {
  rows: 60,
  settings: { jobsPerBatch: 20, maxConcurrent: 2 },
  service: { outcomes: { shares: { transient: 0.1 }, shareAttempts: 1 }, faults: { shuffled: true } },
};

describe('A power cut', () => {
  it('at any operation of the disk loses no row, pays none twice and changes no result', async function () {
    this.timeout(240_000);
    const undisturbed = await undisturbedRun();
    for (let cut = 1; cut <= undisturbed.operations; cut++) {
      const problem = await runWithCut(cut, cut, undisturbed.results);
      assert.equal(problem, undefined, `cut at operation ${String(cut)}: ${String(problem)}`);
    }
  });

  it('does harm as soon as any one sync is left out', async function () {
    this.timeout(240_000);
    const undisturbed = await undisturbedRun();
    for (const left of undisturbed.syncs) {
      let harm: string | undefined;
      for (let cut = 1; cut <= undisturbed.operations && harm === undefined; cut++) {
        for (let seed = 0; seed < 4 && harm === undefined; seed++) {
          harm = await runWithCut(cut, seed, undisturbed.results, (name) => name === left);
        }
      }
      assert.ok(harm !== undefined, `nothing is lost without "${left}": it is not needed, or not tested`);
    }
  });
});

interface Undisturbed {
  readonly results: string;
  readonly operations: number;
  readonly syncs: readonly string[];
}

async function undisturbedRun(): Promise<Undisturbed> {
  const disk = new LossyDisk();
  let operations = 0;
  disk.onOperation = () => {
    operations += 1;
  };
  const world = await World.make({ ...SCENARIO, disk });
  try {
    const status = await world.run();
    assert.equal(status.state, 'finished');
    return { results: await world.comparableResults(), operations, syncs: [...disk.syncs] };
  } finally {
    await world.remove();
  }
}

/** Runs, cuts the power at one operation, resumes to the end. Resolves to what was wrong, if anything. */
async function runWithCut(
  cut: number,
  seed: number,
  expected: string,
  leaveOut?: (name: string) => boolean,
): Promise<string | undefined> {
  const disk = new LossyDisk(leaveOut === undefined ? {} : { leaveOut });
  const world = await World.make({ ...SCENARIO, disk, seed: 1 });
  try {
    const crash = Promise.withResolvers<undefined>();
    let operation = 0;
    disk.onOperation = () => {
      if (++operation !== cut) return;
      disk.crashed = true;
      crash.resolve(undefined);
    };
    let planned = false;
    const first = (async () => {
      await world.plan();
      planned = true;
      const registry = createProviderRegistry({
        offlineDirectory: world.dir,
        extraProviders: [gated(world.provider, disk)],
      });
      const clock: Clock = gated(world.clock, disk);
      await world.resume({ registry, clock, state: world.state(disk, clock) });
    })();
    await Promise.race([crash.promise, first]);
    await disk.powerCut(seededRandom(seed * 1000 + cut));
    return await resumeAfterCut(world, planned, expected);
  } finally {
    await world.remove();
  }
}

async function resumeAfterCut(world: World, planned: boolean, expected: string): Promise<string | undefined> {
  const state = world.state(new LossyDisk());
  try {
    let exists = true;
    try {
      await state.readRun(world.runId);
    } catch (error) {
      // A plan that was not complete was never started: planning again is all there is to do.
      if (planned || !(error instanceof StateError) || error.code !== 'state') throw error;
      exists = false;
    }
    if (!exists) {
      await rm(world.stateDir, { recursive: true, force: true });
      await world.plan(state);
    }
    await bootAgain(world);
    let status = await world.resume({ state });
    if (status.state === 'needsDecision') {
      const committed = new Set(world.service.ledger().batches.map((batch) => batch.nonce));
      for (const batch of status.batches.filter((b) => b.state === 'uncertain')) {
        if (committed.has(batch.nonce)) return `batch ${batch.nonce} is at the service but was not adopted`;
        await state.request(world.runId, { kind: 'resend', nonce: batch.nonce });
      }
      status = await world.resume({ state });
    }
    if (status.state !== 'finished') return `ended ${status.state}: ${String(status.reason)}`;
    assertNoRowInTwoLiveBatches(world.service.ledger());
    assertBilledOnce(world.service.ledger());
    const billed = world.service.ledger().billedNanoUsd;
    const spent = Math.round(status.costUsd.spent * 1e9);
    if (spent !== billed) return `booked ${String(spent)}, billed ${String(billed)}`;
    const results = await world.comparableResults();
    if (results !== expected) return 'the results differ from those of the undisturbed run';
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** After a power cut the machine has booted again, which is how the next driver knows that the last one is dead. */
async function bootAgain(world: World): Promise<void> {
  const leases = path.join(world.stateDir, 'runs', world.runId, 'lease');
  for (const name of await readdir(leases)) {
    const file = path.join(leases, name);
    const holder = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...holder, bootId: 'before the power cut' }));
  }
}

/** A part of a process that dies with its disk: after the cut it answers nothing and does nothing. */
function gated<T extends object>(part: T, disk: LossyDisk): T {
  const never = new Promise(() => undefined);
  return new Proxy(part, {
    get(target, property) {
      const value = Reflect.get(target, property, target) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (disk.crashed && property !== 'now' && property !== 'monotonic') return never;
        const answer = (value as (...a: unknown[]) => unknown).apply(target, args);
        return answer instanceof Promise
          ? answer.then((result: unknown) => (disk.crashed ? never : result))
          : answer;
      };
    },
  });
}
