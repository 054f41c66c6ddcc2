import { VirtualizerController } from '@tanstack/lit-virtual';
import * as l10n from '@vscode/l10n';
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { CellInputs, MatchLine, MatchPage } from '../../../protocol/editorSurface.ts';
import { controls } from './controls.ts';
import { drawnIcon } from './drawnIcon.ts';

const LINE_PX = 22;
const SHOWN_LINES = 12;
/** Lines that are asked for together. */
const SLICE = 200;

/**
 * What matches a cell: how many, how large, the first of them, and what is left out and why. All of it on demand, however
 * long the list is.
 *
 * Event: `bb-open {index}`.
 */
export class MatchList extends LitElement {
  static override readonly properties = {
    inputs: { attribute: false },
    cellKey: { type: String },
    load: { attribute: false },
    all: { state: true },
  };
  static override readonly styles = [
    controls,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .line {
        display: flex;
        gap: 12px;
        align-items: center;
        width: 100%;
        height: ${LINE_PX}px;
        padding: 0 6px;
        border-radius: 3px;
        text-align: start;
        font-variant-numeric: tabular-nums;
      }
      button.line:hover {
        background: var(--vscode-list-hoverBackground, transparent);
      }
      .name {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-family: var(--vscode-editor-font-family, monospace);
      }
      .size,
      .tokens {
        white-space: nowrap;
        color: var(--muted);
      }
      .reason {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        color: var(--muted);
        max-width: 60%;
      }
      .out > .icon {
        margin-inline-end: -6px;
      }
      .out .name {
        color: var(--muted);
      }
      .summary {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 12px;
        align-items: center;
        min-height: 24px;
      }
      .all {
        position: relative;
        overflow: auto;
        height: ${LINE_PX * SHOWN_LINES}px;
        border: 1px solid var(--edge);
        border-radius: 4px;
      }
      .all .line {
        position: absolute;
        inset: 0 0 auto 0;
      }
    `,
  ];

  declare inputs: CellInputs | undefined;
  declare cellKey: string;
  declare load: (offset: number, limit: number) => Promise<MatchPage>;
  declare all: boolean;
  #scroller: HTMLElement | undefined;
  #lines = new Map<number, MatchLine>();
  #asked = new Set<number>();
  readonly #virtual = new VirtualizerController<HTMLElement, HTMLElement>(this, {
    count: 0,
    estimateSize: () => LINE_PX,
    getScrollElement: () => this.#scroller ?? null,
    overscan: SHOWN_LINES,
  });

  constructor() {
    super();
    this.inputs = undefined;
    this.cellKey = '';
    this.load = () => Promise.resolve({ total: 0, lines: [] });
    this.all = false;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('inputs') || changed.has('cellKey')) {
      this.#lines = new Map();
      this.#asked = new Set();
    }
  }

  override render(): TemplateResult {
    const { inputs } = this;
    if (inputs === undefined || inputs.state === 'looking')
      return html`<p class="summary muted">${l10n.t('Looking for what matches…')}</p>`;
    if (inputs.state === 'failed') return html`<p class="summary" role="status">${inputs.message}</p>`;
    const { count, bytes, tokens, leftOut, rows, first, firstLeftOut } = inputs;
    const shown = first.length + firstLeftOut.length;
    const total = rows + leftOut;
    return html`
      <div class="summary">
        <strong>${count}</strong>
        <span class="muted">${[bytes, tokens].filter((text) => text !== '').join(', ')}</span>
        ${leftOut === 0 ? nothing : html`<span class="muted">${l10n.t('{0} left out', leftOut.toLocaleString())}</span>`}
        ${
          total > shown || this.all
            ? html`<button
                type="button"
                class="flat"
                aria-expanded=${this.all}
                @click=${() => {
                  this.all = !this.all;
                }}
              >
                ${this.all ? l10n.t('Show Fewer') : l10n.t('Show All {0}', total.toLocaleString())}
              </button>`
            : nothing
        }
      </div>
      ${this.all ? this.#everything(total) : [...first, ...firstLeftOut].map((line) => this.#line(line))}
    `;
  }

  #everything(total: number): TemplateResult {
    const virtual = this.#virtual.getVirtualizer();
    virtual.setOptions({ ...virtual.options, count: total });
    const items = virtual.getVirtualItems();
    for (const { index } of items) this.#ask(index);
    return html`<div
      class="all"
      tabindex="0"
      role="group"
      aria-label=${l10n.t('All {0} inputs', total.toLocaleString())}
      ${ref((element) => {
        this.#scroller = element as HTMLElement | undefined;
      })}
    >
      <div
        ${ref((element) => {
          if (element !== undefined) (element as HTMLElement).style.height = `${String(total * LINE_PX)}px`;
        })}
      ></div>
      ${items.map(({ index, start }) => this.#line(this.#lines.get(index), start))}
    </div>`;
  }

  #line(line: MatchLine | undefined, top?: number): TemplateResult {
    const place = ref((element) => {
      if (element !== undefined && top !== undefined)
        (element as HTMLElement).style.transform = `translateY(${String(top)}px)`;
    });
    if (line === undefined) return html`<div class="line muted" ${place}>…</div>`;
    const { name, size, tokens, reason, index } = line;
    return html`<button
      type="button"
      class="line ${reason === undefined ? '' : 'out'}"
      ${place}
      @click=${() => {
        this.dispatchEvent(new CustomEvent('bb-open', { bubbles: true, composed: true, detail: { index } }));
      }}
    >
      ${reason === undefined ? nothing : drawnIcon('warning')}<span class="name">${name}</span>
      ${
        reason === undefined
          ? html`<span class="size">${size}</span><span class="tokens">${tokens}</span>`
          : html`<span class="reason">${reason}</span>`
      }
    </button>`;
  }

  #ask(index: number): void {
    const slice = Math.floor(index / SLICE);
    if (this.#asked.has(slice)) return;
    this.#asked.add(slice);
    const lines = this.#lines;
    this.load(slice * SLICE, SLICE).then(
      (page) => {
        for (const line of page.lines) lines.set(line.index, line);
        this.requestUpdate();
      },
      () => {
        this.#asked.delete(slice); // asked again when it comes into view
      },
    );
  }
}

customElements.define('bb-match-list', MatchList);
