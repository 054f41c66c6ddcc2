import { html } from 'lit';
import type { GridCell, GridColumn, GridRow } from '../../protocol/resultsSurface.ts';
import { isShown, type ColumnChoice } from './columnsMenu.ts';
import type { GridCellView, GridColumn as DrawnColumn } from '../grid/gridView.ts';
import { outcomeIcon } from '../parts/outcomeIcon.ts';

/** The columns of the results that are shown, as a grid draws them. */
export function resultColumns(
  columns: readonly GridColumn[],
  choice: ColumnChoice,
): readonly DrawnColumn<GridRow>[] {
  return columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => isShown(column, choice))
    .map(({ column, index }) => ({
      id: column.id,
      label: column.label,
      width: widthOf(column),
      isNumber: column.kind === 'number',
      isSortable: true,
      isAcross: column.content,
      cell: (row) => cellOf(column, row, row.cells[index - 2]),
    }));
}

function widthOf({ kind, id, content }: GridColumn): string {
  switch (kind) {
    case 'outcome':
      return 'var(--outcome)';
    case 'name':
      return 'minmax(180px, 1.6fr)';
    case 'number':
      return content ? 'minmax(84px, 0.6fr)' : id === 'attempts' ? '60px' : '76px';
    case 'text':
      return id === 'answer' ? 'minmax(260px, 3fr)' : content ? 'minmax(110px, 1fr)' : '110px';
  }
}

function cellOf({ kind }: GridColumn, row: GridRow, cell: GridCell | undefined): GridCellView {
  switch (kind) {
    case 'outcome':
      return {
        content: html`${outcomeIcon(row.outcome)}<span class="word">${row.word}</span>`,
        classes: '',
      };
    case 'name':
      return {
        content: html`<bdi class="muted folder">${row.folder}</bdi><bdi class="clip">${row.name}</bdi>`,
        classes: 'name',
      };
    case 'number':
    case 'text':
      return {
        content: cell?.broken === true ? html`<span class="broken">${cell.text}</span>` : cell?.text,
        classes: [kind === 'number' ? 'r' : '', cell?.muted === true ? 'muted' : ''].join(' ').trim(),
      };
  }
}
