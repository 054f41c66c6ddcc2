import { open, rm } from 'node:fs/promises';
import { stringify } from 'csv-stringify/sync';
import { endedResults, type ResultSource } from '../core/assembleResult.ts';
import { ValidationError, describeCause } from '../core/errors.ts';
import type { JobResult } from '../core/job.ts';
import { resultsDocument } from './resultsDocument.ts';

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

/** The results of a run in a format, piece by piece: no run is too large. */
export function* formatResults(run: ResultSource, format: ResultFormat): Generator<string> {
  const sources = new Map(run.ledger.rows.map((row) => [row.planned.id, row.planned.source]));
  switch (format) {
    case 'jsonl':
      for (const result of endedResults(run)) yield `${JSON.stringify(result)}\n`;
      return;
    case 'json':
      yield* jsonArray(endedResults(run));
      return;
    case 'csv':
      yield csvLine(CSV_COLUMNS);
      for (const result of endedResults(run))
        yield csvLine(csvValues(result, sources.get(result.jobId) ?? ''));
      return;
    case 'md':
      yield* resultsDocument(run);
  }
}

export interface ExportOptions {
  readonly signal?: AbortSignal;
  /** Called with the pieces written so far and their number in all, roughly one a row. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes the results of a run into a file that was not there, whole or not at all.
 *
 * @param file Absolute path.
 * @returns False when it was broken off; then nothing is left.
 * @throws ValidationError `outputConflict` where the file exists or cannot be written.
 */
export async function exportResults(
  run: ResultSource,
  format: ResultFormat,
  file: string,
  { signal, onProgress }: ExportOptions = {},
): Promise<boolean> {
  const handle = await open(file, 'wx').catch((error: unknown) => {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const message = exists
      ? `${file} exists, and an existing file is never replaced. Name another.`
      : `${file} cannot be written: ${describeCause(error)}`;
    throw new ValidationError('outputConflict', message, { cause: error });
  });
  let complete = false;
  try {
    let done = 0;
    for (const piece of formatResults(run, format)) {
      if (signal?.aborted === true) return false;
      await handle.appendFile(piece);
      onProgress?.((done += 1), run.ledger.rows.length);
    }
    complete = true;
    return true;
  } finally {
    await handle.close();
    if (!complete) await rm(file, { force: true });
  }
}

function* jsonArray(results: Iterable<JobResult>): Generator<string> {
  let before = '[\n';
  for (const result of results) {
    yield `${before}${JSON.stringify(result)}`;
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

/** RFC 4180; a value that a spreadsheet would take for a formula is made text. */
function csvLine(values: readonly string[]): string {
  return stringify([[...values]], { escape_formulas: true, record_delimiter: '\r\n' });
}

function csvValues(result: JobResult, source: string): string[] {
  return CSV_COLUMNS.map((column) => {
    switch (column) {
      case 'source':
        return source;
      case 'error':
        return result.error === undefined ? '' : `${result.error.code}: ${result.error.message}`;
      case 'finishedAt':
        return new Date(result.finishedAt).toISOString();
      default:
        return String(result[column] ?? '');
    }
  });
}
