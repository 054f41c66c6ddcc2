import assert from 'node:assert/strict';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '../../../src/testing/fakeClock.ts';

const DAY_MS = 86_400_000;

describe('FakeClock', () => {
  it('stands still until it is advanced', async () => {
    const clock = new FakeClock({ startAt: 1000 });
    let woke = false;
    const sleeper = clock.sleep(50).then(() => (woke = true));
    await clock.advance(49);
    assert.equal(woke, false);
    assert.equal(clock.pendingSleeps, 1);
    await clock.advance(1);
    await sleeper;
    assert.equal(clock.now(), 1050);
    assert.equal(clock.monotonic(), 50);
  });

  it('wakes sleepers in order of time, then of age, each at its own time', async () => {
    const clock = new FakeClock();
    const log: string[] = [];
    const sleeper = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      log.push(`${name}@${String(clock.monotonic())}`);
    };
    const all = Promise.all([sleeper('c', 30), sleeper('a', 10), sleeper('b', 10)]);
    await clock.advance(100);
    await all;
    assert.deepEqual(log, ['a@10', 'b@10', 'c@30']);
    assert.equal(clock.monotonic(), 100);
  });

  it('fires timers that are set while it advances', async () => {
    const clock = new FakeClock();
    let ticks = 0;
    const loop = (async () => {
      for (; ticks < 10; ticks++) await clock.sleep(10);
    })();
    await clock.advance(100);
    await loop;
    assert.equal(ticks, 10);
  });

  it('ends a sleep at once when its signal aborts, before or during', async () => {
    const clock = new FakeClock();
    await clock.sleep(DAY_MS, AbortSignal.abort());
    const controller = new AbortController();
    const sleeper = clock.sleep(DAY_MS, controller.signal);
    controller.abort();
    await sleeper;
    assert.equal(clock.pendingSleeps, 0);
    assert.equal(clock.monotonic(), 0);
  });

  it('jumps the wall clock without touching the monotonic clock or a sleep', async () => {
    const clock = new FakeClock({ startAt: 0 });
    const sleeper = clock.sleep(10);
    clock.jumpWallClock(8 * 3_600_000);
    assert.equal(clock.now(), 8 * 3_600_000);
    assert.equal(clock.monotonic(), 0);
    assert.equal(clock.pendingSleeps, 1);
    clock.jumpWallClock(-9 * 3_600_000);
    await clock.advance(10);
    await sleeper;
    assert.equal(clock.now(), 10 - 3_600_000);
  });

  it('lives through a day of polling when it advances by itself', async () => {
    const clock = new FakeClock({ autoAdvance: true });
    let polls = 0;
    for (; clock.monotonic() < DAY_MS; polls++) await clock.sleep(900_000);
    assert.equal(polls, 96);
  });

  it('does not let time pass while files are written and read', async () => {
    const clock = new FakeClock({ autoAdvance: true });
    const folder = await mkdtemp(join(tmpdir(), 'batchbook-clock-'));
    try {
      const alarm = clock.sleep(DAY_MS);
      for (let i = 0; i < 20; i++) {
        const file = await open(join(folder, String(i)), 'w');
        await file.write('x'.repeat(100_000));
        await file.sync();
        await file.close();
        await readFile(join(folder, String(i)));
        assert.equal(clock.monotonic(), 0);
      }
      await alarm;
      assert.equal(clock.monotonic(), DAY_MS);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('does not let time pass while an operation is tracked', async () => {
    const clock = new FakeClock({ autoAdvance: true });
    const alarm = clock.sleep(10);
    await clock.track(new Promise((resolve) => setTimeout(resolve, 20)));
    assert.equal(clock.monotonic(), 0);
    await alarm;
    assert.equal(clock.monotonic(), 10);
  });

  it('goes on by itself after it had nothing to wait for', async () => {
    const clock = new FakeClock({ autoAdvance: true });
    await clock.sleep(10);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await clock.sleep(10);
    assert.equal(clock.monotonic(), 20);
  });

  it('never fires a sleep without end', async () => {
    const clock = new FakeClock({ autoAdvance: true });
    const stop = new AbortController();
    const forever = clock.sleep(Infinity, stop.signal);
    await clock.sleep(10);
    await clock.settle();
    assert.equal(clock.pendingSleeps, 1);
    stop.abort();
    await forever;
  });
});
