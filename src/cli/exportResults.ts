import { stringify } from 'csv-stringify/sync';
import type { JobResult } from '../core/job.ts';
import { endedResults, type ResultSource } from '../core/assembleResult.ts';

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
      yield `# ${run.meta.title}\n`;
      for (const result of endedResults(run)) yield markdownOf(result, sources.get(result.jobId) ?? '');
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

function markdownOf(result: JobResult, source: string): string {
  const body =
    result.status === 'ok'
      ? (result.response ?? '')
      : `*${result.status}*: ${result.error?.message ?? result.stopReason ?? ''}`;
  return `\n## ${(source || result.jobId).replaceAll('\n', ' ')}\n\n${body.trim()}\n`;
}
