import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CellView } from '../../../protocol/editorSurface.ts';
import { openCellMenu } from '../cellMenu.ts';
import type { EditorModel } from '../editorModel.ts';
import { findingMessages } from '../findingMessages.ts';
import { icon } from '../../parts/icon.ts';
import { insertBar } from '../insertBar.ts';
import { roveToolbar } from '../../parts/rovingFocus.ts';
import { holdInWords } from '../toolbar/holdInWords.ts';
import { nameOf } from '../words.ts';
import { answerProperty } from './answerProperty.ts';
import { cellFoot } from './cellFoot.ts';
import { cellHead } from './cellHead.ts';
import { cellOutcome } from './cellOutcome.ts';
import { dataProperty } from './dataProperty.ts';
import { filesProperty } from './filesProperty.ts';
import { markdownCell } from './markdownCell.ts';
import { messagesProperty } from './messagesProperty.ts';
import { optionsProperty } from './optionsProperty.ts';
import { outputProperty } from './outputProperty.ts';
import { promptProperty } from './promptProperty.ts';
import { retryProperty } from './retryProperty.ts';
import { systemProperty } from './systemProperty.ts';
import { unknownCell } from './unknownCell.ts';

/** All of a cell but its place in the list. */
export function cellFrame(model: EditorModel, cell: CellView, first: boolean, last: boolean): TemplateResult {
  const name = nameOf(cell);
  return html`${first ? insertBar(model, { before: cell.key }, l10n.t('Insert a cell before {0}', name), 'top') : nothing}
    <div class="gutter">
      ${cell.kind === 'markdown' || cell.kind === 'unknown' ? nothing : runButton(model, cell)}
    </div>
    <div class="body">
      ${tools(model, cell)}
      ${
        cell.kind === 'markdown'
          ? markdownCell(model, cell)
          : html`<div class="card">
                ${cellHead(model, cell)} ${model.folded.has(cell.key) ? nothing : properties(model, cell)}
                ${cellFoot(model, cell)}
              </div>
              ${cellOutcome(model, cell)}`
      }
    </div>
    ${insertBar(model, { after: cell.key }, l10n.t('Insert a cell after {0}', name), last ? 'end' : '')}`;
}

function properties(model: EditorModel, cell: CellView): TemplateResult {
  if (cell.kind === 'unknown') return unknownCell(model, cell);
  return html`<div class="props">
    ${findingMessages(model, model.findings.at(cell.key, 'head'))}
    ${
      cell.kind === 'files'
        ? filesProperty(model, cell)
        : cell.kind === 'rows'
          ? dataProperty(model, cell)
          : nothing
    }
    ${systemProperty(model, cell)}
    ${cell.kind === 'messages' ? messagesProperty(model, cell) : promptProperty(model, cell)}
    ${answerProperty(model, cell)} ${optionsProperty(model, cell)} ${retryProperty(model, cell)}
    ${outputProperty(model, cell)}
  </div>`;
}

function runButton(model: EditorModel, cell: CellView): TemplateResult {
  const name = nameOf(cell);
  if (model.outcomes[cell.key]?.running === true)
    return html`<button
      class="act icon"
      type="button"
      aria-label=${l10n.t('Stop {0}', name)}
      title=${l10n.t('Stop')}
      popovertarget="stop-menu"
      aria-haspopup="menu"
    >
      ${icon('debug-stop')}
    </button>`;
  const errors = model.findings.of(cell.key).some(({ severity }) => severity === 'error');
  const held = model.hold ?? (errors ? 'errors' : undefined);
  return html`<button
    class="act icon"
    type="button"
    aria-label=${l10n.t('Run cell {0}', name)}
    title=${held === undefined ? l10n.t('Run Cell (Ctrl+Enter)') : holdInWords(model, held)}
    aria-disabled=${held === undefined ? 'false' : 'true'}
    @click=${() => void model.start({ what: 'cell', key: cell.key })}
  >
    ${icon('play', held === undefined ? 'run' : '')}
  </button>`;
}

function tools(model: EditorModel, cell: CellView): TemplateResult {
  const { key, kind } = cell;
  const name = nameOf(cell);
  const folded = model.folded.has(key);
  const foldLabel = folded ? l10n.t('Unfold') : l10n.t('Fold');
  return html`<div
    class="cell-tools pop"
    role="toolbar"
    aria-label=${l10n.t('Cell {0}', name)}
    @keydown=${roveToolbar}
  >
    ${
      kind === 'markdown' || kind === 'unknown'
        ? nothing
        : html`<button
            class="act icon"
            type="button"
            aria-label=${l10n.t('Run a pilot of this cell')}
            title=${l10n.t('Run a Pilot of This Cell')}
            aria-disabled=${model.hold === undefined ? 'false' : 'true'}
            @click=${() => void model.start({ what: 'pilot', rows: model.pilotRows, key })}
          >
            ${icon('beaker')}
          </button>`
    }
    ${
      kind === 'markdown'
        ? html`<button
            class="act icon"
            type="button"
            aria-label=${model.written.has(key) ? l10n.t('Show') : l10n.t('Edit')}
            title=${model.written.has(key) ? l10n.t('Show (Esc)') : l10n.t('Edit (Enter)')}
            @click=${() => {
              if (model.written.has(key)) model.show(key);
              else model.write(key);
            }}
          >
            ${icon(model.written.has(key) ? 'check' : 'edit')}
          </button>`
        : nothing
    }
    <button
      class="act icon"
      type="button"
      aria-label=${foldLabel}
      title=${foldLabel}
      @click=${() => {
        model.fold(key, !folded);
      }}
    >
      ${icon(folded ? 'unfold' : 'fold')}
    </button>
    <button
      class="act icon"
      type="button"
      aria-haspopup="menu"
      aria-label=${l10n.t('More')}
      title=${l10n.t('More Actions…')}
      @click=${(event: Event) => {
        openCellMenu(model, event.currentTarget as HTMLElement, key);
      }}
    >
      ${icon('ellipsis')}
    </button>
    <button
      class="act icon"
      type="button"
      aria-label=${l10n.t('Delete cell')}
      title=${l10n.t('Delete Cell (D D)')}
      @click=${() => void model.remove(key)}
    >
      ${icon('trash')}
    </button>
  </div>`;
}
