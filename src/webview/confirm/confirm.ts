import '@vscode-elements/elements/dist/vscode-button/index.js';
import { html, nothing, render, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { PageChannel } from '../../protocol/channel.ts';
import type {
  ConfirmState,
  ConfirmSurface,
  Fact,
  FileGroup,
  FileList,
  Warning,
} from '../../protocol/confirmSurface.ts';
import { openChannel } from '../pagePort.ts';

const channel = openChannel<ConfirmSurface>();
const page = document.getElementById('page') ?? document.body;
/** Lists that were asked for, by the id of their group. Another plan has others, and begins folded. */
let lists = new Map<string, FileList | 'loading' | 'failed'>();
let shown: ConfirmState | undefined;

channel.on('plan', (state) => {
  if (state.revision !== shown?.revision) lists = new Map();
  shown = state;
  draw();
  // Nobody sends by pressing Enter on arrival, or where a button has gone from under the focus: the title has it.
  if (document.activeElement === null || document.activeElement === document.body)
    document.querySelector<HTMLElement>('h1')?.focus();
});
window.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') channel.intent('cancel', null);
});
channel.hello();

function draw(): void {
  if (shown !== undefined) render(pageOf(shown, channel), page);
}

function pageOf(state: ConfirmState, to: PageChannel<ConfirmSurface>): TemplateResult {
  return html`
    <main>
      <header>
        <h1 tabindex="-1">${state.title}</h1>
        <p class="muted">${state.subtitle}</p>
        <p role="status">${state.news}</p>
      </header>
      <dl class="facts">${state.facts.map(factOf)}</dl>
      ${state.blocked === undefined ? nothing : blockOf(state.blocked)} ${state.cautions.map(cautionOf)}
      ${state.secrets === undefined ? nothing : warningOf(state.secrets, state.busy, to)}
      <div class="columns">
        <section aria-labelledby="sent">
          <div class="head">
            <h2 id="sent">${state.sent.title}</h2>
            <span class="muted">${state.sent.summary}</span>
          </div>
          ${keyed(lists, groupsOf(state.sent.folders, state))}
        </section>
        <section class="stays" aria-labelledby="stays">
          <div class="head"><h2 id="stays">${state.stays.title}</h2></div>
          ${keyed(lists, groupsOf(state.stays.groups, state))}
          ${state.notes.lines.length === 0 ? nothing : notesOf(state.notes)}
        </section>
      </div>
    </main>
    <footer>
      <div class="buttons">
        <vscode-button
          ?disabled=${state.busy || state.blocked !== undefined}
          @click=${() => {
            to.intent('send', { pilot: false, revision: state.revision });
          }}
          >${state.actions.send}</vscode-button
        >
        ${
          state.actions.pilot === undefined
            ? nothing
            : html`<vscode-button
                secondary
                ?disabled=${state.busy || state.blocked !== undefined}
                @click=${() => {
                  to.intent('send', { pilot: true, revision: state.revision });
                }}
                >${state.actions.pilot}</vscode-button
              >`
        }
        <vscode-button
          secondary
          @click=${() => {
            to.intent('cancel', null);
          }}
          >${state.actions.cancel}</vscode-button
        >
      </div>
      <p class="muted">${state.footnote}</p>
    </footer>
  `;
}

function factOf({ icon, label, value, note, details }: Fact): TemplateResult {
  return html`<div>
    <dt>${iconOf(icon)}${label}</dt>
    <dd><strong>${value}</strong> <span>${note}</span></dd>
    ${details.map((detail) => html`<dd class="detail">${detail}</dd>`)}
  </div>`;
}

function blockOf(text: string): TemplateResult {
  return html`<div class="message error" role="alert">
    ${iconOf('error')}
    <p>${text}</p>
  </div>`;
}

function cautionOf(text: string): TemplateResult {
  return html`<div class="message warning" role="note">
    ${iconOf('warning')}
    <p>${text}</p>
  </div>`;
}

function warningOf(warning: Warning, busy: boolean, to: PageChannel<ConfirmSurface>): TemplateResult {
  return html`<div class="message warning" role="note">
    ${iconOf('warning')}
    <div>
      <p><strong>${warning.text}</strong></p>
      <ul>
        ${warning.items.map((item) => html`<li>${item}</li>`)}
      </ul>
      <div class="buttons">
        <vscode-button
          secondary
          @click=${() => {
            to.intent('lookAtSecrets', null);
          }}
          >${warning.look}</vscode-button
        >
        <vscode-button
          secondary
          ?disabled=${busy}
          @click=${() => {
            to.intent('leaveOutSecrets', null);
          }}
          >${warning.leaveOut}</vscode-button
        >
      </div>
    </div>
  </div>`;
}

function groupsOf(groups: readonly FileGroup[], state: ConfirmState): TemplateResult {
  return html`<div class="groups">${groups.map((group) => groupOf(group, state))}</div>`;
}

function groupOf(group: FileGroup, { listFailed }: ConfirmState): TemplateResult {
  const line = html`${iconOf(group.icon)}<span class="label">${group.label}</span
    ><span class="count">${group.count}</span><span class="size">${group.size}</span>`;
  const { id } = group;
  if (id === undefined) return html`<div class="group">${line}</div>`;
  return html`<details
    @toggle=${(event: Event) => {
      if ((event.currentTarget as HTMLDetailsElement).open) void load(id);
    }}
  >
    <summary class="group">${line}</summary>
    ${listOf(lists.get(id), group.label, listFailed)}
  </details>`;
}

function listOf(
  list: FileList | 'loading' | 'failed' | undefined,
  label: string,
  failed: string,
): TemplateResult | typeof nothing {
  if (list === 'failed') return html`<p class="files" role="status">${failed}</p>`;
  if (list === undefined || list === 'loading') return nothing;
  // A list that scrolls has to be within reach of the keyboard.
  return html`<ul class="files" tabindex="0" aria-label=${label}>
    ${list.files.map(({ name, size }) => html`<li><span class="label">${name}</span><span class="size">${size}</span></li>`)}
    ${list.more === '' ? nothing : html`<li class="muted">${list.more}</li>`}
  </ul>`;
}

function notesOf({ title, lines }: ConfirmState['notes']): TemplateResult {
  return html`<h2 class="later">${title}</h2>
    <ul class="notes">
      ${lines.map((line) => html`<li>${line}</li>`)}
    </ul>`;
}

function iconOf(name: string): TemplateResult {
  return html`<i class="codicon codicon-${name}" aria-hidden="true"></i>`;
}

async function load(group: string): Promise<void> {
  if (lists.has(group) && lists.get(group) !== 'failed') return;
  const asked = lists;
  asked.set(group, 'loading');
  asked.set(group, await channel.call('files', { group }).catch(() => 'failed' as const));
  draw();
}
