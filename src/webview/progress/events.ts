import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { EventsPart } from '../../protocol/progressSurface.ts';
import { detailsOf, iconOf, type To } from './parts.ts';

/** The log: the newest first, within reach of the keyboard since it scrolls. */
export function eventsOf({ title, items, earlier }: EventsPart, to: To): TemplateResult {
  return html`<section aria-labelledby="events">
    <div class="head"><h2 id="events">${title}</h2></div>
    <div class="log" role="log" aria-labelledby="events" tabindex="0">
      <ol reversed>
        ${repeat(
          items,
          ({ id }) => id,
          ({ time, dateTime, icon, text, details }) =>
            html`<li>
              <time datetime=${dateTime}>${time}</time>${iconOf(icon)}
              <div>${text} ${detailsOf(details)}</div>
            </li>`,
        )}
      </ol>
      ${
        earlier === ''
          ? nothing
          : html`<button
              class="link"
              type="button"
              @click=${() => {
                to.intent('showEarlier', null);
              }}
            >
              ${earlier}
            </button>`
      }
    </div>
  </section>`;
}
