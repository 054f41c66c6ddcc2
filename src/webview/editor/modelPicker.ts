import * as l10n from '@vscode/l10n';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { ModelsState, ModelView } from '../../protocol/editorSurface.ts';
import { icon } from '../parts/icon.ts';
import { closePopover, openPopover } from '../parts/popover.ts';
import { count } from './words.ts';

interface Question {
  /** The model that is named now; `undefined`: none, the inherited one holds. */
  readonly chosen: string | undefined;
  /** Where leaving it out is a choice: what holds then. */
  readonly inherited: string | undefined;
  readonly pick: (name: string | undefined) => void;
}

const ID = 'model-picker';

/** Asks which model, beside a button. */
export function openModelPicker(source: HTMLElement, question: Question): void {
  const picker = document.querySelector<ModelPicker>('bb-model-picker');
  picker?.ask(question);
  openPopover(ID, source);
}

/** A list of models to search: price, context, what each takes, and whether its key is set. */
class ModelPicker extends LitElement {
  static override properties = {
    models: { attribute: false },
    setKey: { attribute: false, hasChanged: () => false },
    question: { state: true },
    search: { state: true },
    at: { state: true },
  };
  declare models: ModelsState;
  declare setKey: (provider: string) => void;
  declare question: Question | undefined;
  declare search: string;
  declare at: number;

  constructor() {
    super();
    this.search = '';
    this.at = 0;
  }

  ask(question: Question): void {
    this.question = question;
    this.search = '';
    this.at = Math.max(
      0,
      this.#found.findIndex(({ name }) => name === question.chosen),
    );
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  get #found(): readonly ModelView[] {
    const words = this.search.toLowerCase().split(/\s+/);
    return this.models.models.filter(({ name, provider, takes }) => {
      const text = `${name} ${provider} ${takes}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  override render(): TemplateResult {
    const found = this.#found;
    const current = found[this.at];
    const all = count(this.models.models.length);
    return html`<div
      class="pop pick"
      id=${ID}
      popover
      role="dialog"
      aria-label=${l10n.t('Choose a model')}
      @toggle=${(event: ToggleEvent) => {
        if (event.newState === 'open') this.querySelector('input')?.focus();
        this.#showCurrent();
      }}
    >
      <div class="search">
        ${icon('search', 's')}<input
          class="in"
          role="combobox"
          aria-expanded="true"
          aria-controls="models"
          aria-autocomplete="list"
          aria-activedescendant=${current === undefined ? nothing : `model-${String(this.at)}`}
          aria-label=${l10n.t('Search {0} models', all)}
          placeholder=${l10n.t('Search {0} models', all)}
          .value=${this.search}
          @input=${(event: Event) => {
            this.search = (event.target as HTMLInputElement).value;
            this.at = 0;
          }}
          @keydown=${this.#key}
        />
      </div>
      <div role="listbox" id="models" aria-label=${l10n.t('Models')} tabindex="-1">
        ${found.map((model, at) => this.#option(model, at))}
      </div>
      ${found.length === 0 ? html`<p class="muted none">${l10n.t('No model matches.')}</p>` : nothing}
      <div class="pick-foot">
        <span class="muted small"
          >${l10n.t('Dollars per million tokens, in / out, as a batch.')} ${this.models.note}</span
        >
        ${
          current === undefined || current.keySet
            ? nothing
            : html`<button
                class="link"
                type="button"
                @click=${(event: Event) => {
                  closePopover(event.currentTarget);
                  this.setKey(current.provider);
                }}
              >
                ${icon('key', 's')}${l10n.t('Set API Key of {0}…', current.provider)}
              </button>`
        }
        ${
          this.question?.inherited === undefined || this.question.chosen === undefined
            ? nothing
            : html`<button class="link" type="button" @click=${() => this.#pick(undefined)}>
                ${icon('discard', 's')}${l10n.t('Use the Default, {0}', this.question.inherited)}
              </button>`
        }
      </div>
    </div>`;
  }

  #option(model: ModelView, at: number): TemplateResult {
    const { name, takes, price, keySet } = model;
    const chosen = name === (this.question?.chosen ?? this.question?.inherited);
    return html`<div
      role="option"
      id="model-${at}"
      aria-selected=${at === this.at ? 'true' : 'false'}
      aria-disabled=${price === undefined ? 'true' : 'false'}
      @click=${() => {
        this.at = at;
        this.#choose();
      }}
    >
      ${chosen ? icon('check') : html`<i class="codicon"></i>`}
      <div>
        <div>${name}${chosen ? html`<span class="vh">${l10n.t('(in use)')}</span>` : nothing}</div>
        <div class="muted small">${takes}</div>
      </div>
      <div class="num price">
        ${price ?? l10n.t('no price known, cannot run')}
        <div class="muted small">
          ${keySet ? l10n.t('key set') : html`${icon('key', 's warn')} ${l10n.t('no key yet')}`}
        </div>
      </div>
    </div>`;
  }

  readonly #key = (event: KeyboardEvent): void => {
    const last = this.#found.length - 1;
    const to = {
      ArrowDown: this.at + 1,
      ArrowUp: this.at - 1,
      PageDown: this.at + 8,
      PageUp: this.at - 8,
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.at = Math.min(Math.max(to, 0), last);
      this.#showCurrent();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      this.#choose();
    }
  };

  #choose(): void {
    const model = this.#found[this.at];
    if (model?.price !== undefined) this.#pick(model.name);
  }

  #pick(name: string | undefined): void {
    this.querySelector<HTMLElement>('[popover]')?.hidePopover();
    this.question?.pick(name);
  }

  #showCurrent(): void {
    void this.updateComplete.then(() =>
      this.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }),
    );
  }
}
customElements.define('bb-model-picker', ModelPicker);
