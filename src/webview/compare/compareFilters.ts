import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { Change, CompareSurface, FoundComparison } from '../../protocol/compareSurface.ts';
import { icon } from '../parts/icon.ts';
import { withStrong } from './pieces.ts';

type Query = CompareSurface['intents']['ask'];

export interface CompareFilterActions {
  readonly ask: (change: Partial<Query>) => void;
  readonly search: (text: string) => void;
  readonly toGrid: () => void;
  readonly toggleDetail: () => void;
}

const CHANGE_ICONS: { readonly [C in Change]: string } = {
  changed: 'diff-modified',
  noLongerOk: 'arrow-down',
  nowOk: 'arrow-up',
  onlyA: 'diff-removed',
  onlyB: 'diff-added',
  notOk: 'circle-slash',
  same: 'check',
};

/** Cells, search and chips of changes, and always how many rows they leave. */
export function compareFilters(
  found: FoundComparison,
  { search, isDetailOpen }: { readonly search: string; readonly isDetailOpen: boolean },
  actions: CompareFilterActions,
): TemplateResult {
  const { chips, totalText, difference, counted, query } = found;
  return html`<div class="filters" role="group" aria-label=${l10n.t('Filters of the comparison')}>
    ${cellPicker(found, actions)}
    <button
      type="button"
      class="chip"
      aria-pressed=${query.changes.length === chips.length}
      @click=${() => {
        actions.ask({ changes: chips.map(({ change }) => change) });
      }}
    >
      ${l10n.t('All {0}', totalText)}
    </button>
    ${chips
      .filter(({ count }) => count > 0)
      .map(
        ({ change, word, count }) =>
          html`<button
            type="button"
            class="chip"
            aria-pressed=${query.changes.includes(change)}
            @click=${() => {
              actions.ask({ changes: toggled(query.changes, change) });
            }}
          >
            ${icon(CHANGE_ICONS[change])}${word} ${count.toLocaleString()}
          </button>`,
      )}
    <div class="found">
      <div class="search">
        ${icon('search')}<input
          type="search"
          maxlength="500"
          aria-label=${l10n.t('Search {0} names', totalText)}
          placeholder=${l10n.t('Search names')}
          .value=${search}
          @input=${(event: Event) => {
            actions.search((event.currentTarget as HTMLInputElement).value);
          }}
          @keydown=${(event: KeyboardEvent) => {
            if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
            event.preventDefault();
            actions.toGrid();
          }}
        />
      </div>
      <span class="counted" role="status"><b>${counted}</b> ${l10n.t('rows')}</span>
      <span class="counted">${withStrong(difference)}</span>
      <button
        type="button"
        class="act icon"
        aria-pressed=${isDetailOpen}
        aria-label=${l10n.t('Both answers')}
        title=${l10n.t('Both answers')}
        @click=${actions.toggleDetail}
      >
        ${icon('layout-sidebar-right')}
      </button>
    </div>
  </div>`;
}

function cellPicker(
  { cells, query }: FoundComparison,
  { ask }: CompareFilterActions,
): TemplateResult | typeof nothing {
  if (cells.length === 0) return nothing;
  return html`<select
    aria-label=${l10n.t('Cell shown')}
    @change=${(event: Event) => {
      const { value } = event.currentTarget as HTMLSelectElement;
      ask({ cell: value === '' ? undefined : value });
    }}
  >
    <option value="" ?selected=${query.cell === undefined}>${l10n.t('All cells')}</option>
    ${cells.map((cell) => html`<option value=${cell} ?selected=${query.cell === cell}>${cell}</option>`)}
  </select>`;
}

function toggled(changes: readonly Change[], change: Change): readonly Change[] {
  return changes.includes(change) ? changes.filter((one) => one !== change) : [...changes, change];
}
