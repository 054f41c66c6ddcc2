import * as l10n from '@vscode/l10n';
import { html, type TemplateResult } from 'lit';
import type { EditorModel, NewKind, Place } from './editorModel.ts';
import { icon } from '../parts/icon.ts';
import { roveToolbar } from '../parts/rovingFocus.ts';

/** The kinds of cells in the order in which they are offered, with what they are called. */
export function newKinds(): readonly { readonly kind: NewKind; readonly title: string }[] {
  return [
    { kind: 'files', title: l10n.t('Files') },
    { kind: 'rows', title: l10n.t('Rows') },
    { kind: 'messages', title: l10n.t('Messages') },
    { kind: 'markdown', title: l10n.t('Markdown') },
  ];
}

/** Four buttons between two cells, or after the last. */
export function insertBar(model: EditorModel, place: Place, label: string, look = ''): TemplateResult {
  return html`<div class="insert ${look}" role="toolbar" aria-label=${label} @keydown=${roveToolbar}>
    ${newKinds().map(
      ({ kind, title }) =>
        html`<button
          class="act"
          type="button"
          aria-label=${l10n.t('Insert {0} cell', title)}
          @click=${() => void model.insert(kind, place)}
        >
          ${icon('add', 's')}${title}
        </button>`,
    )}
  </div>`;
}
