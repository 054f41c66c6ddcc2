import { l10n, window, type Disposable, type Uri, type WebviewPanel } from 'vscode';
import { parseSide, type CompareSurface } from '../../protocol/compareSurface.ts';
import { keptPanelOf, keptRun, type KeptPanel } from '../../protocol/keptPanel.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { bringBack } from '../pages/comingBack.ts';
import { Page } from '../pages/page.ts';
import type { Report } from '../report.ts';
import type { Roots } from '../roots.ts';
import type { RunsModel } from '../runs/runsModel.ts';
import { countsInWords, moneyInWords } from '../words.ts';
import { CompareReading } from './compareReading.ts';
import { madeInWords } from './resultsState.ts';
import { showInformation } from '../notify.ts';

export interface CompareDeps {
  readonly extensionUri: Uri;
  readonly roots: Roots;
  readonly model: RunsModel;
  readonly openResults: (run: RunView) => Promise<void>;
  readonly report: Report;
}

/** *Compare Results…*: a run and another one of its job file, which the person picks, in a tab. The older one is A. */
export async function compareResults(deps: CompareDeps, run: RunView): Promise<void> {
  const others = deps.model.runs
    .filter(
      ({ root, jobFile, runId, status }) =>
        root === run.root && jobFile === run.jobFile && runId !== run.runId && status.completed > 0,
    )
    .toSorted((a, b) => b.createdAt - a.createdAt);
  if (others.length === 0) {
    void showInformation(
      l10n.t('There is no other run of {0} with results to compare with.', run.jobFile ?? run.title),
    );
    return;
  }
  const picked = await window.showQuickPick(
    others.map((other) => ({
      label: madeInWords(other.createdAt),
      description: [...new Set(other.cells.map(({ model }) => model))].join(', '),
      detail: `${countsInWords(other.status, other.service)}; ${moneyInWords(other.status)}`,
      other,
    })),
    { title: l10n.t('Compare {0} with which run?', run.title), matchOnDescription: true },
  );
  if (picked === undefined) return;
  const { other } = picked;
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

async function show(deps: CompareDeps, a: RunView, b: RunView, panel?: WebviewPanel): Promise<void> {
  const { compareRuns, comparedRun, readPairs } = await import('../../workspace/compareRuns.ts');
  const comparison = Promise.all([
    comparedRun(deps.roots.at(a.root), a.runId),
    comparedRun(deps.roots.at(b.root), b.runId),
  ]).then((both) => compareRuns(...both));
  const reading = new CompareReading(comparison, readPairs);
  const page = new Page<CompareSurface>({
    extensionUri: deps.extensionUri,
    panel,
    bundle: 'compare',
    title: plainTexts(l10n.t('Compare: {0}', b.title)),
    icon: 'git-compare',
    intents: {
      openResults: {
        parse: parseSide,
        handle: ({ side }) => void deps.openResults(side === 'a' ? a : b).catch(deps.report),
      },
    },
    calls: reading.calls,
    onClose: () => undefined,
  });
  page.keep({ runs: [keptRun(a), keptRun(b)] } satisfies KeptPanel);
  page.setState('compare', { title: plainTexts(b.title) });
  try {
    page.setState('compare', await reading.state());
  } catch (error) {
    page.dispose();
    throw error;
  }
}
