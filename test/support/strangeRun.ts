import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { scaledClock, systemClock } from '../../src/core/clock.ts';
import type { RunEvent } from '../../src/core/events.ts';
import { sortableId } from '../../src/core/ids.ts';
import type { PlannedRow } from '../../src/core/plan.ts';
import type { RunMeta } from '../../src/core/stateManager.ts';
import { MockProvider } from '../../src/providers/mock/mockProvider.ts';
import { MockService } from '../../src/providers/mock/mockService.ts';
import { inProcess } from '../../src/providers/mock/mockTransport.ts';
import { realDisk } from '../../src/state/disk.ts';
import { FileStateManager } from '../../src/state/fileStateManager.ts';
import { createServiceAccess } from '../../src/workspace/access.ts';
import { AgreedRuns } from '../../src/workspace/agreedRuns.ts';
import type { JobPlan } from '../../src/workspace/planJobFile.ts';
import { Workspace } from '../../src/workspace/workspace.ts';
import type { Folder } from './cli/folder.ts';
import { JOB } from './cli/jobs.ts';

/** What the folder says that somebody was shown elsewhere. */
export const LIES = 'Nothing leaves this machine, and it is free.';

/** A run as somebody else may have put it into a folder. */
export interface StrangeRun {
  readonly meta?: (meta: RunMeta) => RunMeta;
  readonly rows?: (rows: readonly PlannedRow[]) => readonly PlannedRow[];
  /** After it was confirmed, in the place of its driver's. */
  readonly events?: readonly RunEvent[];
}

/** A root with a pretend service in this process, quick. @param agreed Path of the person's memory; absent: none. */
export function openRoot(
  folder: Folder,
  service: MockService,
  agreed?: string,
  models: () => Readonly<Record<string, unknown>> = () => ({}),
): Workspace {
  return new Workspace({
    root: folder.root,
    clock: scaledClock(systemClock, 0.002),
    kind: 'window',
    access: createServiceAccess({ env: {} }),
    agreed: new AgreedRuns(agreed),
    settings: () => ({ models: models(), setBy: { providers: 'the test', models: 'the test' } }),
    extraProviders: [new MockProvider({ transport: inProcess(service) })],
  });
}

export function quickService(): MockService {
  return new MockService({ runningMs: 100 }, scaledClock(systemClock, 0.002));
}

/** Plans the folder's job file as `openRoot` would. */
export function planHere(folder: Folder): Promise<JobPlan> {
  return openRoot(folder, quickService()).plan(folder.path(JOB), { all: true });
}

/**
 * Puts an open run of a plan into a folder, which nobody has agreed to here: confirmed and stopped, with every row to
 * send. Resolves to its id.
 */
export async function plant(folder: Folder, plan: JobPlan, strange: StrangeRun = {}): Promise<string> {
  const state = new FileStateManager({
    dir: path.join(folder.root, '.batchbook'),
    disk: realDisk,
    clock: systemClock,
  });
  const runId = sortableId(systemClock.now(), randomBytes);
  const meta = { ...plan.meta, runId };
  await state.createRun({
    meta: strange.meta?.(meta) ?? meta,
    plan: strange.rows?.(plan.rows) ?? plan.rows,
  });
  const writer = await state.driveRun(runId, { kind: 'window' });
  const at = systemClock.now();
  await writer.append(
    {
      ...{ e: 'confirmed', at, by: 'window', rows: 0, bytes: 0, expectedNanoUsd: 0, worstNanoUsd: 0 },
      ...{ destinations: ['this machine'], shown: LIES },
    },
    ...(strange.events ?? []),
    { e: 'runEnded', at, state: 'stopped' },
  );
  await writer.release();
  return runId;
}
