import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CellView, Json } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { icon } from '../../parts/icon.ts';
import { objectOf } from '../sourceValues.ts';

interface OptionField {
  /** Inside the cell; its fields are named by it, joined by dots. */
  readonly path: readonly [string] | readonly [string, string];
  readonly label: string;
  readonly control: unknown;
}

/** One option of a cell under its label: inherited, or overridden, which is marked and has a way back. */
export function optionField(
  model: EditorModel,
  cell: CellView,
  { path, label, control }: OptionField,
): TemplateResult {
  const overridden = ownOf(cell, path) !== undefined;
  return html`<div class="option ${overridden ? 'overridden' : ''}">
    <div class="lab">
      <span>${label}</span>
      ${
        overridden
          ? html`<button
              class="act icon"
              type="button"
              aria-label=${l10n.t('{0}: use the default', label)}
              title=${l10n.t('Overridden here. Use the default.')}
              @click=${() => {
                model.setFrom(cell.key, [path[0]], (source) => without(source, path));
                model.focus(cell.key, path.join('.'));
              }}
            >
              ${icon('discard', 's')}
            </button>`
          : nothing
      }
    </div>
    ${control}
  </div>`;
}

interface CheckOption {
  readonly name: string;
  readonly label: string;
  /** What holds where the cell is silent. */
  readonly inherited: boolean;
  /** What it means to be on, and to be off. */
  readonly words: readonly [string, string];
  readonly disabled?: boolean;
  readonly title?: string;
}

/** An option of a cell that is on or off. */
export function checkOption(
  model: EditorModel,
  cell: CellView,
  { name, label, inherited, words: [on, off], disabled = false, title = '' }: CheckOption,
): TemplateResult {
  const own = cell.source[name];
  const isOn = own === undefined ? inherited : own === true;
  const control = html`<label class="check" title=${title}
    ><input
      type="checkbox"
      aria-label=${label}
      data-field=${name}
      .checked=${isOn}
      ?disabled=${own === undefined && disabled}
      @change=${(event: Event) => {
        model.set(cell.key, [name], (event.target as HTMLInputElement).checked);
      }}
    /><span aria-hidden="true">${isOn ? on : off}</span></label
  >`;
  return optionField(model, cell, { path: [name], label, control });
}

/** What a cell says itself; `undefined` where it is silent. */
export function ownOf({ source }: CellView, [name, part]: OptionField['path']): Json | undefined {
  const value = source[name];
  return part === undefined ? value : objectOf(value)?.[part];
}

/** What an option is without one of its parts; with the last of them it goes as well. */
function without(source: CellView['source'], [name, part]: OptionField['path']): Json | undefined {
  const others = Object.entries(objectOf(source[name]) ?? {}).filter(([key]) => key !== part);
  return part === undefined || others.length === 0 ? undefined : Object.fromEntries(others);
}
