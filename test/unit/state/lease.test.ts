import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { isBatchbookError } from '../../../src/core/errors.ts';
import type { ErrorCode } from '../../../src/core/vocabulary.ts';
import { describeSelf, livenessOf, type Holder } from '../../../src/state/holder.ts';
import { Lease, holderInfo, holderSocket, type ClaimOptions } from '../../../src/state/lease.ts';
import { FakeClock } from '../../../src/testing/fakeClock.ts';
import { inWorld } from '../core/scenario.ts';

function withCode(code: ErrorCode, pattern = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isBatchbookError(error), String(error));
    assert.equal(error.code, code);
    assert.match(error.userMessage, pattern);
    return true;
  };
}

interface Place {
  readonly dir: string;
  readonly clock: FakeClock;
  readonly claim: (options?: Partial<ClaimOptions>) => Promise<Lease>;
  readonly write: (holder: Partial<Holder>) => Promise<string>;
}

async function inFolder(work: (place: Place) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), 'batchbook-lease-'));
  const clock = new FakeClock({ autoAdvance: true });
  const held: Lease[] = [];
  try {
    await work({
      dir,
      clock,
      claim: async (options = {}) => {
        const lease = await Lease.claim({
          dir,
          kind: 'cli',
          socket: path.join(dir, 'none.sock'),
          clock,
          above: 0,
          takeOver: false,
          ...options,
        });
        held.push(lease);
        return lease;
      },
      write: async (holder) => {
        const whole = { ...describeSelf(1, 'cli', path.join(dir, 'none.sock')), ...holder };
        const file = path.join(dir, `${String(whole.epoch)}.json`);
        await writeFile(file, JSON.stringify(whole));
        return file;
      },
    });
  } finally {
    for (const lease of held) await lease.release();
    await rm(dir, { recursive: true, force: true });
  }
}

describe('A claim', () => {
  it('of an epoch that others have passed and removed meanwhile gives way to theirs', async () => {
    await inFolder(async ({ dir, clock, write }) => {
      const passed = await write({ epoch: 5, released: true });
      let looked = false;
      const options: ClaimOptions = {
        dir,
        kind: 'cli',
        socket: '',
        clock,
        takeOver: false,
        // Asked for between the look at the folder and the claim: what others do there in that time.
        get above(): number {
          if (!looked) {
            writeFileSync(path.join(dir, '7.json'), JSON.stringify(describeSelf(7, 'window', '')));
            rmSync(passed);
          }
          looked = true;
          return 0;
        },
      };
      await assert.rejects(
        Lease.claim(options).then((lease) => lease.release()),
        withCode('leaseHeld'),
      );
      assert.deepEqual(await readdir(dir), ['7.json']);
    });
  });
});

describe('What can be said of another holder', () => {
  const self = describeSelf(1, 'cli', 'socket');
  const cases: readonly [string, Partial<Holder>, string][] = [
    ['this process', {}, 'alive'],
    ['one that released it', { released: true }, 'released'],
    ['a process that is not there', { pid: 2 ** 22 - 3 }, 'dead'],
    ['a process that is there, of another user', { pid: 1, processStart: null }, 'alive'],
    ['another host, whatever its pid', { host: 'elsewhere', pid: 2 ** 22 - 3 }, 'unproved'],
    ...(self.bootId === null
      ? []
      : ([
          ['a pid that was given to another process since', { processStart: '1' }, 'dead'],
          ['this host before it booted again', { bootId: 'earlier' }, 'dead'],
          ['another container on this host', { pidNamespace: 'pid:[1]', pid: 2 ** 22 - 3 }, 'unproved'],
          ['a host that did not tell its boot', { bootId: null }, 'unproved'],
        ] satisfies [string, Partial<Holder>, string][])),
  ];
  for (const [who, change, liveness] of cases) {
    it(`${who}: ${liveness}`, () => {
      assert.equal(livenessOf({ ...self, ...change }), liveness);
    });
  }

  it('this process is described by host, boot, namespace, pid and start', () => {
    assert.equal(self.host, hostname());
    assert.equal(self.pid, process.pid);
  });
});

describe('A lease', () => {
  it('is the next epoch, above the journal’s own, and says who holds it', () =>
    inFolder(async ({ dir, claim }) => {
      assert.equal(await holderInfo(dir), undefined);
      assert.equal(await holderSocket(dir), undefined);
      const lease = await claim({ above: 6, socket: '/tmp/x.sock' });
      assert.equal(lease.epoch, 7);
      const info = await holderInfo(dir);
      assert.deepEqual(info, {
        epoch: 7,
        kind: 'cli',
        host: hostname(),
        pid: process.pid,
        liveness: 'alive',
      });
      assert.equal(await holderSocket(dir), '/tmp/x.sock');
      await lease.assertHeld();
      await lease.release();
      assert.equal((await holderInfo(dir))?.liveness, 'released');
      assert.equal((await claim()).epoch, 8);
    }));

  it('is not given while its holder lives; of two who claim at once one gets it', () =>
    inFolder(async ({ claim }) => {
      const both = await Promise.allSettled([claim(), claim()]);
      assert.equal(both.filter((result) => result.status === 'fulfilled').length, 1);
      await assert.rejects(claim(), withCode('leaseHeld', /being driven by the cli process \d+ on/));
    }));

  it('of a dead holder is taken at once', () =>
    inFolder(async ({ claim, write, clock }) => {
      await write({ pid: 2 ** 22 - 3 });
      assert.equal((await claim()).epoch, 2);
      assert.equal(clock.monotonic(), 0);
    }));

  it('of a holder that cannot be proved dead is taken only by word, after five silent minutes', () =>
    inFolder(async ({ claim, write, clock }) => {
      await write({ host: 'elsewhere' });
      await assert.rejects(claim(), withCode('leaseHeld', /--take-over/));
      const lease = await claim({ takeOver: true });
      assert.equal(lease.epoch, 2);
      assert.ok(clock.monotonic() >= 5 * 60_000, String(clock.monotonic()));
    }));

  it('of a holder that shows a heartbeat is not taken', () =>
    inFolder(async ({ claim, write, clock }) => {
      const file = await write({ host: 'elsewhere' });
      const claiming = claim({ takeOver: true });
      void clock.sleep(60_000).then(() => utimes(file, 1, 1));
      await assert.rejects(claiming, withCode('leaseHeld', /shows a heartbeat/));
    }));

  it('is taken as soon as the holder lets go of it while somebody waits', () =>
    inFolder(async ({ claim, write, clock }) => {
      await write({ host: 'elsewhere' });
      const claiming = claim({ takeOver: true });
      void clock.sleep(60_000).then(() => write({ host: 'elsewhere', released: true }));
      assert.equal((await claiming).epoch, 2);
      assert.ok(clock.monotonic() < 5 * 60_000);
    }));

  it('stops waiting when the signal aborts', () =>
    inFolder(async ({ claim, write }) => {
      await write({ host: 'elsewhere' });
      const stop = new AbortController();
      stop.abort();
      await assert.rejects(claim({ takeOver: true, signal: stop.signal }), withCode('leaseHeld'));
    }));

  it('that nobody can read is not taken, and not removed', () =>
    inFolder(async ({ dir, claim }) => {
      const file = path.join(dir, '3.json');
      await writeFile(file, 'not a lease');
      await assert.rejects(claim({ takeOver: true }), withCode('leaseHeld', /3\.json/));
      assert.equal(await readFile(file, 'utf8'), 'not a lease');
    }));

  it('is lost as soon as a higher epoch exists', () =>
    inFolder(async ({ claim, write }) => {
      const lease = await claim();
      await lease.assertHeld();
      await write({ epoch: 2 });
      await assert.rejects(lease.assertHeld(), withCode('leaseLost'));
    }));

  it('cannot be asserted where its folder is gone or cannot be looked at', () =>
    inFolder(async ({ dir, claim }) => {
      const lease = await claim();
      await rm(dir, { recursive: true });
      await assert.rejects(lease.assertHeld(), withCode('disk', /folder is gone/));
      await writeFile(dir, 'a file');
      await assert.rejects(lease.assertHeld(), withCode('disk', /cannot be read/));
      await rm(dir);
      await mkdir(dir);
      await lease.release();
    }));

  it('beats every half minute on its own file until it is released', () =>
    inFolder(async ({ dir, claim, clock }) => {
      const lease = await claim();
      const file = path.join(dir, '1.json');
      const before = (await stat(file)).mtimeMs;
      await clock.sleep(65_000);
      const beaten = (await stat(file)).mtimeMs;
      assert.notEqual(beaten, before);
      await lease.release();
      assert.match(await readFile(file, 'utf8'), /"released":true/);
    }));
});

describe('A driver that was taken over', () => {
  it('sends and writes nothing more, and what it had sent is collected by the other', () =>
    inWorld({ rows: 4, settings: { jobsPerBatch: 2, maxConcurrent: 1 } }, async (world) => {
      await world.plan();
      const first = await world.start();
      const dir = path.join(world.stateDir, 'runs', world.runId, 'lease');
      const taken = Promise.withResolvers<undefined>();
      let done = false;
      const states = setInterval(() => {
        if (done || first.status().batches[0]?.state !== 'running') return;
        done = true;
        void writeFile(
          path.join(dir, '2.json'),
          JSON.stringify({ ...describeSelf(2, 'window', 'x'), pid: 2 ** 22 - 3 }),
        ).then(() => {
          taken.resolve(undefined);
        });
      }, 1);
      await assert.rejects(first.finished(), withCode('leaseLost'));
      clearInterval(states);
      await taken.promise;
      assert.equal(world.service.ledger().batches.length, 1);
      const status = await world.resume();
      assert.equal(status.counts.ok, 4);
      assert.equal(world.service.ledger().batches.length, 2);
    }));

  it('hands over when it is asked over its socket', () =>
    inWorld({ rows: 2, service: { runningMs: 3_600_000 } }, async (world) => {
      await world.plan();
      const first = await world.start();
      const second = await world.start({ takeOver: true });
      assert.equal((await first.finished()).state, 'stopped');
      assert.equal((await second.finished()).counts.ok, 2);
      assert.equal(world.service.ledger().batches.length, 1);
    }));
});
