import assert from 'node:assert/strict';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { scaledClock, systemClock } from '../../../src/core/clock.ts';
import type { StateManager } from '../../../src/core/stateManager.ts';
import { realDisk } from '../../../src/state/disk.ts';
import { FileStateManager } from '../../../src/state/fileStateManager.ts';
import type { RunOutputs } from '../../../src/state/deletedRuns.ts';
import { RunIndex } from '../../../src/workspace/runIndex.ts';
import { Folder, type FileContent } from '../../support/cli/folder.ts';
import { JOB } from '../../support/cli/jobs.ts';
import { openRoot, planHere, plant, quickService } from '../../support/strangeRun.ts';

function job(output: string | false): FileContent {
  return {
    version: 1,
    defaults: { model: 'mock-small', maxTokens: 100 },
    cells: [{ kind: 'files', id: 'sum', files: ['docs'], prompt: 'Sum.', output }],
  };
}
const NONE_DELETED = { all: async () => new Map<string, RunOutputs>() };
const DOCS = { 'docs/a.md': 'one', 'docs/b.md': 'two' };

/** The state of a folder, and which runs were read from the beginning. */
function watched(folder: Folder): { state: StateManager; read: string[] } {
  const real = new FileStateManager({
    dir: folder.path('.batchbook'),
    disk: realDisk,
    clock: scaledClock(systemClock, 0.002),
  });
  const read: string[] = [];
  const state = new Proxy<StateManager>(real, {
    get: (target, name) => {
      if (name === 'readRun')
        return (runId: string) => {
          read.push(runId);
          return target.readRun(runId);
        };
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { state, read };
}

async function finishedRun(folder: Folder): Promise<string> {
  const root = openRoot(folder, quickService());
  const run = await root.start(await root.plan(folder.path(JOB), { all: true }), 'window');
  await run.finished();
  return run.runId;
}

describe('What is known of the runs of a root', () => {
  it('costs no reading where nothing has happened, and only that of what has', async () => {
    await using folder = await Folder.with({ ...DOCS, [JOB]: job('out/{{file.path}}') });
    const first = await finishedRun(folder);
    const second = await finishedRun(folder);
    const { state, read } = watched(folder);
    const index = new RunIndex(state, NONE_DELETED);
    const { runs } = await index.all();
    assert.deepEqual(
      runs.map(({ runId, jobFile, confirmed, finished }) => [runId, jobFile, confirmed, finished]),
      [first, second].map((runId) => [runId, JOB, true, true]),
    );
    const written = await index.written();
    assert.deepEqual([...written.keys()].sort(), ['out/docs/a.md', 'out/docs/b.md']);
    assert.deepEqual(read, [first, second]);
    assert.equal((await index.all()).runs[0], runs[0]);
    assert.equal(await index.written(), written);
    assert.deepEqual(read, [first, second]);

    await state.request(first, { kind: 'setLimit', limitNanoUsd: 1 });
    const root = openRoot(folder, quickService());
    const resumed = await root.resume(first, { askConsent: () => assert.fail('It has nothing to send.') });
    await resumed?.finished();
    await index.all();
    assert.deepEqual(read, [first, second, first]);
  });

  it('follows an open run by what is appended, with one reader for everybody, until it has finished', async () => {
    await using folder = await Folder.with({ ...DOCS, [JOB]: job(false) });
    const runId = await plant(folder, await planHere(folder));
    const { state, read } = watched(folder);
    const index = new RunIndex(state, NONE_DELETED);
    assert.equal((await index.all()).runs[0]?.finished, false);
    const { reader } = await index.reader(runId);
    assert.equal((await index.reader(runId)).reader, reader);
    const writer = await state.driveRun(runId, { kind: 'cli' });
    await writer.append({ e: 'limitSet', at: 1, limitNanoUsd: 7 });
    assert.equal((await index.reader(runId)).reader.ledger.money.limitNanoUsd, 7);
    assert.deepEqual(read, [runId]);
    await writer.append({ e: 'runEnded', at: 2, state: 'finished' });
    await writer.release();
    assert.equal((await index.all()).runs[0]?.finished, true);
    assert.deepEqual(read, [runId]);
    assert.notEqual((await index.reader(runId)).reader, reader);
  });

  it('is of the moment of the call: also of a run that began while an earlier look was under way', async () => {
    await using folder = await Folder.with({ ...DOCS, [JOB]: job(false) });
    const plan = await planHere(folder);
    const first = await plant(folder, plan);
    const { state } = watched(folder);
    const index = new RunIndex(state, NONE_DELETED);
    const early = index.all();
    const second = await plant(folder, plan);
    const late = index.all();
    assert.deepEqual(
      (await late).runs.map(({ runId }) => runId),
      [first, second],
    );
    await early;
    await rm(folder.path(`.batchbook/runs/${first}`), { recursive: true });
    assert.deepEqual(
      (await index.all()).runs.map(({ runId }) => runId),
      [second],
    );
  });

  it('takes the newest of what runs wrote to one file', async () => {
    await using folder = await Folder.with({ ...DOCS, [JOB]: job('out/{{file.path}}') });
    const plan = await planHere(folder);
    const at = 1;
    const events = ['old', 'new'].map((word) => ({
      e: 'rowsWritten' as const,
      at,
      rows: [[0, 'out/docs/a.md', Buffer.from(word).toString('hex')] as const],
    }));
    for (const event of events) await plant(folder, plan, { events: [event] });
    const index = new RunIndex(watched(folder).state, NONE_DELETED);
    assert.deepEqual((await index.written()).get('out/docs/a.md'), {
      sha256: Buffer.from('new').toString('hex'),
      jobFile: JOB,
    });
  });

  it('tells what cannot be read, until it can', async () => {
    await using folder = await Folder.with({ ...DOCS, [JOB]: job(false) });
    const runId = await plant(folder, await planHere(folder));
    const meta = path.join('.batchbook/runs', runId, 'run.json');
    const text = await folder.read(meta);
    await folder.write({ [meta]: '{' });
    const index = new RunIndex(watched(folder).state, NONE_DELETED);
    assert.deepEqual(
      (await index.all()).unreadable.map((run) => run.runId),
      [runId],
    );
    await folder.write({ [meta]: text });
    assert.deepEqual((await index.all()).unreadable, []);
    assert.equal((await index.all()).runs.length, 1);
  });

  it('is refused where the folder of a run has the name of another', async () => {
    await using folder = await Folder.with({ ...DOCS, [JOB]: job(false) });
    const runId = await plant(folder, await planHere(folder));
    const runs = folder.path('.batchbook/runs');
    await rename(path.join(runs, runId), path.join(runs, '0'.repeat(26)));
    const { unreadable } = await new RunIndex(watched(folder).state, NONE_DELETED).all();
    assert.match(unreadable[0]?.reason ?? '', new RegExp(`is of run ${runId}, not of the one`));
  });
});

describe('The models of a root', () => {
  it('are those that are set now; what is wrong in a setting is told when they are asked for', async () => {
    await using folder = await Folder.with({ ...DOCS, [JOB]: job(false) });
    let models: Readonly<Record<string, unknown>> = {};
    const root = openRoot(folder, quickService(), undefined, () => models);
    assert.throws(() => root.registry.modelConfig('gpt-7'), { code: 'unknownModel' });
    const before = root.registry.asOfNow();
    models = { 'gpt-7': { provider: 'openai', input: 2, output: 10 } };
    root.registry.renew();
    assert.equal(root.registry.modelConfig('gpt-7').provider, 'openai');
    assert.throws(() => before.modelConfig('gpt-7'), { code: 'unknownModel' }); // what a run that is driven has
    models = { 'gpt-7': 3 };
    await root.plan(folder.path(JOB), { all: false }); // which looks at the settings anew
    assert.match(root.registry.problems[0]?.message ?? '', /"gpt-7"/);
    assert.throws(() => root.registry.modelConfig('gpt-7'), {
      code: 'unknownModel',
      message: /cannot be used/,
    });
  });
});
