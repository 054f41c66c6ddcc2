import * as l10n from '@vscode/l10n';
import { html, type TemplateResult } from 'lit';
import type { EditorModel } from '../editorModel.ts';
import { focusFirst } from '../popover.ts';
import { textField } from '../textField.ts';

/** How many batches are in flight at a time, and how many rows a pilot has. */
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
    aria-label=${l10n.t('Batches at once')}
    @toggle=${focusFirst}
  >
    ${number('maxConcurrent', l10n.t('Batches at once'), l10n.t('In flight at a time, over all providers.'))}
    ${number('pilot', l10n.t('Rows of a pilot'), l10n.t('Sent first, to be looked at before the rest.'))}
  </div>`;
}
