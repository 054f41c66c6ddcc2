/** Rows that are asked for at once: about twice what a window shows, so that those come soon. */
const BLOCK = 100;
/** Blocks that are kept: those that came last. */
const MOST_BLOCKS = 80;
/** Blocks on their way: where the person goes on, what they passed is not waited for. */
const MOST_COMING = 3;

/** From one place to another, the end not included. */
export type Places = readonly [from: number, to: number];

/** Rows as they were fetched of a view. */
export interface FetchedRows<Row> {
  readonly version: number;
  readonly rows: readonly Row[];
}

/**
 * The rows of the newest view, fetched block by block as they are looked at. While another view comes, what was shown
 * stays: nothing blinks.
 */
export class Rows<Row> {
  readonly #fetch: (from: number, count: number) => Promise<FetchedRows<Row>>;
  readonly #changed: (places: Places) => void;
  #version = -1;
  #blocks = new Map<number, readonly Row[]>();
  #before = new Map<number, readonly Row[]>();
  #wanted: readonly number[] = [];
  #coming = new Set<number>();

  /** @param changed Called when the rows of some places have come. */
  constructor(
    fetch: (from: number, count: number) => Promise<FetchedRows<Row>>,
    changed: (places: Places) => void,
  ) {
    this.#fetch = fetch;
    this.#changed = changed;
  }

  /** Places have other rows from here on. */
  show(version: number): void {
    if (version === this.#version) return;
    this.#version = version;
    if (this.#blocks.size > 0) this.#before = this.#blocks;
    this.#blocks = new Map();
    this.#wanted = [];
    this.#coming = new Set();
  }

  /** The row at a place; `undefined` while it is on its way. */
  at(place: number): Row | undefined {
    const block = Math.floor(place / BLOCK);
    return (this.#blocks.get(block) ?? this.#before.get(block))?.[place % BLOCK];
  }

  /**
   * Sees to it that rows come: those of the first places first. What was wanted before and has not been asked for is
   * not wanted any more.
   */
  want(...places: readonly Places[]): void {
    const blocks = places.flatMap(([from, to]) => {
      const first = Math.floor(Math.max(0, from) / BLOCK);
      return Array.from({ length: Math.max(0, Math.ceil(to / BLOCK) - first) }, (_, i) => first + i);
    });
    this.#wanted = [...new Set(blocks)].filter((block) => !this.#blocks.has(block));
    this.#askForNext();
  }

  #askForNext(): void {
    while (this.#coming.size < MOST_COMING) {
      const next = this.#wanted.find((block) => !this.#coming.has(block));
      if (next === undefined) return;
      void this.#load(next);
    }
  }

  async #load(block: number): Promise<void> {
    const [version, coming] = [this.#version, this.#coming];
    coming.add(block);
    const page = await this.#fetch(block * BLOCK, BLOCK).catch(() => undefined);
    coming.delete(block);
    if (version !== this.#version) return;
    this.#wanted = this.#wanted.filter((one) => one !== block);
    // Of another view, which is about to be told; or it failed, and is asked for when it is looked at again.
    if (page?.version === version) this.#keep(block, page.rows);
    this.#askForNext();
  }

  #keep(block: number, rows: readonly Row[]): void {
    this.#blocks.set(block, rows);
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > MOST_BLOCKS && oldest !== undefined) this.#blocks.delete(oldest);
    this.#before.delete(block);
    this.#changed([block * BLOCK, (block + 1) * BLOCK]);
  }
}
