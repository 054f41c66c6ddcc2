import { ValidationError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';

/** Inputs that the person does not want to be sent, by the names under which a plan shows them. */
export class LeaveOut {
  readonly #unused: Set<string>;
  readonly #all: ReadonlySet<string>;

  /** @param names Paths relative to the root, `data file#key` of data rows, or ids of rows that have neither. */
  constructor(names: readonly string[]) {
    this.#all = new Set(names.map(normalized));
    this.#unused = new Set(this.#all);
  }

  /** Whether this input is to be left out. */
  has(name: string): boolean {
    this.#unused.delete(name);
    return this.#all.has(name);
  }

  /**
   * To be called when every input was asked for: a name that none has is a slip, and what it meant would be sent.
   * @throws ValidationError `usage` naming the nearest of `known`.
   */
  assertAllFound(known: Iterable<string>): void {
    const [unknown] = this.#unused;
    if (unknown === undefined) return;
    throw new ValidationError(
      'usage',
      `"${unknown}" cannot be left out: no input of this plan has that name.${didYouMean(unknown, known)} Paths are relative to the root.`,
    );
  }
}

function normalized(name: string): string {
  return name.normalize('NFC').replace(/^(?:\.\/)+/, '');
}
