import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { JsonObject } from '../../../protocol/editorSurface.ts';
import { drawnIcon } from './drawnIcon.ts';
import {
  FIELD_TYPES,
  setDescription,
  setRequired,
  setType,
  setValues,
  type FieldPath,
  type FieldType,
  type SchemaField,
} from './schemaFields.ts';

/** What a row of the list of fields may do, always to the schema as it is then. */
interface FieldActs {
  /** Nothing where the field has gone meanwhile. */
  readonly change: (path: FieldPath, make: (schema: JsonObject) => JsonObject) => void;
  /** @returns Whether the field can be called so. */
  readonly rename: (path: FieldPath, to: string) => boolean;
  readonly add: (inside: FieldPath) => void;
  readonly remove: (path: FieldPath, place: number) => void;
}

/** One field of a schema: its name, its type, whether it must be there, and what is meant. */
export function schemaFieldRow(field: SchemaField, place: number, acts: FieldActs): TemplateResult {
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
        if (!acts.rename(path, field.value.trim())) field.value = name;
      }}
    />
    <select
      aria-label=${l10n.t('Type of {0}', full)}
      .value=${type ?? ''}
      @change=${(event: Event) => {
        acts.change(path, (schema) =>
          setType(schema, path, (event.target as HTMLSelectElement).value as FieldType),
        );
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
          acts.change(path, (schema) =>
            setRequired(schema, path, (event.target as HTMLInputElement).checked),
          );
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
        acts.change(path, (schema) =>
          setDescription(schema, path, (event.target as HTMLInputElement).value.trim()),
        );
      }}
    />
    <button
      type="button"
      class="flat remove"
      aria-label=${l10n.t('Remove {0}', full)}
      @click=${() => {
        acts.remove(path, place);
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
                acts.change(path, (schema) =>
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
                acts.add(inside);
              }}
            >
              ${l10n.t('Add Field to {0}', full)}
            </button>`
      }
    </div>
  </div>`;
}
