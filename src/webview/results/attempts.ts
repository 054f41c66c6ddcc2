import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { DetailState } from '../../protocol/resultsSurface.ts';
import { outcomeIcon } from '../parts/outcomeIcon.ts';
import { sentence } from './sentence.ts';

/** What each try of a row brought and cost, and why another one followed. */
export function attemptTable({ attempts, cost }: DetailState): TemplateResult | typeof nothing {
  if (attempts.length === 0) return nothing;
  return html`<section>
    <h3>${l10n.t('Attempts')} <span class="muted">${l10n.t('{0} in all', cost)}</span></h3>
    <table>
      <thead>
        <tr>
          <th scope="col">${l10n.t('Try')}</th>
          <th scope="col">${l10n.t('Outcome')}</th>
          <th scope="col" class="r">${l10n.t('In')}</th>
          <th scope="col" class="r">${l10n.t('Out')}</th>
          <th scope="col" class="r">${l10n.t('Cost')}</th>
        </tr>
      </thead>
      <tbody>
        ${attempts.map(
          ({ attempt, outcome, word, input, output, cost: paid }) =>
            html`<tr>
              <td>${attempt}</td>
              <td>${outcomeIcon(outcome)} ${word}</td>
              <td class="r">${input}</td>
              <td class="r">${output}</td>
              <td class="r">${paid}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${attempts
      .filter(({ note }) => note !== '')
      .map(
        ({ note, field }) =>
          html`<p class="note">${field === '' ? note : sentence(note, html`<code>${field}</code>`)}</p>`,
      )}
  </section>`;
}
