import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CellView } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { findingMessages } from '../findingMessages.ts';
import { textOf } from '../sourceValues.ts';
import { textField } from '../textField.ts';
import { checkOption } from './optionField.ts';
import { property } from './property.ts';

/** Where the answers of a cell are written, with the first files as they would be called. */
export function outputProperty(model: EditorModel, cell: CellView): TemplateResult {
  const { key, source } = cell;
  const findings = model.findings.at(key, 'output');
  const inputs = model.inputs[key];
  const outputs = inputs?.state === 'ready' ? inputs.outputs : [];
  const off = source['output'] === false;
  return property(
    l10n.t('Output'),
    html`<div class="with-action">
      ${textField({
        label: l10n.t('Output path'),
        field: 'output',
        look: 'mono',
        value: textOf(source['output']),
        placeholder: off ? l10n.t('No files') : l10n.t('each: one .json file for every row'),
        invalid: findings.some(({ severity }) => severity === 'error'),
        disabled: off,
        send: (value) => {
          model.set(key, ['output'], value === '' ? undefined : value);
        },
      })}
      <label class="check"
        ><input
          type="checkbox"
          data-field="writes"
          .checked=${!off}
          @change=${(event: Event) => {
            model.set(key, ['output'], (event.target as HTMLInputElement).checked ? undefined : false);
          }}
        />${l10n.t('Write files')}</label
      >
    </div>`,
    findingMessages(model, findings),
    outputs.length === 0
      ? nothing
      : html`<ul class="outputs muted mono" aria-label=${l10n.t('First output files')}>
          ${outputs.map((output) => html`<li class="clip" title=${output}>${output}</li>`)}
        </ul>`,
    off && source['overwrite'] === undefined
      ? nothing
      : html`<div class="options short">
          ${checkOption(model, cell, {
            name: 'overwrite',
            label: l10n.t('Files that exist'),
            inherited: false,
            words: [l10n.t('Replaced'), l10n.t('Kept')],
            title: l10n.t('Inputs and dot folders are never replaced.'),
          })}
        </div>`,
  );
}
