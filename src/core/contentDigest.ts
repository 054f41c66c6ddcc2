import { createHash } from 'node:crypto';

const WORDS = 4;

/**
 * A digest of lines whatever their order, since services send them in another one each time: the sum of their SHA-256,
 * modulo 2^64 in each of four words. A line that comes twice counts twice.
 */
export class ContentDigest {
  readonly #sum = new BigUint64Array(WORDS);
  #lines = 0;

  add(line: string): void {
    const hash = createHash('sha256').update(line).digest();
    for (let word = 0; word < WORDS; word++)
      this.#sum[word] = (this.#sum[word] ?? 0n) + hash.readBigUInt64LE(8 * word);
    this.#lines += 1;
  }

  /** Of all lines so far. */
  get value(): string {
    return `${String(this.#lines)}:${[...this.#sum].map((word) => word.toString(16)).join('.')}`;
  }
}
