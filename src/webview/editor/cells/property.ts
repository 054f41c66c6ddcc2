import { html, nothing, type TemplateResult } from 'lit';

/** A property of a cell: its label in the label column, its content on the same edge as in every cell. */
export function property(label: string, ...content: readonly unknown[]): TemplateResult {
  return html`<div class="prop">
    <div class="k">${label}</div>
    <div class="v">${content.map((part) => (part === nothing ? nothing : part))}</div>
  </div>`;
}
