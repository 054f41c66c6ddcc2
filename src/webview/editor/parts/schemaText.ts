import * as l10n from '@vscode/l10n';
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Json, JsonObject } from '../../../protocol/editorSurface.ts';
import { controls } from './controls.ts';
import { drawnIcon } from './drawnIcon.ts';
import { jsonProblem } from './jsonProblem.ts';
import { NEW_SCHEMA } from './schemaFields.ts';

/**
 * A schema as text, or an example that one is made from. Text that cannot be read stays in its field and is not sent, and
 * nothing from outside takes away what is typed.
 *
 * Event: `bb-schema {schema}`.
 */
export class SchemaText extends LitElement {
  static override readonly properties = {
    schema: { attribute: false },
    isExample: { type: Boolean },
    exampleOf: { attribute: false },
    problem: { state: true },
    isGone: { state: true },
  };
  static override readonly styles = [
    controls,
    css`
      textarea {
        width: 100%;
        min-height: 12em;
        font-family: var(--vscode-editor-font-family, monospace);
        resize: vertical;
      }
      p {
        margin: 4px 0;
      }
    `,
  ];

  declare schema: JsonObject | undefined;
  declare isExample: boolean;
  declare exampleOf: (example: string) => Promise<JsonObject>;
  /** Why what is typed is not sent. */
  declare problem: string;
  /** Somebody else has removed the schema since it was shown. */
  declare isGone: boolean;
  /** What is typed and not yet the schema. */
  #draft: string | undefined;

  constructor() {
    super();
    this.schema = undefined;
    this.isExample = false;
    this.problem = '';
    this.isGone = false;
    this.exampleOf = () => Promise.reject(new Error('no example'));
  }

  /** Whether it holds what is not yet the schema. */
  get isTyped(): boolean {
    return this.#draft !== undefined;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('schema')) this.isGone = this.schema === undefined && changed.get('schema') !== undefined;
  }

  override render(): TemplateResult {
    const { isExample } = this;
    const saved = isExample ? '' : JSON.stringify(this.schema ?? NEW_SCHEMA, undefined, 2);
    return html`<textarea
        spellcheck="false"
        aria-label=${isExample ? l10n.t('Example of an answer, as JSON') : l10n.t('JSON Schema of the answer')}
        placeholder=${isExample ? '{ "total": 12.5, "currency": "EUR" }' : ''}
        .value=${live(this.#draft ?? saved)}
        @input=${(event: Event) => {
          this.#draft = (event.target as HTMLTextAreaElement).value;
        }}
        @change=${(event: Event) => {
          if (!isExample) this.#read((event.target as HTMLTextAreaElement).value);
        }}
      ></textarea>
      ${
        isExample
          ? html`<button
              type="button"
              class="flat"
              @click=${() => {
                void this.#takeExample();
              }}
            >
              ${l10n.t('Use as Schema')}
            </button>`
          : nothing
      }
      ${
        this.isGone
          ? html`<p role="status">
              ${drawnIcon('warning')}
              <span>${l10n.t('The schema was removed elsewhere. What is typed here puts it back.')}</span>
            </p>`
          : nothing
      }
      ${this.problem === '' ? nothing : html`<p role="status">${drawnIcon('error')} <span>${this.problem}</span></p>`}`;
  }

  #read(text: string): void {
    this.problem = jsonProblem(text) ?? '';
    if (this.problem !== '') return;
    const schema = JSON.parse(text) as Json;
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
      this.problem = l10n.t('A JSON Schema is an object.');
    else this.#tell(schema as JsonObject);
  }

  async #takeExample(): Promise<void> {
    const text = this.#draft ?? '';
    this.problem = jsonProblem(text) ?? '';
    if (this.problem !== '') return;
    try {
      this.#tell(await this.exampleOf(text));
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  #tell(schema: JsonObject): void {
    this.#draft = undefined;
    this.dispatchEvent(new CustomEvent('bb-schema', { detail: { schema } }));
  }
}

customElements.define('bb-schema-text', SchemaText);
