import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { JobHead } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { focusFirst } from '../../parts/popover.ts';
import { inheritedRetry, retryKinds, withRetry } from '../retryFields.ts';
import { objectOf } from '../sourceValues.ts';
import { textField } from '../textField.ts';
import { rowCheckInWords } from '../words.ts';

/** What holds for the whole file: batches in flight, rows of a pilot, and what cells inherit of retries and the check of rows. */
export function settingsPopover(model: EditorModel): TemplateResult {
  const job = model.document?.kind === 'cells' ? model.document.job : undefined;
  const number = (name: 'maxConcurrent' | 'pilot', label: string, note: string): TemplateResult =>
    html`<label class="row wrap">
      <span class="grow">${label}</span>
      ${textField({
        label,
        look: 'num narrow',
        numeric: true,
        value: job?.[name] === undefined ? '' : String(job[name]),
        placeholder: name === 'pilot' ? String(model.pilotRows) : String(job?.standard[name] ?? ''),
        send: (value) => {
          const n = Number(value);
          model.set(null, [name], value.trim() === '' ? undefined : Number.isFinite(n) ? n : value);
        },
      })}
      <span class="muted small whole">${note}</span>
    </label>`;
  return html`<div
    class="pop panel narrow"
    id="settings"
    popover
    role="dialog"
    aria-label=${l10n.t('Settings of the job file')}
    @toggle=${focusFirst}
  >
    ${number('maxConcurrent', l10n.t('Batches at once'), l10n.t('In flight at a time, over all providers.'))}
    ${number('pilot', l10n.t('Rows of a pilot'), l10n.t('Sent first, to be looked at before the rest.'))}
    ${job === undefined ? nothing : inherited(model, job)}
  </div>`;
}

/** What cells inherit that have no option of their own for it. */
function inherited(model: EditorModel, job: JobHead): TemplateResult {
  const retry = objectOf(job.defaults['retry']);
  const on = job.defaults['echo'] === true;
  return html`<b>${l10n.t('Retries')}</b>
    ${retryKinds().map(({ kind, label }) => {
      const own = retry?.[kind];
      return html`<label class="row">
        <span class="grow">${label}</span>
        ${textField({
          label: l10n.t('Retries: {0}', label),
          look: 'num narrow',
          numeric: true,
          value: own === undefined ? '' : typeof own === 'string' ? own : JSON.stringify(own),
          placeholder: inheritedRetry({ ...job, defaults: {} }, kind),
          send: (value) => {
            model.setFrom(null, ['defaults', 'retry'], (defaults) =>
              withRetry(objectOf(defaults['retry']), kind, value),
            );
          },
        })}
      </label>`;
    })}
    <span class="muted small">
      ${l10n.t('Further attempts for a row, by how the last one ended. 0 switches them off.')}
    </span>
    <label class="row"
      ><span class="grow">${l10n.t('Row check')}</span
      ><span class="check"
        ><input
          type="checkbox"
          .checked=${on}
          @change=${(event: Event) => {
            const { checked } = event.target as HTMLInputElement;
            model.set(null, ['defaults', 'echo'], checked ? true : undefined);
          }} /></span
    ></label>
    <span class="muted small">${rowCheckInWords()}</span>`;
}
