import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CellView } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { inheritedRetry, retryKinds, withRetry } from '../retryFields.ts';
import { objectOf } from '../sourceValues.ts';
import { textField } from '../textField.ts';
import { optionField, ownOf } from './optionField.ts';
import { property } from './property.ts';

/** How often rows of a cell are tried again, by how they ended: shown where the cell says it, or on demand. */
export function retryProperty(model: EditorModel, cell: CellView): TemplateResult | typeof nothing {
  const { key, source } = cell;
  if (model.document?.kind !== 'cells' || (source['retry'] === undefined && !model.retried.has(key)))
    return nothing;
  const { job } = model.document;
  return property(
    l10n.t('Retries'),
    html`<div class="options">
      ${retryKinds().map(({ kind, label }) => {
        const own = ownOf(cell, ['retry', kind]);
        return optionField(model, cell, {
          path: ['retry', kind],
          label,
          control: textField({
            label: l10n.t('Retries: {0}', label),
            field: `retry.${kind}`,
            look: 'num narrow',
            numeric: true,
            value: own === undefined ? '' : typeof own === 'string' ? own : JSON.stringify(own),
            placeholder: inheritedRetry(job, kind),
            send: (value) => {
              model.setFrom(key, ['retry'], ({ retry }) => withRetry(objectOf(retry), kind, value));
            },
          }),
        });
      })}
    </div>`,
    html`<div class="line muted">
      ${l10n.t('Further attempts for a row, by how the last one ended. 0 switches them off.')}
    </div>`,
  );
}
