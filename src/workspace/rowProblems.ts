import { isBatchbookError } from '../core/errors.ts';
import type { RunReader } from '../core/stateManager.ts';
import { ATTEMPT_OUTCOMES, type AttemptOutcome, type RowOutcome } from '../core/vocabulary.ts';

/** Rows that have ended in the same way, not ok. */
export interface RowProblem {
  readonly outcome: Exclude<RowOutcome, 'ok'>;
  /** How their last attempt ended. */
  readonly ending: AttemptOutcome;
  readonly rows: number;
  /** One of them, by its ordinal, and what people call it. */
  readonly first: { readonly row: number; readonly source: string };
  /** What was said of the first ones, by the provider or by us; each once. */
  readonly words: readonly string[];
}

/** Rows whose stored result is read for its words, of each problem. */
const READ = 3;

/** Why rows of a run are not ok, most rows first. */
export function rowProblems(run: Pick<RunReader, 'ledger' | 'readResult'>): readonly RowProblem[] {
  const byEnding = Map.groupBy(run.ledger.rows.keys(), (ordinal) => {
    const { status, outcome } = run.ledger.row(ordinal);
    return status === 'pending' || status === 'submitted' || status === 'ok' ? undefined : outcome;
  });
  return [...byEnding]
    .flatMap(([ending, ordinals]): RowProblem[] => {
      const [first] = ordinals;
      const outcome = ending === undefined ? 'ok' : ATTEMPT_OUTCOMES[ending].status;
      if (ending === undefined || first === undefined || outcome === 'ok') return [];
      const { source, id } = run.ledger.row(first).planned;
      const words = [...new Set(ordinals.slice(0, READ).flatMap((ordinal) => wordsOf(run, ordinal)))];
      return [{ outcome, ending, rows: ordinals.length, first: { row: first, source: source || id }, words }];
    })
    .sort((a, b) => b.rows - a.rows);
}

function wordsOf(run: Pick<RunReader, 'ledger' | 'readResult'>, ordinal: number): string[] {
  const { location } = run.ledger.row(ordinal);
  if (location === undefined) return [];
  try {
    const message = run.readResult(location).error?.message ?? '';
    return message === '' ? [] : [message];
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return [error.userMessage]; // its bytes were changed on disk: the others still tell
  }
}
