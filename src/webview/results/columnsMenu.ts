import * as l10n from '@vscode/l10n';
import { html, type TemplateResult } from 'lit';
import type { GridColumn } from '../../protocol/resultsSurface.ts';
import { focusFirst } from '../parts/popover.ts';
import { roveMenu } from '../parts/rovingFocus.ts';
import { icon } from '../parts/icon.ts';

/** Id of the menu, for the button that opens it. */
export const COLUMNS_MENU = 'columns-menu';

/** Columns that the person has shown or hidden, by id; the others are as they come. */
export type ColumnChoice = Readonly<Record<string, boolean>>;

/** Reads what the page has kept; what is no choice is none. */
export function readChoice(kept: unknown): ColumnChoice {
  if (typeof kept !== 'object' || kept === null) return {};
  return Object.fromEntries(Object.entries(kept).filter(([, shown]) => typeof shown === 'boolean'));
}

/** Whether a column is shown: outcome and name always are. */
export function isShown({ id, kind, extra }: GridColumn, choice: ColumnChoice): boolean {
  return kind === 'outcome' || kind === 'name' || (choice[id] ?? extra !== true);
}

/** The menu in which columns are shown and hidden. It stays open, for another one. */
export function columnsMenu(
  columns: readonly GridColumn[],
  choice: ColumnChoice,
  choose: (choice: ColumnChoice) => void,
): TemplateResult {
  return html`<div
    class="menu"
    id=${COLUMNS_MENU}
    popover
    role="menu"
    aria-label=${l10n.t('Columns')}
    @toggle=${focusFirst}
    @keydown=${roveMenu}
  >
    ${columns
      .filter(({ kind }) => kind !== 'outcome' && kind !== 'name')
      .map((column) => {
        const shown = isShown(column, choice);
        return html`<button
          type="button"
          role="menuitemcheckbox"
          aria-checked=${shown}
          tabindex="-1"
          @click=${() => {
            choose({ ...choice, [column.id]: !shown });
          }}
        >
          ${icon(shown ? 'check' : 'blank')}<span class="clip">${column.label}</span>
        </button>`;
      })}
    ${
      Object.keys(choice).length === 0
        ? ''
        : html`<hr />
            <button
              type="button"
              role="menuitem"
              tabindex="-1"
              @click=${() => {
                choose({});
              }}
            >
              ${icon('discard')}<span>${l10n.t('Reset Columns')}</span>
            </button>`
    }
  </div>`;
}
