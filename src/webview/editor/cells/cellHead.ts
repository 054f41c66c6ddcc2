import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CellView } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { icon } from '../../parts/icon.ts';
import { objectsOf, textOf } from '../sourceValues.ts';
import { count, kindInWords, nameOf, rowsInWords } from '../words.ts';

/** Names of codicons. */
export const KIND_ICONS: Readonly<Record<CellView['kind'], string>> = {
  files: 'files',
  rows: 'table',
  messages: 'comment-discussion',
  markdown: 'markdown',
  unknown: 'question',
};

/** The head of a cell: its kind, its id, and how many problems it has. Folded, it also says what it asks. */
export function cellHead(model: EditorModel, cell: CellView): TemplateResult {
  const folded = model.folded.has(cell.key);
  const inputs = model.inputs[cell.key];
  return html`<div class="card-head">
    ${
      folded
        ? html`<button
            class="act icon"
            type="button"
            aria-expanded="false"
            aria-label=${l10n.t('Unfold {0}', nameOf(cell))}
            @click=${() => {
              model.fold(cell.key, false);
            }}
          >
            ${icon('chevron-right')}
          </button>`
        : nothing
    }
    ${icon(KIND_ICONS[cell.kind])} ${idOf(model, cell)}
    <span class="muted clip grow">${folded ? firstLine(cell) : kindInWords(cell.kind)}</span>
    ${folded && inputs?.state === 'ready' ? html`<span class="muted num">${rowsInWords(inputs.rows)}</span>` : nothing}
    ${problemCount(model, cell)}
  </div>`;
}

function idOf(model: EditorModel, cell: CellView): TemplateResult {
  const { key, id = '' } = cell;
  if (model.renamed !== key)
    return html`<span
      class="id"
      @dblclick=${() => {
        model.rename(key);
      }}
      >${id}</span
    >`;
  const close = (): void => {
    model.renamed = undefined;
    model.redraw();
  };
  return html`<input
    class="in mono id-field"
    aria-label=${l10n.t('Id of the cell')}
    data-field="id"
    spellcheck="false"
    .value=${id}
    @keydown=${(event: KeyboardEvent) => {
      if (event.key !== 'Enter' && event.key !== 'Escape') return;
      event.preventDefault();
      event.stopPropagation();
      const { value } = event.target as HTMLInputElement;
      if (event.key === 'Enter' && value !== id) model.set(key, ['id'], value);
      close();
      model.focus(key);
    }}
    @blur=${close}
  />`;
}

function problemCount(model: EditorModel, cell: CellView): TemplateResult | typeof nothing {
  const findings = model.findings.of(cell.key);
  if (findings.length === 0) return nothing;
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  return html`<button
    class="act"
    type="button"
    title=${l10n.t('Go to the Next Problem (F8)')}
    @click=${() => {
      model.fold(cell.key, false);
      model.showFinding(findings[0]);
    }}
  >
    ${errors === 0 ? nothing : html`<span class="vh">${l10n.t('Errors:')}</span>${icon('error', 's err')}<span class="num">${count(errors)}</span>`}
    ${warnings === 0 ? nothing : html`<span class="vh">${l10n.t('Warnings:')}</span>${icon('warning', 's warn')}<span class="num">${count(warnings)}</span>`}
  </button>`;
}

/** What a cell asks, to be told from others by. */
export function firstLine({ source }: CellView): string {
  const text = textOf(source['prompt']) || textOf(objectsOf(source['messages'])[0]?.['content']);
  return text.split('\n', 1)[0] ?? '';
}
