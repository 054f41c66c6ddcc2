import * as l10n from '@vscode/l10n';
import { html, type TemplateResult } from 'lit';
import type { CellView, JsonObject } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import '../parts/schemaEditor.ts';
import { objectOf, textOf } from '../sourceValues.ts';
import { property } from './property.ts';

/** The schema that every answer of a cell must fit. */
export function answerProperty(model: EditorModel, cell: CellView): TemplateResult {
  const { key, source } = cell;
  return property(
    l10n.t('Answer'),
    html`<bb-schema-editor
      data-field="responseSchema"
      .schema=${objectOf(source['responseSchema'])}
      .schemaFile=${textOf(source['responseSchemaFile']) || undefined}
      .findings=${model.findings.at(key, 'answer')}
      .label=${l10n.t('Answer of {0}', cell.id ?? '')}
      .exampleOf=${async (example: string) =>
        (await model.channel.call('schemaOfExample', { example })).schema}
      @bb-change=${({ detail }: CustomEvent<{ schema: JsonObject | undefined }>) => {
        model.set(key, ['responseSchema'], detail.schema);
      }}
      @bb-fix=${({ detail }: CustomEvent<{ finding: string; fix: string }>) => {
        model.fix(detail.finding, detail.fix);
      }}
    ></bb-schema-editor>`,
  );
}
