import { render } from 'lit';
import {
  gridView,
  HEAD_HEIGHT,
  ROW_HEIGHT,
  spanAt,
  type GridEvents,
  type GridFocus,
  type GridModel,
} from './gridView.ts';
import { Rows, type FetchedRows, type Places } from './rows.ts';

/** Rows drawn beyond what is seen. */
const BEYOND = 12;
/** Rows fetched beyond what is drawn, so that scrolling finds them there. */
const AHEAD = 300;

/** What a grid asks of where its rows come from, and tells. Keys name rows wherever they stand. */
export interface GridSource<Row> {
  readonly fetch: (from: number, count: number) => Promise<FetchedRows<Row>>;
  /** Keys of the rows from one place to another, the end not included. */
  readonly keysAt: (from: number, to: number) => Promise<readonly number[]>;
  /** The place of a row; -1 where it is not shown. */
  readonly placeOf: (key: number) => Promise<number>;
  readonly keyOf: (row: Row) => number;
  /** What stands across the columns of a row that has nothing to show there; else empty. */
  readonly whyOf: (row: Row) => string;
  /** The person wants to see a row in full. */
  readonly onOpen: () => void;
  /** The person is at another row, whose key is known now. */
  readonly onAt: (key: number) => void;
  readonly onSort: (column: string) => void;
  /** Absent where rows cannot be selected. */
  readonly selection?: {
    readonly onCopy: () => void;
    /** Others are selected. */
    readonly onChange: () => void;
  };
}

/**
 * An ARIA grid of any number of rows, of which those near the window are drawn, and the one that has the focus. It holds
 * where the person is, what is selected and how far it is scrolled, also while its rows come to stand elsewhere.
 */
export class RowGrid<Row> {
  /** To be put into a page; it scrolls. */
  readonly element: HTMLElement = document.createElement('div');
  readonly #source: GridSource<Row>;
  readonly #rows: Rows<Row>;
  #model: GridModel<Row> = {
    ...{ label: '', columns: [], sort: { column: '', descending: false } },
    ...{ version: -1, matching: 0 },
  };
  #focus: GridFocus = { place: 0, column: 1 };
  /** Key of the row that has the focus: where it stands may change. */
  #focusKey: number | undefined;
  #anchor = 0;
  #selected: ReadonlySet<number> = new Set();
  #isCurrentShown = false;
  #scrollTop = 0;
  #isGoingUp = false;
  #height = 0;

  constructor(source: GridSource<Row>) {
    this.#source = source;
    this.#rows = new Rows(source.fetch, ([first, end]) => {
      const [from, to] = this.#drawnPlaces();
      if (first < to && end > from) this.draw();
    });
    this.element.className = 'grid-scroll';
    this.element.addEventListener('scroll', () => {
      const before = this.#scrollTop;
      this.#scrollTop = this.element.scrollTop;
      this.#isGoingUp = this.#scrollTop < before;
      this.draw();
    });
    new ResizeObserver(() => {
      this.draw();
    }).observe(this.element);
  }

  get selected(): ReadonlySet<number> {
    return this.#selected;
  }

  /** Key of the row that the person is at; `undefined` in the head, and while it is on its way. */
  get focusKey(): number | undefined {
    return this.#focusKey;
  }

  /** Place of the row that the person is at; -1 in the head. */
  get place(): number {
    return this.#focus.place;
  }

  /** Shows other rows or columns. What was shown stays until they are there. */
  show(model: GridModel<Row>): void {
    const before = this.#model;
    this.#model = model;
    const { column } = this.#focus;
    this.#focus = { ...this.#focus, column: Math.min(column, Math.max(0, model.columns.length - 1)) };
    if (idsOf(before) !== idsOf(model)) this.#rows.show(-2);
    this.#rows.show(model.version);
    this.draw();
    if (before.version !== model.version) void this.#keepPlace();
  }

  /** Marks the row with the focus as the one that is shown beside the grid, or no row. */
  showCurrent(isShown: boolean): void {
    this.#isCurrentShown = isShown;
    this.draw();
  }

  draw(): void {
    if (!this.element.isConnected) return;
    if (this.element.scrollTop !== this.#scrollTop) this.element.scrollTop = this.#scrollTop;
    this.#height = this.element.clientHeight;
    const [from, to] = this.#drawnPlaces();
    const above = [from - AHEAD, from] as const;
    const below = [to, Math.min(this.#model.matching, to + AHEAD)] as const;
    // What is seen comes first, then where the person is going.
    this.#rows.want([from, to], ...(this.#isGoingUp ? [above, below] : [below, above]));
    const places = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
    const { place } = this.#focus;
    const isElsewhere = place >= 0 && place < this.#model.matching && (place < from || place >= to);
    if (isElsewhere) places.push(place);
    const { keyOf, whyOf } = this.#source;
    const shown = {
      ...{ model: this.#model, places, focus: this.#focus, keyOf, whyOf },
      selected: this.#source.selection === undefined ? undefined : this.#selected,
      at: (at: number) => this.#rows.at(at),
      current: this.#isCurrentShown ? this.#focusKey : undefined,
    };
    render(gridView(shown, this.#events), this.element);
  }

  /** Draws and gives the focus to the cell where the person is. */
  takeFocus(): void {
    this.draw();
    const cell = this.element.querySelector<HTMLElement>('[tabindex="0"]');
    cell?.focus({ preventScroll: true });
    cell?.scrollIntoView({ block: 'nearest', inline: 'nearest', container: 'nearest' });
  }

  /** Begins at the first row again: what follows is of another query. */
  restart(): void {
    this.#scrollTop = 0;
    this.#focusKey = undefined;
    this.#focus = { ...this.#focus, place: Math.min(this.#focus.place, 0) };
    this.#anchor = 0;
    this.draw();
  }

  /** Goes to a place, and with it to the row that stands there. */
  moveTo({ place, column = this.#focus.column }: Partial<GridFocus>, takeFocus: boolean): void {
    const { matching, columns } = this.#model;
    this.#focus = {
      place: clamped(place ?? this.#focus.place, -1, matching - 1),
      column: clamped(column, 0, columns.length - 1),
    };
    const row = this.#focus.place < 0 ? undefined : this.#rows.at(this.#focus.place);
    this.#focusKey = row === undefined ? undefined : this.#source.keyOf(row);
    this.#scrollToPlace(this.#focus.place);
    if (takeFocus) this.takeFocus();
    else this.draw();
    void this.#settle();
  }

  /** Goes to a place from which a selection may be extended. */
  jumpTo(place: number): void {
    this.#anchor = place;
    this.moveTo({ place }, true);
  }

  readonly #events: GridEvents = {
    onKey: (event) => {
      this.#onKey(event);
    },
    onPress: (event, at) => {
      const row = this.#rows.at(at.place);
      if (row === undefined) return;
      if (this.#source.selection !== undefined && event.shiftKey) void this.#extendTo(at.place);
      else {
        const key = this.#source.keyOf(row);
        this.#select(event.ctrlKey || event.metaKey ? toggled(this.#selected, key) : new Set([key]));
        this.#anchor = at.place;
      }
      this.moveTo(at, true);
    },
    onOpen: (at) => {
      if (at.place < 0) {
        this.#sortBy(at.column);
        return;
      }
      getSelection()?.empty(); // a double click takes a word
      this.#source.onOpen();
    },
  };

  #drawnPlaces(): Places {
    const first = Math.floor(this.#scrollTop / ROW_HEIGHT);
    const seen = Math.ceil(Math.max(0, this.#height - HEAD_HEIGHT) / ROW_HEIGHT);
    return [Math.max(0, first - BEYOND), Math.min(this.#model.matching, first + seen + BEYOND)];
  }

  #onKey(event: KeyboardEvent): void {
    if (event.altKey) return;
    const command = event.ctrlKey || event.metaKey;
    const to = this.#targetOf(event, command);
    if (to !== undefined) {
      event.preventDefault();
      const isExtending = event.shiftKey && this.#source.selection !== undefined;
      if (isExtending && to.place !== this.#focus.place) void this.#extendTo(Math.max(0, to.place));
      else if (to.place !== this.#focus.place) this.#anchor = Math.max(0, to.place);
      this.moveTo(to, true);
      return;
    }
    if (event.key === 'Enter' && this.#focus.place < 0) this.#sortBy(this.#focus.column);
    else if (event.key === 'Enter') this.#source.onOpen();
    else if (!this.#selectByKey(event.key, command)) return;
    event.preventDefault();
  }

  /** Whether a key was one of the selection. */
  #selectByKey(key: string, command: boolean): boolean {
    const { selection } = this.#source;
    if (selection === undefined) return false;
    if (command && key === 'a') void this.#selectAll();
    else if (command && key === 'c' && String(getSelection() ?? '') === '') selection.onCopy();
    else if (key === ' ' && this.#focusKey !== undefined) {
      this.#anchor = this.#focus.place;
      this.#select(toggled(this.#selected, this.#focusKey));
    } else return false;
    return true;
  }

  /** Where a key leads; `undefined`: it leads nowhere. */
  #targetOf(event: KeyboardEvent, command: boolean): GridFocus | undefined {
    const { place, column } = this.#focus;
    const screen = Math.max(1, Math.floor(this.#height / ROW_HEIGHT) - 2);
    const last = this.#model.columns.length - 1;
    switch (event.key) {
      case 'ArrowDown':
        return { place: place + 1, column };
      case 'ArrowUp':
        return { place: place - 1, column };
      case 'ArrowLeft':
        return { place, column: this.#cellAtFocus().first - 1 };
      case 'ArrowRight': {
        const { first, span } = this.#cellAtFocus();
        return { place, column: first + span };
      }
      case 'Home':
        return command ? { place: 0, column: 0 } : { place, column: 0 };
      case 'End':
        return command ? { place: this.#model.matching - 1, column: last } : { place, column: last };
      case 'PageDown':
        return { place: place + screen, column };
      case 'PageUp':
        return { place: Math.max(0, place - screen), column };
      default:
        return undefined;
    }
  }

  #cellAtFocus(): ReturnType<typeof spanAt> {
    const { place, column } = this.#focus;
    const row = place < 0 ? undefined : this.#rows.at(place);
    return spanAt(this.#model.columns, row === undefined ? '' : this.#source.whyOf(row), column);
  }

  #sortBy(index: number): void {
    const column = this.#model.columns[index];
    if (column?.isSortable === true) this.#source.onSort(column.id);
    this.#focus = { place: -1, column: index };
    this.takeFocus();
  }

  /** The row at the focus may still be on its way. */
  async #settle(): Promise<void> {
    const { place } = this.#focus;
    if (place < 0) return;
    const key = this.#focusKey ?? (await this.#source.keysAt(place, place + 1))[0];
    if (key === undefined || this.#focus.place !== place) return; // the person is elsewhere by now
    this.#focusKey = key;
    this.#source.onAt(key);
  }

  #scrollToPlace(place: number): void {
    if (place < 0) return;
    const [top, seen] = [place * ROW_HEIGHT, this.#height - 2 * ROW_HEIGHT];
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top > this.element.scrollTop + seen) this.element.scrollTop = top - seen;
    this.#scrollTop = this.element.scrollTop;
  }

  /** Another view: the row with the focus stays where it is seen, wherever it stands now. */
  async #keepPlace(): Promise<void> {
    const key = this.#focusKey;
    if (key === undefined) return;
    const place = await this.#source.placeOf(key).catch(() => -1);
    if (key !== this.#focusKey || place < 0 || place === this.#focus.place) return;
    const top = this.#focus.place * ROW_HEIGHT;
    const isSeen = top >= this.#scrollTop && top < this.#scrollTop + this.#height;
    if (isSeen) {
      this.element.scrollTop += (place - this.#focus.place) * ROW_HEIGHT;
      this.#scrollTop = this.element.scrollTop;
    }
    const hadFocus = this.element.contains(document.activeElement);
    this.#focus = { ...this.#focus, place };
    if (hadFocus) this.takeFocus();
    else this.draw();
  }

  async #extendTo(place: number): Promise<void> {
    const to = Math.min(place, this.#model.matching - 1);
    const [first, last] = [Math.min(this.#anchor, to), Math.max(this.#anchor, to)];
    this.#select(new Set(await this.#source.keysAt(first, last + 1)));
  }

  async #selectAll(): Promise<void> {
    this.#select(new Set(await this.#source.keysAt(0, this.#model.matching)));
  }

  #select(keys: ReadonlySet<number>): void {
    const { selection } = this.#source;
    if (selection === undefined) return;
    this.#selected = keys;
    this.draw();
    selection.onChange();
  }
}

function toggled(keys: ReadonlySet<number>, key: number): ReadonlySet<number> {
  const next = new Set(keys);
  if (!next.delete(key)) next.add(key);
  return next;
}

function clamped(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

/** Rows hold their cells by the columns. */
function idsOf<Row>({ columns }: GridModel<Row>): string {
  return JSON.stringify(columns.map(({ id }) => id));
}

declare global {
  interface ScrollIntoViewOptions {
    /** Scrolls nothing further out than the nearest that scrolls (Chromium 140): VS Code itself may be around the page. */
    container?: 'all' | 'nearest';
  }
}
