import { setImmediate } from 'node:timers/promises';
import {
  commands,
  Diagnostic,
  DiagnosticSeverity,
  l10n,
  languages,
  Position,
  Range,
  Uri,
  workspace,
  type CancellationToken,
  type Disposable,
  type TextDocument,
} from 'vscode';
import type { Finding } from '../../workspace/answerFindings.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import type { Roots } from '../roots.ts';
import { number } from '../words.ts';
import { showInformation, withNotification } from '../notify.ts';

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
} as const satisfies Record<Finding['severity'], DiagnosticSeverity>;

/** Others have their turn after this many milliseconds. */
const TURN_MS = 12;

interface Placed {
  readonly byFile: ReadonlyMap<string, readonly Diagnostic[]>;
  readonly shown: number;
  /** Findings about files outside the root, missing, or no texts. */
  readonly ignored: number;
  readonly isFull: boolean;
}

/** What answers find in files, in the Problems panel: of one run at a time, apart from the problems of job files. */
export class Findings implements Disposable {
  readonly #roots: Roots;
  readonly #shown = languages.createDiagnosticCollection('batchbook-findings');

  constructor(roots: Roots) {
    this.#roots = roots;
  }

  /** *Show Findings in Problems*: those of this run instead of those that were there. */
  async show(run: RunView): Promise<void> {
    const placed = await withNotification(
      {
        title: l10n.t('Looking for findings in the answers of {0}', run.title),
        cancellable: true,
      },
      (_progress, token) => this.#place(run, token),
    );
    if (placed === undefined) return;
    this.clear();
    for (const [file, diagnostics] of placed.byFile) this.#shown.set(Uri.file(file), diagnostics);
    tell(run, placed);
    if (placed.shown > 0) await commands.executeCommand('workbench.actions.view.problems');
  }

  /** *Clear Findings*. */
  clear(): void {
    this.#shown.clear();
  }

  dispose(): void {
    this.#shown.dispose();
  }

  /** `undefined`: broken off. */
  async #place(run: RunView, token: CancellationToken): Promise<Placed | undefined> {
    const { answerFindings, MOST_FINDINGS } = await import('../../workspace/answerFindings.ts');
    const reader = await this.#roots.at(run.root).read(run.runId);
    const documents = new Map<string, Promise<Located | undefined>>();
    const byFile = new Map<string, Diagnostic[]>();
    let [shown, ignored, turn] = [0, 0, performance.now()];
    for (const finding of answerFindings(reader)) {
      if (token.isCancellationRequested) return undefined;
      if (performance.now() - turn > TURN_MS) {
        await setImmediate();
        turn = performance.now();
      }
      if (finding === undefined) continue;
      if (shown === MOST_FINDINGS) return { byFile, shown, ignored, isFull: true };
      const opening = documents.get(finding.file) ?? locate(run.root, finding);
      documents.set(finding.file, opening);
      const located = await opening;
      if (located === undefined) {
        ignored += 1;
        continue;
      }
      const diagnostic = new Diagnostic(
        rangeOf(located.document, finding),
        finding.message,
        SEVERITIES[finding.severity],
      );
      diagnostic.source = l10n.t('Batchbook: {0}', run.title);
      const ofFile = byFile.get(located.file);
      if (ofFile === undefined) byFile.set(located.file, [diagnostic]);
      else ofFile.push(diagnostic);
      shown += 1;
    }
    return { byFile, shown, ignored, isFull: false };
  }
}

interface Located {
  readonly file: string;
  readonly document: TextDocument;
}

/** The file that a finding is about, where it is below the root after links are resolved, and a text. */
async function locate(root: string, finding: Finding): Promise<Located | undefined> {
  const { fileOfFinding } = await import('../../workspace/answerFindings.ts');
  const file = await fileOfFinding(root, finding);
  if (file === undefined) return undefined;
  try {
    return { file, document: await workspace.openTextDocument(Uri.file(file)) };
  } catch {
    return undefined;
  }
}

/** Within the document as it is now; to the end of the line where the answer names no end. */
function rangeOf(document: TextDocument, { line, column, endLine, endColumn }: Finding): Range {
  const text = document.lineAt(Math.min(line, document.lineCount) - 1);
  const start = column === undefined ? text.firstNonWhitespaceCharacterIndex : column - 1;
  const from = document.validatePosition(new Position(text.lineNumber, start));
  if (endLine === undefined && endColumn === undefined) return new Range(from, text.range.end);
  const last = document.lineAt(Math.min(endLine ?? line, document.lineCount) - 1);
  const to = document.validatePosition(
    new Position(last.lineNumber, endColumn === undefined ? last.range.end.character : endColumn - 1),
  );
  return to.isAfter(from) ? new Range(from, to) : new Range(from, text.range.end);
}

function tell(run: RunView, { shown, ignored, isFull }: Placed): void {
  if (shown === 0 && ignored === 0) {
    void showInformation(
      l10n.t(
        'The answers of {0} find nothing that can be shown: that takes "line", "severity" and "message", and "file" where it is not the row’s own.',
        run.title,
      ),
    );
    return;
  }
  const parts = [
    shown === 1
      ? l10n.t('1 finding is in the Problems panel.')
      : l10n.t('{0} findings are in the Problems panel.', number(shown)),
    ...(ignored === 0
      ? []
      : [
          l10n.t(
            '{0} about files that are missing, no texts or outside the root are left out.',
            number(ignored),
          ),
        ]),
    ...(isFull ? [l10n.t('There are more; these are as many as are shown at once.')] : []),
  ];
  void showInformation(parts.join(' '));
}
