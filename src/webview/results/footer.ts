import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CopyFormat, ResultsState } from '../../protocol/resultsSurface.ts';
import { icon } from '../parts/icon.ts';

/** What is below the grid: the selection and ways to copy it, what is still to come, and the money. */
export function footer(
  { money, waiting }: ResultsState,
  selected: number,
  copy: (format: CopyFormat) => void,
): TemplateResult {
  const formats: readonly (readonly [CopyFormat, string])[] = [
    ['markdown', l10n.t('Copy as Markdown')],
    ['tsv', l10n.t('Copy as TSV')],
    ['json', l10n.t('Copy as JSON')],
  ];
  const count =
    selected === 1 ? l10n.t('1 row selected') : l10n.t('{0} rows selected', selected.toLocaleString());
  return html`<footer>
    <span>${selected === 0 ? l10n.t('No row selected') : count}</span>
    ${formats.map(
      ([format, label]) =>
        html`<button
          type="button"
          class="act"
          @click=${() => {
            copy(format);
          }}
        >
          ${icon('copy')}<span>${label}</span>
        </button>`,
    )}
    <span class="grow"></span>
    ${waiting === '' ? nothing : html`<span class="muted">${waiting}</span>`}
    <span class="muted">${money}</span>
  </footer>`;
}
