import assert from 'node:assert/strict';
import { DebouncedCheck } from '../../../src/host/problems/debouncedCheck.ts';

class Bench {
  readonly shown: string[] = [];
  readonly failed: unknown[] = [];
  readonly waits: number[] = [];
  readonly started: PromiseWithResolvers<string>[] = [];
  #due: (() => void)[] = [];
  readonly check = new DebouncedCheck<string>({
    check: () => {
      const one = Promise.withResolvers<string>();
      this.started.push(one);
      return one.promise;
    },
    show: (result) => this.shown.push(result),
    fail: (error) => this.failed.push(error),
    later: (ms, action) => {
      this.waits.push(ms);
      this.#due.push(action);
      return () => {
        this.#due = this.#due.filter((other) => other !== action);
      };
    },
  });

  pass(): void {
    for (const action of this.#due.splice(0)) action();
  }

  async end(index: number, result: string): Promise<void> {
    this.started[index]?.resolve(result);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('A check that waits for a pause', () => {
  it('runs once after many changes', async () => {
    const bench = new Bench();
    for (let i = 0; i < 10; i++) bench.check.trigger(300);
    bench.pass();
    assert.equal(bench.started.length, 1);
    await bench.end(0, 'problems');
    assert.deepEqual(bench.shown, ['problems']);
  });

  it('can be hastened while it waits, and only then', async () => {
    const bench = new Bench();
    bench.check.hasten();
    bench.pass();
    assert.equal(bench.started.length, 0);
    bench.check.trigger(1_500);
    bench.check.hasten();
    assert.deepEqual(bench.waits, [1_500, 0]);
    bench.pass();
    await bench.end(0, 'problems');
    bench.check.hasten();
    bench.pass();
    assert.equal(bench.started.length, 1);
  });

  it('runs one at a time; what an older text brought is not shown, and the newer one is checked after it', async () => {
    const bench = new Bench();
    bench.check.trigger(0);
    bench.pass();
    bench.check.trigger(300);
    bench.pass();
    assert.equal(bench.started.length, 1);
    await bench.end(0, 'old');
    bench.pass();
    assert.equal(bench.started.length, 2);
    await bench.end(1, 'new');
    assert.deepEqual(bench.shown, ['new']);
  });

  it('tells of a failure, and goes on with the next change', async () => {
    const bench = new Bench();
    bench.check.trigger(0);
    bench.pass();
    bench.started[0]?.reject(new Error('disk'));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(bench.failed.length, 1);
    bench.check.trigger(0);
    bench.pass();
    await bench.end(1, 'fine');
    assert.deepEqual(bench.shown, ['fine']);
  });

  it('shows nothing after it was disposed', async () => {
    const bench = new Bench();
    bench.check.trigger(0);
    bench.pass();
    bench.check.dispose();
    bench.check.trigger(0);
    bench.pass();
    await bench.end(0, 'late');
    assert.deepEqual([bench.shown, bench.started.length], [[], 1]);
  });
});
