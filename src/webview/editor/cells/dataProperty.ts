import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CellView } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { findingMessages } from '../findingMessages.ts';
import { icon } from '../../parts/icon.ts';
import { textOf } from '../sourceValues.ts';
import { textField } from '../textField.ts';
import { count } from '../words.ts';
import { property } from './property.ts';

/** The table of a rows cell: its path, its columns, which one names the rows, and its first rows. */
export function dataProperty(model: EditorModel, cell: CellView): TemplateResult {
  const { key, source } = cell;
  const findings = model.findings.at(key, 'data');
  return property(
    l10n.t('Data'),
    html`<div class="with-action">
      ${textField({
        label: l10n.t('Table'),
        field: 'data',
        look: 'mono',
        value: textOf(source['data']),
        placeholder: l10n.t('A .csv, .tsv or .jsonl file'),
        invalid: findings.some(({ severity }) => severity === 'error'),
        send: (value) => {
          model.set(key, ['data'], value);
        },
      })}
      <button
        class="act"
        type="button"
        @click=${() => {
          model.pickFiles(key);
        }}
      >
        ${icon('table')}${l10n.t('Choose Table…')}
      </button>
    </div>`,
    findingMessages(model, findings),
    tableOf(model, cell),
  );
}

function tableOf(model: EditorModel, { key, source }: CellView): TemplateResult | typeof nothing {
  const inputs = model.inputs[key];
  if (inputs === undefined || inputs.state === 'looking')
    return html`<div class="line muted">${l10n.t('Reading the table…')}</div>`;
  if (inputs.state === 'failed')
    return html`<div class="msg">
      ${icon('error', 's err')}
      <p>${inputs.message}</p>
    </div>`;
  const named = textOf(source['key']);
  const { columns, table } = inputs;
  const numeric = columns.map((_, at) => table.length > 0 && table.every((row) => isNumber(row[at] ?? '')));
  const look = (at: number): string => (numeric[at] === true ? 'r' : '');
  return html`<div class="line">
      <span><b>${inputs.count}</b></span>
      <span class="muted">${l10n.t('{0} columns', count(columns.length))}</span>
      <label class="inline">
        <span class="muted">${l10n.t('Rows are named by')}</span>
        <select
          class="sel"
          data-field="key"
          @change=${(event: Event) => {
            model.set(key, ['key'], (event.target as HTMLSelectElement).value || undefined);
          }}
        >
          <option value="" ?selected=${named === ''}>${l10n.t('all their values')}</option>
          ${[...new Set([...columns, ...(named === '' ? [] : [named])])].map(
            (column) => html`<option value=${column} ?selected=${column === named}>${column}</option>`,
          )}
        </select>
      </label>
    </div>
    <div class="scroll-x" tabindex="0" role="region" aria-label=${l10n.t('First rows of the table')}>
      <table class="tb">
        <thead>
          <tr>
            ${columns.map(
              (column, at) =>
                html`<th scope="col" class=${look(at)}>
                  ${
                    column === named
                      ? html`<i class="codicon codicon-key s" role="img" aria-label=${l10n.t('Key')}></i>`
                      : nothing
                  }${column}
                </th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${table.map(
            (row) =>
              html`<tr>
                ${row.map((value, at) => html`<td class=${look(at)}>${value}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

function isNumber(text: string): boolean {
  return /^-?\d[\d.,]*$/.test(text);
}
