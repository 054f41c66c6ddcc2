import { html, nothing, type TemplateResult } from 'lit';
import type { FactState } from '../../protocol/resultsSurface.ts';

/** What is known of a row, by name. @param openWritten Opens the file that its answer was written to. */
export function factList(facts: readonly FactState[], openWritten?: () => void): TemplateResult {
  return html`<dl class="kv facts">
    ${facts.map(
      ({ label, value, id, opens }) =>
        html`<div>
          <dt>${label}</dt>
          <dd>
            ${
              opens === 'written' && openWritten !== undefined
                ? html`<button type="button" class="link clip" title=${value} @click=${openWritten}>
                    ${value}
                  </button>`
                : value
            }${id === '' ? nothing : html`<span class="mono muted">${id}</span>`}
          </dd>
        </div>`,
    )}
  </dl>`;
}
