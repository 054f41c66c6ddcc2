import type { ProgressFacts } from '../../workspace/progressFacts.ts';
import type { RunView } from '../../workspace/runWatch.ts';

/** A run, and all that its page depends on. */
export interface Shown {
  readonly run: RunView;
  readonly facts: ProgressFacts;
  readonly now: number;
  /** Whether this very process drives it. */
  readonly isHere: boolean;
  /** Whether this window may send anything: it does not in Restricted Mode. */
  readonly maySend: boolean;
  /** What people call a provider. */
  readonly titleOf: (provider: string) => string;
  /** Whether it is known where a provider's bills are. */
  readonly hasBilling: (provider: string) => boolean;
  /** How many lines of the log are shown. */
  readonly shownEvents: number;
}

/** Whether somebody works on the run at this moment. */
export function isDriven({ run }: Pick<Shown, 'run'>): boolean {
  return run.holder !== undefined;
}

/** The provider that a refusal is of: the last that has refused a batch, else the first that the run goes to. */
export function refuserOf({ refusedBy, cells }: ProgressFacts): string | undefined {
  return refusedBy ?? cells[0]?.provider;
}

/** What people call whom the rows go to: "Anthropic", or "the provider" where that are several. */
export function serviceOf({ run, facts, titleOf }: Shown): string | undefined {
  if (run.service !== undefined) return run.service;
  const names = new Set(facts.cells.map(({ provider }) => provider));
  const [only] = names;
  return only === undefined || names.size > 1 ? undefined : titleOf(only);
}
