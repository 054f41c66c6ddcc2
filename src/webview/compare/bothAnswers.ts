import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CompareDetail, RowEnd } from '../../protocol/compareSurface.ts';
import { icon } from '../parts/icon.ts';
import { outcomeIcon } from '../parts/outcomeIcon.ts';
import { piecesOf } from './pieces.ts';

/** Both answers of a row, field by field, and what they cost. `failed`: they cannot be read. */
export function bothAnswers(shown: CompareDetail | 'failed' | undefined, close: () => void): TemplateResult {
  return html`<aside class="detail" aria-label=${l10n.t('Both answers')}>
    ${typeof shown === 'object' ? contentOf(shown, close) : nothing}
    ${
      shown === 'failed'
        ? html`<p class="none" role="status">${l10n.t('These answers cannot be read from disk.')}</p>`
        : nothing
    }
  </aside>`;
}

function contentOf({ row, parts, facts }: CompareDetail, close: () => void): TemplateResult {
  return html`<div class="detail-head">
      <div class="grow">
        <h2 class="clip"><bdi>${row.name}</bdi></h2>
        <div class="muted clip">
          ${row.word}${row.folder === '' ? nothing : html`, <bdi>${row.folder}</bdi>`}
        </div>
      </div>
      <button
        type="button"
        class="act"
        aria-label=${l10n.t('Close both answers')}
        title=${l10n.t('Close both answers')}
        @click=${close}
      >
        ${icon('close')}
      </button>
    </div>
    <div class="detail-body" tabindex="0" role="region" aria-label=${l10n.t('Answers of {0}', row.name)}>
      <table class="both">
        <thead>
          <tr>
            <th scope="col"><span class="vh">${l10n.t('Field')}</span></th>
            <th scope="col">A ${endOf(row.a)}</th>
            <th scope="col">B ${endOf(row.b)}</th>
          </tr>
        </thead>
        <tbody>
          ${parts.map(
            ({ field, changed, before, after }) =>
              html`<tr class=${changed ? 'changed' : ''}>
                <th scope="row" class=${field === '' ? '' : 'mono'}>
                  <bdi>${field === '' ? l10n.t('Answer') : field}</bdi>
                </th>
                <td><bdi>${piecesOf(before, 'a')}</bdi></td>
                <td><bdi>${piecesOf(after, 'b')}</bdi></td>
              </tr>`,
          )}
        </tbody>
        <tbody class="facts">
          ${facts.map(
            ({ label, a, b }) =>
              html`<tr>
                <th scope="row">${label}</th>
                <td class="num">${a}</td>
                <td class="num">${b}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

function endOf(end: RowEnd | undefined): unknown {
  return end === undefined ? '–' : html`${outcomeIcon(end.outcome)} ${end.word}`;
}
