import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { BatchesPart, BatchRow } from '../../protocol/progressSurface.ts';
import { iconOf, type To } from './parts.ts';

/** Columns of numbers, which stand at the end of their column. */
const AT_END = new Set([0, 2, 4, 5, 6]);
/** The batch that the Tab key leads to. */
let current: number | undefined;

/** The table of batches: one stop of the Tab key, arrows go from batch to batch, Enter opens its rows. */
export function batchesOf({ title, summary, columns, rows }: BatchesPart, to: To): TemplateResult {
  const open = rows.filter(({ number }) => number > 0);
  const stop = open.some(({ number }) => number === current) ? current : open[0]?.number;
  return html`<section aria-labelledby="batches">
    <div class="head">
      <h2 id="batches">${title}</h2>
      <span class="muted">${summary}</span>
    </div>
    ${
      rows.length === 0
        ? nothing
        : html`<div class="sideways" tabindex=${open.length === 0 ? '0' : nothing}>
            <table
              role="grid"
              aria-labelledby="batches"
              @keydown=${(event: KeyboardEvent) => {
                move(event, to);
              }}
            >
              <thead>
                <tr>
                  ${columns.map((name, i) => html`<th scope="col" class=${AT_END.has(i) ? 'end' : ''}>${name}</th>`)}
                </tr>
              </thead>
              <tbody>
                ${repeat(
                  rows,
                  ({ number }) => number,
                  (row) => rowOf(row, stop, to),
                )}
              </tbody>
            </table>
          </div>`
    }
  </section>`;
}

function rowOf(row: BatchRow, stop: number | undefined, to: To): TemplateResult {
  const opens = row.number > 0;
  return html`<tr
    data-number=${opens ? row.number : nothing}
    class=${opens ? 'opens' : ''}
    tabindex=${opens ? (row.number === stop ? '0' : '-1') : nothing}
    @focus=${() => {
      current = row.number;
    }}
    @click=${() => {
      if (opens) to.intent('openBatch', { number: row.number });
    }}
  >
    <td class="end muted">${row.name}</td>
    <td>
      <span class="state">${iconOf(row.icon)}${row.state}<span class="muted">${row.note}</span></span>
    </td>
    <td class="end">${row.rows}</td>
    <td class="id muted">${row.id}</td>
    <td class="end">${row.time}</td>
    <td class="end muted">${row.estimate}</td>
    <td class="end">${row.cost}</td>
  </tr>`;
}

function move(event: KeyboardEvent, to: To): void {
  const row = (event.target as HTMLElement).closest<HTMLElement>('tr[data-number]');
  if (row === null) return;
  const rows = [...(row.parentElement?.querySelectorAll<HTMLElement>('tr[data-number]') ?? [])];
  const at = rows.indexOf(row);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (event.key === 'Enter') to.intent('openBatch', { number: Number(row.dataset['number']) });
  else if (next === undefined) return;
  event.preventDefault();
  const other = next === undefined ? undefined : rows[next];
  if (other === undefined) return;
  for (const one of rows) one.tabIndex = one === other ? 0 : -1;
  other.focus();
}
