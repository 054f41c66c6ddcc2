import path from 'node:path';
import {
  commands,
  Disposable,
  env,
  l10n,
  Range,
  ThemeColor,
  Uri,
  ViewColumn,
  window,
  workspace,
  type TextDocument,
  type WebviewPanel,
} from 'vscode';
import { isBatchbookError } from '../../core/errors.ts';
import type { ModelConfig } from '../../core/modelConfig.ts';
import { EVERYTHING, type ResultsQuery } from '../../core/resultsQuery.ts';
import { keptRun } from '../../protocol/keptPanel.ts';
import { parseKeptResults, type KeptResults, type ResultsSurface } from '../../protocol/resultsSurface.ts';
import type { CitedPlace } from '../../workspace/results/citedPlaces.ts';
import type { CopiedRows } from '../../workspace/results/copyRows.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import type { Workspace } from '../../workspace/workspace.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { bringBack } from '../pages/comingBack.ts';
import { Page } from '../pages/page.ts';
import type { Report } from '../report.ts';
import type { Roots } from '../roots.ts';
import type { RunsModel } from '../runs/runsModel.ts';
import { number } from '../words.ts';
import { ResultsReading } from './resultsReading.ts';
import { pickRun, siblingRuns } from './siblingRuns.ts';
import { startResultsThread, type ResultsThread } from './resultsThread.ts';
import { showInformation } from '../notify.ts';

export interface ResultsPanelsDeps {
  readonly extensionUri: Uri;
  readonly roots: Roots;
  readonly model: RunsModel;
  readonly openText: (run: RunView) => Promise<void>;
  readonly exportRun: (run: RunView) => Promise<void>;
  readonly compare: (run: RunView) => Promise<void>;
  readonly report: Report;
}

interface Open {
  readonly page: Page<ResultsSurface>;
  readonly reading: ResultsReading;
  readonly thread: ResultsThread;
  /** Of the run when it was looked at last. */
  seen: RunView;
}

/** The tabs with the results of runs, one a run. Each reads on a thread of its own, which ends with it. */
export class ResultsPanels implements Disposable {
  readonly #deps: ResultsPanelsDeps;
  readonly #open = new Map<string, Open>();
  readonly #subscriptions: Disposable;
  readonly #mark = window.createTextEditorDecorationType({
    backgroundColor: new ThemeColor('editor.findMatchHighlightBackground'),
    overviewRulerColor: new ThemeColor('editorOverviewRuler.findMatchForeground'),
  });

  constructor(deps: ResultsPanelsDeps) {
    this.#deps = deps;
    this.#subscriptions = Disposable.from(
      deps.model.onDidChange(() => {
        this.#refresh();
      }),
      bringBack(deps, {
        bundle: 'results',
        parse: parseKeptResults,
        show: async (panel, kept, [run]) => {
          if (run === undefined) return;
          const known = this.#open.get(run.runId);
          if (known === undefined) await this.#make(run, panel).reading.goOn(kept);
          else {
            panel.dispose();
            known.page.reveal();
          }
        },
      }),
    );
  }

  /** Shows a run's results; at a row, or those of a query, if one is named. */
  async show(
    run: RunView,
    at: { readonly row?: number; readonly query?: Partial<ResultsQuery> } = {},
  ): Promise<void> {
    const known = this.#open.get(run.runId);
    if (known !== undefined) {
      known.page.reveal();
      if (at.query !== undefined) await known.reading.begin({ ...at, query: { ...EVERYTHING, ...at.query } });
      else if (at.row !== undefined) known.reading.goTo(at.row);
      return;
    }
    await this.#make(run).reading.begin(at);
  }

  /** Leaves the tabs to VS Code, which brings them back after a reload. */
  dispose(): void {
    this.#subscriptions.dispose();
    this.#mark.dispose();
    for (const { page, thread } of this.#open.values()) {
      page.leave();
      thread.end();
    }
  }

  #make(run: RunView, panel?: WebviewPanel): Open {
    const { extensionUri, roots, report } = this.#deps;
    const { root, stateDir } = roots.at(run.root);
    const file = Uri.joinPath(extensionUri, 'dist/resultsWorker.cjs').fsPath;
    const models = modelsOf(run, roots.at(run.root));
    const thread = startResultsThread(file, { root, stateDir, runId: run.runId, models }, (view) => {
      reading.found(view);
    });
    const reading = new ResultsReading({
      session: thread.session,
      keep: (shown) => {
        page.keep({ runs: [keptRun(run)], ...shown } satisfies KeptResults);
      },
      show: {
        results: (state) => {
          page.setState('results', state);
        },
        view: (state) => {
          page.setState('view', state);
        },
        focus: (state) => {
          page.setState('focus', state);
        },
      },
      copied: tellCopied,
      copiedText: async (text) => {
        await env.clipboard.writeText(text);
        window.setStatusBarMessage(l10n.t('Copied the prompt.'), 5_000);
      },
      runJobFile: async (place) => {
        if (place === undefined) return;
        await commands.executeCommand('batchbook.run', Uri.file(place.file));
      },
      openPlace: (place) => this.#openPlace(place),
      openText: () => this.#deps.openText(run),
      exportRun: () => this.#deps.exportRun(run),
      compare: () => this.#deps.compare(run),
      chooseRun: () => this.#chooseRun(run),
      showProgress: async () => {
        await commands.executeCommand('batchbook.showProgress', run.runId);
      },
      report,
    });
    const page = new Page<ResultsSurface>({
      extensionUri,
      panel,
      bundle: 'results',
      title: plainTexts(l10n.t('Results: {0}', run.title)),
      icon: 'table',
      intents: reading.intents,
      calls: reading.calls,
      onClose: () => {
        this.#open.delete(run.runId);
        thread.end();
      },
    });
    const open = { page, reading, thread, seen: run };
    this.#open.set(run.runId, open);
    return open;
  }

  /** Another run of the job file, in the same tab and with the same filters. */
  async #chooseRun(run: RunView): Promise<void> {
    const title = l10n.t('Results of which run of {0}?', run.title);
    const other = await pickRun(siblingRuns(this.#deps.model, run), title, run);
    const open = this.#open.get(run.runId);
    if (other === undefined || other.runId === run.runId || open === undefined) return;
    if (this.#open.has(other.runId)) {
      await this.show(other);
      return;
    }
    this.#open.delete(run.runId);
    open.thread.end();
    const { query } = open.reading;
    await this.#make(other, open.page.leave()).reading.begin({ query: { ...query, batch: undefined } });
  }

  #refresh(): void {
    for (const [runId, open] of this.#open) {
      const now = this.#deps.model.find(runId);
      if (this.#deps.model.isGone(runId)) open.page.dispose();
      if (now === undefined || now === open.seen) continue;
      open.seen = now;
      open.reading.refresh().catch(this.#deps.report);
    }
  }

  /** A text is opened at what is cited, which is marked; of anything else the page is said. */
  async #openPlace(place: CitedPlace | undefined): Promise<void> {
    if (place === undefined) {
      void showInformation(l10n.t('The source of this row is not in this workspace.'));
      return;
    }
    const uri = Uri.file(place.file);
    if (place.page !== undefined) {
      await commands.executeCommand('vscode.open', uri, {
        viewColumn: ViewColumn.Beside,
        preserveFocus: true,
      });
      void showInformation(
        l10n.t('{0}: what is cited stands on page {1}.', path.basename(place.file), number(place.page)),
      );
      return;
    }
    const document = await workspace.openTextDocument(uri).then(
      (text) => text,
      () => undefined,
    );
    if (document === undefined) {
      await commands.executeCommand('vscode.open', uri, {
        viewColumn: ViewColumn.Beside,
        preserveFocus: true,
      });
      return;
    }
    const range = rangeOf(document, place);
    const editor = await window.showTextDocument(document, {
      viewColumn: ViewColumn.Beside,
      preserveFocus: true,
      ...(range === undefined ? {} : { selection: range }),
    });
    editor.setDecorations(this.#mark, range === undefined ? [] : [range]);
    if (range === undefined && place.text !== '')
      void window.setStatusBarMessage(l10n.t('What is cited does not stand in this file any more.'), 10_000);
  }
}

/** Where a text stands now: at its place, else where it stands nearest to that. */
function rangeOf(document: TextDocument, { text, charRange }: CitedPlace): Range | undefined {
  if (text === '') return undefined;
  const all = document.getText();
  const wanted = charRange?.[0] ?? 0;
  let start = all.startsWith(text, wanted) ? wanted : -1;
  if (start < 0) {
    const [before, after] = [all.lastIndexOf(text, wanted), all.indexOf(text, wanted)];
    start = before < 0 || (after >= 0 && after - wanted < wanted - before) ? after : before;
  }
  return start < 0
    ? undefined
    : new Range(document.positionAt(start), document.positionAt(start + text.length));
}

/** The models that a run asks, as far as this machine knows them. */
function modelsOf({ cells, status }: RunView, { registry }: Pick<Workspace, 'registry'>): ModelConfig[] {
  const names = new Set([...cells, ...status.batches].map(({ model }) => model));
  return [...names].flatMap((name) => {
    try {
      return [registry.modelConfig(name)];
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
      return [];
    }
  });
}

async function tellCopied({ text, rows }: CopiedRows, asked: number): Promise<void> {
  await env.clipboard.writeText(text);
  const words =
    rows < asked
      ? l10n.t('Copied the first {0} of {1} rows.', number(rows), number(asked))
      : rows === 1
        ? l10n.t('Copied 1 row.')
        : l10n.t('Copied {0} rows.', number(rows));
  window.setStatusBarMessage(words, 5_000);
}
