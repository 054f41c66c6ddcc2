import { html, type TemplateResult } from 'lit';
import { HOLE } from '../../protocol/resultsSurface.ts';

/** A sentence with a part in its `HOLE` that is drawn in its own way; without a hole, the sentence alone. */
export function sentence(text: string, part: unknown): TemplateResult {
  const at = text.indexOf(HOLE);
  if (at < 0) return html`${text}`;
  return html`${text.slice(0, at)}${part}${text.slice(at + HOLE.length)}`;
}
