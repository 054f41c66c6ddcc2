import * as l10n from '@vscode/l10n';
import { html, type TemplateResult } from 'lit';
import type { CellView } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { findingMessages } from '../findingMessages.ts';

/** A cell that only the text editor can change: as it stands, and where. */
export function unknownCell(model: EditorModel, cell: CellView): TemplateResult {
  return html`<div class="props">
    ${findingMessages(model, model.findings.of(cell.key))}
    <pre class="code" tabindex="0" role="region" aria-label=${l10n.t('The cell as it stands')}>
${JSON.stringify(cell.source, null, 2)}</pre>
    <div class="line">
      <button
        class="link"
        type="button"
        @click=${() => {
          model.channel.intent('openText', { line: cell.line, column: 1 });
        }}
      >
        ${l10n.t('Edit as Text')}
      </button>
    </div>
  </div>`;
}
