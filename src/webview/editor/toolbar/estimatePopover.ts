import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { EstimateState } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { icon } from '../../parts/icon.ts';
import { closePopover, focusFirst } from '../../parts/popover.ts';
import { textField } from '../textField.ts';
import { count } from '../words.ts';

/** What the estimate is made of, and the limit that it is held against. */
export function estimatePopover(model: EditorModel): TemplateResult {
  const { estimate } = model;
  const limit = model.document?.kind === 'cells' ? model.document.job.costLimitUsd : undefined;
  return html`<div
    class="pop panel"
    id="estimate"
    popover
    role="dialog"
    aria-label=${l10n.t('Estimate')}
    @toggle=${focusFirst}
  >
    <div class="row">
      <b class="grow">${l10n.t('Estimate for all cells')}</b>
      <button
        class="act icon"
        type="button"
        aria-label=${l10n.t('Close')}
        @click=${(event: Event) => {
          closePopover(event.currentTarget);
        }}
      >
        ${icon('close')}
      </button>
    </div>
    ${
      estimate.state === 'ready'
        ? guard([estimate], () => tableOf(estimate))
        : html`<p>${estimate.state === 'looking' ? l10n.t('Estimating…') : estimate.message}</p>`
    }
    <label class="row wrap">
      <span>${l10n.t('Cost limit')}</span>
      <span class="row"
        ><span class="muted">$</span>${textField({
          label: l10n.t('Cost limit in dollars'),
          look: 'num narrow',
          numeric: true,
          value: limit === undefined ? '' : limit.toFixed(2),
          placeholder: l10n.t('none'),
          send: (value) => {
            const usd = Number(value.replace(/^\s*\$/, ''));
            model.set(
              null,
              ['costLimitUsd'],
              value.trim() === '' ? undefined : Number.isFinite(usd) ? usd : value,
            );
          },
        })}</span
      >
      <span class="muted">${l10n.t('Before each batch: spent + in flight + next must fit.')}</span>
    </label>
    ${estimate.state === 'ready' ? html`<p class="muted small">${estimate.waves} ${estimate.note}</p>` : nothing}
  </div>`;
}

function tableOf(estimate: Extract<EstimateState, { state: 'ready' }>): TemplateResult {
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label=${l10n.t('Estimate by cell')}>
    <table class="tb">
      <thead>
        <tr>
          <th scope="col">${l10n.t('Cell')}</th>
          <th scope="col" class="r">${l10n.t('Rows')}</th>
          <th scope="col" class="r">${l10n.t('In')}</th>
          <th scope="col" class="r">${l10n.t('Out')}</th>
          <th scope="col" class="r">${l10n.t('Expected')}</th>
          <th scope="col" class="r">${l10n.t('At most')}</th>
        </tr>
      </thead>
      <tbody>
        ${estimate.cells.map(
          ({ id, rows, input, output, expected, worst }) =>
            html`<tr>
              <td>${id}</td>
              <td class="r">${rows}</td>
              <td class="r">${input}</td>
              <td class="r">${output}</td>
              <td class="r">${expected}</td>
              <td class="r">${worst}</td>
            </tr>`,
        )}
        <tr class="strong">
          <td>${l10n.t('All')}</td>
          <td class="r">${count(estimate.rows)}</td>
          <td></td>
          <td></td>
          <td class="r">${estimate.expected}</td>
          <td class="r">${estimate.worst}</td>
        </tr>
      </tbody>
    </table>
  </div>`;
}
