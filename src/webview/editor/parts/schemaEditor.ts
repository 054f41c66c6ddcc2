import { html, LitElement, type TemplateResult } from 'lit';

/** Edits the JSON Schema of an answer. */
class SchemaEditor extends LitElement {
  static override properties = {
    schema: { attribute: false },
    schemaFile: { attribute: false },
    findings: { attribute: false },
    label: {},
    exampleOf: { attribute: false },
  };
  declare schema: object | undefined;
  declare label: string;

  override render(): TemplateResult {
    return html`<div>${JSON.stringify(this.schema)}</div>`;
  }
}
customElements.define('bb-schema-editor', SchemaEditor);
