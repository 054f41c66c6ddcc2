import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { ResultsState } from '../../protocol/resultsSurface.ts';
import { COLUMNS_MENU } from './columnsMenu.ts';
import { icon } from '../parts/icon.ts';

export interface ToolbarActions {
  readonly chooseRun: () => void;
  readonly showCell: (cell: string | undefined) => void;
  readonly search: (text: string) => void;
  readonly toGrid: () => void;
  readonly compare: () => void;
  readonly exportRun: () => void;
  readonly openText: () => void;
  readonly toggleDetail: () => void;
}

/** What is above the filters: the run, its cells, the search and what can be done with all of it. */
export function toolbar(
  { title, made, cells, query, totalText }: ResultsState,
  { search, isDetailOpen }: { readonly search: string; readonly isDetailOpen: boolean },
  actions: ToolbarActions,
): TemplateResult {
  return html`<header class="bar">
    <h1 class="clip">${title}</h1>
    <button
      type="button"
      class="act made"
      aria-haspopup="listbox"
      aria-label=${l10n.t('Run of {0}. Choose another run', made)}
      title=${l10n.t('Choose another run')}
      @click=${actions.chooseRun}
    >
      ${icon('history')}<span class="clip">${made}</span>${icon('chevron-down')}
    </button>
    ${
      cells.length === 0
        ? nothing
        : html`<select
            aria-label=${l10n.t('Cell shown')}
            @change=${(event: Event) => {
              const { value } = event.currentTarget as HTMLSelectElement;
              actions.showCell(value === '' ? undefined : value);
            }}
          >
            <option value="" ?selected=${query.cell === undefined}>${l10n.t('All cells')}</option>
            ${cells.map((cell) => html`<option value=${cell} ?selected=${query.cell === cell}>${cell}</option>`)}
          </select>`
    }
    <div class="search">
      ${icon('search')}<input
        type="search"
        maxlength="500"
        aria-label=${l10n.t('Search {0} rows', totalText)}
        placeholder=${l10n.t('Search {0} rows', totalText)}
        .value=${search}
        @input=${(event: Event) => {
          actions.search((event.currentTarget as HTMLInputElement).value);
        }}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key === 'ArrowDown' || event.key === 'Enter') {
            event.preventDefault();
            actions.toGrid();
          }
        }}
      />
    </div>
    <div class="right">
      <button
        type="button"
        class="act"
        aria-haspopup="menu"
        aria-label=${l10n.t('Columns')}
        title=${l10n.t('Columns')}
        popovertarget=${COLUMNS_MENU}
      >
        ${icon('layout-panel-justify')}<span class="words">${l10n.t('Columns')}</span>
      </button>
      ${barAction('git-compare', l10n.t('Compare…'), actions.compare)}
      ${barAction('export', l10n.t('Export…'), actions.exportRun)}
      ${barAction('open-preview', l10n.t('Open as Text'), actions.openText)}
      <button
        type="button"
        class="act icon"
        aria-pressed=${isDetailOpen}
        aria-label=${l10n.t('Detail pane')}
        title=${l10n.t('Detail pane')}
        @click=${actions.toggleDetail}
      >
        ${icon('layout-sidebar-right')}
      </button>
    </div>
  </header>`;
}

function barAction(name: string, label: string, act: () => void): TemplateResult {
  return html`<button type="button" class="act" aria-label=${label} title=${label} @click=${act}>
    ${icon(name)}<span class="words">${label}</span>
  </button>`;
}
