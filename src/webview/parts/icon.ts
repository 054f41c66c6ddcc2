import { html, type TemplateResult } from 'lit';

/** A codicon beside a word or with a label elsewhere: it says nothing of its own. */
export function icon(name: string, look = ''): TemplateResult {
  return html`<i class="codicon codicon-${name} ${look}" aria-hidden="true"></i>`;
}
