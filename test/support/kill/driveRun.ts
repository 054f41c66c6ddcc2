/**
 * A process that plans a run, or goes on with it, and drives it as far as it goes; killed by the test, or by itself at a
 * point of its own choosing. Prints one JSON line at the end.
 *
 *   node driveRun.ts '{"dir":…,"url":…,"killAt":17}'
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { scaledClock, systemClock } from '../../../src/core/clock.ts';
import { StateError, isBatchbookError } from '../../../src/core/errors.ts';
import type { Provider } from '../../../src/core/provider.ts';
import type { RunRequest } from '../../../src/core/stateManager.ts';
import { overHttp } from '../../../src/providers/mock/httpTransport.ts';
import { createProviderRegistry } from '../../../src/providers/registry.ts';
import { realDisk, type Disk } from '../../../src/state/disk.ts';
import { World, seededRandom } from '../engine.ts';
import { KILL_SCENARIO, RUN_ID, type DriveArguments, type DriveOutput } from './scenario.ts';

const {
  dir,
  url,
  killAt,
  seed,
  requests,
  takeOver = false,
} = JSON.parse(process.argv[2] ?? '') as DriveArguments;
const points: string[] = [];

/** A point at which the process may die; the names are those of the undisturbed run in their order. */
function point(name: string): void {
  points.push(name);
  if (points.length === killAt) process.kill(process.pid, 'SIGKILL');
}

/** What is on disk before an append is what the last point has left: only afterwards is there anything new to find. */
const disk: Disk = {
  ...realDisk,
  openAppend: async (file) => {
    const handle = await realDisk.openAppend(file);
    const name = path.basename(file);
    return {
      ...handle,
      append: async (bytes) => {
        await handle.append(bytes);
        point(`after append ${name}`);
      },
      sync: async () => {
        await handle.sync();
        point(`after sync ${name}`);
      },
    };
  },
};

/** The calls whose effect a crash may separate from the journal. */
const WATCHED: ReadonlySet<string | symbol> = new Set(['createBatch', 'deleteArtifacts', 'findBatches']);

function watched(provider: Provider): Provider {
  return new Proxy(provider, {
    get(target, property) {
      const value = Reflect.get(target, property, target) as unknown;
      if (typeof value !== 'function') return value;
      const call = value.bind(target) as (...args: unknown[]) => unknown;
      if (!WATCHED.has(property)) return call;
      return async (...args: unknown[]) => {
        point(`before ${String(property)}`);
        const answer = await call(...args);
        point(`after ${String(property)}`);
        return answer;
      };
    },
  });
}

const clock = scaledClock(systemClock, 0.002);
const world = await World.make({
  ...KILL_SCENARIO,
  dir,
  disk,
  clock,
  seed,
  runId: RUN_ID,
  provider: { transport: overHttp(url) },
});
const registry = createProviderRegistry({
  offlineDirectory: path.join(dir, 'offline'),
  extraProviders: [watched(world.provider)],
});

const state = world.state();
if (!(await isPlanned())) await world.plan();
for (const request of requests ?? []) await state.request(RUN_ID, request satisfies RunRequest);
const output = await world.resume({ registry, takeOver, random: seededRandom(seed) }).then(
  async (status): Promise<DriveOutput> => {
    const { ledger } = await state.readRun(RUN_ID);
    return { points, status, unconfirmedNanoUsd: ledger.money.unconfirmedNanoUsd };
  },
  (error: unknown): DriveOutput => {
    if (isBatchbookError(error)) return { error: error.code };
    throw error;
  },
);
process.stdout.write(`${JSON.stringify(output)}\n`);

/** A plan that the crash left incomplete was never started: it is made again in a fresh folder. */
async function isPlanned(): Promise<boolean> {
  if (!existsSync(path.join(world.stateDir, 'runs', RUN_ID))) return false;
  try {
    await state.readRun(RUN_ID);
    return true;
  } catch (error) {
    if (!(error instanceof StateError) || error.code !== 'state') throw error;
    await rm(path.join(world.stateDir, 'runs', RUN_ID), { recursive: true });
    return false;
  }
}
