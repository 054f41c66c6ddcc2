/** Rows that are asked for at once. */
const BLOCK = 200;
/** Blocks that are kept: those seen last. */
const MOST_BLOCKS = 40;

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
  readonly #changed: () => void;
  #version = -1;
  #blocks = new Map<number, readonly Row[]>();
  #before = new Map<number, readonly Row[]>();
  #asked = new Set<number>();

  /** @param changed Called when rows have come. */
  constructor(fetch: (from: number, count: number) => Promise<FetchedRows<Row>>, changed: () => void) {
    this.#fetch = fetch;
    this.#changed = changed;
  }

  /** Places have other rows from here on. */
  show(version: number): void {
    if (version === this.#version) return;
    this.#version = version;
    if (this.#blocks.size > 0) this.#before = this.#blocks;
    this.#blocks = new Map();
    this.#asked = new Set();
  }

  /** The row at a place; `undefined` while it is on its way. */
  at(place: number): Row | undefined {
    const block = Math.floor(place / BLOCK);
    return (this.#blocks.get(block) ?? this.#before.get(block))?.[place % BLOCK];
  }

  /** Sees to it that rows come. */
  want(from: number, to: number): void {
    for (let block = Math.floor(Math.max(0, from) / BLOCK); block * BLOCK < to; block++)
      if (!this.#asked.has(block)) void this.#load(block);
  }

  async #load(block: number): Promise<void> {
    const version = this.#version;
    this.#asked.add(block);
    const page = await this.#fetch(block * BLOCK, BLOCK).catch(() => undefined);
    if (version !== this.#version) return;
    // Of another view, which is about to be told; or it failed, and is asked for when it is looked at again.
    if (page?.version !== version) {
      this.#asked.delete(block);
      return;
    }
    this.#blocks.set(block, page.rows);
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > MOST_BLOCKS && oldest !== undefined) {
      this.#blocks.delete(oldest);
      this.#asked.delete(oldest);
    }
    this.#before.delete(block);
    this.#changed();
  }
}
