import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { CopyFormat, DetailState } from '../../protocol/resultsSurface.ts';
import { jsonTree, markdown } from './answer.ts';
import { icon, outcomeIcon } from './icons.ts';

export type DetailTab = 'answer' | 'raw';

/** A row's detail with what of its answer has come so far. */
export interface ShownDetail {
  readonly state: DetailState;
  readonly text: string;
  readonly tab: DetailTab;
  /** The citation that was opened last. */
  readonly citation: number | undefined;
}

export interface DetailActions {
  readonly move: (step: 1 | -1) => void;
  readonly close: () => void;
  readonly openSource: () => void;
  readonly openCitation: (index: number) => void;
  readonly showTab: (tab: DetailTab) => void;
  readonly more: () => void;
  readonly copy: (format: CopyFormat) => void;
  readonly copyAnswer: () => void;
}

/** Rendered as Markdown up to here; what is longer is read as it came. */
const MARKDOWN_CHARACTERS = 60_000;

export function detailPane(
  shown: ShownDetail | 'failed' | undefined,
  actions: DetailActions,
): TemplateResult {
  if (shown === undefined) return html`<aside class="detail" aria-label=${l10n.t('Detail')}></aside>`;
  if (shown === 'failed')
    return html`<aside class="detail" aria-label=${l10n.t('Detail')}>
      <p class="none" role="status">${l10n.t('This result cannot be read from disk.')}</p>
    </aside>`;
  const { state } = shown;
  return html`<aside class="detail" aria-label=${l10n.t('Detail')}>
    <div class="detail-head">
      ${outcomeIcon(state.outcome)}
      <div class="grow">
        <h2 class="clip">${state.name}</h2>
        <div class="muted clip">${state.word}${state.folder === '' ? '' : `, ${state.folder}`}</div>
      </div>
      ${action('arrow-up', l10n.t('Previous row'), () => {
        actions.move(-1);
      })}
      ${action('arrow-down', l10n.t('Next row'), () => {
        actions.move(1);
      })}
      ${action('go-to-file', l10n.t('Open the source beside'), actions.openSource)}
      ${action('close', l10n.t('Close detail'), actions.close)}
    </div>
    ${tabs(shown.tab, actions)}
    <div
      class="detail-body"
      id="detail-body"
      role="tabpanel"
      tabindex="0"
      aria-labelledby=${`tab-${shown.tab}`}
    >
      ${state.why === '' ? nothing : html`<p class="why">${icon('info')}<span>${state.why}</span></p>`}
      ${answerOf(shown, actions)}
      <div class="actions">
        ${action('copy', l10n.t('Copy answer'), actions.copyAnswer, true)}
        ${action(
          'markdown',
          l10n.t('Copy as Markdown'),
          () => {
            actions.copy('markdown');
          },
          true,
        )}
        ${action(
          'json',
          l10n.t('Copy as JSON'),
          () => {
            actions.copy('json');
          },
          true,
        )}
      </div>
      ${citationsOf(shown, actions)} ${attemptsOf(state)}
      <dl class="kv facts">
        ${state.facts.map(
          ({ label, value }) =>
            html`<div>
              <dt>${label}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
    </div>
  </aside>`;
}

function tabs(tab: DetailTab, actions: DetailActions): TemplateResult {
  const one = (id: DetailTab, label: string): TemplateResult =>
    html`<button
      type="button"
      role="tab"
      id=${`tab-${id}`}
      aria-selected=${tab === id}
      aria-controls="detail-body"
      tabindex=${tab === id ? 0 : -1}
      @click=${() => {
        actions.showTab(id);
      }}
    >
      ${label}
    </button>`;
  return html`<div
    class="tabs"
    role="tablist"
    aria-label=${l10n.t('Parts of the detail')}
    @keydown=${(event: KeyboardEvent) => {
      if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
      actions.showTab(tab === 'answer' ? 'raw' : 'answer');
      document.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')?.focus();
    }}
  >
    ${one('answer', l10n.t('Answer'))} ${one('raw', l10n.t('Raw'))}
  </div>`;
}

function answerOf(shown: ShownDetail, actions: DetailActions): TemplateResult {
  const { state, text, tab } = shown;
  const { length } = state.answer;
  if (length === 0) return html`<p class="muted">${l10n.t('There is no answer.')}</p>`;
  const whole = text.length >= length;
  const formatted = tab === 'answer' && length <= MARKDOWN_CHARACTERS && whole;
  return html`
    <div class="answer">
      ${guard([text, tab, state], () => (formatted ? formattedAnswer(shown, actions) : html`<pre>${text}</pre>`))}
    </div>
    ${
      whole
        ? nothing
        : html`<p>
            <span class="muted"
              >${l10n.t('{0} of {1} characters', text.length.toLocaleString(), length.toLocaleString())}</span
            >
            <button type="button" class="link" @click=${actions.more}>${l10n.t('Show more')}</button>
          </p>`
    }
  `;
}

function formattedAnswer({ state, text }: ShownDetail, actions: DetailActions): unknown {
  if (!state.structured) return html`<div class="md">${markdown(text)}</div>`;
  try {
    return jsonTree(JSON.parse(text), actionsOnCitations(state, actions));
  } catch {
    return html`<pre>${text}</pre>`;
  }
}

function actionsOnCitations(
  { citations }: DetailState,
  { openCitation }: DetailActions,
): Parameters<typeof jsonTree>[1] {
  return { citations, openCitation };
}

function citationsOf(
  { state: { citations, verified }, citation }: ShownDetail,
  actions: DetailActions,
): TemplateResult | typeof nothing {
  if (citations.length === 0) return nothing;
  return html`<section>
    <h3>${l10n.t('Citations')} <span class="muted">${verified}</span></h3>
    <ol class="cites">
      ${citations.map(
        ({ text, state, word, place }, i) =>
          html`<li aria-current=${i === citation ? 'true' : nothing}>
            <span class="ref ${state === 'verified' ? '' : 'bad'}" aria-hidden="true">${i + 1}</span>
            <div>
              <q>${text}</q>
              <div class="sub">
                ${
                  state === 'verified'
                    ? html`<i class="codicon codicon-verified-filled good" aria-hidden="true"></i>`
                    : html`<i class="codicon codicon-unverified warn" aria-hidden="true"></i>`
                }
                <span>${place === '' ? word : l10n.t('{0}, {1}', word, place)}</span>
                ${
                  state === 'gone'
                    ? nothing
                    : html`<button
                        type="button"
                        class="link"
                        aria-label=${l10n.t('Open citation {0} in its source', i + 1)}
                        @click=${() => {
                          actions.openCitation(i);
                        }}
                      >
                        ${l10n.t('Open')}
                      </button>`
                }
              </div>
            </div>
          </li>`,
      )}
    </ol>
  </section>`;
}

function attemptsOf({ attempts, cost }: DetailState): TemplateResult | typeof nothing {
  if (attempts.length === 0) return nothing;
  return html`<section>
    <h3>${l10n.t('Attempts')} <span class="muted">${l10n.t('{0} in all', cost)}</span></h3>
    <table>
      <thead>
        <tr>
          <th scope="col">${l10n.t('Try')}</th>
          <th scope="col">${l10n.t('Outcome')}</th>
          <th scope="col" class="r">${l10n.t('In')}</th>
          <th scope="col" class="r">${l10n.t('Out')}</th>
          <th scope="col" class="r">${l10n.t('Cost')}</th>
        </tr>
      </thead>
      <tbody>
        ${attempts.map(
          ({ attempt, outcome, word, input, output, cost: paid }) =>
            html`<tr>
              <td>${attempt}</td>
              <td>${outcomeIcon(outcome)} ${word}</td>
              <td class="r">${input}</td>
              <td class="r">${output}</td>
              <td class="r">${paid}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function action(name: string, label: string, act: () => void, shown = false): TemplateResult {
  return html`<button
    type="button"
    class="act"
    aria-label=${shown ? nothing : label}
    title=${shown ? nothing : label}
    @click=${act}
  >
    ${icon(name)}${shown ? html`<span>${label}</span>` : nothing}
  </button>`;
}
