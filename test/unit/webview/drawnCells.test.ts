import assert from 'node:assert/strict';
import { DrawnCells } from '../../../src/webview/editor/drawnCells.ts';

const KEYS = Array.from({ length: 100 }, (_, i) => `c${String(i)}`);

/** A page that draws whenever it is asked to. */
class Bench {
  drawn: readonly number[] = [];
  #first = 0;
  #active = -1;
  #waiting: (() => void)[] = [];
  readonly #cells = new DrawnCells(
    (draw) => this.#waiting.push(draw),
    () => {
      this.draw();
    },
  );

  /** Two cells are on the screen. */
  scrollTo(first: number, active = -1): readonly number[] {
    this.#first = first;
    this.#active = active;
    return this.draw();
  }

  draw(): readonly number[] {
    const range = { startIndex: this.#first, endIndex: this.#first + 1, overscan: 2, count: KEYS.length };
    this.drawn = this.#cells.choose(range, this.#active, KEYS);
    this.#cells.drew(this.drawn.map((at) => KEYS[at]!));
    return this.drawn;
  }

  /** @returns Whether anything waited for it. */
  haveTime(): boolean {
    const waiting = this.#waiting.splice(0);
    for (const draw of waiting) draw();
    assert.ok(waiting.length < 2);
    return waiting.length > 0;
  }
}

describe('The cells that are drawn', () => {
  it('are those on the screen at first, and those around it one by one', () => {
    const bench = new Bench();
    assert.deepEqual(bench.scrollTo(10), [10, 11]);
    const steps = [];
    while (bench.haveTime()) steps.push(bench.drawn);
    assert.deepEqual(steps, [
      [10, 11, 12],
      [10, 11, 12, 13],
      [9, 10, 11, 12, 13],
      [8, 9, 10, 11, 12, 13],
    ]);
  });

  it('are no more at a step than before it, but for what comes into sight', () => {
    const bench = new Bench();
    bench.scrollTo(10);
    while (bench.haveTime());
    assert.deepEqual(bench.scrollTo(11), [9, 10, 11, 12, 13]);
    assert.deepEqual(bench.scrollTo(14), [12, 13, 14, 15]);
    while (bench.haveTime());
    assert.deepEqual(bench.drawn, [12, 13, 14, 15, 16, 17]);
  });

  it('have the one with the focus among them, and stop at both ends', () => {
    const bench = new Bench();
    assert.deepEqual(bench.scrollTo(0, 50), [0, 1, 50]);
    while (bench.haveTime());
    assert.deepEqual(bench.drawn, [0, 1, 2, 3, 50]);
    bench.scrollTo(98, 97);
    while (bench.haveTime());
    assert.deepEqual(bench.drawn, [96, 97, 98, 99]);
  });
});
