import assert from 'node:assert/strict';
import { link, rename } from 'node:fs/promises';
import { scaledClock, systemClock } from '../../../src/core/clock.ts';
import { createServiceAccess } from '../../../src/workspace/access.ts';
import { deleteRun } from '../../../src/workspace/deleteRun.ts';
import { openWorkspace } from '../../../src/workspace/openWorkspace.ts';
import type { JobPlan } from '../../../src/workspace/planJobFile.ts';
import type { Workspace } from '../../../src/workspace/workspace.ts';
import { Folder, type FileContent } from '../../support/cli/folder.ts';

const TEXT = 'The harbour was built in 1874. It shipped timber for eighty years. Then the railway came.';
const FILE = 'results/r/1.json';
const ASKED = {
  version: 1,
  defaults: { model: 'offline-extractive' },
  cells: [{ kind: 'rows', id: 'r', key: 'id', prompt: '{{row.text}}' }],
};

function job(data: string, more: Readonly<Record<string, unknown>> = {}): FileContent {
  return { ...ASKED, cells: ASKED.cells.map((cell) => ({ ...cell, data, ...more })) };
}

/** Two job files whose rows have one key, and so one default output. */
const JOBS = {
  'a.csv': `id,text\n1,${TEXT}\n`,
  'b.csv': `id,text\n1,${TEXT} The basins silted up.\n`,
  'a.batch.json': job('a.csv'),
  'b.batch.json': job('b.csv'),
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

function planOf(root: Workspace, folder: Folder, name: string): Promise<JobPlan> {
  return root.plan(folder.path(name), { all: true });
}

async function finish(root: Workspace, plan: JobPlan): Promise<string> {
  const run = await root.start(plan, 'window');
  await run.finished();
  return plan.meta.runId;
}

async function responseIn(folder: Folder): Promise<string> {
  return (JSON.parse(await folder.read(FILE)) as { response: string }).response;
}

const ANOTHERS =
  /"results\/r\/1\.json", was written for a\.batch\.json\. Name another "output" or "resultsDir", or set "overwrite": true\.$/;

describe('What one job file wrote', () => {
  it('is never replaced by another one, which is refused before anything is sent, by name and with the ways out', async () => {
    await using folder = await Folder.with(JOBS);
    const root = await open(folder);
    await finish(root, await planOf(root, folder, 'a.batch.json'));
    const answer = await responseIn(folder);
    await assert.rejects(planOf(root, folder, 'b.batch.json'), { code: 'jobFile', message: ANOTHERS });
    const text = await folder.read('b.batch.json');
    const { problems } = await root.inspect(folder.path('b.batch.json'), text);
    assert.match(problems.map(({ message }) => message).join('\n'), ANOTHERS);
    await finish(root, await planOf(root, folder, 'a.batch.json'));
    await folder.write({ 'c.batch.json': job('b.csv', { output: 'c/{{row.id}}.json' }) });
    await finish(root, await planOf(root, folder, 'c.batch.json'));
    assert.equal(await responseIn(folder), answer);
    await folder.write({ 'b.batch.json': job('b.csv', { overwrite: true }) });
    await finish(root, await planOf(root, folder, 'b.batch.json'));
    assert.notEqual(await responseIn(folder), answer);
  });

  it('stays also where both were planned before either ran', async () => {
    await using folder = await Folder.with(JOBS);
    const root = await open(folder);
    const plans = [await planOf(root, folder, 'a.batch.json'), await planOf(root, folder, 'b.batch.json')];
    for (const plan of plans) await finish(root, plan);
    const [first, second] = await root.readableRuns();
    assert.equal(first?.ledger.rows[0]?.written?.path, FILE);
    assert.equal(second?.ledger.rows[0]?.written?.path ?? undefined, undefined);
    assert.match(await folder.read(FILE), new RegExp(plans[0]?.rows[0]?.id ?? '-'));
  });

  it('stays its own when its runs are deleted', async () => {
    await using folder = await Folder.with(JOBS);
    const root = await open(folder);
    await deleteRun(root, await finish(root, await planOf(root, folder, 'a.batch.json')));
    await assert.rejects(planOf(root, folder, 'b.batch.json'), ANOTHERS);
    await planOf(root, folder, 'a.batch.json');
  });

  it('goes with the job file to a new name, unless somebody changed it', async () => {
    await using folder = await Folder.with(JOBS);
    const root = await open(folder);
    await finish(root, await planOf(root, folder, 'a.batch.json'));
    await rename(folder.path('a.batch.json'), folder.path('renamed.batch.json'));
    await planOf(root, folder, 'renamed.batch.json');
    await folder.write({ [FILE]: 'Edited by a person.' });
    await assert.rejects(planOf(root, folder, 'renamed.batch.json'), /was changed since Batchbook wrote it/);
  });

  it('is that of the same file by another name, as on a disk that does not tell upper from lower case', async () => {
    await using folder = await Folder.with(JOBS);
    const root = await open(folder);
    await finish(root, await planOf(root, folder, 'a.batch.json'));
    await link(folder.path('a.batch.json'), folder.path('twin.batch.json'));
    await planOf(root, folder, 'twin.batch.json');
  });
});
