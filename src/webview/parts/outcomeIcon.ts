import { html, type TemplateResult } from 'lit';
import type { Outcome } from '../../protocol/resultsSurface.ts';

const OUTCOME_ICONS: { readonly [O in Outcome]: string } = {
  ok: 'pass',
  truncated: 'warning',
  refused: 'circle-slash',
  invalid: 'bracket-error',
  error: 'error',
  cancelled: 'stop-circle',
};

/** The icon of an outcome, in its colour; always beside its word. */
export function outcomeIcon(outcome: Outcome): TemplateResult {
  return html`<i class="codicon codicon-${OUTCOME_ICONS[outcome]} o-${outcome}" aria-hidden="true"></i>`;
}
