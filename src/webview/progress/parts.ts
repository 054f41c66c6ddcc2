import { html, nothing, type TemplateResult } from 'lit';
import type { DirectiveResult } from 'lit/directive.js';
import { ref } from 'lit/directives/ref.js';
import type { PageChannel } from '../../protocol/channel.ts';
import type { Button, Details, Icon, ProgressSurface } from '../../protocol/progressSurface.ts';

/** The way to the host. */
export type To = PageChannel<ProgressSurface>;

/** An icon that stands beside a word, which is what a screen reader says. */
export function iconOf({ name, tone, spins }: Icon): TemplateResult {
  return html`<i
    class="codicon codicon-${name} tone-${tone} ${spins === true ? 'spins' : ''}"
    aria-hidden="true"
  ></i>`;
}

/** Buttons in a row. @param filled Whether the first is the next sensible step of the whole page. */
export function buttonsOf(
  buttons: readonly Button[],
  filled: boolean,
  to: To,
): TemplateResult | typeof nothing {
  if (buttons.length === 0) return nothing;
  return html`<div class="buttons">
    ${buttons.map(
      ({ action, label }, i) =>
        html`<vscode-button
          ?secondary=${!filled || i > 0}
          @click=${() => {
            to.intent('act', { action });
          }}
          >${label}</vscode-button
        >`,
    )}
  </div>`;
}

/** A button that reads as a link. */
export function linkOf({ action, label }: Button, to: To): TemplateResult {
  return html`<button
    class="link"
    type="button"
    @click=${() => {
      to.intent('act', { action });
    }}
  >
    ${label}
  </button>`;
}

/** Somebody's own words, one click below. They are text, whatever they look like. */
export function detailsOf(details: Details | undefined): TemplateResult | typeof nothing {
  if (details === undefined) return nothing;
  return html`<details class="said">
    <summary>${details.label}</summary>
    ${details.words.map((words) => html`<p class="words">${words}</p>`)}
  </details>`;
}

/** Sets geometry that depends on numbers: by the element's own style, since the policy allows none in the text. */
export function shaped(shape: (element: HTMLElement) => void): DirectiveResult {
  return ref((element) => {
    if (element instanceof HTMLElement) shape(element);
  });
}
