import {
  CompletionItem,
  CompletionItemKind,
  languages,
  Range,
  type Disposable,
  type CompletionItemProvider,
} from 'vscode';
import type { Roots } from '../roots.ts';
import { JOB_FILES } from './jobFiles.ts';

/** Names of models, and the variables of a prompt, where the schema of a job file cannot know them. */
export function registerCompletions(roots: Roots): Disposable {
  const provider: CompletionItemProvider = {
    provideCompletionItems: async (document, position) => {
      const root = await roots.of(document.uri.fsPath);
      const found = await root.complete(document.getText(), document.offsetAt(position));
      return found.map(({ kind, text, start, end, detail }, place) => {
        const item = new CompletionItem(
          text,
          kind === 'model' ? CompletionItemKind.Value : CompletionItemKind.Variable,
        );
        item.range = new Range(document.positionAt(start), document.positionAt(end));
        item.detail = detail;
        // As they are given: models by service, columns before the rest.
        item.sortText = String(place).padStart(4, '0');
        return item;
      });
    },
  };
  return languages.registerCompletionItemProvider(JOB_FILES, provider, '"', '{', '.');
}
