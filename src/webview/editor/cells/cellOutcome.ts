import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CellOutcome, CellView } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { icon } from '../../parts/icon.ts';
import { outcomeBar } from '../outcomeBar.ts';
import { count, nameOf } from '../words.ts';

/** What the newest run made of a cell: counts, money, the first rows, and whether the cell has changed since. */
export function cellOutcome(model: EditorModel, cell: CellView): TemplateResult | typeof nothing {
  const outcome = model.outcomes[cell.key];
  if (outcome === undefined) return nothing;
  const name = nameOf(cell);
  const label = outcome.running ? l10n.t('Outcome of {0} so far', name) : l10n.t('Outcome of {0}', name);
  return html`<div class="out" role="group" aria-label=${label}>
    <div class="out-line">
      <span class="row">${stateIcon(outcome)}<b class="num">${outcome.summary}</b></span>
      ${notOkLink(model, cell, outcome)}
      <span class="muted num">${outcome.money}</span>
      <span class="muted">${outcome.when}</span>
    </div>
    ${outcomeBar(outcome, name)}
    ${model.folded.has(cell.key) ? nothing : html`${firstRows(outcome, name)} ${actions(model, cell, outcome)}`}
    ${
      outcome.stale === ''
        ? nothing
        : html`<div class="msg">
            ${icon('history', 's warn')}
            <p>
              ${outcome.stale}
              <button
                class="link"
                type="button"
                aria-disabled=${model.hold === undefined ? 'false' : 'true'}
                @click=${() => void model.start({ what: 'cell', key: cell.key })}
              >
                ${l10n.t('Run What Changed')}
              </button>
            </p>
          </div>`
    }
  </div>`;
}

function stateIcon({ running, counts, total }: CellOutcome): TemplateResult {
  if (running) return icon('loading', 'spin o-submitted');
  return counts.ok === total
    ? icon('pass', 'o-ok')
    : counts.error > 0
      ? icon('error', 'o-error')
      : icon('warning', 'o-truncated');
}

function notOkLink(
  model: EditorModel,
  { key }: CellView,
  { counts }: CellOutcome,
): TemplateResult | typeof nothing {
  const notOk = counts.truncated + counts.refused + counts.invalid + counts.error + counts.cancelled;
  if (notOk === 0) return nothing;
  return html`<button
    class="link num"
    type="button"
    @click=${() => {
      model.channel.intent('openResults', { key });
    }}
  >
    ${l10n.t('{0} to look at', count(notOk))}
  </button>`;
}

function firstRows({ columns, firstRows: rows }: CellOutcome, name: string): TemplateResult | typeof nothing {
  if (rows.length === 0) return nothing;
  return html`<div
    class="scroll-x"
    tabindex="0"
    role="region"
    aria-label=${l10n.t('First rows of {0}', name)}
  >
    <table class="tb">
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((value) => html`<td>${value}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function actions(
  model: EditorModel,
  { key }: CellView,
  { running, rerunnable }: CellOutcome,
): TemplateResult {
  return html`<div class="out-line">
    <button
      class="link"
      type="button"
      @click=${() => {
        model.channel.intent('openResults', { key });
      }}
    >
      ${l10n.t('Open All Results')}
    </button>
    ${
      rerunnable === 0 || running
        ? nothing
        : html`<button
            class="link num"
            type="button"
            aria-disabled=${model.hold === undefined ? 'false' : 'true'}
            @click=${() => void model.start({ what: 'failed' })}
          >
            ${l10n.t('Re-run {0} Failed', count(rerunnable))}
          </button>`
    }
  </div>`;
}
