import assert from 'node:assert/strict';
import { endedResults } from '../../src/core/assembleResult.ts';
import type { RunStatus } from '../../src/core/status.ts';
import type { Workspace } from '../../src/workspace/workspace.ts';
import type { Folder } from '../support/cli/folder.ts';
import { messages, openAt, openWith, runJob } from '../support/fakeWorkspace.ts';
import { fakeNamed } from '../support/fakes/fakeNames.ts';
import type { Fault } from '../support/fakes/faults.ts';
import { FAKE_SERVICES, type FakeService } from '../support/fakes/services.ts';

const HOUR_MS = 3_600_000;
/** Names of the operations that read a batch's results, by service. */
const READS = { anthropic: 'results', openai: 'content', gemini: 'download' } as const;
/** Each SDK tries a call three times: so many fail in three looks of the engine. */
const THREE_LOOKS = 9;

/** A wall clock that a test sets; the monotonic one goes on as it does. */
interface Wall {
  aheadMs: number;
}

function open(
  folder: Folder,
  service: FakeService,
  fake: { origin: string; key: string },
  wall: Wall,
): Promise<Workspace> {
  const { path, name } = service;
  return openWith(
    folder,
    (asked) => (asked === name ? { fake, path } : undefined),
    undefined,
    () => wall.aheadMs,
  );
}

async function assertAllOkAtOnce(root: Workspace, status: RunStatus, rows: number): Promise<void> {
  assert.deepEqual(
    [status.state, status.counts.ok],
    ['finished', rows],
    status.reason ?? JSON.stringify(status.counts),
  );
  for (const { attempts, error } of endedResults(await root.read(status.runId)))
    assert.deepEqual([attempts, error], [1, undefined]);
}

for (const service of FAKE_SERVICES) {
  describe(`b-11 Sleep and clocks, at ${service.name}`, function () {
    this.timeout(60_000);

    it('eight hours of sleep in the middle of a POST that arrived: it is found, not sent again', async () => {
      await using fake = await fakeNamed(service.name);
      await using folder = await messages(service.model, 3);
      const wall = { aheadMs: 0 };
      fake.fail({ on: 'create', kind: 'resetAfter' });
      const root = await open(folder, service, fake, wall);
      const status = await runJob(root, {
        // The intent is on disk, and the request on its way: it arrives when the machine wakes up.
        onProgress: ({ batches }) => {
          if (batches[0]?.state === 'submitting') wall.aheadMs = fake.aheadMs = 8 * HOUR_MS;
        },
      });
      await assertAllOkAtOnce(root, status, 3);
      assert.equal(fake.ledger().batches.length, 1);
    });

    it('eight hours of sleep in the middle of a POST whose body was cut: it never was, and is sent once', async () => {
      await using fake = await fakeNamed(service.name);
      await using folder = await messages(service.model, 3, 'A question of many words '.repeat(60_000));
      const wall = { aheadMs: 0 };
      fake.fail({ on: service.uploads.at(-1) ?? 'create', kind: 'cutRequest' });
      const root = await open(folder, service, fake, wall);
      const status = await runJob(root, {
        onProgress: ({ batches }) => {
          if (batches[0]?.state === 'submitting') wall.aheadMs = fake.aheadMs = 8 * HOUR_MS;
        },
      });
      assert.equal(wall.aheadMs, 8 * HOUR_MS);
      await assertAllOkAtOnce(root, status, 3);
      assert.equal(fake.ledger().batches.length, 1);
    });

    for (const [how, jumps] of [
      ['back by a day and then ahead by eight hours', [-24 * HOUR_MS, 8 * HOUR_MS]],
      ['ahead by eight hours and then back by a day', [8 * HOUR_MS, -24 * HOUR_MS]],
      ['to 1970', [-Date.now()]],
    ] as const)
      it(`a wall clock that jumps ${how} while a batch runs changes nothing`, async () => {
        await using fake = await fakeNamed(service.name, { looks: 6 });
        await using folder = await messages(service.model, 3);
        const wall = { aheadMs: 0 };
        const left = [...jumps];
        const root = await open(folder, service, fake, wall);
        const timer = setInterval(() => {
          if (fake.seen('get').length > 2 * (jumps.length - left.length + 1))
            wall.aheadMs = left.shift() ?? wall.aheadMs;
        }, 1);
        const status = await runJob(root);
        clearInterval(timer);
        assert.deepEqual(left, [], 'all jumps were made');
        await assertAllOkAtOnce(root, status, 3);
        assert.equal(fake.ledger().batches.length, 1);
      });
  });

  describe(`b-10 A network that fails, at ${service.name}`, function () {
    this.timeout(60_000);

    async function survives(faults: readonly Fault[]): Promise<void> {
      await using fake = await fakeNamed(service.name);
      await using folder = await messages(service.model, 3);
      fake.fail(...faults);
      const root = await open(folder, service, fake, { aheadMs: 0 });
      const status = await runJob(root);
      await assertAllOkAtOnce(root, status, 3);
      assert.equal(fake.ledger().batches.length, 1);
    }

    it('while it polls: no row fails, no attempt is used', () =>
      survives([{ on: 'get', kind: 'reset', times: THREE_LOOKS }]));

    it('while it reads results', () =>
      survives([{ on: READS[service.name], kind: 'cut', times: THREE_LOOKS }]));

    it('before it has sent anything', () =>
      // Of a 503 at Anthropic's create nobody can tell whether the batch was made.
      survives([
        {
          on: service.uploads[0] ?? 'create',
          kind: 'status',
          status: service.name === 'anthropic' ? 429 : 503,
          times: 4,
        },
      ]));

    it('with a page of a proxy or a portal instead of an answer, whatever its status', () =>
      survives(
        (['get', READS[service.name]] as const).flatMap((on) =>
          (['html', 'badGateway', 'brokenJson', 'empty', 'cut'] as const)
            // An empty file of results is one without a line, which is read again and then believed.
            .filter((kind) => on === 'get' || kind !== 'empty')
            .map((kind): Fault => ({ on, kind })),
        ),
      ));

    it('with every retry-after there is: a number, a date, less than nothing, nonsense, years', () =>
      survives(
        [
          '0.01',
          new Date(0).toUTCString(),
          '-5',
          'soon',
          'NaN',
          '31536000',
          'Thu, 01 Jan 2099 00:00:00 GMT',
        ].map((after): Fault => ({
          on: 'get',
          kind: 'status',
          status: 429,
          headers: { 'retry-after': after },
        })),
      ));

    it('with a name that nobody knows: nothing is sent, and the run can go on', async () => {
      await using folder = await messages(service.model, 2);
      const nowhere = { origin: 'http://batchbook.invalid', key: 'sk-key' };
      const root = await openAt(folder, nowhere, service.path);
      const plan = await root.plan(`${root.root}/job.batch.json`, { all: true });
      const refused = Promise.withResolvers<RunStatus>();
      const run = await root.start(plan, 'library', {
        onProgress: (status) => {
          if (status.batches[0]?.state === 'rejected') refused.resolve(status);
        },
      });
      const { batches, counts } = await refused.promise;
      assert.match(batches[0]?.message ?? '', /batchbook\.invalid/);
      assert.equal(counts.pending, 2);
      await run.shutdown();
      await using fake = await fakeNamed(service.name);
      const back = await (
        await open(folder, service, fake, { aheadMs: 0 })
      ).resume(run.runId, {
        askConsent: () => Promise.resolve(undefined),
      });
      assert.equal((await back?.finished())?.counts.ok, 2);
    });
  });
}
