import type { ResultSource } from '../../src/core/assembleResult.ts';
import type { StoredResult } from '../../src/core/stateManager.ts';
import type { AttemptOutcome, RowStatus } from '../../src/core/vocabulary.ts';

export interface FakeRow {
  readonly source: string;
  readonly cell?: string;
  readonly status?: RowStatus;
  readonly outcome?: AttemptOutcome;
  readonly stored?: Partial<StoredResult>;
  readonly costNanoUsd?: number;
}

/** A run with these rows and answers, as far as results are read from it. */
export function resultSourceOf(
  rows: readonly FakeRow[],
  title = 'A run',
  limitNanoUsd?: number,
): ResultSource {
  const ledgerRows = rows.map(
    ({ source, cell = 'a', status = 'ok', outcome = 'ok', costNanoUsd = 0 }, ordinal) => ({
      planned: { id: `row-${String(ordinal)}`, cell, source, inputHash: '', estimate: {} },
      status,
      outcome,
      location: [ordinal, 0, 0],
      costNanoUsd,
      attempts: 1,
      finishedAt: 0,
    }),
  );
  return {
    meta: { title, cells: [{ id: 'a', model: 'mock-small' }], createdAt: 0, settings: { limitNanoUsd } },
    ledger: { rows: ledgerRows, batches: new Map(), row: (ordinal: number) => ledgerRows[ordinal] },
    readResult: ([ordinal]: readonly number[]) => ({
      row: ordinal,
      outcome: 'ok',
      ...rows[ordinal ?? 0]?.stored,
    }),
  } as unknown as ResultSource;
}
