import { hasEnded, jobResultOf, type ResultSource } from '../core/assembleResult.ts';
import { isBatchbookError } from '../core/errors.ts';
import type { JobResult } from '../core/job.ts';
import type { ErrorCode, RowErrorCode } from '../core/vocabulary.ts';
import { answerColumns, cellOf } from './answerColumns.ts';
import { csvLine } from './csvLine.ts';
import { resultsDocument } from './resultsDocument.ts';
import { writePieces, type ExportOptions } from './writePieces.ts';

export const RESULT_FORMATS = ['jsonl', 'json', 'csv', 'md'] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

const CSV_COLUMNS = [
  'jobId',
  'source',
  'status',
  'response',
  'error',
  'inputTokens',
  'outputTokens',
  'costUsd',
  'attempts',
  'model',
  'provider',
  'stopReason',
  'finishedAt',
] as const;

/** A result with where its row comes from. One whose bytes were changed has the error that says so, and no answer. */
type SourcedResult = Omit<JobResult, 'error'> & {
  readonly source: string;
  readonly error?: { readonly code: ErrorCode | RowErrorCode; readonly message: string };
};

/**
 * The results of a run in a format, piece by piece: no run is too large. A piece may be empty, where a row was only
 * looked at. CSV looks at every row twice, since its columns are the fields of all answers; it has no byte order mark,
 * which most programs would take for a part of the first column's name.
 *
 * @param onDamaged Called for each row whose result was changed on disk. It stands there with that error.
 */
export function* formatResults(
  run: ResultSource,
  format: ResultFormat,
  onDamaged: () => void = () => undefined,
): Generator<string> {
  switch (format) {
    case 'jsonl':
      for (const result of sourcedResults(run, onDamaged)) yield `${JSON.stringify(result)}\n`;
      return;
    case 'json':
      yield* jsonArray(sourcedResults(run, onDamaged));
      return;
    case 'csv':
      yield* csvLines(run, onDamaged);
      return;
    case 'md':
      yield* resultsDocument(run, undefined, onDamaged);
  }
}

/**
 * Writes the results of a run into a file, whole or not at all: what is there stays until all is written.
 *
 * @param file Absolute path.
 * @returns How many rows stand there with the error that their result was changed on disk; `undefined` when it was
 * broken off, and then nothing is left.
 * @throws ValidationError `outputConflict` where the file exists and is not to be replaced, or cannot be written.
 */
export async function exportResults(
  run: ResultSource,
  format: ResultFormat,
  file: string,
  options: ExportOptions = {},
): Promise<number | undefined> {
  const total = run.ledger.rows.length * (format === 'csv' ? 2 : 1);
  let damaged = 0;
  const pieces = formatResults(run, format, () => damaged++);
  return (await writePieces(file, pieces, total, options)) ? damaged : undefined;
}

function* sourcedResults(run: ResultSource, onDamaged: () => void): Generator<SourcedResult> {
  for (const [ordinal, { planned, status }] of run.ledger.rows.entries()) {
    if (!hasEnded(status)) continue;
    const { jobId, ...result } = resultOrError(run, ordinal, onDamaged);
    yield { jobId, source: planned.source, ...result };
  }
}

function resultOrError(
  run: ResultSource,
  ordinal: number,
  onDamaged: () => void,
): Omit<SourcedResult, 'source'> {
  try {
    return jobResultOf(run, ordinal);
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    onDamaged();
    const { meta, ledger } = run;
    const bare = jobResultOf(
      { meta, ledger, readResult: () => ({ row: ordinal, outcome: 'permanent' }) },
      ordinal,
    );
    return { ...bare, status: 'error', error: { code: error.code, message: error.userMessage } };
  }
}

function* jsonArray(results: Iterable<SourcedResult>): Generator<string> {
  let before = '[\n';
  for (const result of results) {
    yield `${before}${JSON.stringify(result)}`;
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

function* csvLines(run: ResultSource, onDamaged: () => void): Generator<string> {
  const looking = answerColumns(run, CSV_COLUMNS);
  let looked = looking.next();
  for (; looked.done !== true; looked = looking.next()) yield '';
  const columns = looked.value;
  yield csvLine([...CSV_COLUMNS, ...columns.map(({ name }) => name)]);
  for (const result of sourcedResults(run, onDamaged))
    yield csvLine([...csvValues(result), ...columns.map(({ path }) => cellOf(result.parsedResponse, path))]);
}

function csvValues(result: SourcedResult): (string | number)[] {
  return CSV_COLUMNS.map((column) => {
    switch (column) {
      case 'error':
        return result.error === undefined ? '' : `${result.error.code}: ${result.error.message}`;
      case 'finishedAt':
        return new Date(result.finishedAt).toISOString();
      default:
        return result[column] ?? '';
    }
  });
}
