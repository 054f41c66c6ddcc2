import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { scaledClock, systemClock } from '../../../src/core/clock.ts';
import { createServiceAccess } from '../../../src/workspace/access.ts';
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
    cells: [{ kind: 'files', id: 'summary', files: ['*.md'], prompt: 'Summarize.', output: false }],
  },
};

/** @param aheadMs How far the wall clock of this root is ahead. */
function open(folder: Folder, aheadMs = (): number => 0): Promise<Workspace> {
  const pace = scaledClock(systemClock, 0.002);
  const clock = { ...pace, now: () => pace.now() + aheadMs() };
  return openWorkspace({
    cwd: folder.root,
    folder: folder.root,
    clock,
    kind: 'window',
    access: createServiceAccess({ env: {} }),
  });
}

async function plan(root: Workspace): Promise<Awaited<ReturnType<Workspace['plan']>>> {
  return root.plan(path.join(root.root, 'job.batch.json'), { all: true });
}

describe('The runs of a root as a window sees them', () => {
  it('are none where nothing ran, and nothing is written by looking', async () => {
    await using folder = await Folder.with(JOBS);
    const before = await folder.tree();
    assert.deepEqual(await new RunWatch(await open(folder)).refresh(), { runs: [], unreadable: [] });
    assert.deepEqual(await folder.tree(), before);
  });

  it('show a run while it is driven and when it has finished, and are the same object while nothing happens', async () => {
    await using folder = await Folder.with(JOBS);
    const root = await open(folder);
    const watch = new RunWatch(await open(folder));
    const run = await root.start(await plan(root), 'window');
    const [driven] = (await watch.refresh()).runs;
    assert.equal(driven?.holder?.pid, process.pid);
    await run.finished();
    const [done] = (await watch.refresh()).runs;
    assert.equal(done?.status.state, 'finished');
    assert.equal(done.holder, undefined);
    assert.equal(done.interrupted, false);
    assert.deepEqual(done.cells, [{ id: 'summary', model: 'offline-extractive', total: 2, ended: 2 }]);
    assert.equal((await watch.refresh()).runs[0], done);
  });

  it('show what is appended to a finished run by somebody else', async () => {
    await using folder = await Folder.with(JOBS);
    const root = await open(folder);
    await (await root.start(await plan(root), 'window')).finished();
    const watch = new RunWatch(await open(folder));
    const [before] = (await watch.refresh()).runs;
    assert.ok(before);
    await root.request(before.runId, { kind: 'setLimit', limitNanoUsd: 5_000_000_000 });
    const resumed = await root.resume(before.runId, { askConsent: () => assert.fail('It was agreed to.') });
    await resumed?.finished();
    const [after] = (await watch.refresh()).runs;
    assert.equal(after?.status.costUsd.limit, 5);
  });

  it('leave out a plan that nobody agreed to', async () => {
    await using folder = await Folder.with(JOBS);
    const root = await open(folder);
    const { meta, rows } = await plan(root);
    await root.state.createRun({ meta, plan: rows });
    assert.deepEqual((await new RunWatch(root).refresh()).runs, []);
  });

  it('name a run that cannot be read, with the reason, beside those that can', async () => {
    await using folder = await Folder.with(JOBS);
    const root = await open(folder);
    const first = await root.start(await plan(root), 'window');
    await first.finished();
    await (await root.start(await plan(root), 'window')).finished();
    const journal = folder.path(`.batchbook/runs/${first.runId}/journal.jsonl`);
    await writeFile(journal, `no json\n${await readFile(journal, 'utf8')}`);
    const { runs, unreadable } = await new RunWatch(root).refresh();
    assert.equal(runs.length, 1);
    assert.deepEqual(
      unreadable.map(({ runId }) => runId),
      [first.runId],
    );
    assert.match(unreadable[0]?.reason ?? '', /line 1/);
  });

  describe('A run whose driver has gone', () => {
    /** A run as a dead process of this machine leaves it: in the middle, its lease not given up. */
    async function abandoned(
      folder: Folder,
      holder: string,
      last: string,
      aheadMs?: () => number,
    ): Promise<RunWatch> {
      const root = await open(folder);
      const { runId } = await root.start(await plan(root), 'window').then(async (run) => {
        await run.finished();
        return run;
      });
      const dir = `.batchbook/runs/${runId}`;
      const journal = folder.path(`${dir}/journal.jsonl`);
      const text = (await readFile(journal, 'utf8')).replaceAll(`window ${String(process.pid)}`, holder);
      await writeFile(journal, text);
      const end = text.indexOf('\n', text.indexOf(`"e":"${last}"`)) + 1;
      assert.ok(end > 0, `the journal has no ${last}`);
      await truncate(journal, Buffer.byteLength(text.slice(0, end)));
      const lease = folder.path(`${dir}/lease/1.json`);
      const dead = spawnSync(process.execPath, ['--version']).pid;
      const left = { ...(JSON.parse(await readFile(lease, 'utf8')) as object), pid: dead, host: hostname() };
      await writeFile(lease, JSON.stringify({ ...left, released: undefined }));
      return new RunWatch(await open(folder, aheadMs));
    }

    it('is shown anew when a batch of it becomes late, although nothing happens (b-9)', async () => {
      await using folder = await Folder.with(JOBS);
      let ahead = 0;
      const watch = await abandoned(folder, 'cli 4711', 'batchAccepted', () => ahead);
      const [before] = (await watch.refresh()).runs;
      assert.equal(before?.status.batches[0]?.late, undefined);
      ahead = 23 * 3_600_000;
      assert.equal((await watch.refresh()).runs[0], before);
      ahead = 25 * 3_600_000;
      const [after] = (await watch.refresh()).runs;
      assert.equal(after?.status.batches[0]?.late, true);
      assert.equal((await watch.refresh()).runs[0], after);
    });

    it('is interrupted when it died, whatever it was', async () => {
      for (const holder of ['cli 4711', 'window 4711']) {
        await using folder = await Folder.with(JOBS);
        const watch = await abandoned(folder, holder, 'batchAccepted');
        const [run] = (await watch.refresh()).runs;
        assert.equal(run?.interrupted, true, holder);
        assert.equal(run.holder, undefined);
      }
    });

    it('is interrupted when a window closed, and not when a command was ended by its person', async () => {
      for (const [holder, interrupted] of [
        ['window 4711', true],
        ['cli 4711', false],
      ] as const) {
        await using folder = await Folder.with(JOBS);
        const watch = await abandoned(folder, holder, 'batchAccepted');
        const [open1] = (await watch.refresh()).runs;
        assert.ok(open1);
        const journal = folder.path(`.batchbook/runs/${open1.runId}/journal.jsonl`);
        const ended = { e: 'runEnded', at: 1, state: 'stopped', reason: 'Stopped.', n: 1 };
        await writeFile(journal, `${await readFile(journal, 'utf8')}${JSON.stringify(ended)}\n`);
        assert.equal((await watch.refresh()).runs[0]?.interrupted, interrupted, holder);
      }
    });

    it('is not interrupted when its person stopped it', async () => {
      await using folder = await Folder.with(JOBS);
      const watch = await abandoned(folder, 'window 4711', 'batchAccepted');
      const [run] = (await watch.refresh()).runs;
      assert.ok(run);
      const journal = folder.path(`.batchbook/runs/${run.runId}/journal.jsonl`);
      const events = [
        { e: 'requestHandled', at: 1, id: '1', kind: 'stop', n: 1 },
        { e: 'runEnded', at: 1, state: 'stopped', reason: 'Stopped.', n: 1 },
      ];
      const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
      await writeFile(journal, `${await readFile(journal, 'utf8')}${lines}`);
      assert.equal((await watch.refresh()).runs[0]?.interrupted, false);
    });
  });
});
