import path from 'node:path';
import {
  commands,
  env,
  l10n,
  Position,
  Range,
  Selection,
  Uri,
  ViewColumn,
  window,
  workspace,
  type CancellationToken,
  type CustomTextEditorProvider,
  type Disposable,
  type TextDocument,
  type WebviewPanel,
} from 'vscode';
import { isBatchbookError } from '../../core/errors.ts';
import {
  CallError,
  type CallHandlers,
  type HostChannel,
  type IntentHandlers,
} from '../../protocol/channel.ts';
import type { EditorSurface, RunIntent } from '../../protocol/editorSurface.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import { runJobFile, type RunJobFileDeps } from '../commands/runJobFile.ts';
import { EDITOR_ID, type CommandId } from '../contributions.ts';
import { connectPage } from '../pages/connectPage.ts';
import type { JobFileProblems } from '../problems/jobFileProblems.ts';
import type { Report } from '../report.ts';
import type { ReadSettings } from '../settings.ts';
import { maySend } from '../trust.ts';
import { tokensInWords } from '../words.ts';
import { matchPage } from './cellInputs.ts';
import { JobSession } from './jobSession.ts';
import { PARSE_CALLS, PARSE_INTENTS } from './parseMessages.ts';

/** Begins what *Copy* puts on the clipboard, so that *Paste* knows cells from other JSON. */
const CLIPBOARD_KEY = 'batchbookCells';

export interface JobEditorDeps {
  readonly extensionUri: Uri;
  readonly running: RunJobFileDeps;
  readonly problems: JobFileProblems;
  readonly settings: ReadSettings;
  readonly report: Report;
}

/** The notebook-style editor of job files. Undo, hot exit, diff and save are those of the text document below it. */
export class JobEditors implements CustomTextEditorProvider, Disposable {
  readonly #deps: JobEditorDeps;
  /** By document: one session for all its editors. */
  readonly #sessions = new Map<TextDocument, Promise<JobSession>>();
  readonly #registration: Disposable;

  constructor(deps: JobEditorDeps) {
    this.#deps = deps;
    this.#registration = window.registerCustomEditorProvider(EDITOR_ID, this, {
      supportsMultipleEditorsPerDocument: true,
      webviewOptions: { retainContextWhenHidden: false },
    });
  }

  async resolveCustomTextEditor(
    document: TextDocument,
    panel: WebviewPanel,
    _token: CancellationToken,
  ): Promise<void> {
    const opening = this.#sessionOf(document);
    // The page loads while the engine does.
    const channel = connectPage<EditorSurface>(panel.webview, {
      extensionUri: this.#deps.extensionUri,
      bundle: 'editor',
      title: path.basename(document.uri.fsPath),
      intents: this.#intents(opening, document.uri),
      calls: this.#calls(opening),
    });
    panel.onDidDispose(() => {
      channel.dispose();
      opening.then(
        (session) => {
          this.#detach(session, channel);
        },
        () => undefined, // VS Code shows why
      );
    });
    (await opening).attach(channel);
  }

  /** Keys or models have changed. */
  renewModels(): void {
    for (const session of this.#sessions.values()) void session.then((open) => open.showModels());
  }

  dispose(): void {
    this.#registration.dispose();
    for (const session of this.#sessions.values()) void session.then((open) => open.dispose());
    this.#sessions.clear();
  }

  #sessionOf(document: TextDocument): Promise<JobSession> {
    const known = this.#sessions.get(document) ?? this.#open(document);
    this.#sessions.set(document, known);
    known.catch(() => this.#sessions.delete(document)); // VS Code shows why
    return known;
  }

  async #open(document: TextDocument): Promise<JobSession> {
    const { running, problems, report, settings } = this.#deps;
    const [
      { JobDocument, JOB_STANDARDS, StaleEditError, RefusedEditError },
      { forecastCell, renderPrompt },
      { CellOutcomes, isStale },
    ] = await Promise.all([
      import('../../workspace/jobDocument.ts'),
      import('../../workspace/forecastCell.ts'),
      import('../../workspace/cellOutcomes.ts'),
    ]);
    return new JobSession({
      document,
      root: await running.roots.of(document.uri.fsPath),
      engine: {
        JobDocument,
        JOB_STANDARDS,
        StaleEditError,
        RefusedEditError,
        forecastCell,
        renderPrompt,
        CellOutcomes,
        isStale,
      },
      model: running.model,
      standardModel: settings('model'),
      problems,
      report,
    });
  }

  #detach(session: JobSession, channel: HostChannel<EditorSurface>): void {
    if (session.detach(channel)) return;
    this.#sessions.delete(session.document);
    session.dispose();
  }

  #intents(opening: Promise<JobSession>, uri: Uri): IntentHandlers<EditorSurface> {
    const { report } = this.#deps;
    /** What an intent begins may fail later. */
    const begin =
      <T>(act: (session: JobSession, value: T) => unknown) =>
      (value: T): void => {
        opening.then((session) => act(session, value)).catch(report);
      };
    const handle: {
      readonly [K in keyof EditorSurface['intents']]: (value: EditorSurface['intents'][K]) => void;
    } = {
      run: begin((session, intent: RunIntent) => this.#run(session, intent)),
      stop: begin((session) => aboutRun('batchbook.stop', session.run)),
      cancelAtProvider: begin((session) => aboutRun('batchbook.cancelAtProvider', session.run)),
      openText: begin((_, place: { readonly line: number; readonly column: number } | null) =>
        openText(uri, place),
      ),
      openInput: begin((session, { key, index }: { readonly key: string; readonly index: number }) => {
        const [line] = matchPage(session.cell(key).cell, undefined, index, 1).lines;
        return line === undefined ? undefined : openBeside(session, key, index);
      }),
      openResults: begin((session, { key }: { readonly key: string }) =>
        aboutRun('batchbook.openResults', session.run, { cell: session.sourceOf(key)?.['id'] }),
      ),
      setApiKey: begin(async () => {
        await commands.executeCommand('batchbook.setApiKey' satisfies CommandId);
        this.renewModels();
      }),
      manageTrust: begin(() => commands.executeCommand('workbench.trust.manage')),
      visible: begin((session, { keys }: { readonly keys: readonly string[] }) => {
        session.setVisible(keys);
      }),
    };
    return Object.fromEntries(
      Object.entries(handle).map(([name, act]) => [
        name,
        { parse: PARSE_INTENTS[name as keyof typeof PARSE_INTENTS], handle: act },
      ]),
    ) as IntentHandlers<EditorSurface>;
  }

  #calls(opening: Promise<JobSession>): CallHandlers<EditorSurface> {
    return {
      edit: {
        parse: PARSE_CALLS.edit,
        handle: async ({ baseRev, edits }) => (await opening).edit(baseRev, edits),
      },
      fix: {
        parse: PARSE_CALLS.fix,
        handle: async ({ baseRev, finding, fix }) => (await opening).fix(baseRev, finding, fix),
      },
      matches: {
        parse: PARSE_CALLS.matches,
        handle: async ({ key, offset, limit }) => {
          const { cell, forecast } = (await opening).cell(key);
          return matchPage(cell, forecast, offset, limit);
        },
      },
      preview: {
        parse: PARSE_CALLS.preview,
        handle: async ({ key, index }) => {
          const session = await opening;
          const rendered = await session.preview(key, index);
          if (rendered === undefined) throw new CallError('invalid', l10n.t('The cell has no such row.'));
          const { name, prompt, inputTokens, problem } = rendered;
          const tokens =
            inputTokens === undefined
              ? ''
              : l10n.t('about {0} tokens with its input', tokensInWords(inputTokens));
          return { name, prompt, tokens: problem ?? tokens, rows: session.cell(key).cell.rows.length };
        },
      },
      pickFiles: {
        parse: PARSE_CALLS.pickFiles,
        handle: async ({ baseRev, key }) => {
          const session = await opening;
          const picked = await window.showOpenDialog({
            defaultUri: Uri.file(session.root.root),
            canSelectMany: true,
            canSelectFiles: true,
            canSelectFolders: true,
            openLabel: l10n.t('Add'),
            title: l10n.t('Add files and folders to the cell'),
          });
          return addFiles(session, baseRev, key, picked ?? []);
        },
      },
      dropFiles: {
        parse: PARSE_CALLS.dropFiles,
        handle: async ({ baseRev, key, uris }) =>
          addFiles(
            await opening,
            baseRev,
            key,
            uris
              .split(/\r?\n/)
              .filter((line) => line.trim() !== '' && !line.startsWith('#'))
              .map((line) => Uri.parse(line.trim()))
              // As a window calls the files of the machine that this runs on, where it is another one.
              .map((uri) =>
                uri.scheme === 'vscode-remote' ? uri.with({ scheme: 'file', authority: '' }) : uri,
              ),
          ),
      },
      schemaOfExample: {
        parse: PARSE_CALLS.schemaOfExample,
        handle: async ({ example }) => {
          const { schemaOfExample } = await import('../../workspace/schemaOfExample.ts');
          try {
            return { schema: schemaOfExample(example) as never };
          } catch (error) {
            if (isBatchbookError(error)) throw new CallError('invalid', error.userMessage);
            throw error;
          }
        },
      },
      copy: {
        parse: PARSE_CALLS.copy,
        handle: async ({ keys }) => {
          const session = await opening;
          const cells = keys.flatMap((key) => session.sourceOf(key) ?? []);
          await env.clipboard.writeText(JSON.stringify({ [CLIPBOARD_KEY]: cells }, undefined, 2));
          return null;
        },
      },
      paste: {
        parse: PARSE_CALLS.paste,
        handle: async ({ baseRev, at }) => {
          const cells = cellsOf(await env.clipboard.readText());
          if (cells === undefined)
            throw new CallError('invalid', l10n.t('The clipboard holds no cells of a job file.'));
          return (await opening).edit(baseRev, [{ op: 'paste', at, cells }]);
        },
      },
      begin: {
        parse: PARSE_CALLS.begin,
        handle: async ({ baseRev, template }) => {
          const session = await opening;
          if (template === 'blank') return session.edit(baseRev, [{ op: 'insert', at: 0, kind: 'files' }]);
          const { newJobFileText } = await import('../../workspace/newJobFile.ts');
          const title = path.basename(session.document.uri.fsPath).replace(/\.batch\.json$/, '');
          const { settings } = this.#deps;
          return session.fill(
            baseRev,
            newJobFileText({
              title,
              template,
              model: settings('model'),
              costLimitUsd: settings('costLimitUsd'),
            }),
          );
        },
      },
    };
  }

  async #run(session: JobSession, intent: RunIntent): Promise<void> {
    const { running } = this.#deps;
    const { uri } = session.document;
    const cellId = (key: string): string => {
      const id = session.sourceOf(key)?.['id'];
      if (typeof id !== 'string') throw new CallError('invalid', l10n.t('The cell is not there any more.'));
      return id;
    };
    switch (intent.what) {
      case 'all':
        await runJobFile(running, uri);
        return;
      case 'again':
        await runJobFile(running, uri, { all: true });
        return;
      case 'cell':
        await runJobFile(running, uri, { cell: cellId(intent.key) });
        return;
      case 'pilot':
        await runJobFile(running, uri, {
          pilot: intent.rows,
          ...(intent.key === undefined ? {} : { cell: cellId(intent.key) }),
        });
        return;
      case 'failed':
        if (maySend()) await aboutRun('batchbook.rerunFailed', session.run);
    }
  }
}

async function aboutRun(command: CommandId, run: RunView | undefined, which?: unknown): Promise<void> {
  if (run !== undefined) await commands.executeCommand(command, run.runId, which);
}

async function openText(
  uri: Uri,
  place: { readonly line: number; readonly column: number } | null,
): Promise<void> {
  const at =
    place === null ? undefined : new Position(Math.max(0, place.line - 1), Math.max(0, place.column - 1));
  await window.showTextDocument(await workspace.openTextDocument(uri), {
    viewColumn: ViewColumn.Beside,
    ...(at === undefined ? {} : { selection: new Selection(at, at) }),
  });
}

/** An input of a cell, by its place in the list that the page shows: a file, or the table that the row is of. */
async function openBeside(session: JobSession, key: string, index: number): Promise<void> {
  const { rows, leftOut, table } = session.cell(key).cell;
  // By what was found below the root, never by what the file says now.
  const file = table?.path ?? rows[index]?.source ?? leftOut[index - rows.length]?.path;
  if (file === undefined || file === '') return;
  await commands.executeCommand('vscode.open', Uri.file(path.join(session.root.root, file)), {
    viewColumn: ViewColumn.Beside,
    preserveFocus: true,
    selection: new Range(0, 0, 0, 0),
  });
}

/** Adds what lies below the root to the globs of a cell. @throws CallError `invalid`, naming what lies elsewhere. */
async function addFiles(
  session: JobSession,
  baseRev: number,
  key: string,
  uris: readonly Uri[],
): ReturnType<JobSession['edit']> {
  const files = uris.map(({ scheme, fsPath }) => {
    const relative = path.relative(session.root.root, fsPath);
    const isOutside =
      scheme !== 'file' || relative.startsWith('..') || path.isAbsolute(relative) || relative === '';
    if (isOutside)
      throw new CallError(
        'invalid',
        l10n.t(
          '{0} is not below {1}, and a job file takes files from there only.',
          fsPath,
          session.root.root,
        ),
      );
    return relative
      .split(path.sep)
      .join('/')
      .normalize('NFC')
      .replaceAll(/[[\]{}()*?!\\]/g, '\\$&');
  });
  const before = session.sourceOf(key)?.['files'];
  const globs: readonly unknown[] = Array.isArray(before) ? before : [];
  const added = files.filter((file) => !globs.includes(file));
  return session.edit(
    baseRev,
    added.length === 0 ? [] : [{ op: 'set', key, path: ['files'], value: [...globs, ...added] }],
  );
}

function cellsOf(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const cells =
      typeof value === 'object' && value !== null && CLIPBOARD_KEY in value
        ? value[CLIPBOARD_KEY]
        : undefined;
    return Array.isArray(cells) && cells.length > 0 ? cells : undefined;
  } catch {
    return undefined;
  }
}
