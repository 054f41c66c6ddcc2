import { l10n } from 'vscode';
import type { CompareQuery } from '../../core/compareQuery.ts';
import { formatUsd, usdFromNano } from '../../core/money.ts';
import { ROW_CHANGES, type RowChange } from '../../core/rowChange.ts';
import type {
  CompareCell,
  CompareDetail,
  CompareField,
  ComparePart,
  CompareRow,
  FoundComparison,
  RowEnd,
  RunSide,
} from '../../protocol/compareSurface.ts';
import type {
  CompareFacts,
  CompareLine,
  CompareView,
  ComparedDetail,
  ComparedEnd,
  ComparedRunFacts,
  ComparedValue,
} from '../../workspace/compare/compareSession.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { number, statusWord, sum, tokensInWords } from '../words.ts';
import { hintOf } from './compareHint.ts';
import { costInWords, madeInWords, readable, splitName, valueCell, whyInWords } from './resultsState.ts';

/** The page without its rows. */
export function foundComparison(
  facts: CompareFacts,
  view: CompareView,
  query: CompareQuery,
): FoundComparison {
  const { a, b, cells, total, counts, okInBoth, fields } = facts;
  return plainTexts<FoundComparison>({
    ...{ a: sideOf(a), b: sideOf(b), hint: hintOf(facts.differences), query, total },
    cells: cells.length > 1 ? cells : [],
    fields: fields.map((field) => fieldOf(field, okInBoth)),
    agreement:
      fields.length === 0 || okInBoth === 0
        ? ''
        : l10n.t('Agreement by field, over the {0} rows ok in both', number(okInBoth)),
    chips: ROW_CHANGES.map((change) => ({ change, word: changeWord(change), count: counts[change] })),
    totalText: number(total),
    ...{ version: view.version, matching: view.matching },
    counted: l10n.t('{0} of {1}', number(view.matching), number(total)),
    difference: differenceOf(a.costNanoUsd, b.costNanoUsd),
    exportLabel:
      view.matching === 1
        ? l10n.t('Export the 1 row…')
        : l10n.t('Export the {0} rows…', number(view.matching)),
  });
}

/** A row of both runs as a line of the grid. */
export function compareRow(line: CompareLine, cells: number): CompareRow {
  const [a, b] = [endOf(line.a), endOf(line.b)];
  return {
    ...plainTexts({
      ...{ row: line.pair, word: changeWord(line.change), ...splitName(line.name) },
      cell: cells > 1 ? line.cell : '',
      values: line.values.map((value) => cellOf(value, line)),
      why: whyOf(line),
      cost:
        line.a === undefined || line.b === undefined ? '' : signed(line.b.costNanoUsd - line.a.costNanoUsd),
    }),
    ...(a === undefined ? {} : { a }),
    ...(b === undefined ? {} : { b }),
    parts: line.parts.map((part) => partOf(part, plainTexts)),
  };
}

/** All of one row. */
export function compareDetail({ line, parts, tokens }: ComparedDetail, cells: number): CompareDetail {
  const cost = (end: ComparedEnd | undefined): string =>
    end === undefined ? '' : costInWords(end.costNanoUsd);
  const count = (counts: ComparedDetail['tokens']['a'], which: 0 | 1): string =>
    counts === undefined ? '' : number(counts[which]);
  return {
    row: compareRow(line, cells),
    parts: parts.map((part) => partOf(part, readable)),
    facts: [
      { label: l10n.t('Cost'), a: cost(line.a), b: cost(line.b) },
      { label: l10n.t('Tokens in'), a: count(tokens.a, 0), b: count(tokens.b, 0) },
      { label: l10n.t('Tokens out'), a: count(tokens.a, 1), b: count(tokens.b, 1) },
    ],
  };
}

function sideOf({
  createdAt,
  models,
  ok,
  rows,
  costNanoUsd,
  limitNanoUsd,
  inputTokens,
  outputTokens,
}: ComparedRunFacts): RunSide {
  const paid = sum(usdFromNano(costNanoUsd));
  return {
    made: madeInWords(createdAt),
    models: models.join(', '),
    ended:
      limitNanoUsd === undefined
        ? l10n.t('{0} of {1} ok, {2}', number(ok), number(rows), paid)
        : l10n.t('{0} of {1} ok, {2} of {3}', number(ok), number(rows), paid, formatUsd(limitNanoUsd)),
    tokens: l10n.t('{0} tokens in, {1} out', tokensInWords(inputTokens), tokensInWords(outputTokens)),
  };
}

function fieldOf({ name, isNumber, equal }: CompareFacts['fields'][number], rows: number): CompareField {
  if (rows === 0) return { name, isNumber, percent: '' };
  const share = equal / rows;
  // All and nothing are said only where they are true.
  const percent =
    equal === rows ? 100 : equal === 0 ? 0 : Math.min(99.9, Math.max(0.1, Math.round(share * 1_000) / 10));
  const digits = Number.isInteger(percent) && percent % 100 === 0 ? 0 : 1;
  const words = percent.toLocaleString(undefined, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return { name, isNumber, share, percent: l10n.t('{0} %', words) };
}

function differenceOf(costA: number, costB: number): string {
  if (costA === costB) return l10n.t('Both cost the same');
  return costB < costA
    ? l10n.t('B costs **{0} less**', costInWords(costA - costB))
    : l10n.t('B costs **{0} more**', costInWords(costB - costA));
}

function cellOf({ changed, a, b }: ComparedValue, line: CompareLine): CompareCell {
  if (!changed) return { after: valueCell(b) };
  return { before: sideCell(a, line.a), after: sideCell(b, line.b) };
}

/** What an answer that was cut off does not hold any more is not nothing. */
function sideCell(value: ComparedValue['a'], end: ComparedEnd | undefined): CompareCell['after'] {
  if (value === undefined) return { text: end?.outcome === 'truncated' ? '…' : '–' };
  const { text } = valueCell(value);
  return { text };
}

function whyOf({ a, b, values }: CompareLine): string {
  if (a === undefined) return l10n.t('Has ended in B alone.');
  if (b === undefined) return l10n.t('Has ended in A alone.');
  if (values.length > 0 || (a.outcome === 'ok' && b.outcome === 'ok')) return '';
  const [whyA, whyB] = [a, b].map((end) => (end.outcome === 'ok' ? '' : whyInWords(end)));
  if (whyA === whyB) return whyA ?? '';
  return [
    ...(whyA === '' || whyA === undefined ? [] : [l10n.t('A: {0}', whyA)]),
    ...(whyB === '' || whyB === undefined ? [] : [l10n.t('B: {0}', whyB)]),
  ].join(' ');
}

function partOf(
  { field, changed, before, after }: ComparePart,
  clean: (text: string) => string,
): ComparePart {
  const side = (pieces: ComparePart['before']): ComparePart['before'] =>
    pieces.map(({ text, differs }) => ({ text: clean(text.toWellFormed()), differs }));
  return { field: plainTexts(field), changed, before: side(before), after: side(after) };
}

function endOf(end: ComparedEnd | undefined): RowEnd | undefined {
  return end === undefined ? undefined : { outcome: end.outcome, word: statusWord(end.outcome) };
}

function signed(nanoUsd: number): string {
  if (nanoUsd === 0) return '$0';
  return `${nanoUsd < 0 ? '−' : '+'}${costInWords(Math.abs(nanoUsd))}`;
}

function changeWord(change: RowChange): string {
  switch (change) {
    case 'changed':
      return l10n.t('changed');
    case 'noLongerOk':
      return l10n.t('no longer ok');
    case 'nowOk':
      return l10n.t('now ok');
    case 'onlyA':
      return l10n.t('only in A');
    case 'onlyB':
      return l10n.t('only in B');
    case 'notOk':
      return l10n.t('ok in neither');
    case 'same':
      return l10n.t('same');
  }
}
