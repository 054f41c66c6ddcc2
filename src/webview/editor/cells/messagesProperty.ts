import * as l10n from '@vscode/l10n';
import { html, type TemplateResult } from 'lit';
import type { CellView, JsonObject } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { findingMessages } from '../findingMessages.ts';
import { icon } from '../../parts/icon.ts';
import { objectsOf } from '../sourceValues.ts';
import { count } from '../words.ts';
import { promptText } from './promptText.ts';

/** The turns of a conversation: who says what, in which order. */
export function messagesProperty(model: EditorModel, cell: CellView): TemplateResult {
  const { key } = cell;
  const messages = objectsOf(cell.source['messages']);
  const findings = model.findings.at(key, 'messages');
  return html`<div class="turns" role="group" aria-label=${l10n.t('Messages')}>
    ${messages.map((message, at) => turn(model, cell, messages, message, at))}
    <div class="prop">
      <span class="k"></span>
      <div class="v">
        ${findingMessages(
          model,
          findings.filter(({ path }) => typeof path[1] !== 'number'),
        )}
        <button
          class="link"
          type="button"
          @click=${() => {
            model.set(key, ['messages', messages.length], {
              role: messages.at(-1)?.['role'] === 'user' ? 'assistant' : 'user',
              content: '',
            });
            model.focus(key, `messages.${String(messages.length)}.content`);
          }}
        >
          ${icon('add', 's')}${l10n.t('Message')}
        </button>
      </div>
    </div>
  </div>`;
}

function turn(
  model: EditorModel,
  cell: CellView,
  messages: readonly JsonObject[],
  message: JsonObject,
  at: number,
): TemplateResult {
  const { key } = cell;
  const place = count(at + 1);
  const { role } = message;
  const move = (by: number): void => {
    const moved = messages.toSpliced(at, 1).toSpliced(at + by, 0, message);
    model.set(key, ['messages'], moved);
    model.focus(key, `messages.${String(at + by)}.content`);
  };
  return html`<div class="prop">
    <div class="k">
      <select
        class="sel"
        aria-label=${l10n.t('Role of message {0}', place)}
        data-field="messages.${at}.role"
        @change=${(event: Event) => {
          model.set(key, ['messages', at, 'role'], (event.target as HTMLSelectElement).value);
        }}
      >
        <option value="user" ?selected=${role === 'user'}>${l10n.t('User')}</option>
        <option value="assistant" ?selected=${role === 'assistant'}>${l10n.t('Assistant')}</option>
        ${
          role === 'user' || role === 'assistant'
            ? ''
            : html`<option value="" selected>${typeof role === 'string' ? role : l10n.t('None')}</option>`
        }
      </select>
    </div>
    <div class="v turn">
      <div>
        ${promptText(model, cell, {
          path: ['messages', at, 'content'],
          label: l10n.t('Message {0}', place),
          findings: model.findings.at(key, 'messages').filter(({ path }) => path[1] === at),
          variables: false,
        })}
      </div>
      <div class="turn-tools">
        ${tool('arrow-up', l10n.t('Move message {0} up', place), at === 0, () => {
          move(-1);
        })}
        ${tool('arrow-down', l10n.t('Move message {0} down', place), at === messages.length - 1, () => {
          move(1);
        })}
        ${tool('close', l10n.t('Remove message {0}', place), messages.length === 1, () => {
          model.set(key, ['messages', at], undefined);
          model.focus(key);
        })}
      </div>
    </div>
  </div>`;
}

function tool(name: string, label: string, disabled: boolean, act: () => void): TemplateResult {
  return html`<button
    class="act icon"
    type="button"
    aria-label=${label}
    title=${label}
    ?disabled=${disabled}
    @click=${act}
  >
    ${icon(name, 's')}
  </button>`;
}
