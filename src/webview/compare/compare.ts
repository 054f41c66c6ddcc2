import '../pageTexts.ts';
import * as l10n from '@vscode/l10n';
import { html, nothing, render, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type {
  Change,
  CompareDetail,
  ComparePart,
  CompareRow,
  CompareState,
  CompareSurface,
  Piece,
  RowEnd,
  RunSide,
  Side,
} from '../../protocol/compareSurface.ts';
import { openChannel } from '../pagePort.ts';
import { icon, outcomeIcon } from '../results/icons.ts';
import { Rows } from '../grid/rows.ts';
import { styled } from '../grid/styled.ts';

/** Height of a row in pixels; all are equal. */
const ROW_HEIGHT = 24;
/** Rows drawn beyond what is seen. */
const BEYOND = 12;
const DETAIL_AFTER_MS = 60;
const CHANGE_ICONS: { readonly [C in Change]: string } = {
  changed: 'diff-modified',
  noLongerOk: 'arrow-down',
  nowOk: 'arrow-up',
  onlyA: 'diff-removed',
  onlyB: 'diff-added',
  notOk: 'circle-slash',
  same: 'check',
};

type Found = NonNullable<CompareState['found']>;

const channel = openChannel<CompareSurface>();
const page = document.getElementById('page') ?? document.body;
let state: CompareState | undefined;
/** What differs is shown first. */
let chosen: ReadonlySet<Change> = new Set(['changed', 'noLongerOk', 'nowOk', 'onlyA', 'onlyB']);
let version = 0;
let place = 0;
let detail: CompareDetail | undefined;
let detailTimer: ReturnType<typeof setTimeout> | undefined;
let scrollTop = 0;
let height = 0;

const rows = new Rows<CompareRow>(async (from, count) => {
  const of = version;
  return { version: of, rows: await channel.call('rows', { changes: [...chosen], from, count }) };
}, rowsHaveCome);

channel.on('compare', (next) => {
  state = next;
  rows.show(version);
  draw();
});
channel.hello();
new ResizeObserver(draw).observe(page);

function rowsHaveCome(): void {
  draw();
  if (detail === undefined) loadDetailSoon();
}

function draw(): void {
  if (state === undefined) return;
  render(pageOf(state), page);
  const list = page.querySelector('.list');
  if (list === null || state.found === undefined) return;
  const isResized = list.clientHeight !== height;
  height = list.clientHeight;
  const [from, to] = drawnPlaces(state.found);
  if (to > from) rows.want(from, to);
  if (isResized) render(pageOf(state), page);
}

function pageOf({ title, found }: CompareState): TemplateResult {
  if (found === undefined)
    return html`<header class="sides"><h1 class="clip">${title}</h1></header>
      <div class="empty" role="status"><p>${l10n.t('Comparing the answers of both runs…')}</p></div>`;
  return html`
    <header class="sides">
      <h1 class="vh">${l10n.t('Two runs of {0}', title)}</h1>
      ${sideOf('a', found.a)} ${sideOf('b', found.b)}
    </header>
    ${filters(found)}
    <main class="main with-detail">${listOf(found)} ${detailOf(found)}</main>
    <footer>
      <span class="key"><del>A</del> <ins>B</ins></span>
      <span class="muted">${l10n.t('Order of lists and spaces are not counted as changes.')}</span>
    </footer>
  `;
}

function sideOf(side: Side, { made, models, ended, tokens }: RunSide): TemplateResult {
  const name = side.toUpperCase();
  return html`<section class="side" aria-label=${l10n.t('Run {0}', name)}>
    <span class="tag" aria-hidden="true">${name}</span>
    <div class="grow">
      <h2 class="clip">${made}</h2>
      <div class="muted clip">${models}</div>
      <div class="num">${ended}</div>
      <div class="num muted">${tokens}</div>
    </div>
    <button
      type="button"
      class="act"
      aria-label=${l10n.t('Open the results of {0}', name)}
      title=${l10n.t('Open the results of {0}', name)}
      @click=${() => {
        channel.intent('openResults', { side });
      }}
    >
      ${icon('table')}
    </button>
  </section>`;
}

function filters(found: Found): TemplateResult {
  const { chips, total, difference } = found;
  return html`<div class="filters" role="group" aria-label=${l10n.t('Filters of the comparison')}>
    <button
      type="button"
      class="chip"
      aria-pressed=${chosen.size === chips.length}
      @click=${() => {
        choose(new Set(chips.map(({ change }) => change)));
      }}
    >
      ${l10n.t('All {0}', total.toLocaleString())}
    </button>
    ${chips
      .filter(({ count }) => count > 0)
      .map(
        ({ change, word, count }) =>
          html`<button
            type="button"
            class="chip"
            aria-pressed=${chosen.has(change)}
            @click=${() => {
              const next = new Set(chosen);
              if (!next.delete(change)) next.add(change);
              choose(next);
            }}
          >
            ${icon(CHANGE_ICONS[change])}${word} ${count.toLocaleString()}
          </button>`,
      )}
    <span class="grow"></span>
    <span class="counted" role="status"
      ><b>${l10n.t('{0} of {1}', matchingOf(found).toLocaleString(), total.toLocaleString())}</b> ${l10n.t(
        'rows',
      )}</span
    >
    <b class="counted">${difference}</b>
  </div>`;
}

function listOf(found: Found): TemplateResult {
  const matching = matchingOf(found);
  if (matching === 0)
    return html`<div class="empty">
      <h2>${chosen.size === 0 ? l10n.t('Nothing is chosen') : l10n.t('No row of this kind')}</h2>
      <p>${l10n.t('{0} rows are the same in both runs.', sameOf(found).toLocaleString())}</p>
    </div>`;
  const [from, to] = drawnPlaces(found);
  const places = Array.from({ length: to - from }, (_, i) => from + i);
  if (place < matching && (place < from || place >= to)) places.push(place);
  return html`<div
    class="list"
    role="listbox"
    tabindex="0"
    aria-label=${l10n.t('Compared rows')}
    aria-activedescendant=${`row-${String(place)}`}
    @scroll=${(event: Event) => {
      ({ scrollTop } = event.currentTarget as HTMLElement);
      draw();
    }}
    @keydown=${onKey}
  >
    <div role="presentation" class="body" ${styled({ height: `${String(matching * ROW_HEIGHT)}px` })}>
      ${repeat(
        places,
        (at) => at,
        (at) => rowOf(at, matching),
      )}
    </div>
  </div>`;
}

function rowOf(at: number, matching: number): TemplateResult {
  const row = rows.at(at);
  return html`<div
    role="option"
    id=${`row-${String(at)}`}
    class="line ${at === place ? 'current' : ''}"
    aria-selected=${at === place}
    aria-setsize=${matching}
    aria-posinset=${at + 1}
    ${styled({ top: `${String(at * ROW_HEIGHT)}px` })}
    @click=${() => {
      moveTo(at);
    }}
  >
    ${row === undefined ? html`<span class="vh">${l10n.t('is being read')}</span>` : lineOf(row)}
  </div>`;
}

function lineOf(row: CompareRow): TemplateResult {
  return html`<span class="ends">${endsOf(row)}<span class="vh">${row.word}</span></span>
    <span class="name"
      ><bdi class="muted folder">${row.folder}</bdi><bdi class="clip">${row.name}</bdi>${
        row.cell === '' ? nothing : html`<span class="muted cell">${row.cell}</span>`
      }</span
    >
    <span class="clip parts">${row.parts.map((part) => partInLine(part))}</span>
    <span class="r num">${row.cost}</span>`;
}

function endsOf({ a, b }: CompareRow): unknown {
  if (a !== undefined && b !== undefined && a.outcome === b.outcome) return endOf(a);
  return html`${endOf(a)}${icon('arrow-right')}${endOf(b)}`;
}

function endOf(end: RowEnd | undefined): unknown {
  if (end === undefined) return html`<span class="muted">–</span>`;
  return html`${outcomeIcon(end.outcome)}<span class="vh">${end.word}</span>`;
}

function partInLine({ field, changed, before, after }: ComparePart): TemplateResult {
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

function piecesOf(pieces: readonly Piece[], side: Side): unknown {
  return pieces.map(({ text, differs }) => {
    if (!differs) return text;
    return side === 'a' ? html`<del>${text}</del>` : html`<ins>${text}</ins>`;
  });
}

function detailOf(found: Found): TemplateResult {
  if (detail === undefined || matchingOf(found) === 0)
    return html`<aside class="detail" aria-label=${l10n.t('Both answers')}></aside>`;
  const { row, facts } = detail;
  return html`<aside class="detail" aria-label=${l10n.t('Both answers')}>
    <div class="detail-head">
      <div class="grow">
        <h2 class="clip"><bdi>${row.name}</bdi></h2>
        <div class="muted clip">
          ${row.word}${row.folder === '' ? nothing : html`, <bdi>${row.folder}</bdi>`}
        </div>
      </div>
    </div>
    <div class="detail-body" tabindex="0" role="region" aria-label=${l10n.t('Answers of {0}', row.name)}>
      <table class="both">
        <thead>
          <tr>
            <th scope="col"><span class="vh">${l10n.t('Field')}</span></th>
            <th scope="col">
              A ${row.a === undefined ? '–' : html`${outcomeIcon(row.a.outcome)} ${row.a.word}`}
            </th>
            <th scope="col">
              B ${row.b === undefined ? '–' : html`${outcomeIcon(row.b.outcome)} ${row.b.word}`}
            </th>
          </tr>
        </thead>
        <tbody>
          ${row.parts.map(
            ({ field, changed, before, after }) =>
              html`<tr class=${changed ? 'changed' : ''}>
                <th scope="row" class=${field === '' ? '' : 'mono'}>
                  <bdi>${field === '' ? l10n.t('Answer') : field}</bdi>
                </th>
                <td><bdi>${piecesOf(before, 'a')}</bdi></td>
                <td><bdi>${piecesOf(after, 'b')}</bdi></td>
              </tr>`,
          )}
        </tbody>
        <tbody class="facts">
          ${facts.map(
            ({ label, a, b }) =>
              html`<tr>
                <th scope="row">${label}</th>
                <td class="num">${a}</td>
                <td class="num">${b}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </aside>`;
}

function matchingOf({ chips }: Found): number {
  return chips.reduce((sum, { change, count }) => sum + (chosen.has(change) ? count : 0), 0);
}

function sameOf({ chips }: Found): number {
  return chips.find(({ change }) => change === 'same')?.count ?? 0;
}

function drawnPlaces(found: Found): readonly [from: number, to: number] {
  const first = Math.floor(scrollTop / ROW_HEIGHT);
  const seen = Math.ceil(height / ROW_HEIGHT);
  const to = Math.min(matchingOf(found), first + seen + BEYOND);
  return [Math.min(to, Math.max(0, first - BEYOND)), to];
}

function choose(next: ReadonlySet<Change>): void {
  chosen = next;
  version++;
  rows.show(version);
  [place, scrollTop, detail] = [0, 0, undefined];
  const list = page.querySelector('.list');
  if (list !== null) list.scrollTop = 0;
  draw();
}

function onKey(event: KeyboardEvent): void {
  const screen = Math.max(1, Math.floor(height / ROW_HEIGHT) - 1);
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: place + 1,
    ArrowUp: place - 1,
    PageDown: place + screen,
    PageUp: place - screen,
    Home: 0,
    End: Infinity,
  };
  const to = steps[event.key];
  if (to === undefined) return;
  event.preventDefault();
  moveTo(to);
}

function moveTo(to: number): void {
  if (state?.found === undefined) return;
  place = Math.max(0, Math.min(matchingOf(state.found) - 1, to));
  const list = page.querySelector('.list');
  const top = place * ROW_HEIGHT;
  if (list !== null && top < list.scrollTop) list.scrollTop = top;
  else if (list !== null && top + ROW_HEIGHT > list.scrollTop + height)
    list.scrollTop = top + ROW_HEIGHT - height;
  scrollTop = list?.scrollTop ?? 0;
  draw();
  loadDetailSoon();
}

function loadDetailSoon(): void {
  clearTimeout(detailTimer);
  detailTimer = setTimeout(() => void loadDetail(), DETAIL_AFTER_MS);
}

async function loadDetail(): Promise<void> {
  const [at, of] = [place, version];
  const row = rows.at(at);
  if (row === undefined) return;
  const got = await channel.call('detail', { pair: row.pair }).catch(() => undefined);
  if (at !== place || of !== version) return;
  detail = got;
  draw();
}
