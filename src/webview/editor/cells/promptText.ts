import { html, type TemplateResult } from 'lit';
import type { CellView, Finding, JsonPath } from '../../../protocol/editorSurface.ts';
import type { EditorModel } from '../editorModel.ts';
import { findingMessages } from '../findingMessages.ts';
import '../parts/promptEditor.ts';
import { objectsOf, textOf } from '../sourceValues.ts';

interface PromptText {
  /** Of the text inside the cell. */
  readonly path: JsonPath;
  readonly label: string;
  readonly findings: readonly Finding[];
  /** False where variables mean nothing. */
  readonly variables?: boolean;
}

const NO_VARIABLES: CellView['variables'] = [];

/** An editor of a text of a cell, with what is wrong about it below. */
export function promptText(model: EditorModel, cell: CellView, of: PromptText): TemplateResult {
  const { key, source } = cell;
  const [name, at, part] = of.path;
  const value =
    typeof at === 'number' && typeof part === 'string'
      ? objectsOf(source[String(name)])[at]?.[part]
      : source[String(name)];
  return html`<bb-prompt-editor
      data-field=${of.path.join('.')}
      .value=${textOf(value)}
      .label=${of.label}
      .variables=${of.variables === false ? NO_VARIABLES : cell.variables}
      .findings=${of.findings}
      .readOnly=${false}
      @bb-change=${({ detail }: CustomEvent<{ value: string }>) => {
        model.set(key, of.path, detail.value);
      }}
      @bb-fix=${({ detail }: CustomEvent<{ finding: string; fix: string }>) => {
        model.fix(detail.finding, detail.fix);
      }}
    ></bb-prompt-editor>
    ${findingMessages(model, of.findings)}`;
}
