import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bundleDriver, inFolder, startDriver, type KillGround } from '../support/kill/killRun.ts';
import { KILL_SERVICE, RUN_ID } from '../support/kill/scenario.ts';
import { assertBilledOnce, assertNoRowInTwoLiveBatches } from '../support/mockService/ledger.ts';
import { startMockService } from '../support/mockService/startMockService.ts';

/** Makes another pid namespace: as root, or where the system lets users have their own. */
const UNSHARE = [
  ['unshare', '--pid', '--fork'],
  ['unshare', '--user', '--map-root-user', '--pid', '--fork'],
].find(([program = '', ...args]) => spawnSync(program, [...args, 'true']).status === 0);

describe('Two processes told to drive one run', () => {
  let ground: KillGround;

  before(async function () {
    this.timeout(30_000);
    ground = { service: await startMockService(), driver: await bundleDriver() };
  });

  after(() => ground.service.stop());

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

  it('follow a killed one at once, without being told to', async function () {
    this.timeout(30_000);
    await withDriver(async (dir, first) => {
      first.child.kill('SIGKILL');
      await first.output;
      await assertFinished(startDriver(ground, { dir, seed: 2 }).output);
    });
  });

  it('cannot take a stopped holder for dead; taken over by word, it submits and writes nothing more', async function () {
    this.timeout(60_000);
    await withDriver(async (dir, first) => {
      first.child.kill('SIGSTOP');
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

  if (process.platform === 'linux') {
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

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
