/**
 * A process that plans a run, or goes on with it, and drives it as far as it goes; killed by the test, or by itself at a
 * point of its own choosing. Prints one JSON line at the end.
 *
 *   node driveRun.ts '{"dir":…,"reach":…,"seed":1,"at":{"name":"before createBatch","nth":1,"signal":"SIGKILL"}}'
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { scaledClock, systemClock } from '../../../src/core/clock.ts';
import { StateError, isBatchbookError } from '../../../src/core/errors.ts';
import type { Provider, ProviderRegistry } from '../../../src/core/provider.ts';
import type { RunRequest } from '../../../src/core/stateManager.ts';
import { overHttp } from '../../../src/providers/mock/httpTransport.ts';
import { realDisk, type Disk } from '../../../src/state/disk.ts';
import { World, seededRandom, type WorldOptions } from '../engine.ts';
import { accessToFakes } from '../fakes/worldOf.ts';
import {
  FAKES_SCENARIO,
  MOCK_SCENARIO,
  RUN_ID,
  type DriveArguments,
  type DriveOutput,
  type Point,
} from './scenario.ts';

const {
  dir,
  reach,
  at,
  seed,
  requests,
  takeOver = false,
  maxConcurrent,
  pace = 0.002,
} = JSON.parse(process.argv[2] ?? '') as DriveArguments;
const points: Point[] = [];
const times = new Map<string, number>();

/** Counts a point; whether it is the one that was asked for. */
function isReached(name: string): boolean {
  const nth = (times.get(name) ?? 0) + 1;
  times.set(name, nth);
  points.push({ name, nth });
  return at?.name === name && at.nth === nth;
}

function endOrStop(): void {
  if (at !== undefined) process.kill(process.pid, at.signal);
}

function point(name: string): void {
  if (isReached(name)) endOrStop();
}

/** What is written, as far as it tells points apart: the kind of the first event. */
function kindOf(file: string, bytes: Uint8Array): string {
  const kind = /"e":"(\w+)"/.exec(Buffer.from(bytes).toString())?.[1];
  return file === 'journal.jsonl' && kind !== undefined ? `${file} ${kind}` : file;
}

/**
 * Before an append there is on disk what the last point has left: only in the middle of it and afterwards is there
 * anything new to find. A process that is only stopped at `torn` is stopped before it writes anything.
 */
const disk: Disk = {
  ...realDisk,
  openAppend: async (file) => {
    const handle = await realDisk.openAppend(file);
    const name = path.basename(file);
    let last = name;
    return {
      ...handle,
      append: async (bytes) => {
        last = kindOf(name, bytes);
        if (isReached(`torn ${last}`)) {
          if (at?.signal === 'SIGKILL') await handle.append(bytes.subarray(0, bytes.length >> 1));
          endOrStop();
        }
        await handle.append(bytes);
        point(`appended ${last}`);
      },
      sync: async () => {
        await handle.sync();
        point(`synced ${last}`);
      },
    };
  },
  writeSynced: async (file, bytes) => {
    const name = path.basename(file);
    if (isReached(`torn ${name}`)) {
      await realDisk.writeSynced(file, bytes.subarray(0, bytes.length >> 1));
      endOrStop();
    }
    await realDisk.writeSynced(file, bytes);
    point(`synced ${name}`);
  },
};

/** The calls whose effect a crash may separate from the journal. */
const WATCHED: ReadonlySet<string | symbol> = new Set([
  'createBatch',
  'getBatch',
  'deleteArtifacts',
  'findBatches',
]);

function watched(provider: Provider): Provider {
  return new Proxy(provider, {
    get(target, property) {
      const value = Reflect.get(target, property, target) as unknown;
      if (typeof value !== 'function') return value;
      const call = value.bind(target) as (...args: unknown[]) => unknown;
      if (property === 'results') return watchedResults(target);
      if (!WATCHED.has(property)) return call;
      return async (...args: unknown[]) => {
        point(`before ${String(property)}`);
        try {
          const answer = await call(...args);
          point(`after ${String(property)}`);
          return answer;
        } catch (error) {
          point(`after failed ${String(property)}`);
          throw error;
        }
      };
    },
  });
}

function watchedResults(provider: Provider): Provider['results'] {
  return async function* (batchId, signal) {
    point('before results');
    let lines = 0;
    for await (const line of provider.results(batchId, signal)) {
      if (++lines === 50) point('during results');
      yield line;
    }
    point('after results');
  };
}

const clock = scaledClock(systemClock, pace);
const scenario: WorldOptions =
  'url' in reach
    ? { ...MOCK_SCENARIO, provider: { transport: overHttp(reach.url) } }
    : { ...FAKES_SCENARIO, access: accessToFakes(reach.fakes) };
const world = await World.make({
  ...scenario,
  settings: { ...scenario.settings, ...(maxConcurrent === undefined ? {} : { maxConcurrent }) },
  dir,
  disk,
  clock,
  seed,
  runId: RUN_ID,
});
const registry: ProviderRegistry = {
  ...world.registry,
  providerOf: async (model) => watched(await world.registry.providerOf(model)),
  providerNamed: async (name) => watched(await world.registry.providerNamed(name)),
};

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
