import path from 'node:path';
import {
  Diagnostic,
  DiagnosticSeverity,
  Disposable,
  EventEmitter,
  languages,
  Range,
  Uri,
  workspace,
  type DiagnosticCollection,
  type TextDocument,
} from 'vscode';
import { isBatchbookError, type Problem, type SourceRange } from '../../core/errors.ts';
import type { JobFileInspection } from '../../workspace/inspectJobFile.ts';
import { concernsProviders } from '../providerSettings.ts';
import type { Report } from '../report.ts';
import type { Roots } from '../roots.ts';
import { DebouncedCheck, type Later } from './debouncedCheck.ts';

/** An editor that shows it comes first: to look through thousands of files takes all that there is of a small machine. */
const AFTER_OPENING_MS = 1_500;
/** How long is waited after the last of such changes. */
const AFTER_TYPING_MS = 600;
const AFTER_FILES_MS = 1_500;

/** A job file as it was found at a version of its document. */
export interface Inspected {
  readonly version: number;
  readonly inspection: JobFileInspection;
}

/** The problems of open job files, where the editor shows problems: as they are typed, saved or not. */
export class JobFileProblems implements Disposable {
  readonly #roots: Roots;
  readonly #report: Report;
  readonly #collection: DiagnosticCollection = languages.createDiagnosticCollection('batchbook');
  /** What was found last, by document. */
  readonly #found = new Map<string, Inspected>();
  readonly #checks = new Map<string, DebouncedCheck<Inspected>>();
  readonly #inspected = new EventEmitter<Uri>();
  /** An open job file was looked at: `inspectionOf` has what was found. */
  readonly onDidInspect = this.#inspected.event;
  readonly #subscriptions: Disposable;

  constructor(roots: Roots, report: Report) {
    this.#roots = roots;
    this.#report = report;
    const files = workspace.createFileSystemWatcher('**/*', false, true, false);
    const triggerAll = (): void => {
      for (const check of this.#checks.values()) check.trigger(AFTER_FILES_MS);
    };
    this.#subscriptions = Disposable.from(
      this.#collection,
      files,
      files.onDidCreate((uri) => {
        if (!isState(uri)) triggerAll();
      }),
      files.onDidDelete((uri) => {
        if (!isState(uri)) triggerAll();
      }),
      workspace.onDidChangeConfiguration((change) => {
        if (concernsProviders(change)) triggerAll();
      }),
      workspace.onDidOpenTextDocument((document) => {
        this.#open(document);
      }),
      workspace.onDidChangeTextDocument(({ document }) => {
        this.#checks.get(document.uri.toString())?.trigger(AFTER_TYPING_MS);
      }),
      workspace.onDidCloseTextDocument((document) => {
        this.#close(document);
      }),
    );
    for (const document of workspace.textDocuments) this.#open(document);
  }

  /** Shows what a run has found wrong with a job file, open or not. */
  show(root: string, problems: readonly Problem[]): void {
    for (const [file, found] of Map.groupBy(problems, (problem) => problem.file))
      this.#collection.set(Uri.file(path.join(root, file)), found.map(diagnosticOf));
  }

  /** Problems of an open job file that these diagnostics show, as they were found last. */
  shownBy(uri: Uri, diagnostics: readonly Diagnostic[]): readonly (readonly [Diagnostic, Problem])[] {
    return (this.inspectionOf(uri)?.inspection.problems ?? []).flatMap((problem) => {
      const own = diagnosticOf(problem);
      const shown = diagnostics.find((one) => one.message === own.message && one.range.isEqual(own.range));
      return shown === undefined ? [] : [[shown, problem] as const];
    });
  }

  /** An open job file is on a screen: it is looked at without more delay, where that is still to be done. */
  hasten(uri: Uri): void {
    this.#checks.get(uri.toString())?.hasten();
  }

  /** What an open job file was last found to be. */
  inspectionOf(uri: Uri): Inspected | undefined {
    return this.#found.get(uri.toString());
  }

  dispose(): void {
    for (const check of this.#checks.values()) check.dispose();
    this.#inspected.dispose();
    this.#subscriptions.dispose();
  }

  #open(document: TextDocument): void {
    const { uri } = document;
    if (uri.scheme !== 'file' || !uri.path.endsWith('.batch.json')) return;
    const check = new DebouncedCheck<Inspected>({
      check: () => this.#inspect(document),
      show: (inspected) => {
        this.#found.set(uri.toString(), inspected);
        this.#collection.set(uri, inspected.inspection.problems.map(diagnosticOf));
        this.#inspected.fire(uri);
      },
      fail: (error) => {
        // A file outside every folder has no root to be checked against; running it says so.
        if (!isBatchbookError(error)) this.#report(error);
      },
      later,
    });
    this.#checks.get(uri.toString())?.dispose();
    this.#checks.set(uri.toString(), check);
    check.trigger(AFTER_OPENING_MS);
  }

  async #inspect(document: TextDocument): Promise<Inspected> {
    const root = await this.#roots.of(document.uri.fsPath);
    const { version } = document;
    return { version, inspection: await root.inspect(document.uri.fsPath, document.getText()) };
  }

  #close({ uri }: TextDocument): void {
    this.#checks.get(uri.toString())?.dispose();
    this.#checks.delete(uri.toString());
    this.#found.delete(uri.toString());
    this.#collection.delete(uri);
  }
}

const later: Later = (ms, action) => {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
};

/** What runs write all the time is no news to a job file. */
function isState(uri: Uri): boolean {
  return uri.path.includes('/.batchbook/') || uri.path.includes('/.git/');
}

/** Our ranges count from 1, VS Code's from 0; columns are UTF-16 units in both. */
export function rangeOf({ line, column, endLine, endColumn }: SourceRange): Range {
  return new Range(line - 1, column - 1, endLine - 1, endColumn - 1);
}

function diagnosticOf({ severity, message, range, path: jsonPath }: Problem): Diagnostic {
  const diagnostic = new Diagnostic(
    rangeOf(range),
    message,
    severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
  );
  diagnostic.source = 'Batchbook';
  diagnostic.code = jsonPath === '' ? 'job file' : jsonPath;
  return diagnostic;
}
