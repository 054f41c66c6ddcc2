/**
 * The money of one run, in nanodollars, and the test that promise P3 rests on: before every submission
 * `spent + unconfirmed + reserved(in flight) + reserved(next) <= limit`.
 *
 * @example
 * ```ts
 * const money = new CostTracker(nanoFromUsd(5));
 * if (money.fits(estimate.reservedNanoUsd)) money.reserve(row, estimate.reservedNanoUsd);
 * money.account(row, actualNanoUsd); // releases the row's reservation
 * ```
 */
export class CostTracker {
  #limit: number | undefined;
  #spent = 0;
  #unconfirmed = 0;
  #inFlight = 0;
  readonly #reservations = new Map<number, number>();

  /** @param limitNanoUsd `undefined`: no limit was set. */
  constructor(limitNanoUsd: number | undefined) {
    this.#limit = limitNanoUsd;
  }

  get limitNanoUsd(): number | undefined {
    return this.#limit;
  }
  /** What the services have told us that finished rows cost. */
  get spentNanoUsd(): number {
    return this.#spent;
  }
  /** Reservations of rows whose usage no service can tell any more; they count against the limit. */
  get unconfirmedNanoUsd(): number {
    return this.#unconfirmed;
  }
  /** The most that rows now at a service can still cost. */
  get inFlightNanoUsd(): number {
    return this.#inFlight;
  }
  /** What may still be reserved; `Infinity` without a limit. Negative after an overspend. */
  get headroomNanoUsd(): number {
    if (this.#limit === undefined) return Infinity;
    return this.#limit - this.#spent - this.#unconfirmed - this.#inFlight;
  }

  setLimit(limitNanoUsd: number | undefined): void {
    this.#limit = limitNanoUsd;
  }

  /** Whether reserving this much more keeps the limit. */
  fits(nanoUsd: number): boolean {
    return nanoUsd <= this.headroomNanoUsd;
  }

  /** Sets money aside for a row that is about to be sent. A row has at most one reservation. */
  reserve(row: number, nanoUsd: number): void {
    this.#inFlight += nanoUsd - (this.#reservations.get(row) ?? 0);
    this.#reservations.set(row, nanoUsd);
  }

  /** What is set aside for a row, 0 if nothing. */
  reservedFor(row: number): number {
    return this.#reservations.get(row) ?? 0;
  }

  /** Releases a row's reservation without a cost: it was never sent, or the service documents it as free. */
  release(row: number): void {
    this.#inFlight -= this.reservedFor(row);
    this.#reservations.delete(row);
  }

  /** Books what a row really cost and releases its reservation. */
  account(row: number, costNanoUsd: number): void {
    this.release(row);
    this.#spent += costNanoUsd;
  }

  /** Keeps a row's reservation as money that may have been spent. */
  moveToUnconfirmed(row: number): void {
    this.#unconfirmed += this.reservedFor(row);
    this.release(row);
  }

  /** The person takes unconfirmed money as not spent. */
  writeOff(nanoUsd: number): void {
    this.#unconfirmed = Math.max(0, this.#unconfirmed - nanoUsd);
  }
}
