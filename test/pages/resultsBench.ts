import assert from 'node:assert/strict';
import type { Browser, Page as BrowserPage } from 'playwright-core';
import type { ResultsQuery } from '../../src/core/resultsQuery.ts';
import type { ResultsSurface } from '../../src/protocol/resultsSurface.ts';
import { MOCK_MODELS } from '../../src/providers/mock/mockModels.ts';
import type { CitedPlace } from '../../src/workspace/results/citedPlaces.ts';
import { ResultsSession } from '../../src/workspace/results/resultsSession.ts';
import type { Folder } from '../support/cli/folder.ts';
import { remoteOf } from '../support/remoteOf.ts';
import type { MadeRun } from '../support/resultRuns.ts';
import { PageBench, provideTexts } from './pageBench.ts';

/** The page of a run's results with what it has asked of the host. */
export interface ShownResults extends AsyncDisposable {
  readonly bench: PageBench<ResultsSurface>;
  readonly page: BrowserPage;
  readonly folder: Folder;
  readonly run: MadeRun;
  readonly copied: string[];
  /** Files that were to be opened, and job files to be run. */
  readonly places: (CitedPlace | undefined)[];
  readonly asked: string[];
  readonly refresh: () => Promise<void>;
  readonly goTo: (row: number) => void;
  readonly ask: (query: Partial<ResultsQuery>) => Promise<void>;
}

/** Shows a run in the built page; both are gone at its end. */
export async function showResults(
  browser: Browser,
  { folder, run }: { readonly folder: Folder; readonly run: MadeRun },
): Promise<ShownResults> {
  provideTexts();
  const { ResultsReading } = await import('../../src/host/results/resultsReading.ts');
  const [copied, places, asked]: [string[], (CitedPlace | undefined)[], string[]] = [[], [], []];
  const session = await ResultsSession.open({
    ...{ root: run.root, stateDir: run.stateDir, runId: run.runId, now: () => performance.now() },
    models: MOCK_MODELS,
    onView: (view) => {
      reading.found(view);
    },
  });
  const reading = new ResultsReading({
    session: remoteOf(session),
    keep: (shown) => {
      bench.keep(shown);
    },
    show: {
      results: (state) => {
        bench.setState('results', state);
      },
      view: (state) => {
        bench.setState('view', state);
      },
      focus: (state) => {
        bench.setState('focus', state);
      },
    },
    copied: async ({ text }) => void copied.push(text),
    copiedText: async (text) => void copied.push(text),
    runJobFile: async (place) => {
      places.push(place);
      asked.push('run');
    },
    openPlace: async (place) => void places.push(place),
    openText: async () => void asked.push('text'),
    exportRun: async () => void asked.push('export'),
    compare: async () => void asked.push('compare'),
    chooseRun: async () => void asked.push('choose run'),
    showProgress: async () => void asked.push('progress'),
    report: (error) => asked.push(String(error)),
  });
  const bench = await PageBench.open<ResultsSurface>(browser, 'results', {
    intents: reading.intents,
    calls: reading.calls,
  });
  await bench.useTheme('dark');
  await reading.begin();
  await bench.page.locator('h1').waitFor();
  return {
    ...{ bench, page: bench.page, folder, run, copied, places, asked },
    refresh: () => reading.refresh(),
    goTo: (row) => {
      reading.goTo(row);
    },
    ask: (query) => reading.begin({ query }),
    [Symbol.asyncDispose]: async () => {
      await bench[Symbol.asyncDispose]();
      await run.writer.release();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Waits for what is not to be seen in the page. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail('It did not come about.');
}
