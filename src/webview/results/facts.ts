import { html, nothing, type TemplateResult } from 'lit';
import type { FactState } from '../../protocol/resultsSurface.ts';

/** What is known of a row, by name. @param openWritten Opens the file that its answer was written to. */
export function factList(facts: readonly FactState[], openWritten?: () => void): TemplateResult {
  return html`<dl class="kv facts">
    ${facts.map((fact) => {
      const name = fact.id === '' ? nothing : html`<span class="mono muted">${fact.id}</span>`;
      return html`<div>
        <dt>${fact.label}</dt>
        <dd>${valueOf(fact, openWritten)}${name}</dd>
      </div>`;
    })}
  </dl>`;
}

function valueOf({ value, opens }: FactState, open: (() => void) | undefined): string | TemplateResult {
  if (opens === undefined || open === undefined) return value;
  return html`<button type="button" class="link clip" title=${value} @click=${open}>${value}</button>`;
}
