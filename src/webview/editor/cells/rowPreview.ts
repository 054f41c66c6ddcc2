import * as l10n from '@vscode/l10n';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { MatchLine, RowPreview as Preview } from '../../../protocol/editorSurface.ts';
import { icon } from '../../parts/icon.ts';
import { markdownView } from '../markdownView.ts';
import { count } from '../words.ts';

/** Shows the prompt of one row as it would be sent, and leads to the rows beside it. */
class RowPreview extends LitElement {
  static override properties = {
    names: { attribute: false },
    rows: { attribute: false },
    index: { attribute: false },
    of: { attribute: false },
    load: { attribute: false, hasChanged: () => false },
    shown: { state: true },
    trouble: { state: true },
  };
  /** The beginning of the list of rows. */
  declare names: readonly MatchLine[];
  declare rows: number;
  declare index: number;
  /** What the preview is made of: another value asks anew. */
  declare of: string;
  declare load: (index: number) => Promise<Preview>;
  declare shown: Preview | undefined;
  declare trouble: string | undefined;
  #asked = 0;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('index') || changed.has('of')) void this.#ask();
  }

  override render(): TemplateResult {
    const { shown, trouble } = this;
    return html`<div class="line" role="group" aria-label=${l10n.t('Preview')}>
        <button class="link" type="button" aria-expanded="true" @click=${() => this.#tell(undefined)}>
          ${icon('open-preview', 's')}${l10n.t('Preview')}
        </button>
        ${this.#step('arrow-left', l10n.t('Previous row'), this.index - 1)}
        ${
          this.names.length === 0
            ? nothing
            : html`<select
                class="sel"
                aria-label=${l10n.t('Row of the preview')}
                @change=${(event: Event) => this.#tell(Number((event.target as HTMLSelectElement).value))}
              >
                ${this.names.map(
                  ({ name }, at) => html`<option value=${at} ?selected=${at === this.index}>${name}</option>`,
                )}
                ${
                  this.index < this.names.length
                    ? nothing
                    : html`<option value=${this.index} selected>${shown?.name ?? ''}</option>`
                }
              </select>`
        }
        ${this.#step('arrow-right', l10n.t('Next row'), this.index + 1)}
        <span class="muted num" role="status"
          >${l10n.t('{0} of {1}', count(this.index + 1), count(this.rows))} ${shown?.tokens ?? ''}</span
        >
      </div>
      ${
        trouble === undefined
          ? html`<div class="md quote">${shown === undefined ? nothing : markdownView(shown.prompt)}</div>`
          : html`<div class="msg">
              ${icon('error', 's err')}
              <p>${trouble}</p>
            </div>`
      }`;
  }

  #step(name: string, label: string, to: number): TemplateResult {
    return html`<button
      class="act icon"
      type="button"
      aria-label=${label}
      title=${label}
      ?disabled=${to < 0 || to >= this.rows}
      @click=${() => this.#tell(to)}
    >
      ${icon(name, 's')}
    </button>`;
  }

  #tell(index: number | undefined): void {
    this.dispatchEvent(new CustomEvent('bb-row', { detail: { index } }));
  }

  async #ask(): Promise<void> {
    const asked = ++this.#asked;
    try {
      const shown = await this.load(this.index);
      if (asked !== this.#asked) return;
      this.shown = shown;
      this.trouble = undefined;
    } catch (error) {
      if (asked === this.#asked) this.trouble = error instanceof Error ? error.message : String(error);
    }
  }
}
customElements.define('bb-row-preview', RowPreview);
