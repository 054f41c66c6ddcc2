import '../pageTexts.ts';
import * as l10n from '@vscode/l10n';
import { html, nothing, render, type TemplateResult } from 'lit';
import type {
  CopyFormat,
  FocusState,
  Query,
  ResultsState,
  ResultsSurface,
  ViewState,
} from '../../protocol/resultsSurface.ts';
import { openChannel } from '../pagePort.ts';
import { detailPane, type DetailActions, type ShownDetail } from './detail.ts';
import { filterBar, isFilteredQuery, type FilterActions } from './filters.ts';
import { drawnPlaces, grid, ROW_HEIGHT, type GridActions, type GridFocus } from './grid.ts';
import { icon } from './icons.ts';
import { Rows } from './rows.ts';

const SEARCH_AFTER_MS = 150;
const DETAIL_AFTER_MS = 60;
/** Rows fetched beyond what is drawn, so that scrolling finds them there. */
const AHEAD = 200;

const channel = openChannel<ResultsSurface>();
const page = document.getElementById('page') ?? document.body;
const rows = new Rows((from, count) => channel.call('rows', { from, count }), draw);

let state: ResultsState | undefined;
let view: ViewState = { version: -1, matching: 0, complete: false, counted: '', alone: [] };
let focus: GridFocus = { place: 0, column: 1 };
/** Ordinal of the row that has the focus: where it stands may change. */
let focusRow: number | undefined;
let anchor = 0;
let selected: ReadonlySet<number> = new Set();
let isDetailOpen = false;
let isFormOpen = false;
let detail: ShownDetail | 'failed' | undefined;
let search: string | undefined;
let serial = 0;
/** Whether this page knows by itself where the person is. */
let hasArrived = false;
let scrollTop = 0;
let height = 0;
let searchTimer: ReturnType<typeof setTimeout> | undefined;
let detailTimer: ReturnType<typeof setTimeout> | undefined;

channel.on('results', (next) => {
  const isOther = JSON.stringify(next.columns) !== JSON.stringify(state?.columns);
  state = next;
  if (isOther) rows.show(-2);
  rows.show(view.version);
  draw();
});
channel.on('view', (next) => {
  const isNew = next.version !== view.version;
  view = next;
  rows.show(next.version);
  draw();
  if (isNew) void keepPlace();
});
channel.on('focus', (next) => void arrive(next));
channel.hello();

document.addEventListener('keydown', onPageKey);
new ResizeObserver(() => {
  draw();
}).observe(page);

function draw(): void {
  if (state === undefined) return;
  render(pageOf(state), page);
  const scroller = page.querySelector('.grid-scroll');
  if (scroller === null) return;
  const isResized = scroller.clientHeight !== height;
  height = scroller.clientHeight;
  const { from, to } = drawnPlaces({ scrollTop, height, view });
  rows.want(from, to); // what is seen comes first
  rows.want(from - AHEAD, Math.min(view.matching, to + AHEAD));
  if (isResized) render(pageOf(state), page);
}

function pageOf(shown: ResultsState): TemplateResult {
  return html`
    ${toolbar(shown)} ${filterBar(shown, view, isFormOpen, filterActions)}
    <main class="main ${isDetailOpen ? 'with-detail' : ''}">
      ${mainOf(shown)} ${isDetailOpen ? detailPane(detail, detailActions) : nothing}
    </main>
    ${footer(shown)}
  `;
}

function toolbar({ title, made, cells, query, totalText }: ResultsState): TemplateResult {
  return html`<header class="bar">
    <h1 class="clip">${title}</h1>
    <span class="muted made">${made}</span>
    ${
      cells.length === 0
        ? nothing
        : html`<select
            aria-label=${l10n.t('Cell shown')}
            @change=${(event: Event) => {
              const { value } = event.currentTarget as HTMLSelectElement;
              ask({ cell: value === '' ? undefined : value, sort: { column: 'outcome', descending: false } });
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
        .value=${search ?? query.search}
        @input=${(event: Event) => {
          searchSoon((event.currentTarget as HTMLInputElement).value);
        }}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key === 'ArrowDown' || event.key === 'Enter') {
            event.preventDefault();
            focusGrid();
          }
        }}
      />
    </div>
    <div class="right">
      ${barAction('git-compare', l10n.t('Compare…'), () => {
        channel.intent('compare', null);
      })}
      ${barAction('export', l10n.t('Export…'), () => {
        channel.intent('export', null);
      })}
      ${barAction('open-preview', l10n.t('Open as Text'), () => {
        channel.intent('openText', null);
      })}
      <button
        type="button"
        class="act icon"
        aria-pressed=${isDetailOpen}
        aria-label=${l10n.t('Detail pane')}
        title=${l10n.t('Detail pane')}
        @click=${() => {
          if (isDetailOpen) closeDetail();
          else openDetail();
        }}
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

function mainOf(shown: ResultsState): TemplateResult {
  if (shown.total === 0)
    return html`<div class="empty">
      <h2>${shown.empty.title}</h2>
      <p>${shown.empty.text}</p>
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
  if (view.complete && view.matching === 0)
    return html`<div class="empty">
      <h2>${l10n.t('No row matches')}</h2>
      ${view.alone.map((line) => html`<p>${line}</p>`)}
      <button type="button" class="first" @click=${clearFilters}>${l10n.t('Clear Filters')}</button>
    </div>`;
  const current = isDetailOpen ? focusRow : undefined;
  return grid({ state: shown, view, rows, focus, selected, current, scrollTop, height }, gridActions);
}

function footer({ money, waiting }: ResultsState): TemplateResult {
  const formats: readonly (readonly [CopyFormat, string])[] = [
    ['markdown', l10n.t('Copy as Markdown')],
    ['tsv', l10n.t('Copy as TSV')],
    ['json', l10n.t('Copy as JSON')],
  ];
  const count =
    selected.size === 1
      ? l10n.t('1 row selected')
      : l10n.t('{0} rows selected', selected.size.toLocaleString());
  return html`<footer>
    <span>${selected.size === 0 ? l10n.t('No row selected') : count}</span>
    ${formats.map(
      ([format, label]) =>
        html`<button
          type="button"
          class="act"
          @click=${() => {
            copy(format);
          }}
        >
          ${icon('copy')}<span>${label}</span>
        </button>`,
    )}
    <span class="grow"></span>
    ${waiting === '' ? nothing : html`<span class="muted">${waiting}</span>`}
    <span class="muted">${money}</span>
  </footer>`;
}

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
    moveTo({ ...focus, place: focus.place + step }, false);
  },
  close: closeDetail,
  openSource: () => {
    if (focusRow !== undefined) channel.intent('openSource', { row: focusRow });
  },
  openCitation,
  showTab: (tab) => {
    if (typeof detail === 'object') detail = { ...detail, tab };
    draw();
  },
  more: () => void more(),
  copy: (format) => {
    if (focusRow !== undefined) channel.intent('copy', { rows: [focusRow], format });
  },
  copyAnswer: () => {
    if (focusRow !== undefined) channel.intent('copyAnswer', { row: focusRow });
  },
};

const gridActions: GridActions = {
  onScroll: (event) => {
    ({ scrollTop } = event.currentTarget as HTMLElement);
    draw();
  },
  onKey: onGridKey,
  onPress: (event, at) => {
    const row = rows.at(at.place);
    if (row === undefined) return;
    if (event.shiftKey) void extendTo(at.place);
    else {
      selected = event.ctrlKey || event.metaKey ? toggledSelection(row.row) : new Set([row.row]);
      anchor = at.place;
    }
    moveTo(at, true);
  },
  onOpen: (at) => {
    if (at.place >= 0) openDetail();
    else sortBy(at.column);
  },
};

function ask(change: Partial<Query>): void {
  if (state === undefined) return;
  const query = { ...state.query, ...change };
  state = { ...state, query };
  scrollTop = 0;
  const scroller = page.querySelector('.grid-scroll');
  if (scroller !== null) scroller.scrollTop = 0;
  focusRow = undefined;
  focus = { ...focus, place: Math.min(focus.place, 0) };
  anchor = 0;
  channel.intent('ask', query);
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

function clearFilters(): void {
  search = undefined;
  clearTimeout(searchTimer);
  ask({ outcomes: [], model: undefined, problems: false, rules: [], search: '' });
  // The button that was pressed is gone.
  focusGrid();
}

function sortBy(index: number): void {
  const column = state?.columns[index]?.id;
  if (column === undefined || state === undefined) return;
  const { sort } = state.query;
  ask({ sort: { column, descending: sort.column === column && !sort.descending } });
  focus = { place: -1, column: index };
  drawFocused();
}

function onGridKey(event: KeyboardEvent): void {
  if (state === undefined || event.altKey) return;
  const command = event.ctrlKey || event.metaKey;
  const to = targetOf(event, command, state.columns.length);
  if (to !== undefined) {
    event.preventDefault();
    if (event.shiftKey && to.place !== focus.place) void extendTo(Math.max(0, to.place));
    else if (to.place !== focus.place) anchor = Math.max(0, to.place);
    moveTo(to, true);
    return;
  }
  if (command && event.key === 'a') void selectAll();
  else if (command && event.key === 'c' && String(getSelection() ?? '') === '') copy('tsv');
  else if (event.key === ' ' && focusRow !== undefined) {
    selected = toggledSelection(focusRow);
    anchor = focus.place;
    draw();
  } else if (event.key === 'Enter' && focus.place < 0) sortBy(focus.column);
  else if (event.key === 'Enter') openDetail();
  else return;
  event.preventDefault();
}

/** Where a key leads; `undefined`: it leads nowhere. */
function targetOf(event: KeyboardEvent, command: boolean, columns: number): GridFocus | undefined {
  const { place, column } = focus;
  const screen = Math.max(1, Math.floor(height / ROW_HEIGHT) - 2);
  switch (event.key) {
    case 'ArrowDown':
      return { place: place + 1, column };
    case 'ArrowUp':
      return { place: place - 1, column };
    case 'ArrowLeft':
      return { place, column: column - stepOver(-1) };
    case 'ArrowRight':
      return { place, column: column + stepOver(1) };
    case 'Home':
      return command ? { place: 0, column: 0 } : { place, column: 0 };
    case 'End':
      return command ? { place: view.matching - 1, column: columns - 1 } : { place, column: columns - 1 };
    case 'PageDown':
      return { place: place + screen, column };
    case 'PageUp':
      return { place: Math.max(0, place - screen), column };
    default:
      return undefined;
  }
}

/** Columns to the next cell: one that stands across several is one step. */
function stepOver(step: 1 | -1): number {
  const columns = state?.columns ?? [];
  const row = focus.place < 0 ? undefined : rows.at(focus.place);
  const isAcross = row !== undefined && row.why !== '' && columns[focus.column]?.content === true;
  if (!isAcross) return 1;
  let count = 0;
  while (columns[focus.column + step * count]?.content === true) count++;
  return count;
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
  } else if (event.key === 'Escape') escape();
  else if (!isTyping && !command && (event.key === '[' || event.key === ']'))
    stepCitation(event.key === ']' ? 1 : -1);
}

/** Detail, then search, then filters. */
function escape(): void {
  if (isFormOpen) filterActions.toggleForm();
  else if (isDetailOpen) closeDetail();
  else if ((search ?? state?.query.search ?? '') !== '') {
    search = undefined;
    clearTimeout(searchTimer);
    ask({ search: '' });
    focusGrid();
  } else if (state !== undefined && isFilteredQuery(state.query)) clearFilters();
}

function moveTo(to: GridFocus, takeFocus: boolean): void {
  if (state === undefined) return;
  focus = {
    place: Math.max(-1, Math.min(view.matching - 1, to.place)),
    column: Math.max(0, Math.min(state.columns.length - 1, to.column)),
  };
  focusRow = focus.place < 0 ? undefined : rows.at(focus.place)?.row;
  scrollToPlace(focus.place);
  if (takeFocus) drawFocused();
  else draw();
  void settle();
}

/** The row at the focus may still be on its way. */
async function settle(): Promise<void> {
  const { place } = focus;
  if (place < 0) return;
  focusRow ??= (await channel.call('rowsAt', { from: place, to: place + 1 }))[0];
  if (focusRow === undefined) return;
  hasArrived = true;
  channel.intent('at', { row: focusRow, detail: isDetailOpen });
  if (isDetailOpen) loadDetailSoon();
}

function scrollToPlace(place: number): void {
  const scroller = page.querySelector('.grid-scroll');
  if (scroller === null || place < 0) return;
  const [top, seen] = [place * ROW_HEIGHT, height - 2 * ROW_HEIGHT];
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top > scroller.scrollTop + seen) scroller.scrollTop = top - seen;
  ({ scrollTop } = scroller);
}

function drawFocused(): void {
  draw();
  const cell = page.querySelector<HTMLElement>('.grid [tabindex="0"]');
  cell?.focus({ preventScroll: true });
  cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

function focusGrid(): void {
  drawFocused();
}

/** Another view: the row with the focus stays where it is seen, wherever it stands now. */
async function keepPlace(): Promise<void> {
  const row = focusRow;
  if (row === undefined) return;
  const place = await channel.call('place', { row }).catch(() => -1);
  if (row !== focusRow || place < 0 || place === focus.place) return;
  const scroller = page.querySelector('.grid-scroll');
  const isSeen = focus.place * ROW_HEIGHT >= scrollTop && focus.place * ROW_HEIGHT < scrollTop + height;
  if (scroller !== null && isSeen) scroller.scrollTop += (place - focus.place) * ROW_HEIGHT;
  const hadFocus = document.activeElement?.closest('.grid') !== null && document.activeElement !== null;
  focus = { ...focus, place };
  if (hadFocus) drawFocused();
  else draw();
}

/** The person came for a row, or the page was made anew. */
async function arrive(next: FocusState): Promise<void> {
  if (next.serial === serial && hasArrived) return;
  hasArrived = true;
  const isAnew = serial === 0 && next.serial === 0;
  serial = next.serial;
  const { row } = next;
  if (row === undefined) return;
  const place = await placeWhenShown(row);
  if (place < 0) return;
  isDetailOpen = next.detail;
  draw();
  moveTo({ place, column: 1 }, !isAnew);
}

/** The first view may still be on its way. */
async function placeWhenShown(row: number): Promise<number> {
  for (let i = 0; i < 50; i++) {
    const place = await channel.call('place', { row }).catch(() => -1);
    if (place >= 0 && state !== undefined && view.matching > place) return place;
    if (view.complete && place < 0) return -1;
    await new Promise((resolve) => setTimeout(resolve, SEARCH_AFTER_MS));
  }
  return -1;
}

async function toNotOk(step: 1 | -1): Promise<void> {
  const place = await channel.call('notOk', { place: focus.place, step }).catch(() => -1);
  if (place < 0) return;
  anchor = place;
  moveTo({ ...focus, place }, true);
}

async function extendTo(place: number): Promise<void> {
  const to = Math.min(place, view.matching - 1);
  const [first, last] = [Math.min(anchor, to), Math.max(anchor, to)];
  selected = new Set(await channel.call('rowsAt', { from: first, to: last + 1 }));
  draw();
}

async function selectAll(): Promise<void> {
  selected = new Set(await channel.call('rowsAt', { from: 0, to: view.matching }));
  draw();
}

function toggledSelection(row: number): ReadonlySet<number> {
  const next = new Set(selected);
  if (!next.delete(row)) next.add(row);
  return next;
}

function copy(format: CopyFormat): void {
  const chosen = selected.size > 0 ? [...selected] : focusRow === undefined ? [] : [focusRow];
  if (chosen.length > 0) channel.intent('copy', { rows: chosen, format });
}

function openDetail(): void {
  isDetailOpen = true;
  if (focus.place < 0) focus = { ...focus, place: 0 };
  draw();
  scrollToPlace(focus.place);
  void settle();
}

function closeDetail(): void {
  isDetailOpen = false;
  detail = undefined;
  if (focusRow !== undefined) channel.intent('at', { row: focusRow, detail: false });
  focusGrid();
}

function loadDetailSoon(): void {
  clearTimeout(detailTimer);
  detailTimer = setTimeout(() => void loadDetail(), DETAIL_AFTER_MS);
}

async function loadDetail(): Promise<void> {
  const row = focusRow;
  if (row === undefined) return;
  const tab = typeof detail === 'object' ? detail.tab : 'answer';
  const got = await channel.call('detail', { row }).catch(() => undefined);
  if (row !== focusRow) return;
  detail = got === undefined ? 'failed' : { state: got, text: got.answer.text, tab, citation: undefined };
  draw();
}

async function more(): Promise<void> {
  if (typeof detail !== 'object') return;
  const { state: of, text } = detail;
  const slice = await channel.call('slice', { row: of.row, from: text.length }).catch(() => undefined);
  if (slice === undefined || typeof detail !== 'object' || detail.state !== of) return;
  detail = { ...detail, text: text + slice.text };
  draw();
}

function stepCitation(step: 1 | -1): void {
  if (typeof detail !== 'object' || detail.state.citations.length === 0) return;
  const { length } = detail.state.citations;
  const from = detail.citation ?? (step === 1 ? -1 : length);
  openCitation(Math.max(0, Math.min(length - 1, from + step)));
}

function openCitation(index: number): void {
  if (typeof detail !== 'object') return;
  detail = { ...detail, citation: index };
  channel.intent('openCitation', { row: detail.state.row, index });
  draw();
  page.querySelector('.cites [aria-current]')?.scrollIntoView({ block: 'nearest' });
}
