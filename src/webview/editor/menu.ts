import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../parts/icon.ts';
import { closePopover, focusFirst } from '../parts/popover.ts';
import { roveMenu } from '../parts/rovingFocus.ts';

export interface MenuItem {
  readonly icon: string;
  readonly title: string;
  /** What it means, or its key. */
  readonly hint?: string;
  /** Why it cannot be chosen. */
  readonly held?: string | undefined;
  readonly act: () => void;
}

/** A menu that opens beside the button that names it; `null` draws a line. */
export function menu(id: string, label: string, items: readonly (MenuItem | null)[]): TemplateResult {
  return html`<div
    class="menu"
    id=${id}
    popover
    role="menu"
    aria-label=${label}
    @toggle=${focusFirst}
    @keydown=${roveMenu}
  >
    ${items.map((item) => (item === null ? html`<hr />` : itemOf(item)))}
  </div>`;
}

function itemOf(item: MenuItem): TemplateResult {
  return html`<button
    type="button"
    role="menuitem"
    tabindex="-1"
    title=${item.held ?? nothing}
    aria-disabled=${item.held === undefined ? 'false' : 'true'}
    @click=${(event: Event) => {
      if (item.held !== undefined) return;
      closePopover(event.currentTarget);
      item.act();
    }}
  >
    ${icon(item.icon)}<span>${item.title}</span>${item.hint === undefined ? nothing : html`<span class="hint num">${item.hint}</span>`}
  </button>`;
}
