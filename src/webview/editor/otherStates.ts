import '@vscode-elements/elements/dist/vscode-button/index.js';
import * as l10n from '@vscode/l10n';
import { html, type TemplateResult } from 'lit';
import type { DocumentState, TemplateId } from '../../protocol/editorSurface.ts';
import type { EditorModel } from './editorModel.ts';
import { icon } from '../parts/icon.ts';
import { insertBar } from './insertBar.ts';
import { count } from './words.ts';

/** A file that cannot be read: what is wrong, where, and the way to the text. Nothing of it is written. */
export function brokenFile(
  model: EditorModel,
  document: Extract<DocumentState, { kind: 'broken' }>,
): TemplateResult {
  const { line, column } = document;
  return html`<main class="empty">
    <h1>${l10n.t('{0} cannot be read', document.fileName)}</h1>
    <p role="status">
      ${l10n.t('Line {0}, column {1}:', count(line), count(column))} ${document.message}
      ${l10n.t('Nothing was changed; the cells come back as soon as the file can be read.')}
    </p>
    <pre class="code excerpt" tabindex="0" role="region" aria-label=${l10n.t('The lines around the error')}>
${document.excerpt.map(
        (at) =>
          html`<span class=${at.line === line ? 'wrong' : ''}
            ><span class="muted">${String(at.line).padStart(5)}</span> ${at.text}
          </span>`,
      )}</pre>
    <div class="btns">
      <vscode-button
        @click=${() => {
          model.channel.intent('openText', { line, column });
        }}
        >${l10n.t('Go to Line {0}', count(line))}</vscode-button
      >
      <vscode-button
        secondary
        @click=${() => {
          model.channel.intent('openText', null);
        }}
        >${l10n.t('Reopen as Text')}</vscode-button
      >
    </div>
  </main>`;
}

/** A new file: beginnings that work at once. */
export function emptyFile(model: EditorModel): TemplateResult {
  return html`<main class="empty">
    <h1>${l10n.t('What should happen to each file?')}</h1>
    <p class="muted">${l10n.t('Choose a beginning. Everything can be changed afterwards.')}</p>
    <div class="tiles">
      ${beginnings().map(
        ({ id, name, title, note }) =>
          html`<button class="tile" type="button" data-template=${id} @click=${() => void model.begin(id)}>
            ${icon(name)}<span>${title}</span><span class="muted small">${note}</span>
          </button>`,
      )}
    </div>
    <p>
      <button class="link" type="button" @click=${() => void model.begin('blank')}>
        ${l10n.t('Start With an Empty Cell')}
      </button>
    </p>
  </main>`;
}

/** A job file without cells. */
export function noCells(model: EditorModel): TemplateResult {
  return html`<div class="empty">
    <h1>${l10n.t('No cells yet')}</h1>
    <p class="muted">${l10n.t('A cell says what is sent: files, rows of a table, or messages.')}</p>
    ${insertBar(model, 'end', l10n.t('Insert the first cell'), 'end')}
  </div>`;
}

/** Restricted Mode: everything can be read and edited, nothing sent. */
export function trustMessage(model: EditorModel): TemplateResult {
  return html`<div class="msg boxed" role="status">
    ${icon('shield', 'info')}
    <div>
      <p>
        ${l10n.t('This folder is not trusted, so no file of it is sent to a provider. Cells can be read and edited.')}
      </p>
      <div class="btns">
        <vscode-button
          secondary
          @click=${() => {
            model.channel.intent('manageTrust', null);
          }}
          >${l10n.t('Manage Workspace Trust')}</vscode-button
        >
      </div>
    </div>
  </div>`;
}

function beginnings(): readonly {
  readonly id: TemplateId;
  readonly name: string;
  readonly title: string;
  readonly note: string;
}[] {
  return [
    {
      id: 'summarize',
      name: 'note',
      title: l10n.t('Summarize'),
      note: l10n.t('One short text for each file'),
    },
    {
      id: 'extract',
      name: 'json',
      title: l10n.t('Extract to a Schema'),
      note: l10n.t('Named fields, checked'),
    },
    { id: 'classify', name: 'tag', title: l10n.t('Classify'), note: l10n.t('One label from your list') },
    {
      id: 'translate',
      name: 'globe',
      title: l10n.t('Translate'),
      note: l10n.t('Same files, other language'),
    },
    {
      id: 'review',
      name: 'code-review',
      title: l10n.t('Review Code'),
      note: l10n.t('Findings by file and line'),
    },
    {
      id: 'compare',
      name: 'git-compare',
      title: l10n.t('Compare Models'),
      note: l10n.t('One prompt, two answers'),
    },
  ];
}
