import { hasEnded, jobResultOf, type ResultSource } from '../core/assembleResult.ts';
import { isBatchbookError } from '../core/errors.ts';
import type { JobResult } from '../core/job.ts';
import { formatUsd } from '../core/money.ts';
import type { LedgerRow } from '../core/runLedger.ts';
import { ROW_OUTCOMES } from '../core/vocabulary.ts';
import { fencedJson, harmlessMarkdown, oneLine } from './harmlessMarkdown.ts';

/** Where a document of results ends, so that an editor can show it. */
export interface DocumentCaps {
  readonly maxRows: number;
  /** Characters of all answers together. */
  readonly maxCharacters: number;
}

/** Rows without an answer that are named at the top; every row has its place below. */
const MOST_NAMED = 50;

/**
 * The results of a run as one Markdown report, piece by piece: how many rows ended how and what they cost, which have no
 * answer and why, then a heading for each row that has ended with its answer. What others have written in it is
 * harmless (`harmlessMarkdown`), and no answer can pass for another row.
 *
 * @param onDamaged Called for each row whose result was changed on disk. It stands there with that error.
 */
export function* resultsDocument(
  run: ResultSource,
  caps?: DocumentCaps,
  onDamaged: () => void = () => undefined,
): Generator<string> {
  const { rows } = run.ledger;
  yield `# ${oneLine(run.meta.title)}\n\n${summary(run)}\n`;
  if (rows.length > 0) yield `\n${cellTable(run)}`;
  yield* notOkTable(run);
  let [shown, characters] = [0, 0];
  for (const [ordinal, { planned, status }] of rows.entries()) {
    if (!hasEnded(status)) continue;
    if (caps !== undefined && (shown >= caps.maxRows || characters >= caps.maxCharacters)) {
      const more = rows.filter((row) => hasEnded(row.status)).length - shown;
      yield `\n---\n\n*${String(more)} more rows: export the results to see them all.*\n`;
      return;
    }
    const body = bodyOf(run, ordinal, onDamaged);
    yield `\n## ${oneLine(planned.source || planned.id)}\n\n${body}\n`;
    shown += 1;
    characters += body.length;
  }
}

/** "3 rows: 1 ok, 1 error. $0.42 of $5.00. Planned on 2026-11-26." */
function summary({ meta, ledger: { rows } }: ResultSource): string {
  const counts = ROW_OUTCOMES.flatMap((outcome) => {
    const n = rows.filter(({ status }) => status === outcome).length;
    return n === 0 ? [] : [`${count(n)} ${outcome}`];
  });
  const waiting = rows.filter(({ status }) => !hasEnded(status)).length;
  if (waiting > 0 && waiting < rows.length) counts.push(`${count(waiting)} not ended yet`);
  const { limitNanoUsd } = meta.settings;
  const cost = money(rows);
  const limit = limitNanoUsd === undefined || cost === 'free' ? '' : ` of ${formatUsd(limitNanoUsd)}`;
  const from = meta.jobFile === undefined ? '' : ` from ${oneLine(meta.jobFile.path)}`;
  return [
    `${count(rows.length)} ${rows.length === 1 ? 'row' : 'rows'}: ${counts.join(', ') || 'none has ended yet'}.`,
    `Cost: ${cost}${limit}.`,
    `Planned on ${new Date(meta.createdAt).toISOString().slice(0, 10)}${from}.`,
  ].join(' ');
}

function cellTable({ meta, ledger }: ResultSource): string {
  const byCell = Map.groupBy(ledger.rows, ({ planned }) => planned.cell);
  const lines = [...byCell].map(([id, rows]) => {
    const model = meta.cells.find((cell) => cell.id === id)?.model ?? '';
    const ended = rows.filter(({ status }) => hasEnded(status)).length;
    const ok = rows.filter(({ status }) => status === 'ok').length;
    return tableRow([
      oneLine(id),
      oneLine(model),
      count(rows.length),
      count(ok),
      count(ended - ok),
      money(rows),
    ]);
  });
  return `| Cell | Model | Rows | Ok | Not ok | Cost |\n| --- | --- | ---: | ---: | ---: | ---: |\n${lines.join('')}`;
}

function* notOkTable(run: ResultSource): Generator<string> {
  let named = 0;
  for (const [ordinal, { planned, status }] of run.ledger.rows.entries()) {
    if (status === 'ok' || !hasEnded(status)) continue;
    if (named === 0) yield '\n| No answer to use | Outcome | Why |\n| --- | --- | --- |\n';
    if (named === MOST_NAMED) {
      yield '\nFurther rows without an answer to use are below.\n';
      return;
    }
    named += 1;
    yield tableRow([oneLine(planned.source || planned.id), status, whyOf(run, ordinal)]);
  }
}

function whyOf(run: ResultSource, ordinal: number): string {
  try {
    return why(jobResultOf(run, ordinal));
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return oneLine(error.userMessage);
  }
}

function why({ error, stopReason }: JobResult): string {
  return oneLine(error?.message ?? stopReason ?? '');
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

function money(rows: readonly LedgerRow[]): string {
  const nanoUsd = rows.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0);
  if (nanoUsd > 0) return formatUsd(nanoUsd);
  return rows.some(({ status }) => hasEnded(status)) ? 'free' : 'nothing yet';
}

function count(n: number): string {
  return n.toLocaleString('en');
}

function bodyOf(run: ResultSource, ordinal: number, onDamaged: () => void): string {
  try {
    return textOf(jobResultOf(run, ordinal));
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    onDamaged(); // its bytes were changed on disk: the others still show
    return `*${oneLine(error.userMessage)}*`;
  }
}

function textOf(result: JobResult): string {
  const response = result.response?.trim() ?? '';
  const { parsedResponse } = result;
  const answer =
    parsedResponse === undefined
      ? harmlessMarkdown(response)
      : fencedJson(JSON.stringify(parsedResponse, undefined, 2));
  if (result.status === 'ok') return answer;
  const reason = why(result);
  const head = `*${result.status}${reason === '' ? '' : `: ${reason}`}*`;
  return answer === '' ? head : `${head}\n\n${answer}`;
}
