import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { PromptState } from '../../protocol/resultsSurface.ts';
import { action } from './action.ts';
import { factList } from './facts.ts';

/** What was sent for a row. */
export function promptPane(
  prompt: PromptState | 'failed' | undefined,
  copy: () => void,
): TemplateResult | typeof nothing {
  if (prompt === undefined) return nothing;
  if (prompt === 'failed') return html`<p role="status">${l10n.t('What was sent cannot be read.')}</p>`;
  if (prompt.why !== '') return html`<p>${prompt.why}</p>`;
  return html`
    ${
      prompt.note === ''
        ? nothing
        : html`<p class="msg">
            <i class="codicon codicon-history warn" aria-hidden="true"></i><span>${prompt.note}</span>
          </p>`
    }
    ${prompt.parts.map(
      ({ label, text, cut }) =>
        html`<section>
          <h3>${label}</h3>
          <pre class="code" dir="auto">${text}</pre>
          ${cut === '' ? nothing : html`<p class="note">${cut}</p>`}
        </section>`,
    )}
    <div class="actions">${action('copy', l10n.t('Copy prompt'), copy, { words: true })}</div>
    ${factList(prompt.facts)}
  `;
}
