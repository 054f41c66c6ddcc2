import '../pageTexts.ts';
import * as l10n from '@vscode/l10n';
import { html, nothing, render, type TemplateResult } from 'lit';
import type {
  CompareDetail,
  CompareRow,
  CompareState,
  CompareSurface,
  FoundComparison,
} from '../../protocol/compareSurface.ts';
import { RowGrid } from '../grid/rowGrid.ts';
import { openChannel } from '../pagePort.ts';
import { icon } from '../parts/icon.ts';
import { bothAnswers } from './bothAnswers.ts';
import { compareColumns } from './compareColumns.ts';
import { compareFilters, type CompareFilterActions } from './compareFilters.ts';
import { compareHead, type HeadActions } from './compareHead.ts';

type Query = CompareSurface['intents']['ask'];

const SEARCH_AFTER_MS = 150;
const DETAIL_AFTER_MS = 60;

const channel = openChannel<CompareSurface>();
const page = document.getElementById('page') ?? document.body;
const grid = new RowGrid<CompareRow>({
  fetch: (from, count) => channel.call('rows', { from, count }),
  keysAt: (from, to) => channel.call('rowsAt', { from, to }),
  placeOf: (row) => channel.call('place', { row }),
  keyOf: ({ row }) => row,
  whyOf: ({ why }) => why,
  onOpen: openDetail,
  onAt: (row) => {
    if (isDetailOpen) loadDetailSoon(row);
  },
  onSort: (column) => {
    if (state?.found === undefined) return;
    const { sort } = state.found.query;
    const descending = sort.column === column && !sort.descending;
    ask({ sort: { column: column as Query['sort']['column'], descending } });
  },
});
grid.showCurrent(true);

let state: CompareState | undefined;
let isDetailOpen = false;
let detail: CompareDetail | 'failed' | undefined;
let detailTimer: ReturnType<typeof setTimeout> | undefined;
let search: string | undefined;
let searchTimer: ReturnType<typeof setTimeout> | undefined;

channel.on('compare', (next) => {
  const isOther = state?.found?.version !== next.found?.version;
  state = next;
  draw();
  if (isOther && isDetailOpen && grid.focusKey !== undefined) loadDetailSoon(grid.focusKey);
});
channel.hello();

document.addEventListener('keydown', onPageKey);

function draw(): void {
  if (state === undefined) return;
  render(pageOf(state), page);
  const { found, title } = state;
  if (found === undefined) return;
  grid.show({
    label: l10n.t('Compared rows of {0}', title),
    columns: compareColumns(found),
    sort: found.query.sort,
    version: found.version,
    matching: found.matching,
  });
}

function pageOf({ title, found }: CompareState): TemplateResult {
  if (found === undefined)
    return html`<header class="reading"><h1 class="clip">${title}</h1></header>
      <main class="empty" role="status"><p>${l10n.t('Comparing the answers of both runs…')}</p></main>`;
  return html`
    ${compareHead(title, found, headActions)}
    ${compareFilters(found, { search: search ?? found.query.search, isDetailOpen }, filterActions)}
    <main class="main ${isDetailOpen ? 'with-detail' : ''}">
      ${found.matching === 0 ? nothingOf(found) : grid.element}
      ${isDetailOpen ? bothAnswers(detail, closeDetail) : nothing}
    </main>
    ${footerOf(found)}
  `;
}

function nothingOf({ query, chips }: FoundComparison): TemplateResult {
  const same = chips.find(({ change }) => change === 'same')?.count ?? 0;
  return html`<div class="empty">
    <h2>
      ${
        query.changes.length === 0
          ? l10n.t('Nothing is chosen')
          : query.search === ''
            ? l10n.t('No row of this kind')
            : l10n.t('No row of this kind has “{0}” in its name', query.search)
      }
    </h2>
    <p>
      ${same === 1 ? l10n.t('1 row is the same in both runs.') : l10n.t('{0} rows are the same in both runs.', same.toLocaleString())}
    </p>
  </div>`;
}

function footerOf({ matching, exportLabel }: FoundComparison): TemplateResult {
  return html`<footer>
    <span class="key" aria-hidden="true"><del>A</del> <ins>B</ins></span>
    <span class="muted">${l10n.t('Order of lists and spaces are not counted as changes.')}</span>
    <span class="grow"></span>
    <button
      type="button"
      class="act"
      ?disabled=${matching === 0}
      @click=${() => {
        channel.intent('export', null);
      }}
    >
      ${icon('export')}<span>${exportLabel}</span>
    </button>
  </footer>`;
}

const headActions: HeadActions = {
  swap: () => {
    channel.intent('swap', null);
  },
  openResults: (side) => {
    channel.intent('openResults', { side });
  },
};

const filterActions: CompareFilterActions = {
  ask,
  search: (text) => {
    search = text;
    clearTimeout(searchTimer);
    searchTimer = setTimeout(() => {
      search = undefined;
      ask({ search: text });
    }, SEARCH_AFTER_MS);
  },
  toGrid: () => {
    grid.takeFocus();
  },
  toggleDetail: () => {
    if (isDetailOpen) closeDetail();
    else openDetail();
  },
};

function ask(change: Partial<Query>): void {
  if (state?.found === undefined) return;
  const query = { ...state.found.query, ...change };
  state = { ...state, found: { ...state.found, query } };
  channel.intent('ask', query);
  detail = undefined;
  grid.restart();
  draw();
}

function onPageKey(event: KeyboardEvent): void {
  if ((event.ctrlKey || event.metaKey) && event.key === 'f') {
    event.preventDefault();
    const input = page.querySelector<HTMLInputElement>('.search input');
    input?.focus();
    input?.select();
  } else if (event.key === 'Escape') escape();
}

/** Detail, then search. */
function escape(): void {
  if (isDetailOpen) closeDetail();
  else if ((search ?? state?.found?.query.search ?? '') !== '') {
    search = undefined;
    clearTimeout(searchTimer);
    ask({ search: '' });
    grid.takeFocus();
  }
}

function openDetail(): void {
  isDetailOpen = true;
  draw();
  grid.moveTo({ place: Math.max(0, grid.place) }, false);
}

function closeDetail(): void {
  isDetailOpen = false;
  detail = undefined;
  clearTimeout(detailTimer);
  draw();
  grid.takeFocus();
}

function loadDetailSoon(row: number): void {
  clearTimeout(detailTimer);
  detailTimer = setTimeout(() => void loadDetail(row), DETAIL_AFTER_MS);
}

async function loadDetail(row: number): Promise<void> {
  const got = await channel.call('detail', { row }).catch(() => 'failed' as const);
  if (row !== grid.focusKey || !isDetailOpen) return;
  detail = got;
  draw();
}
