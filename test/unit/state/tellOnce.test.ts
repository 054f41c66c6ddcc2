import assert from 'node:assert/strict';
import { systemClock } from '../../../src/core/clock.ts';
import { realDisk } from '../../../src/state/disk.ts';
import { FileStateManager } from '../../../src/state/fileStateManager.ts';
import { runLayout } from '../../../src/state/layout.ts';
import { claimTelling } from '../../../src/state/tellOnce.ts';
import { Folder } from '../../support/cli/folder.ts';
import { makeRun, NOTES } from '../../support/resultRuns.ts';

describe('Telling of the end of a run', () => {
  it('is for one of all who ask, once for each time that it was taken up', async () => {
    await using folder = await Folder.with();
    const made = await makeRun(folder, [{ source: 'a.md' }], [NOTES]);
    const { leases } = runLayout(made.stateDir, made.runId);
    const ask = (epoch: number): Promise<number> =>
      Promise.all(Array.from({ length: 8 }, () => claimTelling(leases, epoch))).then(
        (claims) => claims.filter((isOurs) => isOurs).length,
      );
    assert.equal(await ask(1), 1);
    assert.equal(await ask(1), 0);
    await made.writer.release();
    const state = new FileStateManager({ dir: made.stateDir, disk: realDisk, clock: systemClock });
    const again = await state.driveRun(made.runId, { kind: 'window' });
    assert.equal(again.epoch, 2);
    assert.equal(await ask(2), 1);
    await again.release();
  });

  it('is for everybody where nothing can be kept', async () => {
    await using folder = await Folder.with();
    assert.equal(await claimTelling(folder.path('gone'), 1), true);
  });
});
