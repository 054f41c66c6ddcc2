import * as l10n from '@vscode/l10n';
import type { CellView } from '../../protocol/editorSurface.ts';

let numbers: Intl.NumberFormat | undefined;

/** A whole number as the language of the window writes it. */
export function count(n: number): string {
  numbers ??= new Intl.NumberFormat(document.documentElement.lang);
  return numbers.format(n);
}

export function rowsInWords(rows: number): string {
  return rows === 1 ? l10n.t('1 row') : l10n.t('{0} rows', count(rows));
}

/** What a cell of a kind makes. */
export function kindInWords(kind: CellView['kind']): string {
  switch (kind) {
    case 'files':
      return l10n.t('one row for each file');
    case 'rows':
      return l10n.t('one row for each line of the table');
    case 'messages':
      return l10n.t('one row');
    case 'markdown':
      return l10n.t('a note');
    case 'unknown':
      return l10n.t('a kind of cell that is not known here');
  }
}

/** The first words of a cell's label. */
export function kindName(kind: CellView['kind']): string {
  switch (kind) {
    case 'files':
      return l10n.t('Files cell');
    case 'rows':
      return l10n.t('Rows cell');
    case 'messages':
      return l10n.t('Messages cell');
    case 'markdown':
      return l10n.t('Markdown cell');
    case 'unknown':
      return l10n.t('Unknown cell');
  }
}

/** What the check of rows does. */
export function rowCheckInWords(): string {
  return l10n.t(
    'Each answer gives back a short token of its row, and none is taken that does not: rows cannot be mixed up.',
  );
}

/** How people call a cell: its id, or its kind where it has none. */
export function nameOf(cell: CellView): string {
  return cell.id ?? kindName(cell.kind);
}
