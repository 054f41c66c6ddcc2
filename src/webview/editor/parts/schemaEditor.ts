import * as l10n from '@vscode/l10n';
import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { ref } from 'lit/directives/ref.js';
import type { Finding, Json, JsonObject } from '../../../protocol/editorSurface.ts';
import { controls } from './controls.ts';
import { drawnIcon } from './drawnIcon.ts';
import { jsonProblem } from './jsonProblem.ts';
import {
  addField,
  FIELD_TYPES,
  fieldsOf,
  freeName,
  NEW_SCHEMA,
  removeField,
  renameField,
  setDescription,
  setRequired,
  setType,
  setValues,
  type FieldPath,
  type FieldType,
  type SchemaField,
} from './schemaFields.ts';

/**
 * The schema of answers: as a list of fields, as text, or made from an example. What only the text can show stays as it
 * is through every change of a field. Text that cannot be read stays in its field and is not sent.
 *
 * Events: `bb-change {schema}` (`undefined`: none), `bb-fix {finding, fix}`, `bb-leave`.
 */
export class SchemaEditor extends LitElement {
  static override readonly properties = {
    schema: { attribute: false },
    schemaFile: { type: String },
    findings: { attribute: false },
    label: { type: String },
    exampleOf: { attribute: false },
    view: { state: true },
    problem: { state: true },
  };
  static override readonly styles = [
    controls,
    css`
      :host {
        display: block;
        min-width: 0;
        container-type: inline-size;
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
      }
      .bar [aria-pressed='true'] {
        color: inherit;
        background: var(--vscode-toolbar-activeBackground, var(--vscode-list-hoverBackground, transparent));
      }
      .field {
        display: grid;
        grid-template-columns: minmax(90px, 2fr) minmax(80px, 1fr) auto minmax(140px, 5fr) auto;
        gap: 6px;
        align-items: center;
        padding: 2px 0;
      }
      .field input[type='text'] {
        width: 100%;
      }
      .field .name {
        font-family: var(--vscode-editor-font-family, monospace);
      }
      .field label {
        display: flex;
        align-items: center;
        gap: 4px;
        white-space: nowrap;
      }
      .field input[type='checkbox'] {
        min-height: 0;
        accent-color: var(--vscode-contrastActiveBorder, var(--vscode-button-background));
      }
      .more {
        grid-column: 1 / -1;
        display: flex;
        flex-wrap: wrap;
        gap: 4px 8px;
        align-items: center;
      }
      textarea {
        width: 100%;
        min-height: 12em;
        font-family: var(--vscode-editor-font-family, monospace);
        resize: vertical;
      }
      p {
        margin: 4px 0;
      }
      @container (max-width: 560px) {
        .field {
          grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) auto;
          border-bottom: 1px solid var(--edge);
        }
        .field .description {
          grid-column: span 2;
        }
      }
    `,
  ];

  declare schema: JsonObject | undefined;
  declare schemaFile: string | undefined;
  declare findings: readonly Finding[];
  declare label: string;
  declare exampleOf: (example: string) => Promise<JsonObject>;
  declare view: 'fields' | 'text' | 'example';
  /** Why what is typed as text or example is not sent. */
  declare problem: string;
  /** What is typed as text and not yet the schema: nothing from outside takes it away. */
  #draft: string | undefined;

  constructor() {
    super();
    this.schema = undefined;
    this.schemaFile = undefined;
    this.findings = [];
    this.label = '';
    this.view = 'fields';
    this.problem = '';
    this.exampleOf = () => Promise.reject(new Error('no example'));
  }

  override focus(): void {
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>('input, textarea, button')?.focus(),
    );
  }

  override render(): TemplateResult {
    if (this.schemaFile !== undefined && this.schema === undefined)
      return html`<p>${l10n.t('The schema is in {0}.', this.schemaFile)}</p>`;
    const isTyped = this.view === 'example' || (this.view === 'text' && this.#draft !== undefined);
    if (this.schema === undefined && !isTyped) return this.#nothingYet();
    return html`<div
      role="group"
      aria-label=${this.label}
      @keydown=${(event: KeyboardEvent) => {
        // Other keys go on: VS Code listens for its own, such as those that save and undo.
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        event.preventDefault();
        this.#tell('bb-leave');
      }}
    >
      ${this.#bar()} ${this.view === 'fields' ? this.#fields(this.schema ?? NEW_SCHEMA) : this.#text()}
      ${this.findings.map((finding) => this.#finding(finding))}
    </div>`;
  }

  #nothingYet(): TemplateResult {
    return html`<div class="bar">
      <button
        type="button"
        class="flat"
        @click=${() => {
          this.#add(NEW_SCHEMA, []);
        }}
      >
        ${l10n.t('Add Schema')}
      </button>
      <button
        type="button"
        class="flat"
        @click=${() => {
          this.#show('example');
        }}
      >
        ${l10n.t('From an Example…')}
      </button>
    </div>`;
  }

  #bar(): TemplateResult {
    const views = [
      ['fields', l10n.t('Fields')],
      ['text', l10n.t('JSON Schema')],
      ['example', l10n.t('From an Example…')],
    ] as const;
    return html`<div class="bar">
      ${views.map(
        ([view, name]) =>
          html`<button
            type="button"
            class="flat"
            aria-pressed=${this.view === view}
            @click=${() => {
              this.#show(view);
            }}
          >
            ${name}
          </button>`,
      )}
      <button
        type="button"
        class="flat"
        @click=${() => {
          this.view = 'fields';
          this.#change(undefined);
        }}
      >
        ${l10n.t('Remove Schema')}
      </button>
    </div>`;
  }

  #fields(schema: JsonObject): TemplateResult {
    // By position, not by name: a field that is renamed keeps its elements, and they the focus.
    return html`${fieldsOf(schema).map((field, place) => this.#field(schema, field, place))}
      <button
        type="button"
        class="flat add"
        @click=${() => {
          this.#add(schema, []);
        }}
      >
        ${l10n.t('Add Field')}
      </button>`;
  }

  #field(schema: JsonObject, field: SchemaField, place: number): TemplateResult {
    const { path, name, type, required, description, values, itemType } = field;
    const depth = path.filter((step) => step !== '[]').length - 1;
    const full = path.join('.').replaceAll('.[]', '[]');
    const inside: FieldPath | undefined =
      type === 'object' ? path : type === 'array' && itemType === 'object' ? [...path, '[]'] : undefined;
    return html`<div class="field" role="group" aria-label=${full}>
      <input
        class="name"
        type="text"
        spellcheck="false"
        aria-label=${l10n.t('Name of {0}', full)}
        .value=${name}
        ${ref((element) => {
          if (element !== undefined)
            (element as HTMLElement).style.marginInlineStart = `${String(16 * depth)}px`;
        })}
        @change=${(event: Event) => {
          const field = event.target as HTMLInputElement;
          const changed = renameField(schema, path, field.value.trim());
          if (changed === schema || JSON.stringify(changed) === JSON.stringify(schema)) field.value = name;
          else this.#change(changed);
        }}
      />
      <select
        aria-label=${l10n.t('Type of {0}', full)}
        .value=${type ?? ''}
        @change=${(event: Event) => {
          this.#change(setType(schema, path, (event.target as HTMLSelectElement).value as FieldType));
        }}
      >
        ${type === undefined ? html`<option value="" selected>${l10n.t('as in the text')}</option>` : nothing}
        ${FIELD_TYPES.map((one) => html`<option value=${one} ?selected=${one === type}>${one}</option>`)}
      </select>
      <label
        ><input
          type="checkbox"
          .checked=${required}
          @change=${(event: Event) => {
            this.#change(setRequired(schema, path, (event.target as HTMLInputElement).checked));
          }}
        />${l10n.t('required')}</label
      >
      <input
        class="description"
        type="text"
        aria-label=${l10n.t('Description of {0}', full)}
        placeholder=${l10n.t('What is meant')}
        .value=${description}
        @change=${(event: Event) => {
          this.#change(setDescription(schema, path, (event.target as HTMLInputElement).value.trim()));
        }}
      />
      <button
        type="button"
        class="flat remove"
        aria-label=${l10n.t('Remove {0}', full)}
        @click=${() => {
          this.#remove(schema, path, place);
        }}
      >
        ${l10n.t('Remove')}
      </button>
      <div class="more">
        ${
          description === ''
            ? html`<span
                >${drawnIcon('warning')}
                <span>${l10n.t('No description. The model guesses what is meant.')}</span></span
              >`
            : nothing
        }
        ${
          type === 'string'
            ? html`<input
                type="text"
                aria-label=${l10n.t('Allowed values of {0}', full)}
                placeholder=${l10n.t('Allowed values: any')}
                .value=${values.join(', ')}
                @change=${(event: Event) => {
                  const typed = (event.target as HTMLInputElement).value.split(',').map((one) => one.trim());
                  this.#change(
                    setValues(
                      schema,
                      path,
                      typed.filter((one) => one !== ''),
                    ),
                  );
                }}
              />`
            : nothing
        }
        ${
          inside === undefined
            ? nothing
            : html`<button
                type="button"
                class="flat"
                @click=${() => {
                  this.#add(schema, inside);
                }}
              >
                ${l10n.t('Add Field to {0}', full)}
              </button>`
        }
      </div>
    </div>`;
  }

  #text(): TemplateResult {
    const isExample = this.view === 'example';
    return html`<textarea
        spellcheck="false"
        aria-label=${isExample ? l10n.t('Example of an answer, as JSON') : l10n.t('JSON Schema of the answer')}
        placeholder=${isExample ? '{ "total": 12.5, "currency": "EUR" }' : ''}
        .value=${live(this.#textOf(isExample))}
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
      ${this.problem === '' ? nothing : html`<p role="status">${drawnIcon('error')} <span>${this.problem}</span></p>`}`;
  }

  #finding({ id, severity, message, fixes }: Finding): TemplateResult {
    return html`<p>
      ${drawnIcon(severity)} <span>${message}</span>
      ${fixes.map(
        (fix) =>
          html`<button
            type="button"
            class="flat"
            @click=${() => {
              this.#tell('bb-fix', { finding: id, fix: fix.id });
            }}
          >
            ${fix.title}
          </button>`,
      )}
    </p>`;
  }

  #show(view: 'fields' | 'text' | 'example'): void {
    if (view === this.view) return;
    this.view = view;
    this.problem = '';
    this.#draft = undefined;
  }

  #textOf(isExample: boolean): string {
    return this.#draft ?? (isExample ? '' : JSON.stringify(this.schema ?? NEW_SCHEMA, undefined, 2));
  }

  #add(schema: JsonObject, inside: FieldPath): void {
    const name = freeName(schema, inside);
    const added = addField(schema, inside, name);
    this.view = 'fields';
    this.#change(added);
    const path = JSON.stringify([...inside, name]);
    const place = fieldsOf(added).findIndex((field) => JSON.stringify(field.path) === path);
    void this.updateComplete.then(() => {
      const field = this.renderRoot.querySelectorAll<HTMLInputElement>('.field .name')[place];
      field?.focus();
      field?.select();
    });
  }

  /** The one behind it comes to its place and has the focus next, else the one before, else what adds another. */
  #remove(schema: JsonObject, path: FieldPath, place: number): void {
    this.#change(removeField(schema, path));
    void this.updateComplete.then(() => {
      const others = this.renderRoot.querySelectorAll<HTMLElement>('.field .remove');
      const next = others[Math.min(place, others.length - 1)];
      (next ?? this.renderRoot.querySelector<HTMLElement>('.add'))?.focus();
    });
  }

  #read(text: string): void {
    this.problem = jsonProblem(text) ?? '';
    if (this.problem !== '') return;
    const schema = JSON.parse(text) as Json;
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
      this.problem = l10n.t('A JSON Schema is an object.');
    else this.#change(schema as JsonObject);
  }

  async #takeExample(): Promise<void> {
    const text = this.#draft ?? '';
    this.problem = jsonProblem(text) ?? '';
    if (this.problem !== '') return;
    try {
      const schema = await this.exampleOf(text);
      this.#show('fields');
      this.#change(schema);
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  /** Shown at once; the document says the same soon. */
  #change(schema: JsonObject | undefined): void {
    this.#draft = undefined;
    this.schema = schema;
    this.#tell('bb-change', { schema });
  }

  #tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }
}

customElements.define('bb-schema-editor', SchemaEditor);
