import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CellView } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { icon } from '../../parts/icon.ts';
import { property } from './property.ts';
import { promptText } from './promptText.ts';

/** What goes before every prompt of a cell. Shown where the cell has its own. */
export function systemProperty(model: EditorModel, cell: CellView): TemplateResult | typeof nothing {
  const { key, source } = cell;
  if (source['system'] === undefined) return nothing;
  return property(
    l10n.t('System'),
    promptText(model, cell, {
      path: ['system'],
      label: l10n.t('System text of {0}', cell.id ?? ''),
      findings: model.findings.at(key, 'system'),
      variables: false,
    }),
    html`<div class="line">
      <button
        class="link"
        type="button"
        @click=${() => {
          model.set(key, ['system'], undefined);
          model.focus(key);
        }}
      >
        ${icon('discard', 's')}${l10n.t('Remove System Text')}
      </button>
    </div>`,
  );
}
