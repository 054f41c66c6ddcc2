import { hasEnded, jobResultOf, type ResultSource } from '../core/assembleResult.ts';
import type { JobResult } from '../core/job.ts';
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

/** A result with where its row comes from. */
type SourcedResult = JobResult & { readonly source: string };

/**
 * The results of a run in a format, piece by piece: no run is too large. A piece may be empty, where a row was only
 * looked at. CSV looks at every row twice, since its columns are the fields of all answers.
 */
export function* formatResults(run: ResultSource, format: ResultFormat): Generator<string> {
  switch (format) {
    case 'jsonl':
      for (const result of sourcedResults(run)) yield `${JSON.stringify(result)}\n`;
      return;
    case 'json':
      yield* jsonArray(sourcedResults(run));
      return;
    case 'csv':
      yield* csvLines(run);
      return;
    case 'md':
      yield* resultsDocument(run);
  }
}

/**
 * Writes the results of a run into a file, whole or not at all: what is there stays until all is written.
 *
 * @param file Absolute path.
 * @returns False when it was broken off; then nothing is left.
 * @throws ValidationError `outputConflict` where the file exists and is not to be replaced, or cannot be written.
 */
export function exportResults(
  run: ResultSource,
  format: ResultFormat,
  file: string,
  options: ExportOptions = {},
): Promise<boolean> {
  const total = run.ledger.rows.length * (format === 'csv' ? 2 : 1);
  return writePieces(file, formatResults(run, format), total, options);
}

function* sourcedResults(run: ResultSource): Generator<SourcedResult> {
  for (const [ordinal, { planned, status }] of run.ledger.rows.entries()) {
    if (!hasEnded(status)) continue;
    const { jobId, ...result } = jobResultOf(run, ordinal);
    yield { jobId, source: planned.source, ...result };
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

function* csvLines(run: ResultSource): Generator<string> {
  const looking = answerColumns(run, CSV_COLUMNS);
  let looked = looking.next();
  for (; looked.done !== true; looked = looking.next()) yield '';
  const columns = looked.value;
  yield csvLine([...CSV_COLUMNS, ...columns.map(({ name }) => name)]);
  for (const result of sourcedResults(run))
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
