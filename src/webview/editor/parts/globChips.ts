import { html, LitElement, type TemplateResult } from 'lit';

/** Edits a list of globs. */
class GlobChips extends LitElement {
  static override properties = {
    globs: { attribute: false },
    label: {},
    findings: { attribute: false },
  };
  declare globs: readonly string[];
  declare label: string;

  override render(): TemplateResult {
    return html`<input
      aria-label=${this.label}
      .value=${this.globs.join(' ')}
      @change=${(event: Event) =>
        this.dispatchEvent(
          new CustomEvent('bb-change', {
            detail: { globs: (event.target as HTMLInputElement).value.split(' ') },
            bubbles: true,
            composed: true,
          }),
        )}
    />`;
  }
}
customElements.define('bb-glob-chips', GlobChips);
