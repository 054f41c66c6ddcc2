import { lstat, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { StateError } from '../core/errors.ts';
import { DeletedRuns } from '../state/deletedRuns.ts';
import { runLayout, runsDir } from '../state/layout.ts';
import { assertNoLinks } from '../state/noLinks.ts';
import { onDisk } from '../state/onDisk.ts';
import { outputsOf } from './runIndex.ts';
import type { Workspace } from './workspace.ts';

/** What goes with a run, and what of it stays. */
export interface RunRemains {
  readonly runId: string;
  /** Of the run's own folder. */
  readonly bytes: number;
  /** Rows whose answers are kept there. */
  readonly answers: number;
  /** Files that the run has written elsewhere: they stay. */
  readonly written: number;
}

/** A folder that a deletion has set aside and not removed yet. */
const SET_ASIDE = /^[0-9a-z]{26}\.deleted$/;

/**
 * What deleting a run would take away. Deletes nothing.
 * @throws StateError `leaseHeld` where somebody drives it, `runOpen` where more may come of it: resume or cancel it first.
 */
export async function remainsOf(workspace: Workspace, runId: string): Promise<RunRemains> {
  const run = await workspace.read(runId);
  const { ledger, meta } = run;
  if (await workspace.isDriven(run))
    throw new StateError('leaseHeld', `Run ${runId} is being driven; it cannot be deleted. Stop it first.`);
  if ((ledger.confirmation !== undefined && ledger.phase !== 'finished') || ledger.openBatches().length > 0)
    throw new StateError(
      'runOpen',
      `Run ${runId} (${meta.title}) is open: batches of it may be at a service, and rows wait. Let it finish or cancel it, then delete it.`,
    );
  const { dir } = runLayout(workspace.stateDir, runId);
  const files = await readdir(dir, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => stat(path.join(file.parentPath, file.name))),
  );
  return {
    runId,
    bytes: sizes.reduce((sum, { size }) => sum + size, 0),
    answers: ledger.rows.filter(({ location }) => location !== undefined).length,
    written: ledger.rows.filter(({ written }) => written?.path != null).length,
  };
}

/**
 * Deletes a run: its own folder below `.batchbook/runs` and nothing else (promise P5). Which files it has written is
 * kept, so that its job file can be run again. Set aside in one step first, so
 * that no run is ever half there and whoever would drive it at that moment finds it gone before anything is sent.
 * @throws StateError as `remainsOf`; `corruptState` where the folder is reached by a link or holds one; `disk`.
 */
export async function deleteRun(workspace: Workspace, runId: string): Promise<void> {
  const { stateDir } = workspace;
  const runs = runsDir(stateDir);
  await assertRealFolder(stateDir);
  await assertRealFolder(runs);
  const { dir } = runLayout(stateDir, runId);
  await assertNoLinks(dir);
  await remainsOf(workspace, runId);
  const outputs = outputsOf(await workspace.read(runId));
  await onDisk(`Run ${runId} cannot be deleted`, 'What is left of it can be deleted by hand.', async () => {
    if (outputs.written.size > 0) await new DeletedRuns(stateDir).add(runId, outputs);
    await rename(dir, `${dir}.deleted`);
    const left = (await readdir(runs)).filter((name) => SET_ASIDE.test(name));
    for (const name of left) await rm(path.join(runs, name), { recursive: true, force: true, maxRetries: 3 });
  });
}

/** A link would lead what is removed to a place of somebody's choice. */
async function assertRealFolder(dir: string): Promise<void> {
  const found = await lstat(dir).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new StateError(
    'corruptState',
    `${dir} is no folder of its own but a link or gone. Nothing was deleted.`,
  );
}
