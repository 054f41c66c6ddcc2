import * as l10n from '@vscode/l10n';
import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import type { Finding } from '../../../protocol/editorSurface.ts';
import { controls } from './controls.ts';
import { drawnIcon } from './drawnIcon.ts';
import { globsOf } from './globText.ts';

/**
 * Globs as chips: those that take files away are dashed and say "not". The last one is an empty field that takes typing,
 * pasting and drops.
 *
 * Events: `bb-change {globs}`, `bb-drop {uris}`, `bb-pick`, `bb-leave`.
 */
export class GlobChips extends LitElement {
  static override readonly properties = {
    globs: { attribute: false },
    label: { type: String },
    findings: { attribute: false },
    editing: { state: true },
    active: { state: true },
    dropping: { state: true },
  };
  static override readonly styles = [
    controls,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        align-items: center;
        border: 1px solid transparent;
        border-radius: 4px;
      }
      ul.dropping {
        border: 1px dashed var(--vscode-focusBorder);
        background: var(--vscode-list-dropBackground, transparent);
      }
      li {
        display: flex;
        max-width: 100%;
      }
      li.of-chip {
        position: relative;
      }
      .remove {
        position: absolute;
        inset: 2px 2px 2px auto;
        width: 20px;
        padding: 0;
        display: grid;
        place-items: center;
        color: var(--vscode-icon-foreground, inherit);
      }
      .remove:hover {
        background: var(--vscode-toolbar-hoverBackground, transparent);
      }
      .chip {
        font-family: var(--vscode-editor-font-family, monospace);
        min-height: 24px;
        max-width: 100%;
        padding: 0 26px 0 8px;
        overflow-wrap: anywhere;
        text-align: start;
        border: 1px solid
          var(--vscode-contrastBorder, var(--vscode-input-border, var(--vscode-widget-border)));
        border-radius: 4px;
        background: var(--vscode-input-background, transparent);
        color: inherit;
        cursor: text;
      }
      .chip.not {
        border-style: dashed;
      }
      .chip .word {
        font-family: var(--vscode-font-family);
        color: var(--muted);
        margin-inline-end: 4px;
      }
      .chip.unmatched .glob {
        text-decoration: underline wavy var(--vscode-editorWarning-foreground);
        text-underline-offset: 3px;
      }
      .chip.wrong .glob {
        text-decoration: underline wavy var(--vscode-editorError-foreground);
        text-underline-offset: 3px;
      }
      input {
        font-family: var(--vscode-editor-font-family, monospace);
        width: 22ch;
        max-width: 100%;
      }
      .of-new {
        flex: 1 1 150px;
      }
      .of-new input {
        width: 100%;
        border-color: transparent;
        background: none;
      }
      ::placeholder {
        font-family: var(--vscode-font-family);
      }
    `,
  ];

  declare globs: readonly string[];
  declare label: string;
  declare findings: readonly Finding[];
  /** The chip that is being edited. */
  declare editing: number | undefined;
  /** The chip, or behind the last one the empty field, that Tab comes to. */
  declare active: number;
  declare dropping: boolean;

  constructor() {
    super();
    this.globs = [];
    this.label = '';
    this.findings = [];
    this.editing = undefined;
    this.active = 0;
    this.dropping = false;
  }

  override focus(): void {
    void this.updateComplete.then(() => {
      this.#focusAt(Math.min(this.active, this.globs.length));
    });
  }

  override render(): TemplateResult {
    const last = this.globs.length;
    const active = Math.min(this.active, last);
    return html`<ul
      aria-label=${this.label}
      class=${this.dropping ? 'dropping' : ''}
      @keydown=${this.#onKey}
      @dragover=${this.#onDrag}
      @dragleave=${() => {
        this.dropping = false;
      }}
      @drop=${this.#onDrop}
    >
      ${this.globs.map((glob, i) => (this.editing === i ? html`<li>${this.#field(i, glob)}</li>` : html`<li class="of-chip">${this.#chip(i, glob, active)}</li>`))}
      <li class="of-new">${this.#field(last, '', active === last || last === 0)}</li>
      <li>
        <button
          type="button"
          class="flat"
          @click=${() => {
            this.#tell('bb-pick');
          }}
        >
          ${l10n.t('Add Files…')}
        </button>
      </li>
    </ul>`;
  }

  #chip(index: number, glob: string, active: number): TemplateResult {
    const isNot = glob.startsWith('!');
    const finding = this.findings.find(({ path }) => path.at(-1) === index);
    const state = finding === undefined ? '' : finding.severity === 'error' ? 'wrong' : 'unmatched';
    const name = isNot ? l10n.t('not {0}', glob.slice(1)) : glob;
    return html`<button
        type="button"
        class="chip ${isNot ? 'not' : ''} ${state}"
        data-place=${index}
        tabindex=${index === active ? 0 : -1}
        title=${finding?.message ?? nothing}
        aria-label=${finding === undefined ? name : `${name}. ${finding.message}`}
        @focus=${() => {
          this.active = index;
        }}
        @click=${() => {
          this.#edit(index);
        }}
      >
        ${isNot ? html`<span class="word">${l10n.t('not')}</span>` : nothing}<span class="glob"
          >${isNot ? glob.slice(1) : glob}</span
        ></button
      ><button
        type="button"
        class="remove"
        tabindex="-1"
        aria-label=${l10n.t('Remove {0}', name)}
        title=${l10n.t('Remove')}
        @click=${() => {
          this.#remove(index, index);
        }}
      >
        ${drawnIcon('close')}
      </button>`;
  }

  #field(index: number, glob: string, isActive = true): TemplateResult {
    const isNew = index === this.globs.length;
    return html`<input
      type="text"
      data-place=${index}
      tabindex=${isActive ? 0 : -1}
      spellcheck="false"
      .value=${glob}
      placeholder=${isNew ? l10n.t('Add a pattern, or drop files here with Shift') : ''}
      aria-label=${isNew ? l10n.t('Add a file, folder or glob') : l10n.t('Glob {0}', glob)}
      @focus=${() => {
        if (isNew) this.active = index;
      }}
      @blur=${(event: FocusEvent) => {
        this.#commit(index, event.target as HTMLInputElement);
      }}
      @paste=${(event: ClipboardEvent) => {
        this.#paste(index, event);
      }}
    />`;
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    const index = Number(target.dataset['place']);
    if (!Number.isInteger(index)) {
      if (event.key === 'Escape') this.#leave(event);
      return;
    }
    if (target instanceof HTMLInputElement) this.#fieldKey(event, target, index);
    else this.#chipKey(event, index);
  };

  #chipKey(event: KeyboardEvent, index: number): void {
    const { key } = event;
    if (key === 'ArrowLeft') this.#focusAt(Math.max(0, index - 1));
    else if (key === 'ArrowRight') this.#focusAt(index + 1);
    else if (key === 'Home') this.#focusAt(0);
    else if (key === 'End') this.#focusAt(this.globs.length);
    else if (key === 'Enter' || key === 'F2') this.#edit(index);
    else if (key === 'Delete' || key === 'Backspace') {
      this.#remove(index, key === 'Backspace' ? Math.max(0, index - 1) : index);
    } else if (key === 'Escape') this.#leave(event);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #remove(index: number, next: number): void {
    this.active = next;
    this.#change(this.globs.toSpliced(index, 1));
    this.focus();
  }

  #fieldKey(event: KeyboardEvent, field: HTMLInputElement, index: number): void {
    const { key } = event;
    const isNew = index === this.globs.length;
    if (key === 'Enter' || (key === ',' && !field.value.includes('{'))) {
      this.#commit(index, field);
      this.active = isNew ? this.globs.length + 1 : index;
      if (!isNew) this.focus();
    } else if (key === 'Escape') {
      if (isNew && field.value === '') {
        this.#leave(event);
        return;
      }
      field.value = isNew ? '' : (this.globs[index] ?? '');
      this.editing = undefined;
      this.focus();
    } else if (isNew && field.value === '' && (key === 'ArrowLeft' || key === 'Backspace') && index > 0)
      this.#focusAt(index - 1);
    // Everything else goes on: VS Code listens for its own keys, such as those that save and undo.
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #leave(event: Event): void {
    event.preventDefault();
    event.stopPropagation();
    this.#tell('bb-leave');
  }

  #edit(index: number): void {
    this.editing = index;
    this.active = index;
    this.#focusAt(index);
  }

  /** An emptied chip is removed. */
  #commit(index: number, field: HTMLInputElement): void {
    const globs = globsOf(field.value);
    const isNew = index === this.globs.length;
    if (!isNew && this.editing !== index) return;
    this.editing = undefined;
    if (isNew) field.value = '';
    if (isNew && globs.length === 0) return;
    if (globs.length === 1 && globs[0] === this.globs[index]) return;
    this.#change(this.globs.toSpliced(index, isNew ? 0 : 1, ...globs));
  }

  #paste(index: number, event: ClipboardEvent): void {
    const globs = globsOf(event.clipboardData?.getData('text/plain') ?? '');
    if (globs.length < 2) return;
    event.preventDefault();
    this.editing = undefined;
    this.active = index + globs.length;
    this.#change(this.globs.toSpliced(index, index === this.globs.length ? 0 : 1, ...globs));
  }

  readonly #onDrag = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes('text/uri-list') !== true) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    this.dropping = true;
  };

  readonly #onDrop = (event: DragEvent): void => {
    this.dropping = false;
    const uris = event.dataTransfer?.getData('text/uri-list') ?? '';
    if (uris === '') return;
    event.preventDefault();
    this.#tell('bb-drop', { uris });
  };

  /** Shown at once; the document says the same soon. */
  #change(globs: readonly string[]): void {
    this.globs = globs;
    this.#tell('bb-change', { globs });
  }

  #focusAt(index: number): void {
    this.active = index;
    void this.updateComplete.then(() => {
      const place = this.renderRoot.querySelector<HTMLElement>(`[data-place="${String(index)}"]`);
      place?.focus();
      if (place instanceof HTMLInputElement && this.editing === index) place.select();
    });
  }

  #tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }
}

customElements.define('bb-glob-chips', GlobChips);
