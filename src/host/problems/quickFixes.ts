import { CodeAction, CodeActionKind, languages, WorkspaceEdit, type Disposable } from 'vscode';
import { rangeOf, type JobFileProblems } from './jobFileProblems.ts';
import { JOB_FILES } from './jobFiles.ts';

/** Offers what would make a problem of a job file right, in the text and in the Problems panel. */
export function registerQuickFixes(problems: JobFileProblems): Disposable {
  return languages.registerCodeActionsProvider(
    JOB_FILES,
    {
      provideCodeActions: ({ uri }, _range, { diagnostics }) =>
        problems.shownBy(uri, diagnostics).flatMap(([diagnostic, { fixes = [] }]) =>
          fixes.map(({ title, range, text }) => {
            const action = new CodeAction(title, CodeActionKind.QuickFix);
            action.edit = new WorkspaceEdit();
            action.edit.replace(uri, rangeOf(range), text);
            action.diagnostics = [diagnostic];
            action.isPreferred = fixes.length === 1;
            return action;
          }),
        ),
    },
    { providedCodeActionKinds: [CodeActionKind.QuickFix] },
  );
}
