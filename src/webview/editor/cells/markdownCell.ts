import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { CellView } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { findingMessages } from '../findingMessages.ts';
import { icon } from '../../parts/icon.ts';
import { markdownView } from '../markdownView.ts';
import { textOf } from '../sourceValues.ts';
import { promptText } from './promptText.ts';

/** A note: as it reads, or its text while it is written. */
export function markdownCell(model: EditorModel, cell: CellView): TemplateResult {
  const { key } = cell;
  const text = textOf(cell.source['text']);
  if (model.written.has(key))
    return html`<div class="note-text">
      ${promptText(model, cell, {
        path: ['text'],
        label: l10n.t('Markdown'),
        findings: model.findings.at(key, 'text'),
        variables: false,
      })}
      <div class="line muted">
        <span><kbd>Ctrl</kbd> <kbd>Enter</kbd> ${l10n.t('or')} <kbd>Esc</kbd> ${l10n.t('shows it')}</span>
      </div>
    </div>`;
  const edit = (): void => {
    model.written.add(key);
    model.focus(key, 'text');
  };
  return html`<div class="md" @dblclick=${edit}>
      ${
        model.folded.has(key)
          ? html`<p class="clip muted">${icon('chevron-right', 's')} ${text.split('\n')[0]}</p>`
          : text.trim() === ''
            ? html`<p class="muted">${l10n.t('Empty note. Enter writes it.')}</p>`
            : guard([text], () => markdownView(text))
      }
    </div>
    ${model.findings.of(key).length === 0 ? nothing : findingMessages(model, model.findings.of(key))}`;
}
