import type { Range } from '@tanstack/lit-virtual';
import type { CellKey } from '../../protocol/editorSurface.ts';

/**
 * Which cells are drawn: those on the screen at once, those around it one at a time, when there is time. A step to the
 * next cell never waits for what nobody sees yet.
 */
export class DrawnCells {
  readonly #whenThereIsTime: (draw: () => void) => void;
  readonly #redraw: () => void;
  #drawn: ReadonlySet<CellKey> = new Set();
  #isMissing = false;
  #hasTime = false;
  #waits = false;

  /** @param redraw Asks for a drawing, which chooses anew. */
  constructor(whenThereIsTime: (draw: () => void) => void, redraw: () => void) {
    this.#whenThereIsTime = whenThereIsTime;
    this.#redraw = redraw;
  }

  /**
   * The cells to draw, by their indexes, in order.
   * @param active The cell that has the focus: it stays, wherever the page is scrolled to. -1: none.
   */
  choose(
    { startIndex, endIndex, overscan, count }: Range,
    active: number,
    keys: readonly CellKey[],
  ): number[] {
    const seen = new Set(numbers(startIndex, endIndex));
    if (active !== -1) seen.add(active);
    const around = [
      ...numbers(endIndex + 1, Math.min(endIndex + overscan, count - 1)),
      ...numbers(Math.max(startIndex - overscan, 0), startIndex - 1).reverse(),
    ];
    const missing = around.filter((at) => !seen.has(at) && !this.#drawn.has(keys[at] ?? ''));
    if (this.#hasTime) missing.shift();
    this.#isMissing = missing.length > 0;
    for (const at of around) if (!missing.includes(at)) seen.add(at);
    return [...seen].sort((a, b) => a - b);
  }

  /** These are drawn now. */
  drew(keys: readonly CellKey[]): void {
    this.#drawn = new Set(keys);
    this.#hasTime = false;
    if (!this.#isMissing || this.#waits) return;
    this.#waits = true;
    this.#whenThereIsTime(() => {
      this.#waits = false;
      this.#hasTime = true;
      this.#redraw();
    });
  }
}

/** From the first to the last, both included. */
function numbers(first: number, last: number): number[] {
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, i) => first + i);
}
