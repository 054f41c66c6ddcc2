import assert from 'node:assert/strict';
import { truncate } from 'node:fs/promises';
import path from 'node:path';
import { scaledClock, systemClock } from '../../../src/core/clock.ts';
import { MOCK_MODELS } from '../../../src/providers/mock/mockModels.ts';
import { MockProvider } from '../../../src/providers/mock/mockProvider.ts';
import { MockService } from '../../../src/providers/mock/mockService.ts';
import { inProcess } from '../../../src/providers/mock/mockTransport.ts';
import { createServiceAccess } from '../../../src/workspace/access.ts';
import { AgreedRuns } from '../../../src/workspace/agreedRuns.ts';
import { describePlan, planDocument } from '../../../src/workspace/describePlan.ts';
import type { JobPlan, PlanOptions } from '../../../src/workspace/planJobFile.ts';
import { Workspace } from '../../../src/workspace/workspace.ts';
import { Folder, type FileContent } from '../../support/cli/folder.ts';

const JOB = 'job.batch.json';
/** Written in parts, so that no scanner takes this file for what it tests. */
const AWS_ID = ['AK', 'IAQ3EGRZ7XW2LMNB4T'].join('');
const CELL = { kind: 'files', id: 'sum', files: ['docs'], prompt: 'Sum {{file.name}}.', output: false };

function job(changes: Readonly<Record<string, unknown>> = {}): FileContent {
  return {
    version: 1,
    title: 'Texts',
    defaults: { model: 'mock-small', maxTokens: 100 },
    cells: [CELL],
    ...changes,
  };
}

/** @param origin Where the service pretends to be; absent: on this machine. */
function open(folder: Folder, origin?: string): Workspace {
  const clock = scaledClock(systemClock, 0.002);
  const transport = inProcess(new MockService({ runningMs: 100 }, clock));
  return new Workspace({
    root: folder.root,
    clock,
    kind: 'window',
    access: createServiceAccess({ env: {} }),
    agreed: new AgreedRuns(undefined),
    extraProviders: [new MockProvider({ transport: { ...transport, origin } })],
  });
}

async function planned(
  files: Readonly<Record<string, FileContent>>,
  options: Partial<PlanOptions> = {},
): Promise<JobPlan> {
  await using folder = await Folder.with({ [JOB]: job(), ...files });
  return await open(folder).plan(folder.path(JOB), { all: false, ...options });
}

const DOCS = { 'docs/a.md': 'one', 'docs/b.md': 'two', 'docs/c.md': 'three' };

describe('The plan of a job file', () => {
  it('is refused where no cell has rows, with the place of the cells', async () => {
    for (const cells of [[], [{ kind: 'markdown', text: '# Notes' }]])
      await assert.rejects(planned({ [JOB]: job({ cells }) }), {
        code: 'jobFile',
        message: /^job\.batch\.json:\d+:\d+: No cell has rows, so there is nothing to send\./,
      });
  });

  it('names an input that is left out once, also where several cells leave it out', async () => {
    const cells = [CELL, { ...CELL, id: 'again' }];
    const plan = await planned({
      ...DOCS,
      'docs/empty.md': '',
      'docs/.gitignore': 'c.md',
      [JOB]: job({ cells }),
    });
    const text = describePlan(plan);
    assert.match(text, /Left out: 1 file, which is named by a \.gitignore file\n +docs\/c\.md$/m);
    assert.equal(text.match(/docs\/c\.md/g)?.length, 1, text);
    assert.equal(text.match(/docs\/empty\.md/g)?.length, 1, text);
  });

  it('names inputs that likely hold secrets, first of all, and never shows the secret', async () => {
    const plan = await planned({
      ...DOCS,
      'docs/b.md': `key ${AWS_ID} and password = "hunter2-2"\n`,
      [JOB]: job({ cells: [CELL, { ...CELL, id: 'c', files: ['docs/c.md'], prompt: `Use ${AWS_ID} .` }] }),
    });
    assert.deepEqual(plan.likelySecrets, [
      { source: 'docs/b.md', what: 'an AWS access key id, a password' },
      { source: 'docs/c.md', what: 'an AWS access key id' },
    ]);
    const text = describePlan(plan);
    assert.match(
      text.split('\n').slice(1, 3).join('\n'),
      /Caution 2 inputs look as if they held secrets.*\n +docs\/b\.md {2}an AWS access key id, a password$/,
    );
    assert.equal(text.includes(AWS_ID) || JSON.stringify(planDocument(plan)).includes('hunter2'), false);
    assert.doesNotMatch(describePlan(await planned(DOCS)), /Caution/);
  });

  it('looks for secrets in conversations, system prompts and data rows', async () => {
    const plan = await planned({
      'p.csv': `id,note\n1,fine\n2,${AWS_ID} \n`,
      [JOB]: job({
        cells: [
          { kind: 'messages', id: 'hi', messages: [{ role: 'user', content: `Is ${AWS_ID} mine?` }] },
          { kind: 'messages', id: 'sys', system: AWS_ID, messages: [{ role: 'user', content: 'Hi' }] },
          { kind: 'rows', id: 'row', data: 'p.csv', key: 'id', prompt: '{{row.note}}' },
        ],
      }),
    });
    assert.deepEqual(
      plan.likelySecrets.map(({ source }) => source.replace(/-.*/, '')),
      ['hi', 'sys', 'p.csv#2'],
    );
  });

  it('leaves out what the person names, and says so', async () => {
    const plan = await planned(DOCS, { leaveOut: ['docs/b.md'] });
    assert.deepEqual(
      plan.sources.map(({ source }) => source),
      ['docs/a.md', 'docs/c.md'],
    );
    assert.equal(plan.summary.rowsToSend, 2);
    assert.deepEqual(
      plan.leftOut.map(({ path: name, reason, why }) => [name, reason, why]),
      [['docs/b.md', 'byYou', 'is left out by your choice']],
    );
    assert.match(describePlan(plan), /Left out: 1 file, which is left out by your choice\n +docs\/b\.md$/);
    await assert.rejects(planned(DOCS, { leaveOut: ['docs/d.md'] }), { code: 'usage' });
    await assert.rejects(planned(DOCS, { leaveOut: Object.keys(DOCS) }), {
      code: 'usage',
      message: /Everything is left out/,
    });
  });

  it('tells the date of its prices, the longest answers, and how many batches the rows make', async () => {
    const { summary, ...plan } = await planned({ ...DOCS, [JOB]: job({ jobsPerBatch: 2 }) });
    assert.equal(summary.pricesAsOf, MOCK_MODELS[0]?.pricesAsOf);
    assert.equal(summary.outputTokensAtMost, 300);
    assert.deepEqual([summary.batches, summary.batchesAreExact], [2, true]);
    const text = describePlan({ summary, ...plan });
    assert.match(text, /tokens in, up to 300 out, in 2 batches\n/);
    assert.match(text, /Cost .*, prices of 2026-\d\d-\d\d\n/);
    const document = planDocument({ summary, ...plan });
    assert.deepEqual(
      (({ pricesAsOf, outputTokensAtMost, batches, likelySecrets, leftOut }) => [
        pricesAsOf,
        outputTokensAtMost,
        batches,
        likelySecrets,
        leftOut,
      ])(document as Record<string, unknown>),
      [summary.pricesAsOf, 300, 2, [], []],
    );
  });

  it('has one row of many go first where nothing of its kind was answered in this root (b-17)', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => `${String(i)},Person ${String(i)}\n`).join('');
    const cell = {
      kind: 'rows',
      id: 'mail',
      data: 'p.csv',
      key: 'id',
      prompt: 'To {{row.name}}',
      output: false,
    };
    const many = (changes: object = {}): FileContent => job({ cells: [cell], jobsPerBatch: 100, ...changes });
    await using folder = await Folder.with({ [JOB]: many(), 'p.csv': `id,name\n${rows}` });
    const root = open(folder, 'http://127.0.0.1:9');
    const plan = (all = false): Promise<JobPlan> => root.plan(folder.path(JOB), { all });
    const probed = await plan();
    assert.equal(probed.meta.cells[0]?.probe, true);
    assert.equal(probed.summary.batches, 6, 'one, and five of a hundred');
    assert.match(
      describePlan(probed),
      /mail: One row goes first, alone, to see whether mock takes it; the other 499/,
    );
    await folder.write({ [JOB]: many({ probe: false }) });
    assert.equal((await plan()).meta.cells[0]?.probe, undefined);
    await folder.write({ [JOB]: many({ pilot: 5 }) });
    assert.doesNotMatch(describePlan(await plan()), /goes first, alone/, 'the pilot does');
    // Another job file of this root, with a system prompt of its own and three rows, is answered.
    await folder.write({
      'few.batch.json': job({ cells: [{ ...cell, system: 'Be kind.', data: 'few.csv' }] }),
      'few.csv': 'id,name\n1,A\n2,B\n3,C\n',
    });
    const few = await root.plan(folder.path('few.batch.json'), { all: false });
    assert.equal((await (await root.start(few, 'window')).finished()).counts.ok, 3);
    await folder.write({ [JOB]: many() });
    assert.equal((await plan()).meta.cells[0]?.probe, undefined);
    await folder.write({ [JOB]: many({ defaults: { model: 'mock-small', maxTokens: 101 } }) });
    assert.equal((await plan()).meta.cells[0]?.probe, true, 'other parameters are another kind');
    await folder.write({ [JOB]: many({ probe: true }) });
    assert.equal((await plan()).meta.cells[0]?.probe, true);
  });

  it('counts a pilot as batches of its own, and says "about" where the limit decides', async () => {
    assert.equal((await planned(DOCS, { pilot: 1 })).summary.batches, 2);
    assert.equal((await planned(DOCS, { pilot: 3 })).summary.batches, 1);
    const one = (await planned(DOCS)).rows[0]?.estimate.reservedNanoUsd ?? 0;
    const cut = await planned(DOCS, { limitNanoUsd: Math.floor(2.5 * one) });
    assert.deepEqual([cut.summary.batches, cut.summary.waves], [2, 2]);
    assert.match(describePlan(cut), /about 2 batches/);
    const beyond = await planned(DOCS, { limitNanoUsd: one - 1 });
    assert.deepEqual([beyond.summary.batches, beyond.summary.waves], [0, 0]);
    assert.match(describePlan(beyond), / out, none of which the limit leaves room for\n/);
  });

  it('has no date of prices where all is free', async () => {
    const { summary } = await planned({ ...DOCS, [JOB]: job({ defaults: { model: 'offline-extractive' } }) });
    assert.equal(summary.pricesAsOf, undefined);
  });

  it('shortens lists, and shows names that would write over the terminal as what they are', async () => {
    const ignored = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`docs/x${String(i)}.tmp`, 'x']));
    const plan = await planned({
      ...DOCS,
      ...ignored,
      '.gitignore': '*.tmp',
      'docs/\u001b[2Jd\n.md': 'four',
    });
    const text = describePlan(plan);
    assert.match(
      text,
      /Left out: 8 files, each of which is named by a \.gitignore file\n( +docs\/x\d\.tmp\n){5} +and 3 more$/,
    );
    assert.ok(text.includes('docs/\ufffd[2Jd\ufffd.md  18 B'), text);
  });
});

describe('The start of a plan', () => {
  it('keeps the very text that the person agreed to', async () => {
    await using folder = await Folder.with({ [JOB]: job(), ...DOCS });
    const root = open(folder);
    const plan = await root.plan(folder.path(JOB), { all: false });
    await (await root.start(plan, 'window')).finished();
    const run = await open(folder).findRun(folder.path(JOB));
    assert.equal(run.ledger.confirmation?.shown, describePlan(plan));
  });

  it('is refused beside an open run that the person does not know of', async () => {
    await using folder = await Folder.with({ [JOB]: job({ pilot: 1 }), ...DOCS });
    const root = open(folder);
    const [first, second, third] = await Promise.all(
      [1, 2, 3].map(() => root.plan(folder.path(JOB), { all: false })),
    );
    assert.ok(first && second && third);
    await (await root.start(first, 'window')).finished(); // waits after its pilot
    const refused = { code: 'runOpen', message: new RegExp(`has an open run already, ${first.meta.runId}`) };
    await assert.rejects(root.start(second, 'window'), refused);
    await assert.rejects(root.start(second, 'window', { beside: third.meta.runId }), refused);
    assert.deepEqual(await root.state.listRuns(), [first.meta.runId]);
    await (await root.start(second, 'window', { beside: first.meta.runId })).finished();
    assert.equal((await root.state.listRuns()).length, 2);
    await assert.rejects(root.start(third, 'window', { beside: first.meta.runId }), { code: 'runOpen' });
  });

  it('is refused when another run has answered its rows since it was planned', async () => {
    await using folder = await Folder.with({ [JOB]: job(), ...DOCS });
    const root = open(folder);
    const stale = await root.plan(folder.path(JOB), { all: false });
    await (await root.start(await root.plan(folder.path(JOB), { all: false }), 'window')).finished();
    await assert.rejects(root.start(stale, 'window'), { code: 'runOpen', message: /since this was planned/ });
    const fresh = await root.plan(folder.path(JOB), { all: false });
    assert.equal(fresh.summary.rowsToSend, 0);
    await (await root.start(fresh, 'window')).finished();
  });

  it('is refused while a run that cannot be read may be an open one, unless the person wants it', async () => {
    await using folder = await Folder.with({ [JOB]: job(), ...DOCS });
    const root = open(folder);
    const first = await root.plan(folder.path(JOB), { all: false });
    await (await root.start(first, 'window')).finished();
    const meta = path.join(root.stateDir, 'runs', first.meta.runId, 'run.json');
    await truncate(meta, 5);
    // This process knows that it had finished; another does not.
    assert.equal((await root.plan(folder.path(JOB), { all: false })).summary.rowsReused, 0);
    const other = open(folder);
    const plan = await other.plan(folder.path(JOB), { all: true });
    const refused = { code: 'corruptState', message: new RegExp(`${first.meta.runId} may be an open run`) };
    await assert.rejects(other.start(plan, 'window'), refused);
    await (await other.start(plan, 'window', { despiteUnreadable: true })).finished();
  });
});

describe('The run that is meant', () => {
  it('is never a leftover that nobody has agreed to while there is another', async () => {
    await using folder = await Folder.with({ [JOB]: job(), ...DOCS });
    const root = open(folder);
    const leftover = await root.plan(folder.path(JOB), { all: false });
    await root.state.createRun({ meta: leftover.meta, plan: leftover.rows });
    assert.equal((await root.findRun(folder.path(JOB))).meta.runId, leftover.meta.runId);
    const old = await root.plan(folder.path(JOB), { all: false });
    await (await root.start(old, 'window')).finished();
    const newer = await root.plan(folder.path(JOB), { all: true });
    await root.state.createRun({ meta: newer.meta, plan: newer.rows });
    assert.ok(newer.meta.runId > old.meta.runId);
    for (const named of [undefined, folder.path(JOB)])
      assert.equal((await root.findRun(named)).meta.runId, old.meta.runId);
    assert.equal(await root.openRunOf(folder.path(JOB)), undefined);
  });
});
