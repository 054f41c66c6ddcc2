import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../parts/icon.ts';

/**
 * A flat button with an icon.
 * @param options `words`: its label is shown; `off`: it leads nowhere now, but keeps the focus.
 */
export function action(
  name: string,
  label: string,
  act: () => void,
  { words = false, off = false }: { readonly words?: boolean; readonly off?: boolean } = {},
): TemplateResult {
  return html`<button
    type="button"
    class="act"
    aria-label=${words ? nothing : label}
    title=${words ? nothing : label}
    aria-disabled=${off ? 'true' : nothing}
    @click=${act}
  >
    ${icon(name)}${words ? html`<span>${label}</span>` : nothing}
  </button>`;
}
