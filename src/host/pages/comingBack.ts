import { commands, l10n, window, type Disposable, type Uri, type WebviewPanel } from 'vscode';
import type { Parse } from '../../protocol/channel.ts';
import type { KeptPanel, KeptRun } from '../../protocol/keptPanel.ts';
import { parseAct, type EmptyPage, type ProgressSurface } from '../../protocol/progressSurface.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import type { Report } from '../report.ts';
import type { Roots } from '../roots.ts';
import type { RunsModel } from '../runs/runsModel.ts';
import { Page, panelType } from './page.ts';

export interface ComingBackDeps {
  readonly extensionUri: Uri;
  readonly roots: Roots;
  readonly model: RunsModel;
  readonly report: Report;
}

export interface ComingBack<K extends KeptPanel> {
  /** Name of the page's bundle. */
  readonly bundle: string;
  /** Reads what the page has kept, which anybody may have written. */
  readonly parse: Parse<K>;
  /** Shows the page in its tab again, with the runs that it was of, in the order of `kept.runs`. */
  readonly show: (panel: WebviewPanel, kept: K, runs: readonly RunView[]) => Promise<void> | void;
}

/**
 * Brings the tabs of a page back after the window was loaded anew, each when the person comes to it. One whose run is
 * gone says so instead of staying empty.
 */
export function bringBack<K extends KeptPanel>(deps: ComingBackDeps, page: ComingBack<K>): Disposable {
  return window.registerWebviewPanelSerializer(panelType(page.bundle), {
    deserializeWebviewPanel: async (panel, state: unknown) => {
      const closed = new AbortController();
      const closing = panel.onDidDispose(() => {
        closed.abort();
      });
      await deps.model.refresh();
      closing.dispose();
      if (closed.signal.aborted) return;
      const kept = readKept(page.parse, state);
      const runs = kept?.runs.flatMap(({ runId }) => deps.model.find(runId) ?? []) ?? [];
      if (kept !== undefined && runs.length === kept.runs.length)
        await Promise.resolve(page.show(panel, kept, runs)).catch(deps.report);
      else
        showMissing(
          deps,
          panel,
          kept?.runs.find(({ runId }) => deps.model.find(runId) === undefined),
        );
    },
  });
}

function readKept<K>(parse: Parse<K>, state: unknown): K | undefined {
  try {
    return parse((state as { readonly host?: unknown }).host);
  } catch {
    return undefined;
  }
}

/** The page of progress, as far as it shows that there is no run. */
interface NoRunSurface {
  readonly states: { readonly progress: EmptyPage };
  readonly intents: Pick<ProgressSurface['intents'], 'act'>;
  readonly calls: object;
}

/** @param run `undefined`: the tab has kept nothing that can be read. */
function showMissing(deps: ComingBackDeps, panel: WebviewPanel, run: KeptRun | undefined): void {
  const page = new Page<NoRunSurface>({
    extensionUri: deps.extensionUri,
    panel,
    bundle: 'progress',
    icon: 'circle-slash',
    title: panel.title,
    intents: {
      act: { parse: parseAct, handle: () => void commands.executeCommand('batchbook.runs.focus') },
    },
    calls: {},
    onClose: () => undefined,
  });
  page.setState(
    'progress',
    plainTexts({
      kind: 'empty',
      title: l10n.t('Nothing to show here any more'),
      text: run === undefined ? l10n.t('What this tab showed was not kept.') : whyMissing(deps, run),
      buttons: [{ action: 'showRuns', label: l10n.t('Show Runs') }],
    }),
  );
}

function whyMissing({ model, roots }: ComingBackDeps, { root, runId }: KeptRun): string {
  const unreadable = model.unreadable.find((one) => one.root === root && (one.runId ?? runId) === runId);
  if (unreadable !== undefined) return l10n.t('Its run cannot be read: {0}', unreadable.reason);
  return roots.has(root)
    ? l10n.t('Its run is not there any more.')
    : l10n.t('Its run is in {0}, which is not open in this window.', root);
}
