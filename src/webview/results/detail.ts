import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type {
  CopyFormat,
  DetailState,
  PromptState,
  SourceState,
  StandingState,
} from '../../protocol/resultsSurface.ts';
import { action } from './action.ts';
import { jsonTree, markdown } from './answer.ts';
import { attemptTable } from './attempts.ts';
import { citationList } from './citations.ts';
import { factList } from './facts.ts';
import { icon } from '../parts/icon.ts';
import { outcomeIcon } from '../parts/outcomeIcon.ts';
import { promptPane } from './promptPane.ts';
import { sentence } from './sentence.ts';
import { sourcePane, type SourceActions } from './sourcePane.ts';

const TABS = ['answer', 'source', 'prompt', 'raw'] as const;
export type DetailTab = (typeof TABS)[number];

/** A row's detail with what of it has come so far. */
export interface ShownDetail {
  readonly state: DetailState;
  readonly text: string;
  readonly tab: DetailTab;
  /** The citation that was opened last. */
  readonly citation: number | undefined;
  readonly source: SourceState | 'failed' | undefined;
  readonly prompt: PromptState | 'failed' | undefined;
  readonly standing: StandingState | undefined;
}

export interface DetailActions extends SourceActions {
  readonly move: (step: 1 | -1) => void;
  readonly close: () => void;
  readonly openSource: () => void;
  readonly openCitation: (index: number) => void;
  readonly showTab: (tab: DetailTab) => void;
  readonly more: () => void;
  readonly copy: (format: CopyFormat) => void;
  readonly copyAnswer: () => void;
  readonly copyPrompt: () => void;
  readonly openWritten: () => void;
  readonly runChanged: () => void;
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
      ${panelOf(shown, actions)}
    </div>
  </aside>`;
}

function panelOf(shown: ShownDetail, actions: DetailActions): TemplateResult {
  switch (shown.tab) {
    case 'source':
      return html`${sourcePane(shown.source, shown.state.citations.length, actions)}
      ${changedMessage(shown, actions)}`;
    case 'prompt':
      return html`${promptPane(shown.prompt, actions.copyPrompt)}`;
    case 'answer':
    case 'raw':
      return answerPanel(shown, actions);
  }
}

function answerPanel(shown: ShownDetail, actions: DetailActions): TemplateResult {
  const { state, standing, citation } = shown;
  return html`
    ${state.why === '' ? nothing : html`<p class="why">${icon('info')}<span>${state.why}</span></p>`}
    ${answerOf(shown, actions)}
    <div class="actions">
      ${action('copy', l10n.t('Copy answer'), actions.copyAnswer, { words: true })}
      ${action(
        'markdown',
        l10n.t('Copy as Markdown'),
        () => {
          actions.copy('markdown');
        },
        { words: true },
      )}
      ${action(
        'json',
        l10n.t('Copy as JSON'),
        () => {
          actions.copy('json');
        },
        { words: true },
      )}
    </div>
    ${changedMessage(shown, actions)}
    ${citationList(state, standing?.nearest ?? [], citation, actions.openCitation)} ${attemptTable(state)}
    ${factList(state.facts, actions.openWritten)}
  `;
}

/** That the source is not what was sent any more, and what may be done. */
function changedMessage(
  { standing }: ShownDetail,
  { runChanged }: DetailActions,
): TemplateResult | typeof nothing {
  if (standing === undefined || standing.changed === '') return nothing;
  return html`<p class="msg">
    <i class="codicon codicon-history warn" aria-hidden="true"></i
    ><span
      >${sentence(standing.changed, html`<span class="mono">${standing.file}</span>`)}
      ${
        standing.canRun
          ? html`<button type="button" class="link" @click=${runChanged}>
              ${l10n.t('Run What Changed…')}
            </button>`
          : nothing
      }</span
    >
  </p>`;
}

function tabs(tab: DetailTab, actions: DetailActions): TemplateResult {
  const labels: Readonly<Record<DetailTab, string>> = {
    answer: l10n.t('Answer'),
    source: l10n.t('Source'),
    prompt: l10n.t('Prompt'),
    raw: l10n.t('Raw'),
  };
  return html`<div
    class="tabs"
    role="tablist"
    aria-label=${l10n.t('Parts of the detail')}
    @keydown=${(event: KeyboardEvent) => {
      const to = tabAfter(tab, event.key);
      if (to === undefined) return;
      event.preventDefault();
      actions.showTab(to);
      document.getElementById(`tab-${to}`)?.focus();
    }}
  >
    ${TABS.map(
      (id) =>
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
          ${labels[id]}
        </button>`,
    )}
  </div>`;
}

/** The tab that a key leads to, round the ends; `undefined`: it leads to none. */
function tabAfter(tab: DetailTab, key: string): DetailTab | undefined {
  const at = TABS.indexOf(tab);
  switch (key) {
    case 'ArrowLeft':
      return TABS.at(at - 1);
    case 'ArrowRight':
      return TABS[(at + 1) % TABS.length];
    case 'Home':
      return TABS[0];
    case 'End':
      return TABS.at(-1);
    default:
      return undefined;
  }
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
