import { html, LitElement, type TemplateResult } from 'lit';

/** Edits the text of a prompt. */
class PromptEditor extends LitElement {
  static override properties = {
    value: {},
    label: {},
    variables: { attribute: false },
    findings: { attribute: false },
    readOnly: { type: Boolean },
  };
  declare value: string;
  declare label: string;
  declare readOnly: boolean;
  #sent: string | undefined;

  override focus(): void {
    this.#area?.focus();
  }

  get selection(): { anchor: number; head: number } {
    return { anchor: this.#area?.selectionStart ?? 0, head: this.#area?.selectionEnd ?? 0 };
  }

  set selection({ anchor, head }: { anchor: number; head: number }) {
    this.#area?.setSelectionRange(anchor, head);
  }

  flush(): void {
    const value = this.#area?.value ?? this.value;
    if (value === this.value || value === this.#sent) return;
    this.#sent = value;
    this.#tell('bb-change', { value });
  }

  get #area(): HTMLTextAreaElement | null {
    return this.renderRoot.querySelector('textarea');
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  override render(): TemplateResult {
    return html`<textarea
      aria-label=${this.label}
      .value=${this.value}
      ?readonly=${this.readOnly}
      @blur=${() => this.flush()}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === 'Escape') this.#tell('bb-leave', null);
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.#tell('bb-run', null);
      }}
    ></textarea>`;
  }
}
customElements.define('bb-prompt-editor', PromptEditor);
