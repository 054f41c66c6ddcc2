import assert from 'node:assert/strict';
import { cp, mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PlannedRow } from '../../../src/core/plan.ts';
import type { RunMeta, RunRequest } from '../../../src/core/stateManager.ts';
import type { RunStatus } from '../../../src/core/status.ts';
import type { MockService } from '../../../src/providers/mock/mockService.ts';
import { leaveRequest } from '../../../src/state/requests.ts';
import type { AskConsent } from '../../../src/workspace/consent.ts';
import { describeRest } from '../../../src/workspace/describeRest.ts';
import type { RestOfRun } from '../../../src/workspace/restOfRun.ts';
import type { Workspace } from '../../../src/workspace/workspace.ts';
import { Folder, type FileContent } from '../../support/cli/folder.ts';
import { JOB } from '../../support/cli/jobs.ts';
import { LIES, openRoot, planHere, plant, quickService, type StrangeRun } from '../../support/strangeRun.ts';

const AWS_ID = ['AK', 'IAQ3EGRZ7XW2LMNB4T'].join('');
const CELL = { kind: 'files', id: 'sum', files: ['docs'], prompt: 'Sum {{file.name}}.', output: false };

function job(changes: Readonly<Record<string, unknown>> = {}): FileContent {
  return {
    version: 1,
    title: 'Texts',
    defaults: { model: 'mock-small', maxTokens: 100, system: 'Be brief.' },
    costLimitUsd: 5,
    cells: [CELL],
    ...changes,
  };
}

const FILES = { [JOB]: job(), 'docs/a.md': 'one', 'docs/b.md': 'two and more', 'docs/c.md': 'three' };

/** A person who is asked, and what they were shown. */
class Person {
  readonly shown: RestOfRun[] = [];
  readonly #agrees: boolean;

  constructor(agrees: boolean) {
    this.#agrees = agrees;
  }

  get askConsent(): AskConsent {
    return async (rest) => {
      this.shown.push(rest);
      return this.#agrees ? { by: 'window', shown: describeRest(rest) } : undefined;
    };
  }

  get text(): string {
    const [rest] = this.shown;
    assert.ok(rest, 'Nobody was asked.');
    return describeRest(rest);
  }
}

/** A folder with a strange run in it, a service, and somewhere to remember. */
class Scene implements AsyncDisposable {
  readonly folder: Folder;
  readonly service: MockService = quickService();
  readonly runId: string;

  private constructor(folder: Folder, runId: string) {
    this.folder = folder;
    this.runId = runId;
  }

  static async with(
    strange: StrangeRun = {},
    files: Readonly<Record<string, FileContent>> = {},
  ): Promise<Scene> {
    const folder = await Folder.with({ ...FILES, ...files });
    return new Scene(folder, await plant(folder, await planHere(folder), strange));
  }

  get memory(): string {
    return path.join(path.dirname(this.folder.root), 'state/batchbook/agreed-runs');
  }

  get runDir(): string {
    return this.folder.path(`.batchbook/runs/${this.runId}`);
  }

  /** As another process of the same person. */
  open(): Workspace {
    return openRoot(this.folder, this.service, this.memory);
  }

  get sent(): number {
    return this.service.ledger().batches.flatMap(({ rows }) => rows).length;
  }

  /** Goes on with the run; `undefined` where the person said no. */
  async resume(person: Person, root = this.open()): Promise<RunStatus | undefined> {
    const run = await root.resume(this.runId, { askConsent: person.askConsent });
    return run?.finished();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('A run that came with its folder', () => {
  it('is shown as this machine sees it, and a no sends nothing and changes nothing (P7)', async () => {
    await using scene = await Scene.with();
    const before = await scene.folder.tree();
    const person = new Person(false);
    assert.equal(await scene.resume(person), undefined);
    assert.equal(scene.sent, 0);
    assert.deepEqual(await scene.folder.tree(), before);
    assert.equal(person.text.includes(LIES), false);
    const runId = scene.runId;
    assert.equal(
      person.text,
      [
        `Texts (job.batch.json), run ${runId}`,
        '  This run came with its folder, or the folder was moved: nobody has agreed to it here, on this machine.',
        '  Rows    3 to send; 0 have ended',
        '  Input   74 B, about 20 tokens in, up to 300 out, in 1 batch',
        '            docs/a.md  21 B',
        '            docs/b.md  30 B',
        '            docs/c.md  23 B',
        '  To      this machine, nothing leaves it: mock-small, A pretend model for tests: its answers mean nothing.',
        '  Cost    about $0.000385, at most $0.000763; limit $5.00, prices of 2026-11-10',
        '          (at most: estimated tokens plus 25 % for text, 60 % for PDF and images; longest answers)',
        '  System  sum: Be brief.',
        '  Prompt  sum: Sum {{file.name}}.',
      ].join('\n'),
    );
    // It is as strange as before.
    assert.equal(await scene.resume(person), undefined);
    assert.equal(person.shown.length, 2);
  });

  it('goes on by a yes, which is journalled with what was shown; nobody of this person is asked again', async () => {
    await using scene = await Scene.with();
    const person = new Person(true);
    const status = await scene.resume(person);
    assert.equal(status?.counts.ok, 3);
    assert.equal(scene.sent, 3);
    const { ledger } = await scene.open().read(scene.runId);
    assert.equal(ledger.confirmation?.shown, person.text);
    assert.deepEqual(ledger.confirmation.destinations, ['this machine']);
    const root = scene.open();
    await root.request(scene.runId, { kind: 'setLimit', limitNanoUsd: 1 });
    await scene.resume(new Person(false), root);
    assert.equal((await root.read(scene.runId)).ledger.money.limitNanoUsd, 1);
    assert.equal(
      await openRoot(scene.folder, scene.service, `${scene.memory}-of-another`).isAgreed(scene.runId),
      false,
    );
  });

  it('is asked about anew when it was copied, moved or changed', async () => {
    await using scene = await Scene.with();
    const root = scene.open();
    const run = await root.resume(scene.runId, { askConsent: new Person(true).askConsent });
    await run?.shutdown();
    assert.equal(await scene.open().isAgreed(scene.runId), true);
    await using copy = await Folder.with();
    await cp(scene.folder.root, copy.root, { recursive: true });
    assert.equal(await openRoot(copy, scene.service, scene.memory).isAgreed(scene.runId), false);
    for (const file of ['run.json', 'plan.jsonl']) {
      const text = await readFile(path.join(scene.runDir, file), 'utf8');
      await writeFile(path.join(scene.runDir, file), `${text} `);
      assert.equal(await scene.open().isAgreed(scene.runId), false, file);
      await writeFile(path.join(scene.runDir, file), text);
    }
    assert.equal(await scene.open().isAgreed(scene.runId), true);
    const elsewhere = `${scene.folder.root}-moved`;
    await rename(scene.folder.root, elsewhere);
    await mkdir(scene.folder.root);
    await symlink(path.join(elsewhere, '.batchbook'), scene.folder.path('.batchbook'));
    assert.equal(await scene.open().isAgreed(scene.runId), true); // by the path that was agreed to
    await rm(scene.folder.root, { recursive: true });
    await symlink(elsewhere, scene.folder.root);
    assert.equal(await scene.open().isAgreed(scene.runId), false); // which now leads elsewhere
  });

  it('one that began here is not asked about, whoever goes on with it', async () => {
    await using folder = await Folder.with(FILES);
    await using scene = await Scene.with();
    const service = quickService();
    const root = openRoot(folder, service, scene.memory);
    const run = await root.start(await root.plan(folder.path(JOB), { all: false }), 'window');
    await run.shutdown();
    const other = openRoot(folder, service, scene.memory);
    const again = await other.resume(run.runId, { askConsent: () => assert.fail('Somebody was asked.') });
    assert.equal((await again?.finished())?.counts.ok, 3);
  });

  it('reserves by this machine’s own reckoning: a plan that says it is free does not get past the limit (P3)', async () => {
    const free = (rows: readonly PlannedRow[]): PlannedRow[] =>
      rows.map((row) => ({
        ...row,
        estimate: { bytes: 1, inputTokens: 1, reservedNanoUsd: 0, expectedNanoUsd: 0 },
      }));
    const limited = (meta: RunMeta): RunMeta => ({
      ...meta,
      settings: { ...meta.settings, limitNanoUsd: 252_000 },
    });
    await using scene = await Scene.with({ rows: free, meta: limited });
    const person = new Person(true);
    const status = await scene.resume(person);
    assert.match(person.text, /at most \$0\.000763; limit \$0\.000252,/);
    assert.match(person.text, /74 B/);
    assert.equal(status?.state, 'stoppedByLimit');
    assert.equal(scene.sent, 0);
  });

  it('carries out nothing that it says somebody wants: only what this machine wants of it', async () => {
    await using scene = await Scene.with({
      events: [{ e: 'limitSet', at: 1, limitNanoUsd: 10 }],
    });
    const strange: RunRequest[] = [{ kind: 'setLimit', limitNanoUsd: null }, { kind: 'retry' }];
    for (const request of strange) await leaveRequest(path.join(scene.runDir, 'requests'), request, 1);
    const person = new Person(true);
    const root = scene.open();
    const status = await scene.resume(person, root);
    assert.equal(status?.state, 'stoppedByLimit');
    assert.match(person.text, /limit \$0\.00000001/);
    assert.deepEqual(await readdir(path.join(scene.runDir, 'requests')), []);
    assert.equal(scene.sent, 0);
  });

  it('shows what this machine wants of it: another limit, rows that are sent again', async () => {
    await using scene = await Scene.with({ events: [{ e: 'cancelRequested', at: 1 }] });
    const root = scene.open();
    await root.request(scene.runId, { kind: 'setLimit', limitNanoUsd: 2_000_000_000 });
    await root.request(scene.runId, { kind: 'retry', rows: [1] });
    const person = new Person(true);
    const status = await scene.resume(person, root);
    assert.match(person.text, /; limit \$2\.00,/);
    assert.equal(status?.costUsd.limit, 2);
    assert.equal(status.counts.ok, 3);
  });

  it('is cancelled without a question, and then nothing is sent, also not by what came with it', async () => {
    await using scene = await Scene.with();
    // Later than any request of now, so that it would be heeded after the cancel.
    await leaveRequest(path.join(scene.runDir, 'requests'), { kind: 'retry' }, 40_000_000_000_000);
    const root = scene.open();
    await root.request(scene.runId, { kind: 'cancel' });
    const person = new Person(true);
    const status = await scene.resume(person, root);
    assert.deepEqual(person.shown, []);
    assert.equal(status?.counts.cancelled, 3);
    assert.equal(scene.sent, 0);
    assert.equal(await scene.open().isAgreed(scene.runId), false);
  });

  it('that has nothing left to send needs no question, and gets nothing to send while it is driven', async () => {
    await using folder = await Folder.with({ ...FILES, [JOB]: job({ jobsPerBatch: 1, maxConcurrent: 1 }) });
    const service = quickService();
    service.configure({ faults: { pollUnavailable: 1_000_000 } });
    const begun = openRoot(folder, service);
    const first = await begun.start(await begun.plan(folder.path(JOB), { all: false }), 'window');
    while (service.ledger().batches.length === 0) await turn();
    await first.shutdown();
    const root = openRoot(folder, service);
    await root.request(first.runId, { kind: 'cancel' });
    const run = await root.resume(first.runId, { askConsent: () => assert.fail('Somebody was asked.') });
    const again = await begun.request(first.runId, { kind: 'retry' });
    while (!(await begun.read(first.runId)).ledger.handledRequests.has(again)) await turn();
    service.configure({ faults: { pollUnavailable: 0 } });
    const status = await run?.finished();
    assert.equal(status?.state, 'stopped');
    assert.equal(status.counts.pending, 2);
    assert.equal(service.ledger().batches.length, 1);
  });

  it('says which of its rows would be sent again should they fail at the service, and which are not sent', async () => {
    await using scene = await Scene.with({
      events: [
        {
          ...{ e: 'batchIntended', at: 1, nonce: 'aaaaaaaa', provider: 'mock', model: 'mock-small' },
          ...{ rows: [[0, 0]], payloadHash: '', bytes: 1, reservedNanoUsd: 1 },
        },
        { e: 'batchAccepted', at: 1, nonce: 'aaaaaaaa', batchId: 'mockbatch-1' },
      ],
    });
    await rm(scene.folder.path('docs/b.md'));
    const outside = path.join(path.dirname(scene.folder.root), 'outside.md');
    await writeFile(outside, 'of somebody else');
    await rm(scene.folder.path('docs/c.md'));
    await symlink(outside, scene.folder.path('docs/c.md'));
    const person = new Person(false);
    await scene.resume(person);
    assert.match(
      person.text,
      /Rows {4}0 to send, plus 1 at the service \(sent again only should that fail\); 0 have ended/,
    );
    assert.match(
      person.text,
      /Not sent: 2 rows\n +docs\/b\.md {2}The file does not exist any more\.\n +docs\/c\.md .*link/,
    );
    assert.equal(person.text.includes('of somebody else'), false);
  });

  it('names inputs that likely hold secrets first of all, and shows file names and prompts without control characters', async () => {
    await using scene = await Scene.with(
      {},
      {
        'docs/b.md': `key ${AWS_ID}\n`,
        [JOB]: job({ cells: [{ ...CELL, prompt: `Sum it.\u001b[2K\n${'x'.repeat(700)}` }] }),
      },
    );
    const person = new Person(false);
    await scene.resume(person);
    assert.match(
      person.text.split('\n').slice(2, 4).join('\n'),
      /Caution 1 input.*\n +docs\/b\.md {2}an AWS access key id$/,
    );
    assert.equal(person.text.includes('\u001b'), false);
    assert.match(person.text, /Prompt {2}sum: Sum it\.�\[2K\n {10}x+\n {10}and 112 characters more/);
  });

  const unfit: Readonly<Record<string, [StrangeRun, RegExp]>> = {
    'a plan with a file that the job file does not name': [
      { rows: ([first, ...rest]) => [{ ...first!, source: '.env' }, ...rest] },
      /does not name \.env/,
    ],
    'a plan with a file beside the root, as if it were another': [
      { rows: ([first, ...rest]) => [...rest, { ...first!, id: `sum-${'0'.repeat(26)}` }] },
      /does not name docs\/a\.md/,
    ],
    'a cheaper model beside a dear one': [
      {
        meta: (meta) => ({
          ...meta,
          cells: meta.cells.map((cell) => ({ ...cell, model: 'mock-large' })),
        }),
      },
      /cell "sum" has another model or limit/,
    ],
    'shorter answers than it asks for': [
      {
        meta: (meta) => ({
          ...meta,
          cells: meta.cells.map((cell) => ({ ...cell, parameters: { ...cell.parameters, maxTokens: 1 } })),
        }),
      },
      /cell "sum" has another model or limit/,
    ],
    'attempts without end': [
      {
        meta: (meta) => ({
          ...meta,
          cells: meta.cells.map((cell) => ({ ...cell, retry: { ...cell.retry, transient: 1e9 } })),
        }),
      },
      /cell "sum" has another model or limit/,
    ],
    'another service than the model’s': [
      {
        meta: (meta) => ({ ...meta, cells: meta.cells.map((cell) => ({ ...cell, provider: 'openai' })) }),
      },
      /cell "sum" has another model or limit/,
    ],
    'a copy of the job file that was changed': [
      {
        meta: (meta) => ({
          ...meta,
          jobFile: { ...meta.jobFile!, text: meta.jobFile!.text.replace('Be brief.', 'Tell all.') },
        }),
      },
      /its copy of the job file was changed/,
    ],
    'a cell that the job file does not have': [
      {
        meta: (meta) => ({ ...meta, cells: [{ ...meta.cells[0]!, id: 'other' }] }),
        rows: (rows) => rows.map((row) => ({ ...row, cell: 'other' })),
      },
      /its job file has no cell "other"/,
    ],
  };
  for (const [what, [strange, why]] of Object.entries(unfit)) {
    it(`is refused where it does not fit its own job file: ${what}`, async () => {
      await using scene = await Scene.with(strange, { '.env': 'TOKEN=1' });
      const person = new Person(true);
      await assert.rejects(scene.resume(person), { code: 'corruptState', message: why });
      assert.deepEqual(person.shown, []);
      assert.equal(scene.sent, 0);
    });
  }

  it('reads nothing outside the root, whatever its plan says', async () => {
    await using scene = await Scene.with({
      rows: (rows) => rows.map((row) => ({ ...row, source: '../outside.md' })),
    });
    await writeFile(path.join(path.dirname(scene.folder.root), 'outside.md'), 'of somebody else');
    const person = new Person(true);
    const status = await scene.resume(person);
    assert.match(person.text, /Not sent: 3 rows\n +\.\.\/outside\.md {2}The path leaves the root/);
    assert.equal(status?.counts.error, 3);
    assert.equal(scene.sent, 0);
  });

  it('of a service that there is no key for is told so, and nobody is asked', async () => {
    await using folder = await Folder.with({
      ...FILES,
      [JOB]: job({ defaults: { model: 'claude-haiku-5-5' } }),
    });
    const runId = await plant(folder, await planHere(folder));
    const root = openRoot(folder, quickService());
    const person = new Person(true);
    await assert.rejects(root.resume(runId, { askConsent: person.askConsent }), {
      code: 'auth',
      message: /no key of Anthropic for https:\/\/api\.anthropic\.com/,
    });
    assert.deepEqual(person.shown, []);
  });

  it('that another process drives is theirs, and nobody is asked about it', async () => {
    await using scene = await Scene.with();
    const writer = await scene.open().state.driveRun(scene.runId, { kind: 'cli' });
    const person = new Person(true);
    await assert.rejects(scene.resume(person), { code: 'leaseHeld' });
    assert.deepEqual(person.shown, []);
    await writer.release();
  });
});
