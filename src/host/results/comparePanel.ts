import { l10n, type Disposable, type Uri, type WebviewPanel } from 'vscode';
import { parseSide, type CompareSurface } from '../../protocol/compareSurface.ts';
import { keptPanelOf, keptRun, type KeptPanel } from '../../protocol/keptPanel.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { bringBack } from '../pages/comingBack.ts';
import { Page } from '../pages/page.ts';
import type { Report } from '../report.ts';
import type { Roots } from '../roots.ts';
import type { RunsModel } from '../runs/runsModel.ts';
import { CompareReading } from './compareReading.ts';
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
