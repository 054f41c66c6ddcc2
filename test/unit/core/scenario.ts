import type { BatchRunOptions } from '../../../src/core/batchRun.ts';
import type { JobResult } from '../../../src/core/job.ts';
import { endedResults } from '../../../src/core/assembleResult.ts';
import type { RowResult } from '../../../src/core/provider.ts';
import type { RunRequest } from '../../../src/core/stateManager.ts';
import type { RunStatus } from '../../../src/core/status.ts';
import { ROW_STATUSES } from '../../../src/core/vocabulary.ts';
import type { MockProvider } from '../../../src/providers/mock/mockProvider.ts';
import { createProviderRegistry } from '../../../src/providers/registry.ts';
import { World, type WorldOptions } from '../../support/engine.ts';
import assert from 'node:assert/strict';

/** A world for the time of one test. */
export async function inWorld<T>(options: WorldOptions, work: (world: World) => Promise<T>): Promise<T> {
  const world = await World.make(options);
  try {
    return await work(world);
  } finally {
    await world.remove();
  }
}

/** Leaves a request and drives the run on. */
export async function resumeWith(
  world: World,
  request: RunRequest,
  options: Partial<BatchRunOptions> = {},
): Promise<RunStatus> {
  await world.state().request(world.runId, request);
  return world.resume(options);
}

/** Every result that is on disk, in plan order. */
export async function resultsOf(world: World): Promise<JobResult[]> {
  return [...endedResults(await world.state().readRun(world.runId))];
}

/** Promise P1: the counts sum to the total. */
export function assertCountsSum({ counts }: RunStatus): void {
  assert.equal(
    ROW_STATUSES.reduce((sum, status) => sum + counts[status], 0),
    counts.total,
    JSON.stringify(counts),
  );
}

/** USD of a status as integer nanodollars. */
export function nano(usd: number): number {
  return Math.round(usd * 1e9);
}

/** The world's provider with some of its methods replaced. */
export function withProvider(
  world: World,
  replace: (provider: MockProvider) => Partial<MockProvider>,
): Pick<BatchRunOptions, 'registry'> {
  const replaced = replace(world.provider);
  const provider = new Proxy(world.provider, {
    get(target, property) {
      const value: unknown =
        property in replaced
          ? replaced[property as keyof MockProvider]
          : Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return {
    registry: createProviderRegistry({ offlineDirectory: world.dir, extraProviders: [provider] }),
  };
}

export async function readAll(results: AsyncIterable<RowResult>): Promise<RowResult[]> {
  return Array.fromAsync(results);
}
