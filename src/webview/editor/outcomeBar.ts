import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CellOutcome, OutcomeKind } from '../../protocol/editorSurface.ts';
import { geometry } from './geometry.ts';
import { count } from './words.ts';

const ORDER: readonly OutcomeKind[] = [
  'ok',
  'truncated',
  'refused',
  'invalid',
  'error',
  'cancelled',
  'submitted',
  'pending',
];

/** The rows of a cell by what became of them. What has no row takes no room, what has one is always seen. */
export function outcomeBar(outcome: CellOutcome, name: string): TemplateResult {
  const there = ORDER.filter((kind) => outcome.counts[kind] > 0);
  const inWords = there.map((kind) => `${count(outcome.counts[kind])} ${outcomeWord(kind)}`).join(', ');
  const done = outcome.total - outcome.counts.submitted - outcome.counts.pending;
  const parts = there.map(
    (kind) =>
      html`<span class="o-${kind}" ${geometry({ 'flex-grow': String(outcome.counts[kind]) })}></span>`,
  );
  return outcome.running
    ? html`<div
        class="bar"
        role="progressbar"
        aria-label=${l10n.t('Rows of {0}', name)}
        aria-valuemin="0"
        aria-valuemax=${outcome.total}
        aria-valuenow=${done}
        aria-valuetext=${inWords}
      >
        ${parts}
      </div>`
    : html`<div class="bar" role="img" aria-label=${inWords || nothing}>${parts}</div>`;
}

function outcomeWord(kind: OutcomeKind): string {
  switch (kind) {
    case 'ok':
      return l10n.t('ok');
    case 'truncated':
      return l10n.t('truncated');
    case 'refused':
      return l10n.t('refused');
    case 'invalid':
      return l10n.t('invalid');
    case 'error':
      return l10n.t('error');
    case 'cancelled':
      return l10n.t('cancelled');
    case 'submitted':
      return l10n.t('at the provider');
    case 'pending':
      return l10n.t('pending');
  }
}
