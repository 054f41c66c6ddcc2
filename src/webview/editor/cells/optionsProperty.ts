import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CellView, Json, ModelView } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { findingMessages } from '../findingMessages.ts';
import { icon } from '../icon.ts';
import { openModelPicker } from '../modelPicker.ts';
import { textField } from '../textField.ts';
import { property } from './property.ts';

type Option = 'maxTokens' | 'temperature' | 'effort' | 'enableCitations' | 'cache';

interface OptionField {
  readonly name: 'model' | Option;
  readonly label: string;
  readonly control: unknown;
}

/** The request parameters of a cell: inherited, overridden (marked, with a way back), or not taken by its model (with the reason). */
export function optionsProperty(model: EditorModel, cell: CellView): TemplateResult {
  const used = model.models.models.find(({ name }) => name === cell.model);
  const findings = model.findings.at(cell.key, 'options');
  const fields: readonly OptionField[] = [
    { name: 'model', label: l10n.t('Model'), control: modelControl(model, cell) },
    {
      name: 'maxTokens',
      label: l10n.t('Max tokens'),
      control: numberControl(model, cell, 'maxTokens', l10n.t('Max tokens'), used),
    },
    {
      name: 'temperature',
      label: l10n.t('Temperature'),
      control: numberControl(model, cell, 'temperature', l10n.t('Temperature'), used),
    },
    { name: 'effort', label: l10n.t('Effort'), control: effortControl(model, cell, used) },
    {
      name: 'enableCitations',
      label: l10n.t('Citations'),
      control: checkControl(model, cell, 'enableCitations', l10n.t('Citations'), used),
    },
    {
      name: 'cache',
      label: l10n.t('Prompt cache'),
      control: checkControl(model, cell, 'cache', l10n.t('Prompt cache'), used),
    },
  ];
  const reasons = new Set(
    fields.flatMap(({ name }) => (name === 'model' ? [] : (refusal(used, name) ?? []))),
  );
  return property(
    l10n.t('Options'),
    html`<div class="options">${fields.map((field) => optionField(model, cell, field))}</div>`,
    [...reasons].map(
      (reason) =>
        html`<div class="msg">
          ${icon('info', 's info')}
          <p class="muted">${reason}</p>
        </div>`,
    ),
    findingMessages(model, findings),
    cell.source['system'] === undefined
      ? html`<div class="line">
          <button
            class="link"
            type="button"
            @click=${() => {
              model.set(cell.key, ['system'], '');
              model.focus(cell.key, 'system');
            }}
          >
            ${icon('add', 's')}${l10n.t('System Text')}
          </button>
        </div>`
      : nothing,
  );
}

function optionField(
  model: EditorModel,
  cell: CellView,
  { name, label, control }: OptionField,
): TemplateResult {
  const overridden = cell.source[name] !== undefined;
  return html`<div class="option ${overridden ? 'overridden' : ''}">
    <div class="lab">
      <span>${label}</span>
      ${
        overridden
          ? html`<button
              class="act icon"
              type="button"
              aria-label=${l10n.t('{0}: use the default', label)}
              title=${l10n.t('Overridden here. Use the default.')}
              @click=${() => {
                model.set(cell.key, [name], undefined);
                model.focus(cell.key, name);
              }}
            >
              ${icon('discard', 's')}
            </button>`
          : nothing
      }
    </div>
    ${control}
  </div>`;
}

function modelControl(model: EditorModel, cell: CellView): TemplateResult {
  const own = cell.source['model'];
  const unknown = model.findings.at(cell.key, 'options').some(({ path }) => path[0] === 'model');
  return html`<button
    class="sel picks"
    type="button"
    data-field="model"
    aria-haspopup="dialog"
    aria-invalid=${unknown ? 'true' : 'false'}
    aria-label=${l10n.t('Model: {0}', cell.model)}
    @click=${(event: Event) => {
      openModelPicker(event.currentTarget as HTMLElement, {
        chosen: typeof own === 'string' ? own : undefined,
        inherited: inheritedOf(model, 'model'),
        pick: (name) => {
          model.set(cell.key, ['model'], name);
        },
      });
    }}
  >
    <span class="clip">${own === undefined ? l10n.t('{0} (default)', cell.model) : cell.model}</span
    >${icon('chevron-down', 's')}
  </button>`;
}

function numberControl(
  model: EditorModel,
  cell: CellView,
  name: 'maxTokens' | 'temperature',
  label: string,
  used: ModelView | undefined,
): TemplateResult {
  const own = cell.source[name];
  return textField({
    label,
    field: name,
    look: 'num narrow',
    numeric: true,
    value: own === undefined ? '' : written(own),
    placeholder: inheritedOf(model, name) ?? l10n.t("the service's own"),
    disabled: own === undefined && refusal(used, name) !== undefined,
    send: (value) => {
      model.set(cell.key, [name], value.trim() === '' ? undefined : numberOrText(value));
    },
  });
}

function effortControl(model: EditorModel, cell: CellView, used: ModelView | undefined): TemplateResult {
  const own = cell.source['effort'];
  const inherited = inheritedOf(model, 'effort');
  const efforts = [...new Set([...(used?.efforts ?? []), ...(own === undefined ? [] : [written(own)])])];
  return html`<select
    class="sel"
    aria-label=${l10n.t('Effort')}
    data-field="effort"
    ?disabled=${own === undefined && (refusal(used, 'effort') !== undefined || efforts.length === 0)}
    @change=${(event: Event) => {
      model.set(cell.key, ['effort'], (event.target as HTMLSelectElement).value || undefined);
    }}
  >
    <option value="" ?selected=${own === undefined}>
      ${inherited === undefined ? l10n.t('default') : l10n.t('{0} (default)', inherited)}
    </option>
    ${efforts.map((effort) => html`<option value=${effort} ?selected=${effort === own}>${effort}</option>`)}
  </select>`;
}

function checkControl(
  model: EditorModel,
  cell: CellView,
  name: 'enableCitations' | 'cache',
  label: string,
  used: ModelView | undefined,
): TemplateResult {
  const own = cell.source[name];
  const on = own === undefined ? inheritedOf(model, name) === 'true' : own === true;
  return html`<label class="check"
    ><input
      type="checkbox"
      aria-label=${label}
      data-field=${name}
      .checked=${on}
      ?disabled=${own === undefined && refusal(used, name) !== undefined}
      @change=${(event: Event) => {
        model.set(cell.key, [name], (event.target as HTMLInputElement).checked);
      }}
    /><span aria-hidden="true">${on ? l10n.t('On') : l10n.t('Off')}</span></label
  >`;
}

function refusal(used: ModelView | undefined, name: Option): string | undefined {
  return name === 'maxTokens' ? undefined : used?.refuses[name];
}

/** What holds where the cell is silent, as it is written. */
function inheritedOf({ document }: EditorModel, name: 'model' | Option): string | undefined {
  if (document?.kind !== 'cells') return undefined;
  const { defaults, standard } = document.job;
  const value = defaults[name] ?? (name === 'model' || name === 'maxTokens' ? standard[name] : undefined);
  return value === undefined ? undefined : written(value);
}

function written(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What is no number is kept as it was typed: the problem is shown at it, nothing is lost. */
function numberOrText(value: string): number | string {
  const n = Number(value.replaceAll(/[\s,_]/g, ''));
  return Number.isFinite(n) ? n : value;
}
