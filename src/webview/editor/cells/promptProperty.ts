import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CellView } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { icon } from '../../parts/icon.ts';
import { textOf } from '../sourceValues.ts';
import { property } from './property.ts';
import { promptText } from './promptText.ts';
import './rowPreview.ts';

/** The prompt of a cell, and what becomes of it for one row. */
export function promptProperty(model: EditorModel, cell: CellView): TemplateResult {
  return property(
    l10n.t('Prompt'),
    promptText(model, cell, {
      path: ['prompt'],
      label: l10n.t('Prompt of {0}', cell.id ?? ''),
      findings: model.findings.at(cell.key, 'prompt'),
    }),
    previewOf(model, cell),
  );
}

function previewOf(model: EditorModel, cell: CellView): TemplateResult | typeof nothing {
  const { key } = cell;
  const inputs = model.inputs[key];
  if (inputs?.state !== 'ready' || inputs.rows === 0) return nothing;
  const shown = model.previewed.get(key);
  if (shown === undefined)
    return html`<div class="line">
      <button
        class="link"
        type="button"
        aria-expanded="false"
        @click=${() => {
          model.previewed.set(key, 0);
          model.redraw();
        }}
      >
        ${icon('open-preview', 's')}${l10n.t('Preview with {0}', inputs.first[0]?.name ?? l10n.t('row 1'))}
      </button>
    </div>`;
  return html`<bb-row-preview
    .names=${inputs.first}
    .rows=${inputs.rows}
    .index=${Math.min(shown, inputs.rows - 1)}
    .of=${textOf(cell.source['prompt'])}
    .load=${(index: number) => model.channel.call('preview', { key, index })}
    @bb-row=${({ detail }: CustomEvent<{ index: number | undefined }>) => {
      if (detail.index === undefined) model.previewed.delete(key);
      else model.previewed.set(key, detail.index);
      model.redraw();
    }}
  ></bb-row-preview>`;
}
