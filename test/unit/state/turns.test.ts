import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../../src/core/clock.ts';
import { realDisk, type Disk } from '../../../src/state/disk.ts';
import { FileStateManager } from '../../../src/state/fileStateManager.ts';
import { describeSelf, type Holder } from '../../../src/state/holder.ts';
import { turnsDir } from '../../../src/state/layout.ts';
import { FakeClock } from '../../../src/testing/fakeClock.ts';
import { Folder } from '../../support/cli/folder.ts';

const NAME = 'start-abc';

/** A state folder as another process has it open. Turns are looked for without waiting. */
function open(folder: Folder): FileStateManager {
  return new FileStateManager({ dir: folder.path('.batchbook'), disk: realDisk, clock: hurried() });
}

function hurried(): Clock {
  const clock = new FakeClock({ autoAdvance: true });
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal) => (ms > 1_000 ? clock.sleep(ms, signal) : new Promise((done) => setImmediate(done))),
  };
}

async function leaveClaim(folder: Folder, holder: Partial<Holder>): Promise<void> {
  const dir = turnsDir(folder.path('.batchbook'), NAME);
  await mkdir(dir, { recursive: true });
  await writeFile(path.join(dir, '3.json'), JSON.stringify({ ...describeSelf(3, 'cli', ''), ...holder }));
}

describe('Turns', () => {
  it('are taken one after the other, however many want one, and leave one file behind', async function () {
    this.timeout(20_000);
    await using folder = await Folder.with();
    let inside = 0;
    let turns = 0;
    const take = async (state: FileStateManager): Promise<void> => {
      for (let i = 0; i < 20; i++) {
        await state.exclusively(NAME, async () => {
          inside += 1;
          assert.equal(inside, 1, 'two at a time');
          await new Promise((done) => setImmediate(done));
          inside -= 1;
          turns += 1;
        });
      }
    };
    await Promise.all(Array.from({ length: 6 }, () => take(open(folder))));
    assert.equal(turns, 120);
    const left = await readdir(turnsDir(folder.path('.batchbook'), NAME));
    assert.ok(left.length <= 2, left.join());
  });

  it('of different names do not wait for each other', async () => {
    await using folder = await Folder.with();
    const said = await open(folder).exclusively(NAME, () =>
      open(folder).exclusively('start-other', () => Promise.resolve('both')),
    );
    assert.equal(said, 'both');
  });

  it('that cannot be written are an error of the disk that names the folder, before any work', async () => {
    await using folder = await Folder.with();
    const dir = folder.path('.batchbook');
    for (const part of ['runs', 'turns']) {
      const disk: Disk = {
        ...realDisk,
        mkdir: (at) =>
          at.includes(part)
            ? Promise.reject(new Error('EROFS: read-only file system, mkdir'))
            : realDisk.mkdir(at),
      };
      const state = new FileStateManager({ dir, disk, clock: hurried() });
      await assert.rejects(
        state.exclusively(NAME, () => Promise.resolve(assert.fail('it worked'))),
        {
          code: 'disk',
          message: `Nothing can be written to ${dir}: EROFS: read-only file system, mkdir. Nothing was sent. Try again once that is mended.`,
        },
      );
    }
  });

  it('end with an error of the work too', async () => {
    await using folder = await Folder.with();
    await assert.rejects(
      open(folder).exclusively(NAME, () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await open(folder).exclusively(NAME, () => Promise.resolve(1)), 1);
  });

  it('are not waited for longer than two minutes, and who gives up is not told to watch a run', async () => {
    await using folder = await Folder.with();
    const clock = new FakeClock({ autoAdvance: true });
    const impatient = new FileStateManager({ dir: folder.path('.batchbook'), disk: realDisk, clock });
    await open(folder).exclusively(NAME, () =>
      assert.rejects(
        impatient.exclusively(NAME, () => Promise.resolve('mine')),
        { code: 'state', message: /Another process has been starting a run/ },
      ),
    );
    assert.ok(clock.monotonic() >= 120_000);
  });

  it('are not held up by a process that was killed in the middle of one', async () => {
    await using folder = await Folder.with();
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    await leaveClaim(folder, { pid: gone, processStart: '1' });
    assert.equal(await open(folder).exclusively(NAME, () => Promise.resolve('mine')), 'mine');
  });
});
