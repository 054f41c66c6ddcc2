import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CellView } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { icon } from '../../parts/icon.ts';
import { rowsInWords } from '../words.ts';

/** The line at the foot of a cell: rows, money and model; while it runs, how far it is. */
export function cellFoot(model: EditorModel, cell: CellView): TemplateResult | typeof nothing {
  const { key } = cell;
  const outcome = model.outcomes[key];
  if (cell.kind === 'unknown') return nothing;
  if (outcome?.running === true && model.run !== null)
    return html`<div class="card-foot num">
      <span class="row">${icon('loading', 's spin o-submitted')}${outcome.summary}</span>
      <span>${model.run.money}</span>
      <span class="muted">${model.run.timeLeft}</span>
    </div>`;
  if (model.folded.has(key)) return nothing;
  const price = model.models.models.find(({ name }) => name === cell.model)?.price;
  return html`<div class="card-foot num">
    ${whatIsSent(model, cell)}
    ${outcome === undefined ? html`<span class="muted">${l10n.t('Not run yet')}</span>` : nothing}
    <span class="grow"></span>
    <span class="row">${cell.model} <span class="muted">${price ?? ''}</span></span>
  </div>`;
}

function whatIsSent(model: EditorModel, { key }: CellView): TemplateResult {
  const inputs = model.inputs[key];
  if (inputs === undefined || inputs.state === 'looking')
    return html`<span class="muted">${l10n.t('Looking at what it would send…')}</span>`;
  if (inputs.state === 'failed')
    return html`<span class="row"
      >${icon('error', 's err')}<span class="clip">${inputs.message}</span></span
    >`;
  const { rows, estimate, worst } = inputs;
  const most = html`<span class="muted">, ${l10n.t('at most')}</span> ${worst}`;
  return html`<span>${rowsInWords(rows)}</span> ${
      estimate === ''
        ? nothing
        : html`<span
            ><span class="muted">${l10n.t('Estimate')}</span>
            ${estimate}${worst === estimate ? nothing : most}</span
          >`
    }`;
}
