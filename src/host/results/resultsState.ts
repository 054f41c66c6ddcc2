import { l10n } from 'vscode';
import { formatUsd, nanoFromUsd, usdFromNano } from '../../core/money.ts';
import { OUTCOMES_BY_NEED, type ResultsQuery } from '../../core/resultsQuery.ts';
import type {
  GridCell,
  GridColumn,
  GridRow,
  ResultsState,
  ViewState,
} from '../../protocol/resultsSurface.ts';
import type { ResultsView } from '../../workspace/results/resultsSearch.ts';
import type { ResultLine, ResultsFacts } from '../../workspace/results/resultsSession.ts';
import type { ColumnValue } from '../../workspace/results/rowEntry.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { number, statusWord, sum, timeInWords } from '../words.ts';

/** What turns the writing round or is no text at all; breaks of lines and tabs stay. */
const CENT_NANO_USD = nanoFromUsd(0.01);
const DECEPTIVE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
/** Characters of a cell: no column shows more. */
const CELL_CHARACTERS = 200;

/** The page without its rows. */
export function resultsState(facts: ResultsFacts, query: ResultsQuery): ResultsState {
  const { title, createdAt, cells, models, counts, ended, waiting, spentNanoUsd, limitNanoUsd } = facts;
  return plainTexts<ResultsState>({
    title,
    made: madeInWords(createdAt),
    query,
    cells: cells.length > 1 ? cells.map(({ id }) => id) : [],
    models,
    columns: columnsOf(facts, query),
    chips: OUTCOMES_BY_NEED.toReversed()
      .filter((outcome) => counts[outcome] > 0)
      .map((outcome) => ({ outcome, word: statusWord(outcome), count: number(counts[outcome]) })),
    total: ended,
    totalText: number(ended),
    waiting:
      waiting === 0
        ? ''
        : waiting === 1
          ? l10n.t('1 row is still to come')
          : l10n.t('{0} rows are still to come', number(waiting)),
    money: moneyOf(spentNanoUsd, limitNanoUsd),
    empty: {
      title: l10n.t('No results yet'),
      text:
        waiting === 0
          ? l10n.t('No row of this run has ended.')
          : waiting === 1
            ? l10n.t('1 row waits for its answer. Results arrive batch by batch; this view fills by itself.')
            : l10n.t(
                '{0} rows wait for their answers. Results arrive batch by batch; this view fills by itself.',
                number(waiting),
              ),
    },
  });
}

export function viewState(
  { version, matching, complete, alone, failure }: ResultsView,
  { ended }: ResultsFacts,
): ViewState {
  return {
    ...{ version, matching, complete },
    counted: l10n.t('{0} of {1}', number(matching), number(ended)),
    failure:
      failure === undefined
        ? ''
        : plainTexts(l10n.t('{0}. See whether results.jsonl of the run is there and can be read.', failure)),
    alone: plainTexts(
      alone.map(({ part, matching: rows }) =>
        rows === 1
          ? l10n.t('{0} alone would show 1 row.', partInWords(part))
          : l10n.t('{0} alone would show {1} rows.', partInWords(part), number(rows)),
      ),
    ),
  };
}

/** A row as a line of the grid. @param names Of the fields of its cell. */
export function gridRow(line: ResultLine, columns: readonly GridColumn[], names: readonly string[]): GridRow {
  const { row, outcome, name, fields } = line;
  const hasAnswer = outcome === 'ok' || fields.length > 0;
  return plainTexts<GridRow>({
    ...{ row, outcome, word: statusWord(outcome), ...splitName(name) },
    cells: columns.slice(2).map(({ id }) => cellOf(line, id, names)),
    why: hasAnswer ? '' : whyInWords(line),
  });
}

function columnsOf({ cells, models }: ResultsFacts, { cell }: ResultsQuery): GridColumn[] {
  const shown = cell === undefined ? cells : cells.filter(({ id }) => id === cell);
  const [only] = shown;
  const fields = shown.length === 1 ? (only?.fields ?? []) : [];
  const column = (
    id: string,
    label: string,
    kind: GridColumn['kind'] = 'text',
    content = false,
  ): GridColumn => ({ id, label, kind, content });
  return [
    column('outcome', l10n.t('Outcome'), 'outcome'),
    column('source', l10n.t('Row'), 'name'),
    ...(fields.length > 0
      ? fields.map((name) =>
          column(`field:${name}`, name, only?.numeric.includes(name) === true ? 'number' : 'text', true),
        )
      : [column('answer', l10n.t('Answer'), 'text', true)]),
    ...(shown.length > 1 ? [column('cell', l10n.t('Cell'))] : []),
    ...(models.length > 1 ? [column('model', l10n.t('Model'))] : []),
    column('tokens', l10n.t('Tokens'), 'number'),
    column('cost', l10n.t('Cost'), 'number'),
    column('attempts', l10n.t('Tries'), 'number'),
    ...(models.length > 1 ? [] : [{ ...column('model', l10n.t('Model')), extra: true as const }]),
    { ...column('batch', l10n.t('Batch'), 'number'), extra: true },
    { ...column('finished', l10n.t('Finished')), extra: true },
  ];
}

function cellOf(line: ResultLine, id: string, names: readonly string[]): GridCell {
  switch (id) {
    case 'answer':
      return { text: line.head.slice(0, CELL_CHARACTERS) };
    case 'cell':
      return { text: line.cell };
    case 'model':
      return { text: line.model };
    case 'tokens':
      return { text: number(line.inputTokens + line.outputTokens) };
    case 'cost':
      return { text: costInWords(line.costNanoUsd) };
    case 'attempts':
      return { text: number(line.attempts) };
    case 'batch':
      return { text: line.batch === undefined ? '' : number(line.batch) };
    case 'finished':
      return { text: line.finishedAt === 0 ? '' : timeInWords(line.finishedAt) };
    default: {
      const field = id.slice('field:'.length);
      const cell = valueCell(line.fields[names.indexOf(field)]);
      return line.broken.includes(field) ? { ...cell, broken: true } : cell;
    }
  }
}

/** A value of an answer as a cell shows it. */
export function valueCell(value: ColumnValue): GridCell {
  switch (typeof value) {
    case 'number':
      return { text: value.toLocaleString(undefined, { maximumFractionDigits: 10 }) };
    case 'boolean':
      return { text: value ? l10n.t('yes') : l10n.t('no') };
    case 'string':
      return { text: value.slice(0, CELL_CHARACTERS) };
    default:
      return { text: value === null ? 'null' : '', muted: true };
  }
}

/** A text as a person can read it: nothing in it can turn the writing round. As long as it was. */
export function readable(text: string): string {
  return text
    .toWellFormed()
    .replace(DECEPTIVE, (character) => (character === '\n' || character === '\t' ? character : '\ufffd'));
}

/** Why a row is not ok. */
export function whyInWords({ outcome, why }: Pick<ResultLine, 'outcome' | 'why'>): string {
  if (why !== '') return why;
  switch (outcome) {
    case 'refused':
      return l10n.t('The model declined to answer.');
    case 'truncated':
      return l10n.t('The answer was cut off before its end.');
    case 'cancelled':
      return l10n.t('It was cancelled before it was answered.');
    case 'invalid':
      return l10n.t('The answer is not what was asked for.');
    case 'error':
    case 'ok':
      return statusWord(outcome);
  }
}

function partInWords({ outcomes, model, batch, problems, rules, search }: ResultsQuery): string {
  const [rule] = rules;
  if (outcomes.length > 0) return outcomes.map((outcome) => statusWord(outcome)).join(', ');
  if (model !== undefined) return model;
  if (batch !== undefined) return l10n.t('Batch {0}', number(batch));
  if (problems) return l10n.t('“Has a problem”');
  if (rule !== undefined) return l10n.t('The filter on {0}', rule.column.replace(/^field:/, ''));
  return l10n.t('The search for “{0}”', search);
}

/** A name as its folder, with the last `/`, and the rest. */
export function splitName(name: string): Pick<GridRow, 'folder' | 'name'> {
  const end = name.lastIndexOf('/') + 1;
  return {
    folder: name.slice(0, end).slice(-CELL_CHARACTERS),
    name: name.slice(end).slice(0, CELL_CHARACTERS),
  };
}

/** "free", "$1.25", and of less than a cent two digits: "$0.0018". @param nanoUsd Of one row, not below 0. */
export function costInWords(nanoUsd: number): string {
  if (nanoUsd === 0) return l10n.t('free');
  return formatUsd(nanoUsd < CENT_NANO_USD ? Number(nanoUsd.toPrecision(2)) : nanoUsd);
}

function moneyOf(spent: number, limit: number | undefined): string {
  const so = sum(usdFromNano(spent));
  return limit === undefined ? so : l10n.t('{0} of {1}', so, formatUsd(limit));
}

/** A time as the person’s language writes it. @param at Epoch milliseconds. */
export function madeInWords(at: number): string {
  return new Date(at).toLocaleString(undefined, {
    ...{ day: 'numeric', month: 'short', year: 'numeric' },
    ...{ hour: 'numeric', minute: '2-digit' },
  });
}
