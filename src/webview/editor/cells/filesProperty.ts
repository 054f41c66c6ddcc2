import * as l10n from '@vscode/l10n';
import { html, type TemplateResult } from 'lit';
import type { CellView } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import '../parts/globChips.ts';
import '../parts/matchList.ts';
import { textsOf } from '../sourceValues.ts';
import { checkOption } from './optionField.ts';
import { property } from './property.ts';

/** What a files cell takes: its patterns, and what they match. */
export function filesProperty(model: EditorModel, cell: CellView): TemplateResult {
  const { key } = cell;
  return property(
    l10n.t('Files'),
    html`<bb-glob-chips
      data-field="files"
      .globs=${textsOf(cell.source['files'])}
      .label=${l10n.t('Patterns')}
      .findings=${model.findings.at(key, 'files')}
      @bb-change=${({ detail }: CustomEvent<{ globs: readonly string[] }>) => {
        model.set(key, ['files'], detail.globs);
      }}
      @bb-drop=${({ detail }: CustomEvent<{ uris: string }>) => {
        model.dropFiles(key, detail.uris);
      }}
      @bb-pick=${() => {
        model.pickFiles(key);
      }}
    ></bb-glob-chips>`,
    html`<bb-match-list
      .inputs=${model.inputs[key]}
      .cellKey=${key}
      .load=${(offset: number, limit: number) => model.channel.call('matches', { key, offset, limit })}
      @bb-open=${({ detail }: CustomEvent<{ index: number }>) => {
        model.channel.intent('openInput', { key, index: detail.index });
      }}
    ></bb-match-list>`,
    html`<div class="options short">
      ${checkOption(model, cell, {
        name: 'gitignore',
        label: l10n.t('Files named by .gitignore'),
        inherited: true,
        words: [l10n.t('Left out'), l10n.t('Taken')],
      })}
    </div>`,
  );
}
