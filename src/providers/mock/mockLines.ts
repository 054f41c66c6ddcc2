import type { Citation, Usage } from '../../core/job.ts';
import { costNanoUsd, type ModelConfig } from '../../core/modelConfig.ts';
import { answerFor, defaultAnswer, withTokenAskedFor } from './mockAnswer.ts';
import type { MockOutcome, MockRow, MockServiceOptions } from './mockOptions.ts';
import { hitsRow } from './picks.ts';
import { seededShare } from './seeded.ts';

/** One line of a download. */
export interface MockLine {
  readonly customId?: string;
  readonly outcome: MockOutcome;
  readonly text?: string;
  /** The parsed text of a good answer to a request with a schema. */
  readonly parsedResponse?: unknown;
  readonly stopReason?: string;
  readonly citations?: readonly Citation[];
  readonly usage?: Usage;
  readonly error?: string;
}

/** What becomes of a row if its batch reaches it, decided when the batch is created and never again. */
export interface DecidedRow {
  readonly row: MockRow;
  readonly outcome: MockOutcome;
  /** What is billed; absent: nothing. */
  readonly usage: Usage | undefined;
  readonly billedNanoUsd: number;
  /** No line, one, or two. */
  readonly lines: readonly MockLine[];
}

/** Default factor of the fault `overspend`. */
const OVERSPEND_FACTOR = 10;

const OUTCOMES: readonly MockOutcome[] = [
  'truncated',
  'refused',
  'invalid',
  'transient',
  'permanent',
  'expired',
  'cancelled',
  'ok',
];

const ROW_ERRORS: Partial<Record<MockOutcome, string>> = {
  transient: 'The pretend service was overloaded.',
  permanent: 'The pretend service cannot take this request.',
  expired: 'The batch expired before this request was reached.',
};

/** Decides a row's outcome, bill and lines. @param at Epoch milliseconds, for the price. */
export function decideRow(
  row: MockRow,
  model: ModelConfig,
  options: MockServiceOptions,
  at: number,
): DecidedRow {
  const faults = options.faults ?? {};
  const seed = options.seed ?? 1;
  const answered = (options.answer ?? defaultAnswer)(row.request);
  const text = hitsRow(faults.tokenForgotten, row, seed, 'tokenForgotten')
    ? answered
    : withTokenAskedFor(row.request, answered);
  const parsed = row.request.responseSchema === undefined ? undefined : parseJson(text);
  const outcome = checkedOutcome(options.outcome?.(row) ?? scriptedOutcome(row, options), row, parsed);
  const answer = answerFor(outcome, row.request, text);
  const overspends = hitsRow(faults.overspend, row, seed, 'overspend');
  const usage =
    answer.usage && overspends
      ? multiplied(answer.usage, faults.overspendFactor ?? OVERSPEND_FACTOR)
      : answer.usage;
  const error = ROW_ERRORS[outcome];
  const line: MockLine = {
    ...(!hitsRow(faults.rowsWithoutId, row, seed, 'rowsWithoutId') && { customId: row.customId }),
    outcome,
    ...(answer.text !== undefined && { text: answer.text }),
    ...(outcome === 'ok' && parsed !== undefined && { parsedResponse: parsed }),
    ...(answer.stopReason !== undefined && { stopReason: answer.stopReason }),
    ...(answer.citations !== undefined && { citations: answer.citations }),
    ...(usage !== undefined && !hitsRow(faults.missingUsage, row, seed, 'missingUsage') && { usage }),
    ...(error !== undefined && { error }),
  };
  return {
    row,
    outcome,
    usage,
    billedNanoUsd: usage === undefined ? 0 : costNanoUsd(model, usage, at),
    lines: hitsRow(faults.droppedRows, row, seed, 'droppedRows')
      ? []
      : hitsRow(faults.duplicatedRows, row, seed, 'duplicatedRows')
        ? [line, line]
        : [line],
  };
}

/** Rows under the fault `misrouted`: each has the lines of the next of them, under its own id. */
export function misrouted(
  rows: readonly DecidedRow[],
  { faults, seed = 1 }: MockServiceOptions,
): DecidedRow[] {
  const hit = rows.filter(({ row }) => hitsRow(faults?.misrouted, row, seed, 'misrouted'));
  return rows.map((decided) => {
    const next = hit[(hit.indexOf(decided) + 1) % hit.length];
    if (!hit.includes(decided) || next === undefined) return decided;
    const { customId } = decided.row;
    return { ...decided, lines: next.lines.map((line) => ({ ...line, customId })) };
  });
}

/** The line of a row that a batch ended without reaching. */
export function unfinishedLine(row: MockRow, outcome: 'expired' | 'cancelled'): MockLine {
  const error = ROW_ERRORS[outcome];
  return { customId: row.customId, outcome, ...(error !== undefined && { error }) };
}

/** Lines for requests that nobody sent. */
export function inventedLines(count: number, nonce: string): MockLine[] {
  return Array.from({ length: count }, (_, index) => ({
    customId: `${nonce}-invented${String(index)}`,
    outcome: 'ok',
    text: 'An answer that nobody asked for.',
    stopReason: 'end',
    usage: { input: 1, output: 1 },
  }));
}

function scriptedOutcome(row: MockRow, options: MockServiceOptions): MockOutcome {
  const { rows = {}, shares = {}, shareAttempts = Infinity } = options.outcomes ?? {};
  const listed = rows[row.ordinal];
  if (listed !== undefined) return listed[row.attempt - 1] ?? listed.at(-1) ?? 'ok';
  if (row.attempt > shareAttempts) return 'ok';
  let draw = seededShare(options.seed ?? 1, 'outcome', row.ordinal);
  for (const outcome of OUTCOMES) {
    draw -= shares[outcome] ?? 0;
    if (draw < 0) return outcome;
  }
  return 'ok';
}

/** An answer that should be JSON and is not is invalid, whatever the script says. */
function checkedOutcome(outcome: MockOutcome, row: MockRow, parsed: unknown): MockOutcome {
  return outcome === 'ok' && row.request.responseSchema !== undefined && parsed === undefined
    ? 'invalid'
    : outcome;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function multiplied(usage: Usage, factor: number): Usage {
  return { input: usage.input * factor, output: usage.output * factor };
}
