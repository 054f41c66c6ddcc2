import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { Finding } from '../../protocol/editorSurface.ts';
import type { EditorModel } from './editorModel.ts';
import { icon } from '../parts/icon.ts';
import { count } from './words.ts';

/** Problems below what they are about, each with its fixes and its place in the text. */
export function findingMessages(
  model: EditorModel,
  findings: readonly Finding[],
): TemplateResult | typeof nothing {
  if (findings.length === 0) return nothing;
  return html`<ul class="findings">
    ${findings.map((finding) => findingMessage(model, finding))}
  </ul>`;
}

function findingMessage(model: EditorModel, finding: Finding): TemplateResult {
  const { id, severity, message, line, column, fixes } = finding;
  return html`<li class="msg" data-finding=${id}>
    ${icon(severity, severity === 'error' ? 's err' : 's warn')}
    <p>
      <span class="vh">${severity === 'error' ? l10n.t('Error:') : l10n.t('Warning:')}</span>
      ${message}
      ${fixes.map(
        (fix) =>
          html`<button
            class="link"
            type="button"
            @click=${() => {
              model.fix(id, fix.id);
            }}
          >
            ${fix.title}
          </button> `,
      )}<button
        class="link place"
        type="button"
        @click=${() => {
          model.channel.intent('openText', { line, column });
        }}
      >
        ${l10n.t('line {0}, column {1}', count(line), count(column))}
      </button>
    </p>
  </li>`;
}
