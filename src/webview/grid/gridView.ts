import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { styled } from '../parts/styled.ts';

/** Height of a row in pixels; all are equal, so that a place is a multiplication. */
export const ROW_HEIGHT = 22;
export const HEAD_HEIGHT = 28;

/** A column and what it shows of a row. */
export interface GridColumn<Row> {
  readonly id: string;
  readonly label: string;
  /** Said for the label, where that is too short to be understood alone. */
  readonly spoken?: string;
  /** As one of `grid-template-columns`. */
  readonly width: string;
  /** Numbers stand at the end of their column. */
  readonly isNumber: boolean;
  readonly isSortable: boolean;
  /** Whether a row that has nothing to show says why across this column and its neighbours of the kind. */
  readonly isAcross: boolean;
  readonly cell: (row: Row) => GridCellView;
}

/** What a cell shows. */
export interface GridCellView {
  readonly content: unknown;
  readonly classes: string;
}

/** What there is to show: the rows of a view, by their places. */
export interface GridModel<Row> {
  /** The name of the grid. */
  readonly label: string;
  readonly columns: readonly GridColumn<Row>[];
  readonly sort: { readonly column: string; readonly descending: boolean };
  /** Another number: other rows, or others in the same places. */
  readonly version: number;
  /** Rows in all. */
  readonly matching: number;
}

/** Where the focus of a grid is; `place` -1 is the head. */
export interface GridFocus {
  readonly place: number;
  readonly column: number;
}

/** A grid as it is drawn. */
export interface DrawnGrid<Row> {
  readonly model: GridModel<Row>;
  /** The row at a place; `undefined` while it is on its way. */
  readonly at: (place: number) => Row | undefined;
  /** The places that are drawn. */
  readonly places: readonly number[];
  readonly focus: GridFocus;
  readonly keyOf: (row: Row) => number;
  /** Empty where the row has something to show in each column. */
  readonly whyOf: (row: Row) => string;
  /** `undefined`: rows cannot be selected. */
  readonly selected: ReadonlySet<number> | undefined;
  /** Key of the row that is shown beside the grid. */
  readonly current: number | undefined;
}

export interface GridEvents {
  readonly onKey: (event: KeyboardEvent) => void;
  readonly onPress: (event: MouseEvent, focus: GridFocus) => void;
  readonly onOpen: (focus: GridFocus) => void;
}

/** An ARIA grid of all rows, of which some are drawn. */
export function gridView<Row>(shown: DrawnGrid<Row>, events: GridEvents): TemplateResult {
  const { label, columns, matching } = shown.model;
  return html`<div
    class="grid"
    role="grid"
    aria-label=${label}
    aria-rowcount=${matching + 1}
    aria-colcount=${columns.length}
    aria-multiselectable=${shown.selected === undefined ? nothing : 'true'}
    @keydown=${events.onKey}
    ${styled({ '--cols': columns.map(({ width }) => width).join(' ') })}
  >
    <div role="rowgroup" class="head-group">
      <div role="row" class="row head" aria-rowindex="1">
        ${columns.map((column, i) => headOf(column, i, shown, events))}
      </div>
    </div>
    <div role="rowgroup" class="body" ${styled({ height: `${String(matching * ROW_HEIGHT)}px` })}>
      ${repeat(
        shown.places,
        (place) => place,
        (place) => rowOf(place, shown, events),
      )}
    </div>
  </div>`;
}

/** Columns that the cell at a column stands across: one, but where a row says why it has nothing to show. */
export function spanAt<Row>(
  columns: readonly GridColumn<Row>[],
  why: string,
  index: number,
): { readonly first: number; readonly span: number } {
  if (why === '' || columns[index]?.isAcross !== true) return { first: index, span: 1 };
  let first = index;
  while (columns[first - 1]?.isAcross === true) first--;
  let end = index + 1;
  while (columns[end]?.isAcross === true) end++;
  return { first, span: end - first };
}

function headOf<Row>(
  { id, label, spoken, isNumber, isSortable }: GridColumn<Row>,
  index: number,
  { model: { sort }, focus }: DrawnGrid<Row>,
  events: GridEvents,
): TemplateResult {
  const isSorted = sort.column === id;
  const here = focus.place === -1 && focus.column === index;
  const arrow = sort.descending ? 'arrow-down' : 'arrow-up';
  return html`<div
    role="columnheader"
    aria-colindex=${index + 1}
    aria-label=${spoken ?? nothing}
    aria-sort=${isSortable ? (isSorted ? (sort.descending ? 'descending' : 'ascending') : 'none') : nothing}
    class=${isNumber ? 'r' : ''}
    tabindex=${here ? 0 : -1}
    @click=${() => {
      events.onOpen({ place: -1, column: index });
    }}
  >
    <span class="clip">${label}</span
    >${isSorted ? html`<i class="codicon codicon-${arrow}" aria-hidden="true"></i>` : nothing}
  </div>`;
}

function rowOf<Row>(place: number, shown: DrawnGrid<Row>, events: GridEvents): TemplateResult {
  const row = shown.at(place);
  const key = row === undefined ? undefined : shown.keyOf(row);
  return html`<div
    role="row"
    class="row ${key !== undefined && key === shown.current ? 'current' : ''}"
    aria-rowindex=${place + 2}
    aria-selected=${shown.selected === undefined ? nothing : key !== undefined && shown.selected.has(key)}
    ${styled({ top: `${String(place * ROW_HEIGHT)}px` })}
  >
    ${row === undefined ? cellsOnTheirWay(place, shown) : cellsOf(place, row, shown, events)}
  </div>`;
}

function cellsOnTheirWay<Row>(place: number, { model, focus }: DrawnGrid<Row>): TemplateResult[] {
  return model.columns.map(
    (_, i) =>
      html`<div
        role="gridcell"
        aria-colindex=${i + 1}
        tabindex=${focus.place === place && focus.column === i ? 0 : -1}
      ></div>`,
  );
}

function cellsOf<Row>(place: number, row: Row, shown: DrawnGrid<Row>, events: GridEvents): TemplateResult[] {
  const { columns } = shown.model;
  const why = shown.whyOf(row);
  return columns.flatMap((column, index) => {
    const { first, span } = spanAt(columns, why, index);
    if (first < index) return [];
    const isWhy = why !== '' && column.isAcross;
    const cell = isWhy ? { content: why, classes: 'muted' } : column.cell(row);
    return [cellOf({ place, index, span }, cell, shown.focus, events)];
  });
}

function cellOf(
  { place, index, span }: { readonly place: number; readonly index: number; readonly span: number },
  { content, classes }: GridCellView,
  focus: GridFocus,
  events: GridEvents,
): TemplateResult {
  const covers = focus.column >= index && focus.column < index + span;
  return html`<div
    role="gridcell"
    aria-colindex=${index + 1}
    aria-colspan=${span > 1 ? span : nothing}
    class=${classes}
    tabindex=${focus.place === place && covers ? 0 : -1}
    @click=${(event: MouseEvent) => {
      events.onPress(event, { place, column: index });
    }}
    @dblclick=${() => {
      events.onOpen({ place, column: index });
    }}
    ${styled({ 'grid-column': span > 1 ? `span ${String(span)}` : '' })}
  >
    ${content}
  </div>`;
}
