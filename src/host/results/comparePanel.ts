import { l10n, Uri, type Disposable, type WebviewPanel } from 'vscode';
import type { CompareSurface } from '../../protocol/compareSurface.ts';
import { keptPanelOf, keptRun, type KeptPanel } from '../../protocol/keptPanel.ts';
import type { ComparePlace, ExportedSoFar } from '../../workspace/compare/compareSession.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { bringBack } from '../pages/comingBack.ts';
import { Page } from '../pages/page.ts';
import type { Report } from '../report.ts';
import type { Roots } from '../roots.ts';
import type { RunsModel } from '../runs/runsModel.ts';
import { CompareReading } from './compareReading.ts';
import { startCompareThread } from './compareThread.ts';
import { exportToFile } from './exportToFile.ts';
import { showInformation } from '../notify.ts';
import { pickRun, siblingRuns } from './siblingRuns.ts';

export interface CompareDeps {
  readonly extensionUri: Uri;
  readonly roots: Roots;
  readonly model: RunsModel;
  readonly openResults: (run: RunView) => Promise<void>;
  readonly report: Report;
}

/** *Compare Results…*: a run and another one of its job file, which the person picks, in a tab. The older one is A. */
export async function compareResults(deps: CompareDeps, run: RunView): Promise<void> {
  const others = siblingRuns(deps.model, run).filter(({ runId }) => runId !== run.runId);
  if (others.length === 0) {
    void showInformation(
      l10n.t('There is no other run of {0} with results to compare with.', run.jobFile ?? run.title),
    );
    return;
  }
  const other = await pickRun(others, l10n.t('Compare {0} with which run?', run.title));
  if (other === undefined) return;
  await show(deps, ...(other.createdAt < run.createdAt ? ([other, run] as const) : ([run, other] as const)));
}

/** Lets comparisons come back after the window was loaded anew. */
export function bringBackComparisons(deps: CompareDeps): Disposable {
  return bringBack(deps, {
    bundle: 'compare',
    parse: keptPanelOf(2),
    show: async (panel, _kept, [a, b]) => {
      if (a !== undefined && b !== undefined) await show(deps, a, b, panel);
    },
  });
}

async function show(
  { extensionUri, roots, model, openResults, report }: CompareDeps,
  a: RunView,
  b: RunView,
  panel?: WebviewPanel,
): Promise<void> {
  const closed = new AbortController();
  let exporting: Promise<unknown> = Promise.resolve();
  let exported: ((soFar: ExportedSoFar) => void) | undefined;
  const place = ({ root, runId }: RunView): ComparePlace['a'] => ({
    stateDir: roots.at(root).stateDir,
    runId,
  });
  const file = Uri.joinPath(extensionUri, 'dist/resultsWorker.cjs').fsPath;
  const thread = startCompareThread(file, { a: place(a), b: place(b) }, (soFar) => exported?.(soFar));
  const reading = new CompareReading({
    title: b.title,
    session: thread.session,
    show: (state) => {
      page.setState('compare', state);
    },
    openResults: (side, isSwapped) => openResults((side === 'a') === isSwapped ? b : a),
    swapped: (isSwapped) => {
      keep(isSwapped ? [b, a] : [a, b]);
    },
    exportRows: () =>
      exportToFile({
        title: l10n.t('{0}, compared', b.title),
        formats: { csv: 'CSV', jsonl: 'JSON Lines' },
        question: l10n.t('Export the compared rows of {0} as', b.title),
        folder: b.root,
        write: async (format, target, { signal, onProgress }) => {
          exported = ({ done, total }) => {
            onProgress(done, total);
          };
          signal.addEventListener('abort', () => void thread.session.stopExport().catch(report));
          const writing = thread.session.export(format, target);
          exporting = writing;
          return (await writing) ? 0 : undefined;
        },
      }),
    report,
  });
  const page = new Page<CompareSurface>({
    extensionUri,
    panel,
    bundle: 'compare',
    title: plainTexts(l10n.t('Compare: {0}', b.title)),
    icon: 'git-compare',
    intents: reading.intents,
    calls: reading.calls,
    onClose: () => {
      closed.abort();
      changes.dispose();
      // What is being written is not left half done.
      void exporting.catch(() => undefined).then(thread.end);
    },
  });
  const changes = model.onDidChange(() => {
    if (model.isGone(a.runId) || model.isGone(b.runId)) page.dispose();
  });
  const keep = (runs: readonly RunView[]): void => {
    page.keep({ runs: runs.map(keptRun) } satisfies KeptPanel);
  };
  keep([a, b]);
  try {
    await reading.begin();
  } catch (error) {
    if (closed.signal.aborted) return;
    page.dispose();
    throw error;
  }
}
