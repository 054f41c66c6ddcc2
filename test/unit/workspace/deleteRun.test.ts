import assert from 'node:assert/strict';
import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isBatchbookError } from '../../../src/core/errors.ts';
import { scaledClock, systemClock } from '../../../src/core/clock.ts';
import { createServiceAccess } from '../../../src/workspace/access.ts';
import { deleteRun, remainsOf } from '../../../src/workspace/deleteRun.ts';
import { openWorkspace } from '../../../src/workspace/openWorkspace.ts';
import { RunWatch } from '../../../src/workspace/runWatch.ts';
import type { Workspace } from '../../../src/workspace/workspace.ts';
import { Folder } from '../../support/cli/folder.ts';

const TEXT = 'The harbour was built in 1874. It shipped timber for eighty years. Then the railway came.';
const JOBS = {
  'a.md': TEXT,
  'b.md': `${TEXT} The basins silted up.`,
  'job.batch.json': {
    version: 1,
    title: 'Two texts',
    defaults: { model: 'offline-extractive' },
    cells: [
      { kind: 'files', id: 'summary', files: ['*.md'], prompt: 'Summarize.', output: 'out/{{file.name}}' },
    ],
  },
};

function open(folder: Folder): Promise<Workspace> {
  return openWorkspace({
    cwd: folder.root,
    folder: folder.root,
    clock: scaledClock(systemClock, 0.002),
    kind: 'window',
    access: createServiceAccess({ env: {} }),
  });
}

/** A finished run. */
async function finished(folder: Folder, root: Workspace): Promise<string> {
  const plan = await root.plan(folder.path('job.batch.json'), { all: true });
  const run = await root.start(plan, 'window');
  await run.finished();
  return plan.meta.runId;
}

function refused(code: string): (error: unknown) => boolean {
  return (error) => isBatchbookError(error) && error.code === code;
}

describe('Deleting a run', () => {
  it('takes its own folder and nothing else: inputs, outputs and other runs stay byte for byte', async () => {
    await using folder = await Folder.with(JOBS);
    const root = await open(folder);
    const [kept, gone] = [await finished(folder, root), await finished(folder, root)];
    const before = await folder.tree();
    const { answers, written, bytes } = await remainsOf(root, gone);
    assert.deepEqual([answers, written], [2, 2]);
    assert.ok(bytes > 500);
    assert.deepEqual(await folder.tree(), before, 'asking has changed something');
    await deleteRun(root, gone);
    const inside = path.join('root/.batchbook/runs', gone);
    const { 'root/.batchbook/deleted.jsonl': noted, ...after } = await folder.tree();
    assert.ok(noted);
    assert.deepEqual(
      after,
      Object.fromEntries(
        Object.entries(before).filter(([name]) => name !== inside && !name.startsWith(inside + path.sep)),
      ),
    );
    const { runs, unreadable } = await new RunWatch(root).refresh();
    assert.deepEqual([runs.map(({ runId }) => runId), unreadable], [[kept], []]);
    await assert.rejects(deleteRun(root, gone), refused('state'));
  });

  it('leaves its job file as it was: it can be run again, and what a person changed stays theirs', async () => {
    await using folder = await Folder.with(JOBS);
    const root = await open(folder);
    await deleteRun(root, await finished(folder, root));
    await deleteRun(root, await finished(folder, root));
    await folder.write({
      '.batchbook/deleted.jsonl': `${await readFile(folder.path('.batchbook/deleted.jsonl'), 'utf8')}{"runId":`,
    });
    await deleteRun(root, await finished(folder, root));
    await root.plan(folder.path('job.batch.json'), { all: true });
    await folder.write({ 'out/a.md': 'Edited by a person.' });
    await assert.rejects(root.plan(folder.path('job.batch.json'), { all: true }), /was changed since/);
  });

  it('notes nothing through a link', async () => {
    await using folder = await Folder.with({ ...JOBS, 'precious.txt': 'kept' });
    const root = await open(folder);
    const runId = await finished(folder, root);
    await symlink(folder.path('precious.txt'), folder.path('.batchbook/deleted.jsonl'));
    await assert.rejects(deleteRun(root, runId), refused('disk'));
    assert.equal(await readFile(folder.path('precious.txt'), 'utf8'), 'kept');
    assert.deepEqual(await root.state.listRuns(), [runId]);
  });

  it('is refused while somebody drives it, and while it is open', async () => {
    await using folder = await Folder.with(JOBS);
    const root = await open(folder);
    const plan = await root.plan(folder.path('job.batch.json'), { all: true });
    const run = await root.start(plan, 'window');
    await assert.rejects(deleteRun(root, run.runId), refused('leaseHeld'));
    await run.shutdown();
    if ((await root.read(run.runId)).ledger.phase !== 'finished')
      await assert.rejects(deleteRun(root, run.runId), refused('runOpen'));
    assert.deepEqual(await root.state.listRuns(), [run.runId]);
  });

  it('follows no link, neither inside its folder nor on the way to it', async () => {
    await using folder = await Folder.with({ ...JOBS, 'precious/kept.txt': 'kept' });
    const root = await open(folder);
    const runId = await finished(folder, root);
    const inside = folder.path(`.batchbook/runs/${runId}/torn`);
    await symlink(folder.path('precious'), inside);
    await assert.rejects(deleteRun(root, runId), refused('corruptState'));
    await rename(inside, folder.path('link'));
    await rename(folder.path('.batchbook/runs'), folder.path('elsewhere'));
    await symlink(folder.path('elsewhere'), folder.path('.batchbook/runs'));
    const before = await folder.tree();
    await assert.rejects(deleteRun(root, runId), refused('corruptState'));
    assert.deepEqual(await folder.tree(), before);
  });

  it('takes no name that leads out of the folder of runs', async () => {
    await using folder = await Folder.with(JOBS);
    const root = await open(folder);
    await finished(folder, root);
    const before = await folder.tree();
    for (const name of ['..', '../../a.md', '', '.']) await assert.rejects(deleteRun(root, name));
    assert.deepEqual(await folder.tree(), before);
  });

  it('clears away what a deletion that was broken off has set aside, and nothing that is named otherwise', async () => {
    await using folder = await Folder.with(JOBS);
    const root = await open(folder);
    const runId = await finished(folder, root);
    const left = folder.path(`.batchbook/runs/${'a'.repeat(26)}.deleted`);
    await mkdir(left);
    await writeFile(path.join(left, 'results.jsonl'), '');
    await folder.write({ '.batchbook/runs/notes.deleted/kept.txt': 'kept' });
    await deleteRun(root, runId);
    const runs = Object.keys(await folder.tree()).filter((name) => name.startsWith('root/.batchbook/runs/'));
    assert.deepEqual(runs, [
      'root/.batchbook/runs/notes.deleted',
      'root/.batchbook/runs/notes.deleted/kept.txt',
    ]);
  });
});
