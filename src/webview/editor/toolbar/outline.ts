import * as l10n from '@vscode/l10n';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { CellView } from '../../../protocol/editorSurface.ts';
import { firstLine, KIND_ICONS } from '../cells/cellHead.ts';
import type { EditorModel } from '../editorModel.ts';
import { icon } from '../../parts/icon.ts';
import { closePopover } from '../../parts/popover.ts';
import { roveMenu } from '../../parts/rovingFocus.ts';
import { textOf } from '../sourceValues.ts';
import { kindName, nameOf } from '../words.ts';

/** The cells by name, to go to one of them. It is drawn only while it is open: a file may have very many. */
class Outline extends LitElement {
  static override properties = { model: { attribute: false }, cells: { attribute: false } };
  declare model: EditorModel;
  declare cells: readonly CellView[];

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener('toggle', this.#toggled);
    this.addEventListener('keydown', roveMenu);
  }

  override render(): TemplateResult | typeof nothing {
    if (!this.matches(':popover-open')) return nothing;
    return html`${this.cells.map((cell) => this.#item(cell))}`;
  }

  #item(cell: CellView): TemplateResult {
    const isNote = cell.kind === 'markdown';
    const words = isNote ? '' : firstLine(cell);
    return html`<button
      type="button"
      role="menuitem"
      tabindex="-1"
      aria-current=${cell.key === this.model.active ? 'true' : 'false'}
      @click=${(event: Event) => {
        closePopover(event.currentTarget);
        this.model.focus(cell.key);
      }}
    >
      ${icon(KIND_ICONS[cell.kind])}<span>${isNote ? titleOf(cell) : nameOf(cell)}</span>${words === '' ? nothing : html`<span class="hint clip">${words}</span>`}
    </button>`;
  }

  readonly #toggled = (event: Event): void => {
    this.requestUpdate();
    if ((event as ToggleEvent).newState !== 'open') return;
    void this.updateComplete.then(() => {
      const items = [...this.querySelectorAll<HTMLElement>('[role="menuitem"]')];
      (items.find((item) => item.getAttribute('aria-current') === 'true') ?? items[0])?.focus();
    });
  };
}
customElements.define('bb-outline', Outline);

/** The first words of a note: its heading, where it has one. */
function titleOf(cell: CellView): string {
  const line = textOf(cell.source['text'])
    .split('\n')
    .find((one) => one.trim() !== '');
  return line?.replace(/^#+\s*/, '') ?? kindName(cell.kind);
}

/** What the button of the toolbar opens. */
export function outline(model: EditorModel): TemplateResult {
  return html`<bb-outline
    class="menu"
    id="outline"
    popover
    role="menu"
    aria-label=${l10n.t('Outline')}
    .model=${model}
    .cells=${model.cells}
  ></bb-outline>`;
}
