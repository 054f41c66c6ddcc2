import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type {
  GridCell,
  GridColumn,
  GridRow,
  ResultsState,
  ViewState,
} from '../../protocol/resultsSurface.ts';
import { icon, outcomeIcon } from './icons.ts';
import type { Rows } from './rows.ts';
import { styled } from './styled.ts';

/** Height of a row in pixels; all are equal, so that a place is a multiplication. */
export const ROW_HEIGHT = 22;
const HEAD_HEIGHT = 28;
/** Rows drawn beyond what is seen. */
const BEYOND = 12;

/** Where the focus of the grid is; `place` -1 is the head. */
export interface GridFocus {
  readonly place: number;
  readonly column: number;
}

export interface GridView {
  readonly state: ResultsState;
  readonly view: ViewState;
  readonly rows: Rows<GridRow>;
  readonly focus: GridFocus;
  readonly selected: ReadonlySet<number>;
  /** Ordinal of the row whose detail is shown. */
  readonly current: number | undefined;
  readonly scrollTop: number;
  readonly height: number;
}

export interface GridActions {
  readonly onScroll: (event: Event) => void;
  readonly onKey: (event: KeyboardEvent) => void;
  readonly onPress: (event: MouseEvent, focus: GridFocus) => void;
  readonly onOpen: (focus: GridFocus) => void;
}

/** Places from the first to the last that are drawn, the end not included. */
export function drawnPlaces({ scrollTop, height, view }: Pick<GridView, 'scrollTop' | 'height' | 'view'>): {
  readonly from: number;
  readonly to: number;
} {
  const first = Math.floor(scrollTop / ROW_HEIGHT);
  const seen = Math.ceil(Math.max(0, height - HEAD_HEIGHT) / ROW_HEIGHT);
  return { from: Math.max(0, first - BEYOND), to: Math.min(view.matching, first + seen + BEYOND) };
}

/** An ARIA grid of all matching rows, of which those near the window are drawn, and the one that has the focus. */
export function grid(shown: GridView, actions: GridActions): TemplateResult {
  const { state, view, focus } = shown;
  const { from, to } = drawnPlaces(shown);
  const places = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
  const isElsewhere =
    focus.place >= 0 && focus.place < view.matching && (focus.place < from || focus.place >= to);
  if (isElsewhere) places.push(focus.place);
  return html`<div class="grid-scroll" @scroll=${actions.onScroll}>
    <div
      class="grid"
      role="grid"
      aria-label=${l10n.t('Results of {0}', state.title)}
      aria-rowcount=${view.matching + 1}
      aria-colcount=${state.columns.length}
      aria-multiselectable="true"
      @keydown=${actions.onKey}
      ${styled({ '--cols': state.columns.map(widthOf).join(' ') })}
    >
      <div role="rowgroup" class="head-group">
        <div role="row" class="row head" aria-rowindex="1">
          ${state.columns.map((column, i) => headOf(column, i, shown, actions))}
        </div>
      </div>
      <div role="rowgroup" class="body" ${styled({ height: `${String(view.matching * ROW_HEIGHT)}px` })}>
        ${repeat(
          places,
          (place) => place,
          (place) => rowOf(place, shown, actions),
        )}
      </div>
    </div>
  </div>`;
}

function widthOf({ kind, id, content }: GridColumn): string {
  switch (kind) {
    case 'outcome':
      return 'var(--outcome)';
    case 'name':
      return 'minmax(160px, 1.4fr)';
    case 'number':
      return content ? 'minmax(84px, 0.6fr)' : '88px';
    case 'text':
      return id === 'answer' ? 'minmax(260px, 3fr)' : content ? 'minmax(110px, 1fr)' : '130px';
  }
}

function headOf(
  column: GridColumn,
  index: number,
  { state, focus }: GridView,
  actions: GridActions,
): TemplateResult {
  const { sort } = state.query;
  const isSorted = sort.column === column.id;
  const here = focus.place === -1 && focus.column === index;
  return html`<div
    role="columnheader"
    aria-colindex=${index + 1}
    aria-sort=${isSorted ? (sort.descending ? 'descending' : 'ascending') : 'none'}
    class=${column.kind === 'number' ? 'r' : ''}
    tabindex=${here ? 0 : -1}
    @click=${() => {
      actions.onOpen({ place: -1, column: index });
    }}
  >
    <span class="clip">${column.label}</span
    >${isSorted ? icon(sort.descending ? 'arrow-down' : 'arrow-up') : nothing}
  </div>`;
}

function rowOf(place: number, shown: GridView, actions: GridActions): TemplateResult {
  const row = shown.rows.at(place);
  const isSelected = row !== undefined && shown.selected.has(row.row);
  const isCurrent = row !== undefined && row.row === shown.current;
  return html`<div
    role="row"
    class="row ${isCurrent ? 'current' : ''}"
    aria-rowindex=${place + 2}
    aria-selected=${isSelected}
    ${styled({ top: `${String(place * ROW_HEIGHT)}px` })}
  >
    ${row === undefined ? cellsOnTheirWay(place, shown) : cellsOf(place, row, shown, actions)}
  </div>`;
}

function cellsOnTheirWay(place: number, { state, focus }: GridView): TemplateResult[] {
  return state.columns.map(
    (_, i) =>
      html`<div
        role="gridcell"
        aria-colindex=${i + 1}
        tabindex=${focus.place === place && focus.column === i ? 0 : -1}
      ></div>`,
  );
}

function cellsOf(place: number, row: GridRow, shown: GridView, actions: GridActions): TemplateResult[] {
  const { columns } = shown.state;
  const spanned = columns.filter(({ content }) => content).length;
  return columns.flatMap((column, i) => {
    const why = row.why !== '' && column.content;
    if (why && columns[i - 1]?.content === true) return [];
    return [cellOf({ place, row, column, index: i, span: why ? spanned : 1 }, shown, actions)];
  });
}

interface CellPlace {
  readonly place: number;
  readonly row: GridRow;
  readonly column: GridColumn;
  readonly index: number;
  /** Columns that it stands across. */
  readonly span: number;
}

function cellOf(
  { place, row, column, index, span }: CellPlace,
  { focus }: GridView,
  actions: GridActions,
): TemplateResult {
  const covers = focus.column >= index && focus.column < index + span;
  const cell = row.cells[index - 2];
  return html`<div
    role="gridcell"
    aria-colindex=${index + 1}
    aria-colspan=${span > 1 ? span : nothing}
    class=${classOf(row, column, cell)}
    tabindex=${focus.place === place && covers ? 0 : -1}
    @click=${(event: MouseEvent) => {
      actions.onPress(event, { place, column: index });
    }}
    @dblclick=${() => {
      actions.onOpen({ place, column: index });
    }}
    ${styled({ 'grid-column': span > 1 ? `span ${String(span)}` : '' })}
  >
    ${contentOf(row, column, cell)}
  </div>`;
}

function classOf({ why }: GridRow, { kind, content }: GridColumn, cell: GridCell | undefined): string {
  if (why !== '' && content) return 'muted';
  if (kind === 'name') return 'name';
  return [kind === 'number' ? 'r' : '', cell?.muted === true ? 'muted' : ''].join(' ').trim();
}

function contentOf(row: GridRow, { kind, content }: GridColumn, cell: GridCell | undefined): unknown {
  if (kind === 'outcome') return html`${outcomeIcon(row.outcome)}<span class="word">${row.word}</span>`;
  if (kind === 'name')
    return html`<bdi class="muted folder">${row.folder}</bdi><bdi class="clip">${row.name}</bdi>`;
  if (row.why !== '' && content) return row.why;
  return cell?.broken === true ? html`<span class="broken">${cell.text}</span>` : cell?.text;
}
