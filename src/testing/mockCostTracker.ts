import { CostTracker } from '../core/costTracker.ts';

/** One call that changed or asked the money. */
export interface CostCall {
  readonly call: 'fits' | 'reserve' | 'account' | 'release' | 'moveToUnconfirmed' | 'writeOff' | 'setLimit';
  readonly row?: number;
  readonly nanoUsd?: number | undefined;
}

/**
 * A cost tracker that does its work and keeps a list of what it was asked; `refuse` makes it say no where there would be
 * room.
 *
 * @example
 * ```ts
 * const money = new MockCostTracker(undefined, { refuse: (nanoUsd) => nanoUsd > 1_000_000 });
 * ```
 */
export class MockCostTracker extends CostTracker {
  readonly calls: CostCall[] = [];
  readonly #refuse: (nanoUsd: number) => boolean;

  constructor(limitNanoUsd?: number, options: { readonly refuse?: (nanoUsd: number) => boolean } = {}) {
    super(limitNanoUsd);
    this.#refuse = options.refuse ?? (() => false);
  }

  override fits(nanoUsd: number): boolean {
    this.calls.push({ call: 'fits', nanoUsd });
    return !this.#refuse(nanoUsd) && super.fits(nanoUsd);
  }
  override reserve(row: number, nanoUsd: number): void {
    this.calls.push({ call: 'reserve', row, nanoUsd });
    super.reserve(row, nanoUsd);
  }
  override account(row: number, costNanoUsd: number): void {
    this.calls.push({ call: 'account', row, nanoUsd: costNanoUsd });
    super.account(row, costNanoUsd);
  }
  override release(row: number): void {
    this.calls.push({ call: 'release', row });
    super.release(row);
  }
  override moveToUnconfirmed(row: number): void {
    this.calls.push({ call: 'moveToUnconfirmed', row });
    super.moveToUnconfirmed(row);
  }
  override writeOff(nanoUsd: number): void {
    this.calls.push({ call: 'writeOff', nanoUsd });
    super.writeOff(nanoUsd);
  }
  override setLimit(limitNanoUsd: number | undefined): void {
    this.calls.push({ call: 'setLimit', nanoUsd: limitNanoUsd });
    super.setLimit(limitNanoUsd);
  }
}
