import type { Citation, Usage } from '../../core/job.ts';
import type { RowResult } from '../../core/provider.ts';

/** A row result before it is known whose it is. */
export type Ending = Omit<RowResult, 'customId'>;

/** An answer as it came, whatever its worth. */
export interface Answer {
  readonly response: string;
  /** The service's own word; `undefined` where it gave none. */
  readonly stopReason: string | undefined;
  /** `undefined` where the service did not say, or said nothing that can be relied on. */
  readonly usage: Usage | undefined;
  readonly citations?: readonly Citation[];
}

/** A line, or the part of it that says how the row ended, is nothing that the service documents. */
export const UNREADABLE: Ending = {
  outcome: 'transient',
  error: { code: 'transient', message: 'The service returned a line that cannot be read.' },
};

/**
 * An answer by what its stop reason means. The text is kept on every path.
 *
 * - A reason that is not in the service's table, or is missing, is `truncated`: the text may be cut, so it is never ok,
 *   and the answer was paid for, so that it is asked for once more at most and then stays as it is for the person to see.
 * - An answer that ended well but has no text is no answer: `invalid`, which is also asked for once more at most, with
 *   these words. (Models end so when they have thought and then say nothing; it must not look like an empty answer.)
 */
export function endingOf(
  { response, stopReason, usage, citations = [] }: Answer,
  outcomes: Readonly<Record<string, 'ok' | 'truncated' | 'contextFull' | 'refused'>>,
): Ending {
  const known = stopReason !== undefined && Object.hasOwn(outcomes, stopReason);
  const outcome = (known ? outcomes[stopReason] : undefined) ?? 'truncated';
  const answer = {
    response,
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(usage === undefined ? {} : { usage }),
    ...(citations.length > 0 ? { citations } : {}),
  };
  if (outcome !== 'ok' || response.trim() !== '') return { outcome, ...answer };
  return {
    outcome: 'invalid',
    ...answer,
    error: { code: 'invalid', message: 'The service ended this answer without any text.' },
  };
}
