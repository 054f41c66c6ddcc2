import { html, LitElement, type TemplateResult } from 'lit';
import type { CellInputs } from '../../../protocol/editorSurface.ts';

/** Shows what matches a cell. */
class MatchList extends LitElement {
  static override properties = {
    inputs: { attribute: false },
    cellKey: {},
    load: { attribute: false },
  };
  declare inputs: CellInputs | undefined;

  override render(): TemplateResult {
    return html`<div>${this.inputs?.state === 'ready' ? this.inputs.count : ''}</div>`;
  }
}
customElements.define('bb-match-list', MatchList);
