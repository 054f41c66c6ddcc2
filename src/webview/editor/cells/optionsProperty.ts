import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CellView, Json, ModelView } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { findingMessages } from '../findingMessages.ts';
import { icon } from '../../parts/icon.ts';
import { openModelPicker } from '../modelPicker.ts';
import { textField } from '../textField.ts';
import { rowCheckInWords } from '../words.ts';
import { checkOption, optionField } from './optionField.ts';
import { property } from './property.ts';

type Option = 'maxTokens' | 'temperature' | 'effort' | 'enableCitations' | 'cache' | 'echo';

/** The request parameters of a cell: inherited, overridden (marked, with a way back), or not taken by its model (with the reason). */
export function optionsProperty(model: EditorModel, cell: CellView): TemplateResult {
  const used = model.models.models.find(({ name }) => name === cell.model);
  const findings = model.findings.at(cell.key, 'options');
  const field = (name: string, label: string, control: unknown): TemplateResult =>
    optionField(model, cell, { path: [name], label, control });
  const check = (name: 'enableCitations' | 'cache' | 'echo', label: string, title?: string): TemplateResult =>
    checkOption(model, cell, {
      name,
      label,
      inherited: inheritedOf(model, name) === 'true',
      words: [l10n.t('On'), l10n.t('Off')],
      disabled: refusal(used, name) !== undefined,
      ...(title === undefined ? {} : { title }),
    });
  const number = (name: 'maxTokens' | 'temperature', label: string): TemplateResult =>
    field(name, label, numberControl(model, cell, name, label, used));
  const named = ['temperature', 'effort', 'enableCitations', 'cache'] as const;
  // A check that nobody has asked for needs no reason.
  const asked = cell.source['echo'] === undefined ? [] : (['echo'] as const);
  const reasons = new Set([...named, ...asked].flatMap((name) => refusal(used, name) ?? []));
  return property(
    l10n.t('Options'),
    html`<div class="options">
      ${field('model', l10n.t('Model'), modelControl(model, cell))}
      ${number('maxTokens', l10n.t('Max tokens'))} ${number('temperature', l10n.t('Temperature'))}
      ${field('effort', l10n.t('Effort'), effortControl(model, cell, used))}
      ${check('enableCitations', l10n.t('Citations'))} ${check('cache', l10n.t('Prompt cache'))}
      ${check('echo', l10n.t('Row check'), rowCheckInWords())}
    </div>`,
    [...reasons].map(
      (reason) =>
        html`<div class="msg">
          ${icon('info', 's info')}
          <p class="muted">${reason}</p>
        </div>`,
    ),
    findingMessages(model, findings),
    moreFields(model, cell),
  );
}

/** What is there on demand: it has its own place once the cell says it. */
function moreFields(model: EditorModel, cell: CellView): TemplateResult | typeof nothing {
  const { key, source } = cell;
  const add = (label: string, act: () => void): TemplateResult =>
    html`<button class="link" type="button" @click=${act}>${icon('add', 's')}${label}</button>`;
  const hasSystem = source['system'] !== undefined;
  const hasRetry = source['retry'] !== undefined || model.retried.has(key);
  if (hasSystem && hasRetry) return nothing;
  return html`<div class="line">
    ${
      hasSystem
        ? nothing
        : add(l10n.t('System Text'), () => {
            model.set(key, ['system'], '');
            model.focus(key, 'system');
          })
    }
    ${
      hasRetry
        ? nothing
        : add(l10n.t('Retries'), () => {
            model.retried.add(key);
            model.focus(key, 'retry.truncated');
          })
    }
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
