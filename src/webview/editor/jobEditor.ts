import * as l10n from '@vscode/l10n';
import { VirtualizerController, type Virtualizer } from '@tanstack/lit-virtual';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import type { CellKey, CellView } from '../../protocol/editorSurface.ts';
import { CellKeys } from './cellKeys.ts';
import { cellMenu } from './cellMenu.ts';
import { cellFrame } from './cells/cellFrame.ts';
import { DrawnCells } from './drawnCells.ts';
import type { EditorModel } from './editorModel.ts';
import { geometry } from './geometry.ts';
import { icon } from '../parts/icon.ts';
import type { KeptUi } from './keptUi.ts';
import './modelPicker.ts';
import { loadPromptView } from './parts/promptEditor.ts';
import { brokenFile, emptyFile, noCells, trustMessage } from './otherStates.ts';
import { keepOneTabStop } from '../parts/rovingFocus.ts';
import { flushTextFields } from './textField.ts';
import { toolbar } from './toolbar/toolbar.ts';
import { count, kindName, rowsInWords } from './words.ts';

/** Heights in pixels until a cell was on screen. */
const USUAL_HEIGHT: Readonly<Record<CellView['kind'], number>> = {
  markdown: 80,
  files: 620,
  rows: 600,
  messages: 400,
  unknown: 240,
};
const FOLDED_HEIGHT = 48;
/** Cells beyond the screen are drawn when nothing else is to be done, but not later than this. */
const AHEAD_WITHIN_MS = 200;

type FieldWithText = HTMLElement & { selection?: { anchor: number; head: number }; flush?: () => void };

/** The whole page: the bar, the cells that are on screen, and what floats over them. */
export class JobEditor extends LitElement {
  declare model: EditorModel;
  declare kept: KeptUi;
  readonly #virtual: Virtualizer<HTMLElement, HTMLElement>;
  #keys: CellKeys | undefined;
  #heights = new Map<CellKey, number>();
  #seen = '';
  readonly #drawn = new DrawnCells(
    (draw) => requestIdleCallback(draw, { timeout: AHEAD_WITHIN_MS }),
    () => {
      this.requestUpdate();
    },
  );
  /** Cells whose height is looked after. */
  readonly #measured = new WeakSet<HTMLElement>();
  #looking: number | undefined;
  /** What the tab stops of the toolbars are of. */
  #stopsOf = { shown: -1, width: 0 };
  #restored = false;

  constructor() {
    super();
    this.#virtual = new VirtualizerController<HTMLElement, HTMLElement>(this, {
      count: 0,
      getScrollElement: () => this.querySelector<HTMLElement>('.cells'),
      estimateSize: (at) => this.#usualHeight(at),
      getItemKey: (at) => this.model.cells[at]?.key ?? at,
      overscan: 2,
      paddingStart: 10,
      paddingEnd: 16,
      initialRect: { width: window.innerWidth, height: window.innerHeight },
      initialOffset: () => this.kept.scrollTop,
    }).getVirtualizer();
  }

  /** Sends what is typed and not yet sent. */
  flushTyping(): void {
    flushTextFields();
    for (const part of this.querySelectorAll<FieldWithText>('[data-field]')) part.flush?.();
  }

  /** What has to be kept to draw the page again as it is. */
  uiToKeep(): KeptUi {
    const focused = document.activeElement;
    const cell = focused?.closest<HTMLElement>('.cell');
    const field = focused?.closest<FieldWithText>('[data-field]');
    const { model } = this;
    // Cells that were not on screen since the page came back keep the height that they had before.
    for (const { key, size } of this.#virtual.takeSnapshot()) this.#heights.set(String(key), size);
    return {
      scrollTop: this.querySelector('.cells')?.scrollTop ?? 0,
      heights: [...this.#heights],
      active: model.active,
      field: field?.dataset['field'],
      selection: selectionOf(field),
      focused: cell != null,
      folded: [...model.folded],
      previewed: [...model.previewed],
    };
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#keys = new CellKeys(this.model);
    this.#heights = new Map(this.kept.heights);
    for (const name of ['keydown', 'pointerdown'] as const)
      this.addEventListener(name, this.#forgetWish, { capture: true });
    this.addEventListener('keydown', this.#key);
    this.addEventListener('focusin', this.#focusIn);
    this.addEventListener('bb-leave', this.#leave);
    this.addEventListener('bb-run', this.#run);
    for (const name of ['copy', 'cut', 'paste'] as const) {
      document.addEventListener(name, this.#clipboard);
      document.addEventListener(`before${name}`, this.#clipboard);
    }
  }

  override render(): TemplateResult {
    const { model } = this;
    const { document } = model;
    if (document === undefined) return html``;
    if (document.kind === 'broken') return brokenFile(model, document);
    if (document.kind === 'empty')
      return html`${emptyFile(model)}${document.trusted ? nothing : trustMessage(model)} ${this.#trouble()}`;
    const bar = guard([model.shown], () => toolbar(model));
    return html`${bar} ${document.trusted ? nothing : trustMessage(model)} ${this.#outside()}
      <main class="cells" @scroll=${this.#changed}>
        ${document.cells.length === 0 ? noCells(model) : this.#list(document.cells)}
      </main>
      ${this.#trouble()} ${guard([model.shown, model.active], () => cellMenu(model))}
      <bb-model-picker
        .models=${model.models}
        .setKey=${(provider: string) => {
          model.channel.intent('setApiKey', { provider });
        }}
      ></bb-model-picker>`;
  }

  protected override updated(): void {
    this.#lookAfterCellsSoon();
    if (this.model.cells.length > 0 && !this.#restored) this.#restore();
    this.#grantWish();
    this.#tellVisible();
    this.#changed();
  }

  /** In the frame that shows them: by then their parts are drawn, and one layout tells all that is asked. */
  #lookAfterCellsSoon(): void {
    this.#looking ??= requestAnimationFrame(() => {
      this.#looking = undefined;
      this.#lookAfterCells();
    });
  }

  /** Only what was drawn is looked at: a step to the next cell must not cost a layout of all. */
  #lookAfterCells(): void {
    const { shown } = this.model;
    const width = this.#virtual.scrollRect?.width ?? 0;
    const isOther = shown !== this.#stopsOf.shown || width !== this.#stopsOf.width;
    this.#stopsOf = { shown, width };
    const added = [...this.querySelectorAll<HTMLElement>('.cell')].filter(
      (cell) => !this.#measured.has(cell),
    );
    for (const root of isOther ? [this] : added) keepOneTabStop(root);
    for (const cell of added) {
      this.#measured.add(cell);
      this.#virtual.measureElement(cell);
    }
  }

  #list(cells: readonly CellView[]): TemplateResult {
    const keys = cells.map(({ key }) => key);
    const active = this.model.indexOf(this.model.active);
    this.#virtual.setOptions({
      ...this.#virtual.options,
      count: cells.length,
      // Another function each time: the active cell is part of what is shown, and the range alone does not tell.
      rangeExtractor: (range) => this.#drawn.choose(range, active, keys),
    });
    const shown = this.#virtual.getVirtualItems();
    this.#drawn.drew(shown.map(({ index }) => keys[index] ?? ''));
    return html`<div
      class="sizer"
      role="list"
      aria-label=${l10n.t('Cells')}
      ${geometry({ height: `${String(this.#virtual.getTotalSize())}px` })}
    >
      ${repeat(
        shown,
        // Not by the key that the virtualizer remembers: it may be of the cell that was there before.
        ({ index }) => cells[index]?.key ?? index,
        ({ index, start }) => {
          const cell = cells[index];
          return cell === undefined ? nothing : this.#cell(cell, index, start, cells.length);
        },
      )}
    </div>`;
  }

  #cell(cell: CellView, index: number, start: number, total: number): TemplateResult {
    const { model } = this;
    const active = cell.key === model.active;
    return html`<div
      class="cell ${cell.kind} ${active ? 'is-on' : ''}"
      role="listitem"
      tabindex=${active ? 0 : -1}
      data-index=${index}
      data-key=${cell.key}
      aria-label=${this.#label(cell, index, total)}
      aria-setsize=${total}
      aria-posinset=${index + 1}
      ${geometry({ transform: `translateY(${String(start)}px)` })}
    >
      ${guard([model.shown, index === 0, index === total - 1, ...model.uiOf(cell.key)], () =>
        cellFrame(model, cell, index === 0, index === total - 1),
      )}
    </div>`;
  }

  #label(cell: CellView, index: number, total: number): string {
    const { model } = this;
    const inputs = model.inputs[cell.key];
    const outcome = model.outcomes[cell.key];
    const errors = model.findings.of(cell.key).filter(({ severity }) => severity === 'error').length;
    return [
      `${kindName(cell.kind)} ${cell.id ?? ''}`.trim(),
      l10n.t('{0} of {1}', count(index + 1), count(total)),
      inputs?.state === 'ready' ? rowsInWords(inputs.rows) : '',
      outcome === undefined ? '' : outcome.running ? l10n.t('running') : outcome.summary,
      outcome?.stale === '' || outcome === undefined ? '' : l10n.t('changed since'),
      errors === 0 ? '' : errors === 1 ? l10n.t('1 error') : l10n.t('{0} errors', count(errors)),
      model.folded.has(cell.key) ? l10n.t('folded') : '',
    ]
      .filter((part) => part !== '')
      .join(', ');
  }

  /** Problems that stand outside the cells. */
  #outside(): TemplateResult | typeof nothing {
    const findings = this.model.findings.of(null);
    if (findings.length === 0) return nothing;
    return html`<ul class="findings outside">
      ${findings.map(
        ({ severity, message, line, column, fixes, id }) =>
          html`<li class="msg">
            ${icon(severity, severity === 'error' ? 's err' : 's warn')}
            <p>
              ${message}
              ${fixes.map(
                (fix) =>
                  html`<button class="link" type="button" @click=${() => this.model.fix(id, fix.id)}>
                    ${fix.title}
                  </button>`,
              )}
              <button
                class="link place"
                type="button"
                @click=${() => {
                  this.model.channel.intent('openText', { line, column });
                }}
              >
                ${l10n.t('line {0}, column {1}', count(line), count(column))}
              </button>
            </p>
          </li>`,
      )}
    </ul>`;
  }

  #trouble(): TemplateResult {
    const { trouble } = this.model;
    return html`<div class="trouble" role="status">
      ${trouble === '' ? nothing : html`${icon('error', 's err')}<span>${trouble}</span>`}
    </div>`;
  }

  #usualHeight(at: number): number {
    const cell = this.model.cells[at];
    if (cell === undefined) return 0;
    const known = this.#heights.get(cell.key);
    if (known !== undefined) return known;
    return this.model.folded.has(cell.key) ? FOLDED_HEIGHT : USUAL_HEIGHT[cell.kind];
  }

  #cellOf(target: EventTarget | null): CellView | undefined {
    if (!(target instanceof Element) || target.closest('[popover]') !== null) return undefined;
    const key = target.closest<HTMLElement>('.cell')?.dataset['key'];
    return this.model.cells[this.model.indexOf(key)];
  }

  /** Whoever does something else meanwhile has the focus where it is. */
  readonly #forgetWish = (): void => {
    this.model.wish = undefined;
    this.model.acts += 1;
  };

  readonly #key = (event: KeyboardEvent): void => {
    const cell = this.#cellOf(event.target);
    if (cell === undefined || event.defaultPrevented || event.isComposing) return;
    this.#keys?.handle(event, cell, (event.target as Element).matches('.cell'));
  };

  readonly #focusIn = (event: Event): void => {
    const cell = this.#cellOf(event.target);
    if (cell !== undefined && cell.key !== this.model.active) {
      this.model.active = cell.key;
      this.requestUpdate();
    }
    this.#changed();
  };

  readonly #leave = (event: Event): void => {
    const cell = this.#cellOf(event.target);
    if (cell !== undefined) this.#keys?.leave(cell);
  };

  readonly #run = (event: Event): void => {
    const cell = this.#cellOf(event.target);
    if (cell !== undefined) this.#keys?.run(cell);
  };

  /** Cells are copied where a cell has the focus; in a field the text is. */
  readonly #clipboard = (event: Event): void => {
    const cell =
      document.activeElement?.matches('.cell') === true ? this.#cellOf(document.activeElement) : undefined;
    if (cell === undefined || !(document.getSelection()?.isCollapsed ?? true)) return;
    event.preventDefault();
    if (event.type === 'copy') void this.model.copy(cell.key);
    else if (event.type === 'cut') void this.model.cut(cell.key);
    else if (event.type === 'paste') void this.model.paste({ after: cell.key });
  };

  /** A field that is not there yet comes with the next state: until then its cell has the focus. */
  #grantWish(): void {
    const { wish } = this.model;
    if (wish === undefined) return;
    const cell = this.querySelector<HTMLElement>(`.cell[data-key="${CSS.escape(wish.key)}"]`);
    if (cell === null) return;
    const field =
      wish.field === undefined
        ? cell
        : cell.querySelector<HTMLElement>(`[data-field="${CSS.escape(wish.field)}"]`);
    if (field !== null) {
      this.model.wish = undefined;
      void focusPart(field);
    } else if (!cell.contains(document.activeElement)) cell.focus();
  }

  /** After the page was hidden: as it was, with the focus and the selection that it had. */
  #restore(): void {
    this.#restored = true;
    // After the first paint, and before most people have come to a text.
    requestAnimationFrame(() => {
      setTimeout(() => void loadPromptView());
    });
    this.#scrollBack();
    const { focused, field, selection, active } = this.kept;
    if (!focused || active === undefined || active !== this.model.active) return;
    const root = this.querySelector(`.cell[data-key="${CSS.escape(active)}"]`);
    const target = field === undefined ? root : root?.querySelector(`[data-field="${CSS.escape(field)}"]`);
    if (!(target instanceof HTMLElement)) return;
    void focusPart(target).then(() => {
      setSelection(target, selection);
    });
  }

  /** Cells are low until their parts are drawn: what they grow by meanwhile must not move the page. */
  #scrollBack(): void {
    if (this.kept.scrollTop === 0) return;
    const virtual = this.#virtual;
    virtual.shouldAdjustScrollPositionOnItemSizeChange = () => false;
    requestAnimationFrame(() => {
      requestAnimationFrame(() => {
        virtual.shouldAdjustScrollPositionOnItemSizeChange = undefined;
        virtual.scrollToOffset(this.kept.scrollTop);
      });
    });
  }

  #tellVisible(): void {
    const { range } = this.#virtual;
    if (range === null) return;
    const keys = this.model.cells.slice(range.startIndex, range.endIndex + 1).map(({ key }) => key);
    if (keys.join('\n') === this.#seen) return;
    this.#seen = keys.join('\n');
    this.model.channel.intent('visible', { keys });
  }

  /** Something that is kept has changed. */
  readonly #changed = (): void => {
    this.dispatchEvent(new Event('bb-ui'));
  };
}
customElements.define('bb-job-editor', JobEditor);

/** A part that has just come is drawn first. */
async function focusPart(part: HTMLElement): Promise<void> {
  await (part as Partial<LitElement>).updateComplete;
  part.focus();
  if (part instanceof HTMLInputElement) part.select();
}

function selectionOf(field: FieldWithText | null | undefined): KeptUi['selection'] {
  if (field instanceof HTMLInputElement && field.selectionStart !== null)
    return { anchor: field.selectionStart, head: field.selectionEnd ?? field.selectionStart };
  return field?.selection;
}

function setSelection(field: FieldWithText, selection: KeptUi['selection']): void {
  if (selection === undefined) return;
  if (field instanceof HTMLInputElement) field.setSelectionRange(selection.anchor, selection.head);
  else if ('selection' in field) field.selection = selection;
}
