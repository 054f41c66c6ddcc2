import * as l10n from '@vscode/l10n';
import { html, nothing } from 'lit';
import type {
  CompareField,
  ComparePart,
  CompareRow,
  FoundComparison,
  Piece,
  RowEnd,
} from '../../protocol/compareSurface.ts';
import type { GridCell } from '../../protocol/resultsSurface.ts';
import type { GridCellView, GridColumn } from '../grid/gridView.ts';
import { icon } from '../parts/icon.ts';
import { outcomeIcon } from '../parts/outcomeIcon.ts';
import { piecesOf } from './pieces.ts';

type Column = GridColumn<CompareRow>;

/** Outcomes, file, a column for each field or one for the answers, and money. */
export function compareColumns({ fields, cells, query }: FoundComparison): readonly Column[] {
  const plain = { isNumber: false, isSortable: false, isAcross: false };
  return [
    {
      ...{ ...plain, id: 'change', label: l10n.t('A, B'), spoken: l10n.t('Change from A to B') },
      ...{ width: '74px', isSortable: true },
      cell: (row) => ({ content: endsOf(row), classes: 'ends' }),
    },
    {
      ...{ ...plain, id: 'source', label: l10n.t('File'), width: 'minmax(170px, 1.3fr)', isSortable: true },
      cell: ({ folder, name }) => ({
        content: html`<bdi class="muted folder">${folder}</bdi><bdi class="clip">${name}</bdi>`,
        classes: 'name',
      }),
    },
    ...(cells.length > 0 && query.cell === undefined
      ? [
          {
            ...{ ...plain, id: 'cell', label: l10n.t('Cell'), width: '120px' },
            cell: ({ cell }: CompareRow) => ({ content: cell, classes: 'muted' }),
          },
        ]
      : []),
    ...(fields.length > 0 ? fields.map(fieldColumn) : [answerColumn]),
    {
      ...{ ...plain, id: 'cost', label: l10n.t('Cost, B − A'), width: '104px' },
      ...{ isNumber: true, isSortable: true },
      cell: ({ cost }) => ({ content: cost, classes: 'r' }),
    },
  ];
}

const answerColumn: Column = {
  ...{ id: 'answer', label: l10n.t('Answer'), width: 'minmax(300px, 3fr)' },
  ...{ isNumber: false, isSortable: false, isAcross: true },
  cell: ({ parts }) => ({ content: parts.map(partInLine), classes: '' }),
};

function fieldColumn({ name, isNumber }: CompareField, index: number): Column {
  return {
    ...{ id: `field:${name}`, label: name, isNumber, isSortable: false, isAcross: true },
    width: isNumber ? 'minmax(130px, 0.8fr)' : 'minmax(150px, 1fr)',
    cell: ({ values }) => valueOf(values[index], isNumber),
  };
}

function valueOf(value: CompareRow['values'][number] | undefined, isNumber: boolean): GridCellView {
  const end = isNumber ? 'r' : '';
  if (value === undefined) return { content: nothing, classes: end };
  const { before, after } = value;
  if (before === undefined)
    return { content: after.text, classes: [end, after.muted === true ? 'muted' : ''].join(' ').trim() };
  const both = html`<del>${shown(before)}</del> <ins>${shown(after)}</ins>`;
  return { content: both, classes: `${end} both-values`.trim() };
}

function shown({ text }: GridCell): string {
  return text === '' ? l10n.t('empty') : text;
}

function endsOf({ a, b, word }: CompareRow): unknown {
  const isSame = a !== undefined && b !== undefined && a.outcome === b.outcome;
  const icons = isSame ? endOf(a) : html`${endOf(a)}${icon('arrow-right')}${endOf(b)}`;
  return html`${icons}<span class="vh">${word}</span>`;
}

function endOf(end: RowEnd | undefined): unknown {
  if (end === undefined) return html`<span class="muted" aria-hidden="true">–</span>`;
  return html`${outcomeIcon(end.outcome)}<span class="vh">${end.word} </span>`;
}

function partInLine({ field, changed, before, after }: ComparePart): unknown {
  return html`<span class="part"
    >${field === '' ? nothing : html`<span class="mono muted">${field}</span> `}${
      changed
        ? html`<bdi>${piecesOf(inLine(field, before), 'a')}</bdi>
            <bdi>${piecesOf(inLine(field, after), 'b')}</bdi>`
        : html`<bdi>${piecesOf(after, 'b')}</bdi>`
    }</span
  >`;
}

/** The value of a field is marked as a whole: two of them stand side by side in a line. */
function inLine(field: string, pieces: readonly Piece[]): readonly Piece[] {
  const text = pieces.map((piece) => piece.text).join('');
  return field === '' ? pieces : text === '' ? [] : [{ text, differs: true }];
}
