import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { mockGround, type KillGround } from '../support/kill/grounds.ts';
import { bundleDriver, inFolder, startDriver } from '../support/kill/killRun.ts';
import { KILL_SERVICE, RUN_ID, type DriveOutput } from '../support/kill/scenario.ts';
import { assertBilledOnce, assertNoRowInTwoLiveBatches } from '../support/mockService/ledger.ts';
import type { RunningMockService } from '../support/mockService/startMockService.ts';

/** Makes another pid namespace: as root, or where the system lets users have their own. */
const UNSHARE = [
  ['unshare', '--pid', '--fork'],
  ['unshare', '--user', '--map-root-user', '--pid', '--fork'],
].find(([program = '', ...args]) => spawnSync(program, [...args, 'true']).status === 0);

describe('Two processes told to drive one run', () => {
  let ground: KillGround & { readonly service: RunningMockService };

  before(async function () {
    this.timeout(30_000);
    ground = await mockGround(await bundleDriver());
  });

  after(() => ground.stop());

  /** A first driver that has a batch at a slow service, with rows still to be sent. */
  async function withDriver(
    work: (dir: string, first: ReturnType<typeof startDriver>) => Promise<void>,
  ): Promise<void> {
    await inFolder(async (dir) => {
      await ground.service.reset({ ...KILL_SERVICE, runningMs: 600, faults: { shuffled: true } });
      const first = startDriver(ground, { dir, seed: 1 });
      while ((await ground.service.ledger()).batches.length < 2) await pause(20);
      await work(dir, first);
    });
  }

  /** A first driver that has stopped itself at a point, with one batch at a time: nothing else of it is under way. */
  async function startStopped(dir: string, name: string): Promise<ReturnType<typeof startDriver>> {
    const at = { name, nth: 1, signal: 'SIGSTOP' } as const;
    const first = startDriver(ground, { dir, seed: 1, maxConcurrent: 1, at });
    await untilProcess(first.child.pid, /^T/);
    return first;
  }

  async function assertFinished(output: ReturnType<typeof startDriver>['output']): Promise<void> {
    const report = await output;
    assert.ok(report !== undefined && !('error' in report), JSON.stringify(report));
    assert.equal(report.status.state, 'finished', report.status.reason);
    const ledger = await ground.service.ledger();
    assertNoRowInTwoLiveBatches(ledger);
    assertBilledOnce(ledger, { allowRetries: true });
    assert.equal(Math.round(report.status.costUsd.spent * 1e9), ledger.billedNanoUsd);
  }

  it('have one that drives and one that is told who does', async function () {
    this.timeout(30_000);
    await withDriver(async (dir, first) => {
      assert.deepEqual(await startDriver(ground, { dir, seed: 2 }).output, { error: 'leaseHeld' });
      await assertFinished(first.output);
    });
  });

  it('have one that drives also when both start at once', async function () {
    this.timeout(30_000);
    await withDriver(async (dir, first) => {
      first.child.kill('SIGKILL');
      await first.output;
      const both = await Promise.all([1, 2].map((seed) => startDriver(ground, { dir, seed }).output));
      const refused = both.filter((report) => report !== undefined && 'error' in report);
      // The quicker one may have finished before the other one looked: then that one finds nothing left to do.
      assert.ok(refused.length <= 1, JSON.stringify(both));
      for (const report of refused)
        assert.equal(JSON.stringify(report), JSON.stringify({ error: 'leaseHeld' }));
      for (const report of both)
        if (report === undefined || !('error' in report)) await assertFinished(Promise.resolve(report));
    });
  });

  it('follow a killed one at once, without being told to, and clear its socket away', async function () {
    this.timeout(30_000);
    await withDriver(async (dir, first) => {
      const { socket } = JSON.parse(readFileSync(folderOf(dir, 'lease', '1.json'), 'utf8')) as {
        socket: string;
      };
      first.child.kill('SIGKILL');
      await first.output;
      assert.ok(process.platform === 'win32' || existsSync(socket), 'a killed process cannot remove it');
      await assertFinished(startDriver(ground, { dir, seed: 2 }).output);
      assert.ok(!existsSync(socket), `${socket} is left`);
    });
  });

  it('cannot take a stopped holder for dead; taken over by word, it submits and writes nothing more', async function () {
    this.timeout(60_000);
    await inFolder(async (dir) => {
      await ground.service.reset({ ...KILL_SERVICE, runningMs: 120, faults: { shuffled: true } });
      const first = await startStopped(dir, 'before getBatch');
      assert.deepEqual(await startDriver(ground, { dir, seed: 2 }).output, { error: 'leaseHeld' });
      await assertFinished(startDriver(ground, { dir, seed: 3, takeOver: true }).output);
      const journal = path.join(dir, '.batchbook', 'runs', RUN_ID, 'journal.jsonl');
      const before = readFileSync(journal);
      const batches = (await ground.service.ledger()).batches.length;
      first.child.kill('SIGCONT');
      assert.deepEqual(await first.output, { error: 'leaseLost' });
      assert.ok(readFileSync(journal).equals(before), 'the journal was not touched');
      assert.equal((await ground.service.ledger()).batches.length, batches);
    });
  });

  it('hand over when the one that drives is asked to and can answer', async function () {
    this.timeout(60_000);
    await withDriver(async (dir, first) => {
      // Its patience is measured on its own clock, the other one's heart beats on its own: here it is the patient one.
      const second = startDriver(ground, { dir, seed: 2, takeOver: true, pace: 0.03 });
      const report = await first.output;
      assert.ok(report !== undefined && !('error' in report), JSON.stringify(report));
      assert.equal(report.status.state, 'stopped');
      await assertFinished(second.output);
      assert.deepEqual(readdirSync(folderOf(dir, 'requests')), []);
    });
  });

  it('follow each other at once where the first has let go', async function () {
    this.timeout(30_000);
    await withDriver(async (dir, first) => {
      await startDriver(ground, { dir, seed: 2, requests: [{ kind: 'stop' }] }).output;
      const report = await first.output;
      assert.ok(report !== undefined && !('error' in report), JSON.stringify(report));
      assert.equal(report.status.state, 'stopped');
      assert.match(readFileSync(folderOf(dir, 'lease', '1.json'), 'utf8'), /"released":true/);
      await assertFinished(startDriver(ground, { dir, seed: 3 }).output);
    });
  });

  /** A first driver that stops itself at a point, and a second one that has taken the run from it. */
  async function withTakenOver(
    name: string,
    work: (
      dir: string,
      first: ReturnType<typeof startDriver>,
      second: ReturnType<typeof startDriver>,
    ) => Promise<void>,
  ): Promise<void> {
    await inFolder(async (dir) => {
      await ground.service.reset({ ...KILL_SERVICE, runningMs: 120, faults: { shuffled: true } });
      const first = await startStopped(dir, name);
      const second = startDriver(ground, { dir, seed: 2, takeOver: true });
      while (!existsSync(folderOf(dir, 'lease', '2.json'))) await pause(5);
      await work(dir, first, second);
    });
  }

  /** Nothing of the first holder stands in the journal after the second one took the run, nor in the requests. */
  function assertSilent(dir: string): void {
    const lines = readFileSync(folderOf(dir, 'journal.jsonl'), 'utf8').trimEnd().split('\n');
    const epochs = lines.map((line) => (JSON.parse(line) as { n: number }).n);
    assert.deepEqual(
      epochs,
      epochs.toSorted((a, b) => a - b),
    );
    assert.deepEqual(readdirSync(folderOf(dir, 'requests')), []);
  }

  for (const name of ['after createBatch', 'before getBatch', 'during results', 'synced results.jsonl']) {
    it(`leave a driver that was stopped ${name} nothing to say when it goes on under the other’s eyes`, async function () {
      this.timeout(30_000);
      await withTakenOver(name, async (dir, first, second) => {
        first.child.kill('SIGCONT');
        assert.deepEqual(await first.output, { error: 'leaseLost' });
        await assertFinished(second.output);
        assertSilent(dir);
      });
    });
  }

  it('leave a driver that was stopped between intent and POST nothing to send', async function () {
    this.timeout(30_000);
    await withTakenOver('synced journal.jsonl batchIntended', async (dir, first, second) => {
      first.child.kill('SIGCONT');
      assert.deepEqual(await first.output, { error: 'leaseLost' });
      const report = await second.output;
      assert.ok(report !== undefined && !('error' in report), JSON.stringify(report));
      assert.equal(report.status.state, 'needsDecision');
      const lost = report.status.batches.find((batch) => batch.state === 'uncertain');
      const { batches } = await ground.service.ledger();
      assert.ok(lost !== undefined && batches.every((batch) => batch.nonce !== lost.nonce));
      assertSilent(dir);
      const resend = { kind: 'resend', nonce: lost.nonce } as const;
      await assertFinished(startDriver(ground, { dir, seed: 3, requests: [resend] }).output);
    });
  });

  // The two windows that no look at the lease can close: it was stopped after the look and before the effect.
  it('find a batch that a stopped driver sent after all, and adopt it', async function () {
    this.timeout(30_000);
    await withTakenOver('before createBatch', async (dir, first, second) => {
      const report = await second.output;
      assert.ok(report !== undefined && !('error' in report), JSON.stringify(report));
      assert.equal(report.status.state, 'needsDecision');
      first.child.kill('SIGCONT');
      assert.deepEqual(await first.output, { error: 'leaseLost' });
      await assertFinished(startDriver(ground, { dir, seed: 3 }).output);
      assertSilent(dir);
    });
  });

  for (const name of ['torn journal.jsonl rowsFinished', 'torn results.jsonl']) {
    it(`lose nothing to a stopped driver that still writes at "${name}"`, async function () {
      this.timeout(30_000);
      await withTakenOver(name, async (dir, first, second) => {
        first.child.kill('SIGCONT');
        assert.deepEqual(await first.output, { error: 'leaseLost' });
        await assertFinished(second.output);
        assert.equal(await startDriver(ground, { dir, seed: 3 }).output.then(stateOf), 'finished');
      });
    });
  }

  if (process.platform === 'linux') {
    it('follow a killed one that its parent never looks after', async function () {
      this.timeout(30_000);
      await inFolder(async (dir) => {
        await ground.service.reset({ ...KILL_SERVICE, runningMs: 120, faults: { shuffled: true } });
        const parent = startDriver(ground, { dir, seed: 1 }, ['sh', '-c', '"$@" & exec sleep 60', 'sh']);
        while ((await ground.service.ledger()).batches.length < 2) await pause(20);
        const { pid } = JSON.parse(readFileSync(folderOf(dir, 'lease', '1.json'), 'utf8')) as {
          pid: number;
        };
        process.kill(pid, 'SIGKILL');
        await untilProcess(pid, /^Z/);
        await assertFinished(startDriver(ground, { dir, seed: 2 }).output);
        parent.child.kill('SIGKILL');
        await parent.output;
      });
    });

    it('in different pid namespaces never take each other for dead', async function () {
      this.timeout(30_000);
      assert.ok(UNSHARE !== undefined, 'this needs unshare(1), as root or with user namespaces');
      await withDriver(async (dir, first) => {
        const other = startDriver(ground, { dir, seed: 2 }, UNSHARE);
        assert.deepEqual(await other.output, { error: 'leaseHeld' });
        await assertFinished(first.output);
      });
    });
  }
});

function stateOf(report: DriveOutput | undefined): string {
  return report === undefined || 'error' in report ? JSON.stringify(report) : report.status.state;
}

function folderOf(dir: string, ...names: readonly string[]): string {
  return path.join(dir, '.batchbook', 'runs', RUN_ID, ...names);
}

async function untilProcess(pid: number | undefined, state: RegExp): Promise<void> {
  while (!state.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout))
    await pause(10);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
