import * as l10n from '@vscode/l10n';
import { nothing, type TemplateResult } from 'lit';
import type { CellKey } from '../../protocol/editorSurface.ts';
import type { EditorModel } from './editorModel.ts';
import { menu } from './menu.ts';
import { openPopover } from '../parts/popover.ts';
import { nameOf } from './words.ts';

const ID = 'cell-menu';

/** Opens the menu of a cell beside a button. */
export function openCellMenu(model: EditorModel, source: HTMLElement, key: CellKey): void {
  model.active = key;
  model.redraw();
  openPopover(ID, source);
}

/** What can be done with the cell that has the focus. */
export function cellMenu(model: EditorModel): TemplateResult | typeof nothing {
  const at = model.indexOf(model.active);
  const cell = model.cells[at];
  if (cell === undefined) return nothing;
  const { key, kind } = cell;
  const places =
    at === 0 && model.cells.length === 1
      ? []
      : [
          ...(at === 0
            ? []
            : [
                {
                  icon: 'arrow-up',
                  title: l10n.t('Move Up'),
                  hint: 'Alt+↑',
                  act: () => void model.move(key, -1),
                },
              ]),
          ...(at === model.cells.length - 1
            ? []
            : [
                {
                  icon: 'arrow-down',
                  title: l10n.t('Move Down'),
                  hint: 'Alt+↓',
                  act: () => void model.move(key, 1),
                },
              ]),
        ];
  return menu(ID, l10n.t('Cell {0}', nameOf(cell)), [
    ...(kind === 'markdown' || kind === 'unknown'
      ? []
      : [
          {
            icon: 'edit',
            title: l10n.t('Rename…'),
            hint: 'F2',
            act: () => {
              model.rename(key);
            },
          },
        ]),
    { icon: 'copy', title: l10n.t('Copy Cell'), act: () => void model.copy(key) },
    { icon: 'clippy', title: l10n.t('Paste Cells Below'), act: () => void model.paste({ after: key }) },
    null,
    ...places,
    ...(kind === 'markdown'
      ? [
          {
            icon: 'files',
            title: l10n.t('Turn Into a Files Cell'),
            act: () => void model.turnInto(key, 'files'),
          },
        ]
      : kind === 'files' || kind === 'rows'
        ? [
            {
              icon: 'markdown',
              title: l10n.t('Turn Into Markdown'),
              hint: 'M',
              act: () => void model.turnInto(key, 'markdown'),
            },
          ]
        : []),
    {
      icon: 'go-to-file',
      title: l10n.t('Show in Text Editor'),
      act: () => {
        model.channel.intent('openText', { line: cell.line, column: 1 });
      },
    },
    null,
    { icon: 'trash', title: l10n.t('Delete Cell'), hint: 'D D', act: () => void model.remove(key) },
  ]);
}
