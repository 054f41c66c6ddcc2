import * as l10n from '@vscode/l10n';
import { LitElement, css, html, type PropertyValues, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Finding, JsonObject } from '../../../protocol/editorSurface.ts';
import { controls } from './controls.ts';
import { drawnIcon } from './drawnIcon.ts';
import { FieldKeys } from './fieldKeys.ts';
import { schemaFieldRow } from './schemaFieldRow.ts';
import {
  addField,
  fieldsOf,
  freeName,
  NEW_SCHEMA,
  removeField,
  renameField,
  type FieldPath,
} from './schemaFields.ts';
import { SchemaText } from './schemaText.ts';

/**
 * The schema of answers: as a list of fields, as text, or made from an example. What only the text can show stays as it
 * is through every change of a field.
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
        grid-template-columns: minmax(90px, 2fr) minmax(92px, 1fr) auto minmax(140px, 5fr) auto;
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
  readonly #keys = new FieldKeys();

  constructor() {
    super();
    this.schema = undefined;
    this.schemaFile = undefined;
    this.findings = [];
    this.label = '';
    this.view = 'fields';
    this.exampleOf = () => Promise.reject(new Error('no example'));
  }

  override focus(): void {
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>('input, textarea, button')?.focus(),
    );
  }

  /** The text of a schema that somebody else took away goes with it, unless something is typed in it. */
  protected override willUpdate(changed: PropertyValues<this>): void {
    const isGone = this.schema === undefined && changed.get('schema') !== undefined;
    const text = this.renderRoot.querySelector('bb-schema-text');
    if (!isGone || this.view !== 'text' || (text instanceof SchemaText && text.isTyped)) return;
    this.view = 'fields';
    if (this.shadowRoot?.activeElement != null) this.focus();
  }

  override render(): TemplateResult {
    if (this.schemaFile !== undefined && this.schema === undefined)
      return html`<p>${l10n.t('The schema is in {0}.', this.schemaFile)}</p>`;
    if (this.schema === undefined && this.view === 'fields') return this.#nothingYet();
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
      ${this.#bar()}
      ${this.view === 'fields' ? this.#fields(this.schema ?? NEW_SCHEMA) : this.#text(this.view)}
      ${this.findings.map((finding) => this.#finding(finding))}
    </div>`;
  }

  #nothingYet(): TemplateResult {
    return html`<div class="bar">
      <button
        type="button"
        class="flat"
        @click=${() => {
          this.#add([]);
        }}
      >
        ${l10n.t('Add Schema')}
      </button>
      <button
        type="button"
        class="flat"
        @click=${() => {
          this.view = 'example';
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
              this.view = view;
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
    const acts = {
      change: (path: FieldPath, make: (before: JsonObject) => JsonObject) => {
        this.#changeField(path, make);
      },
      rename: (path: FieldPath, to: string) => this.#rename(path, to),
      add: (inside: FieldPath) => {
        this.#add(inside);
      },
      remove: (path: FieldPath, place: number) => {
        this.#remove(path, place);
      },
    };
    return html`${repeat(
        this.#keys.of(schema),
        ({ key }) => key,
        (field, place) => schemaFieldRow(field, place, acts),
      )}
      <button
        type="button"
        class="flat add"
        @click=${() => {
          this.#add([]);
        }}
      >
        ${l10n.t('Add Field')}
      </button>`;
  }

  #text(view: 'text' | 'example'): TemplateResult {
    return html`${keyed(
      view,
      html`<bb-schema-text
        .schema=${this.schema}
        .isExample=${view === 'example'}
        .exampleOf=${this.exampleOf}
        @bb-schema=${({ detail }: CustomEvent<{ schema: JsonObject }>) => {
          if (view === 'example') this.view = 'fields';
          this.#change(detail.schema);
        }}
      ></bb-schema-text>`,
    )}`;
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

  #add(inside: FieldPath): void {
    const schema = this.schema ?? NEW_SCHEMA;
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

  /** @returns Whether anything is another then. */
  #changeField(path: FieldPath, make: (schema: JsonObject) => JsonObject): boolean {
    const { schema = NEW_SCHEMA } = this;
    // A field that somebody else took away says once more what was typed in it.
    const isThere = fieldsOf(schema).some((field) => JSON.stringify(field.path) === JSON.stringify(path));
    const changed = isThere ? make(schema) : schema;
    if (JSON.stringify(changed) === JSON.stringify(schema)) return false;
    this.#change(changed);
    return true;
  }

  #rename(path: FieldPath, to: string): boolean {
    return this.#changeField(path, (schema) => renameField(schema, path, to));
  }

  /** The one behind it comes to its place and has the focus next, else the one before, else what adds another. */
  #remove(path: FieldPath, place: number): void {
    this.#changeField(path, (schema) => removeField(schema, path));
    void this.updateComplete.then(() => {
      const others = this.renderRoot.querySelectorAll<HTMLElement>('.field .remove');
      const next = others[Math.min(place, others.length - 1)];
      (next ?? this.renderRoot.querySelector<HTMLElement>('.add'))?.focus();
    });
  }

  /** Shown at once; the document says the same soon. */
  #change(schema: JsonObject | undefined): void {
    this.schema = schema;
    this.#tell('bb-change', { schema });
  }

  #tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }
}

customElements.define('bb-schema-editor', SchemaEditor);
