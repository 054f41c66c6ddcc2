import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type {
  EmptyPage,
  Message,
  MoneyPart,
  ProblemsPart,
  ProgressState,
  RowsPart,
  RunPage,
  SeriesState,
} from '../../protocol/progressSurface.ts';
import { batchesOf } from './batches.ts';
import { eventsOf } from './events.ts';
import { buttonsOf, detailsOf, iconOf, linkOf, shaped, type To } from './parts.ts';
import './plotElement.ts';
import { moneyPlot, rowsPlot } from './plots.ts';

/** The whole page. @param series `undefined` while it is not here yet. */
export function pageOf(state: ProgressState, series: SeriesState | undefined, to: To): TemplateResult {
  return state.kind === 'empty' ? emptyOf(state, to) : runOf(state, series, to);
}

function emptyOf({ title, text, buttons }: EmptyPage, to: To): TemplateResult {
  return html`<main class="empty">
    <h1>${title}</h1>
    <p>${text}</p>
    ${buttonsOf(buttons, true, to)}
  </main>`;
}

function runOf(state: RunPage, series: SeriesState | undefined, to: To): TemplateResult {
  // One filled button: of what is to be decided, else of the page.
  const asking = state.messages.find(({ buttons }) => buttons.length > 0);
  return html`<main>
    <header>
      ${iconOf(state.icon)}
      <div class="grow">
        <h1>${state.title}</h1>
        <p class="meta">
          ${state.meta.map((words, i) => html`<span class=${i === 0 ? '' : 'muted'}>${words}</span>`)}
          ${state.links.map((link) => linkOf(link, to))}
        </p>
      </div>
      ${buttonsOf(state.buttons, asking === undefined, to)}
    </header>
    <p class="hidden" role="status">${announced(state)}</p>
    ${state.messages.map((message) => messageOf(message, message === asking, to))}
    <div class="two">${rowsOf(state.rows, to)} ${moneyOf(state.money, to)}</div>
    ${series === undefined ? nothing : plotsOf(series, state.money.scale > 0)}
    ${state.problems === undefined ? nothing : problemsOf(state.problems, to)}
    <div class="two uneven">${batchesOf(state.batches, to)} ${eventsOf(state.events, to)}</div>
  </main>`;
}

/** Said by a screen reader when it changes: where the run stands, and every tenth of its rows. */
function announced({ meta, rows, messages }: RunPage): string {
  const tenth = rows.total === 0 ? 10 : Math.floor((10 * rows.done) / rows.total);
  const words = (meta[0] ?? '').split(',')[0] ?? '';
  return [words, l10n.t('{0} % of the rows', tenth * 10), ...messages.map(({ title }) => title)].join('. ');
}

function messageOf(message: Message, filled: boolean, to: To): TemplateResult {
  const { severity, icon, title, text, buttons, details } = message;
  return html`<section class="message ${severity}" role=${severity === 'error' ? 'alert' : 'note'}>
    ${iconOf({ name: icon, tone: severity })}
    <div>
      <p class="strong">${title}</p>
      ${text === '' ? nothing : html`<p>${text}</p>`}
      <div class="asks">${buttonsOf(buttons, filled, to)} ${detailsOf(details)}</div>
    </div>
  </section>`;
}

function rowsOf(rows: RowsPart, to: To): TemplateResult {
  return html`<section aria-labelledby="rows">
    <h2 id="rows" class="hidden">${rows.title}</h2>
    <p class="big">
      <b>${rows.big}</b> <span class="of">${rows.small}</span> <span class="muted">${rows.note}</span>
    </p>
    <div
      class="bar"
      role="progressbar"
      aria-labelledby="rows"
      aria-valuemin="0"
      aria-valuemax=${rows.total}
      aria-valuenow=${rows.done}
      aria-valuetext=${rows.says}
    >
      ${rows.segments.map(
        ({ status, rows: count, label }) =>
          html`<span
            class="fill tone-${status}"
            title=${`${count.toLocaleString()} ${label}`}
            ${shaped((element) => {
              element.style.flexGrow = String(count);
            })}
            @click=${() => {
              to.intent('openOutcome', { status });
            }}
          ></span>`,
      )}
    </div>
    <div class="legend" role="group" aria-label=${l10n.t('Rows by outcome. Each opens its rows.')}>
      ${rows.segments.map(
        ({ status, count, label }) =>
          html`<button
            type="button"
            @click=${() => {
              to.intent('openOutcome', { status });
            }}
          >
            <i class="swatch fill tone-${status}" aria-hidden="true"></i><b>${count}</b> ${label}
          </button>`,
      )}
    </div>
  </section>`;
}

function moneyOf(money: MoneyPart, to: To): TemplateResult {
  return html`<section aria-labelledby="money">
    <h2 id="money" class="hidden">${money.title}</h2>
    <p class="big">
      <b>${money.big}</b> <span class="of">${money.small}</span>
      <span class=${money.near ? 'near' : 'muted'}>
        ${money.near ? iconOf({ name: 'warning', tone: 'warning' }) : nothing}${money.note}
      </span>
      <span class="aside">${money.buttons.map((button) => linkOf(button, to))}</span>
    </p>
    ${
      money.scale === 0
        ? nothing
        : html`<div
            class="money ${money.near ? 'over' : ''}"
            role="progressbar"
            aria-labelledby="money"
            aria-valuemin="0"
            aria-valuemax=${money.scale}
            aria-valuenow=${Math.min(money.spent, money.scale)}
            aria-valuetext=${money.says}
          >
            ${money.parts.map(
              ({ kind, share }) =>
                html`<span
                  class=${kind}
                  ${shaped((element) => {
                    element.style.width = `${String(100 * share)}%`;
                  })}
                ></span>`,
            )}
            ${
              money.tick === undefined
                ? nothing
                : html`<i
                    class="tick"
                    ${shaped((element) => {
                      element.style.insetInlineStart = `${String(100 * (money.tick ?? 0))}%`;
                    })}
                  ></i>`
            }
          </div>`
    }
    <ul class="legend">
      ${money.parts.map(
        ({ kind, amount, label }) =>
          html`<li class=${money.near ? 'over' : ''}>
            <i class="swatch ${kind}" aria-hidden="true"></i><b>${amount}</b> ${label}
          </li>`,
      )}
      ${money.notes.map((note) => html`<li class="muted">${note}</li>`)}
    </ul>
  </section>`;
}

function plotsOf(series: SeriesState, hasMoney: boolean): TemplateResult {
  return html`<div class="two">
    <batchbook-plot .model=${rowsPlot(series)}></batchbook-plot>
    ${hasMoney ? html`<batchbook-plot .model=${moneyPlot(series)}></batchbook-plot>` : nothing}
  </div>`;
}

function problemsOf({ title, items }: ProblemsPart, to: To): TemplateResult {
  return html`<section aria-labelledby="problems">
    <h2 id="problems">${title}</h2>
    <ul class="problems">
      ${items.map(
        ({ status, row, icon, count, text, link, details }) =>
          html`<li>
            ${iconOf({ name: icon, tone: status })}
            <span class="strong">${count}</span>
            <span
              >${text}
              <button
                class="link"
                type="button"
                @click=${() => {
                  if (row === undefined) to.intent('openOutcome', { status });
                  else to.intent('openRow', { row });
                }}
              >
                ${link}
              </button>
              ${detailsOf(details)}</span
            >
          </li>`,
      )}
    </ul>
  </section>`;
}
