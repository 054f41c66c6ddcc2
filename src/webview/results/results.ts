import '../pageTexts.ts';
import * as l10n from '@vscode/l10n';
import { html, nothing, render, type TemplateResult } from 'lit';
import {
  isFiltered,
  type CopyFormat,
  type FocusState,
  type GridRow,
  type Query,
  type ResultsState,
  type ResultsSurface,
  type ViewState,
} from '../../protocol/resultsSurface.ts';
import { RowGrid } from '../grid/rowGrid.ts';
import { keepState, keptState, openChannel } from '../pagePort.ts';
import { detailPane, type DetailActions } from './detail.ts';
import { filterBar, type FilterActions } from './filters.ts';
import { footer } from './footer.ts';
import { resultColumns } from './resultColumns.ts';
import { columnsMenu, readChoice, type ColumnChoice } from './columnsMenu.ts';
import { RowDetail } from './rowDetail.ts';
import { toolbar, type ToolbarActions } from './toolbar.ts';

/** What a query is without its filters. */
const UNFILTERED = {
  outcomes: [],
  model: undefined,
  batch: undefined,
  problems: false,
  rules: [],
  search: '',
} satisfies Partial<Query>;
const SEARCH_AFTER_MS = 150;

const channel = openChannel<ResultsSurface>();
const page = document.getElementById('page') ?? document.body;
const detail = new RowDetail(channel, draw);
const grid = new RowGrid<GridRow>({
  fetch: (from, count) => channel.call('rows', { from, count }),
  keysAt: (from, to) => channel.call('rowsAt', { from, to }),
  placeOf: (row) => channel.call('place', { row }),
  keyOf: ({ row }) => row,
  whyOf: ({ why }) => why,
  onOpen: openDetail,
  onAt: (row) => {
    hasArrived = true;
    channel.intent('at', { row, detail: isDetailOpen });
    if (isDetailOpen) detail.loadSoon(row);
  },
  onSort: (column) => {
    if (state === undefined) return;
    const { sort } = state.query;
    ask({ sort: { column, descending: sort.column === column && !sort.descending } });
  },
  selection: {
    onCopy: () => {
      copy('tsv');
    },
    onChange: draw,
  },
});

let state: ResultsState | undefined;
let view: ViewState = { version: -1, matching: 0, complete: false, counted: '', alone: [], failure: '' };
let isDetailOpen = false;
let isFormOpen = false;
let choice: ColumnChoice = readChoice(keptState());
let search: string | undefined;
let searchTimer: ReturnType<typeof setTimeout> | undefined;
let serial = 0;
/** Whether this page knows by itself where the person is. */
let hasArrived = false;
/** The source whose marked place was scrolled to. */
let drawnSource: unknown;

channel.on('results', (next) => {
  state = next;
  draw();
});
channel.on('view', (next) => {
  const isOther = next.version !== view.version;
  view = next;
  draw();
  if (isOther && isDetailOpen) void detail.renew();
});
channel.on('focus', (next) => void arrive(next));
channel.hello();

document.addEventListener('keydown', onPageKey);

function draw(): void {
  if (state === undefined) return;
  render(pageOf(state), page);
  const { title, columns, query } = state;
  grid.show({
    label: l10n.t('Results of {0}', title),
    columns: resultColumns(columns, choice),
    sort: query.sort,
    version: view.version,
    matching: view.matching,
  });
  showMark();
}

function pageOf(shown: ResultsState): TemplateResult {
  return html`
    ${toolbar(shown, { search: search ?? shown.query.search, isDetailOpen }, toolbarActions)}
    ${columnsMenu(shown.columns, choice, chooseColumns)} ${filterBar(shown, view, isFormOpen, filterActions)}
    <main class="main ${isDetailOpen ? 'with-detail' : ''}">
      ${mainOf(shown)} ${isDetailOpen ? detailPane(detail.shown, detailActions) : nothing}
    </main>
    ${footer(shown, grid.selected.size, copy)}
  `;
}

function mainOf({ total, empty }: ResultsState): TemplateResult {
  if (total === 0)
    return html`<div class="empty">
      <h2>${empty.title}</h2>
      <p>${empty.text}</p>
      <button
        type="button"
        class="second"
        @click=${() => {
          channel.intent('showProgress', null);
        }}
      >
        ${l10n.t('Show Progress')}
      </button>
    </div>`;
  if (view.failure !== '')
    return html`<div class="empty">
      <h2>${l10n.t('The results cannot be read')}</h2>
      <p>${view.failure}</p>
      <button
        type="button"
        class="first"
        @click=${() => {
          ask({});
        }}
      >
        ${l10n.t('Try Again')}
      </button>
    </div>`;
  if (view.complete && view.matching === 0)
    return html`<div class="empty">
      <h2>${l10n.t('No row matches')}</h2>
      ${view.alone.map((line) => html`<p>${line}</p>`)}
      <button type="button" class="first" @click=${clearFilters}>${l10n.t('Clear Filters')}</button>
    </div>`;
  return html`${grid.element}`;
}

function chooseColumns(next: ColumnChoice): void {
  choice = next;
  keepState(choice);
  draw();
}

const toolbarActions: ToolbarActions = {
  chooseRun: () => {
    channel.intent('chooseRun', null);
  },
  showCell: (cell) => {
    ask({ cell, sort: { column: 'outcome', descending: false } });
  },
  search: searchSoon,
  toGrid: () => {
    grid.takeFocus();
  },
  compare: () => {
    channel.intent('compare', null);
  },
  exportRun: () => {
    channel.intent('export', null);
  },
  openText: () => {
    channel.intent('openText', null);
  },
  toggleDetail: () => {
    if (isDetailOpen) closeDetail();
    else openDetail();
  },
};

const filterActions: FilterActions = {
  ask,
  clear: clearFilters,
  toggleForm: () => {
    isFormOpen = !isFormOpen;
    draw();
    if (isFormOpen) page.querySelector<HTMLElement>('.rule-form select')?.focus();
  },
};

const detailActions: DetailActions = {
  move: (step) => {
    grid.moveTo({ place: grid.place + step }, false);
  },
  close: closeDetail,
  openSource,
  openCitation: (index) => void detail.openCitation(index).then(showCitation),
  stepCitation: (step) => void detail.stepCitation(step).then(showCitation),
  showPart: (part) => void detail.showPart(part),
  openFile,
  showTab: (tab) => {
    const body = page.querySelector('.detail-body');
    if (body !== null) body.scrollTop = 0;
    void detail.showTab(tab);
  },
  more: () => void detail.more(),
  copy: (format) => {
    if (grid.focusKey !== undefined) channel.intent('copy', { rows: [grid.focusKey], format });
  },
  copyAnswer: () => {
    if (grid.focusKey !== undefined) channel.intent('copyAnswer', { row: grid.focusKey });
  },
  copyPrompt: () => {
    if (grid.focusKey !== undefined) channel.intent('copyPrompt', { row: grid.focusKey });
  },
  openWritten: () => {
    if (grid.focusKey !== undefined) channel.intent('openWritten', { row: grid.focusKey });
  },
  runChanged: () => {
    channel.intent('runChanged', null);
  },
};

function ask(change: Partial<Query>): void {
  if (state === undefined) return;
  state = { ...state, query: { ...state.query, ...change } };
  channel.intent('ask', state.query);
  grid.restart();
  draw();
}

function searchSoon(text: string): void {
  search = text;
  clearTimeout(searchTimer);
  searchTimer = setTimeout(() => {
    search = undefined;
    ask({ search: text });
  }, SEARCH_AFTER_MS);
}

function unfilter(change: Partial<Query> = {}): void {
  search = undefined;
  clearTimeout(searchTimer);
  ask({ ...UNFILTERED, ...change });
}

function clearFilters(): void {
  unfilter();
  // The button that was pressed is gone.
  grid.takeFocus();
}

function onPageKey(event: KeyboardEvent): void {
  const command = event.ctrlKey || event.metaKey;
  const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (command && event.key === 'f') {
    event.preventDefault();
    const input = page.querySelector<HTMLInputElement>('.search input');
    input?.focus();
    input?.select();
  } else if (event.key === 'F4') {
    event.preventDefault();
    void toNotOk(event.shiftKey ? -1 : 1);
  } else if (event.key === 'Escape' && page.querySelector(':popover-open') === null) escape();
  else if (!isTyping && !command && (event.key === '[' || event.key === ']'))
    detailActions.stepCitation(event.key === ']' ? 1 : -1);
}

/** Detail, then search, then filters. */
function escape(): void {
  if (isFormOpen) filterActions.toggleForm();
  else if (isDetailOpen) closeDetail();
  else if ((search ?? state?.query.search ?? '') !== '') {
    search = undefined;
    clearTimeout(searchTimer);
    ask({ search: '' });
    grid.takeFocus();
  } else if (state !== undefined && isFiltered(state.query)) clearFilters();
}

/** The person came for a row, or the page was made anew. */
async function arrive(next: FocusState): Promise<void> {
  if (next.serial === serial && hasArrived) return;
  hasArrived = true;
  const isAnew = serial === 0 && next.serial === 0;
  serial = next.serial;
  const { row } = next;
  if (row === undefined) return;
  let place = await placeWhenShown(row);
  if (place < 0 && !isAnew) {
    showAllRows();
    place = await placeWhenShown(row);
  }
  if (place < 0) return;
  isDetailOpen = next.detail;
  draw();
  grid.showCurrent(isDetailOpen);
  grid.moveTo({ place, column: 1 }, !isAnew);
}

/** The person came for a row that the filters hide. */
function showAllRows(): void {
  view = { ...view, complete: false };
  unfilter({ cell: undefined });
}

/** The first view may still be on its way. */
async function placeWhenShown(row: number): Promise<number> {
  for (let i = 0; i < 50; i++) {
    const isAll = view.complete;
    const place = await channel.call('place', { row }).catch(() => -1);
    if (place >= 0 && state !== undefined && view.matching > place) return place;
    if (isAll && place < 0) return -1;
    await new Promise((resolve) => setTimeout(resolve, SEARCH_AFTER_MS));
  }
  return -1;
}

async function toNotOk(step: 1 | -1): Promise<void> {
  const place = await channel.call('notOk', { place: grid.place, step }).catch(() => -1);
  if (place >= 0) grid.jumpTo(place);
}

function copy(format: CopyFormat): void {
  const { selected, focusKey } = grid;
  const chosen = selected.size > 0 ? [...selected] : focusKey === undefined ? [] : [focusKey];
  if (chosen.length > 0) channel.intent('copy', { rows: chosen, format });
}

function openDetail(): void {
  isDetailOpen = true;
  draw();
  grid.showCurrent(true);
  grid.moveTo({ place: Math.max(0, grid.place) }, false);
}

function closeDetail(): void {
  isDetailOpen = false;
  detail.forget();
  if (grid.focusKey !== undefined) channel.intent('at', { row: grid.focusKey, detail: false });
  draw();
  grid.showCurrent(false);
  grid.takeFocus();
}

function openSource(): void {
  if (grid.focusKey !== undefined) channel.intent('openSource', { row: grid.focusKey });
}

/** The file of the citation that is shown, at its place; else that of the row. */
function openFile(): void {
  const { shown } = detail;
  if (typeof shown !== 'object' || shown.citation === undefined) openSource();
  else channel.intent('openCitation', { row: shown.state.row, index: shown.citation });
}

function showCitation(): void {
  page.querySelector('.cites [aria-current]')?.scrollIntoView({ block: 'nearest', container: 'nearest' });
  // What was pressed may be gone with its tab.
  if (document.activeElement === document.body) document.getElementById('detail-body')?.focus();
}

/** A source that was not drawn before is shown where it is marked. */
function showMark(): void {
  const { shown } = detail;
  const source = typeof shown === 'object' && shown.tab === 'source' ? shown.source : undefined;
  if (source === drawnSource) return;
  drawnSource = source;
  const mark = page.querySelector('.leaf mark');
  if (mark !== null) mark.scrollIntoView({ block: 'center', container: 'nearest' });
  else page.querySelector('.detail-body')?.scrollTo(0, 0);
}
