import type { RetryPolicy } from './plan.ts';
import { ATTEMPT_OUTCOMES, type AttemptOutcome, type RetryBudget } from './vocabulary.ts';

/** Further attempts that a row has used up, by budget. */
export type UsedAttempts = Partial<Record<Exclude<RetryBudget, 'never' | 'always'>, number>>;

/** Whether a row whose attempt ended so gets another one under its policy. */
export function retryAllowed(outcome: AttemptOutcome, used: UsedAttempts, policy: RetryPolicy): boolean {
  const { budget } = ATTEMPT_OUTCOMES[outcome];
  if (budget === 'never' || budget === 'always') return budget === 'always';
  return (used[budget] ?? 0) < policy[budget];
}

/** `used` after one more attempt for this reason. */
export function useAttempt(outcome: AttemptOutcome, used: UsedAttempts): UsedAttempts {
  const { budget } = ATTEMPT_OUTCOMES[outcome];
  if (budget === 'never' || budget === 'always') return used;
  return { ...used, [budget]: (used[budget] ?? 0) + 1 };
}

/** Answer tokens for the next attempt: doubled for every truncated one before, up to the model's own maximum. */
export function maxTokensFor(baseMaxTokens: number, used: UsedAttempts, modelMaximum: number): number {
  return Math.min(baseMaxTokens * 2 ** (used.truncated ?? 0), Math.max(modelMaximum, baseMaxTokens));
}
