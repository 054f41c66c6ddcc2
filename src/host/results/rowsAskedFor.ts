import { isOutcome, type ResultsQuery } from '../../core/resultsQuery.ts';

/**
 * The rows that a command asks for beside the run: of outcomes (`{ outcome }`, `{ outcomes }`), of a cell (`{ cell }`) or
 * of a batch, by its place in the run from 1 (`{ batch }`). From the tree and the palette comes something else, or nothing: all.
 */
export function rowsAskedFor(which: unknown): { readonly query?: Partial<ResultsQuery> } {
  if (typeof which !== 'object' || which === null) return {};
  if ('outcome' in which && isOutcome(which.outcome)) return { query: { outcomes: [which.outcome] } };
  if ('outcomes' in which && Array.isArray(which.outcomes))
    return { query: { outcomes: which.outcomes.filter(isOutcome) } };
  if ('cell' in which && typeof which.cell === 'string') return { query: { cell: which.cell } };
  if ('batch' in which && typeof which.batch === 'number') return { query: { batch: which.batch } };
  return {};
}
