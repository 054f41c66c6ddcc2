import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import type { Shown } from '../../src/host/progress/moment.ts';
import {
  parseAct,
  parseBatch,
  parseOutcome,
  parseRow,
  type ProgressSurface,
} from '../../src/protocol/progressSurface.ts';
import { accessibilityFindings } from '../support/accessibility.ts';
import { ensureBrowser, launchBrowser } from '../support/vscode/browser.ts';
import { PageBench, provideTexts } from './pageBench.ts';
import type { ThemeName } from './themes.ts';

const THEMES: readonly ThemeName[] = ['light', 'dark', 'contrast'];
const WIDTHS = [1_240, 400];

interface Opened extends AsyncDisposable {
  readonly bench: PageBench<ProgressSurface>;
  /** What the page has asked for. */
  readonly intents: unknown[];
  show(shown: Shown): void;
}

describe('The built progress page', function () {
  this.timeout(120_000);
  let browser: Browser;
  let host: typeof import('../../src/host/progress/progressState.ts');
  let states: Readonly<Record<string, Shown>>;

  before(async () => {
    provideTexts();
    host = await import('../../src/host/progress/progressState.ts');
    const { shownStates } = await import('../support/progressRuns.ts');
    states = shownStates();
    browser = await launchBrowser(await ensureBrowser());
  });
  after(() => browser.close());

  function stateNamed(name: string): Shown {
    const shown = states[name];
    assert.ok(shown, name);
    return shown;
  }

  async function open(shown: Shown): Promise<Opened> {
    const intents: unknown[] = [];
    const heard = (name: string) => (value: unknown) => void intents.push([name, value]);
    const bench = await PageBench.open<ProgressSurface>(browser, 'progress', {
      intents: {
        act: { parse: parseAct, handle: heard('act') },
        openOutcome: { parse: parseOutcome, handle: heard('openOutcome') },
        openBatch: { parse: parseBatch, handle: heard('openBatch') },
        openRow: { parse: parseRow, handle: heard('openRow') },
        showEarlier: { parse: () => null, handle: heard('showEarlier') },
      },
      calls: {},
    });
    const show = (one: Shown): void => {
      bench.setState('progress', host.progressState(one));
      bench.setState('series', host.seriesState(one));
    };
    await bench.useTheme('dark');
    show(shown);
    await bench.page.locator('.u-wrap').first().waitFor();
    return { bench, intents, show, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
  }

  it('can be read and used by everybody in every state, in every theme, at 1,240 and at 400 pixels', async () => {
    await using opened = await open(stateNamed('running'));
    const { page } = opened.bench;
    for (const [name, shown] of Object.entries(states)) {
      opened.show(shown);
      const series = host.seriesState(shown);
      await comes(
        page,
        `(() => {
          const { model } = document.querySelector('batchbook-plot');
          return model.now === ${String(series.now)} && model.goesOn === ${String(series.expected.length > 0)};
        })()`,
      );
      for (const theme of THEMES) {
        // Every state in one theme, and the running one in all of them.
        if (name !== 'running' && theme !== 'light' && name !== 'refused') continue;
        await opened.bench.useTheme(theme);
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 1_000 });
          await page.locator('main').evaluate('(main) => { main.scrollTop = 0; }');
          await opened.bench.screenshot(`progress-${name}-${theme}-${String(width)}`);
          assert.deepEqual(
            await accessibilityFindings(page.mainFrame()),
            [],
            `${name}, ${theme}, ${String(width)}`,
          );
          const sideways = await page.evaluate<number>(
            `Math.max(...[document.documentElement, ...document.querySelectorAll('main')]
              .map((element) => element.scrollWidth - element.clientWidth))`,
          );
          assert.ok(sideways <= 0, `${name} scrolls sideways by ${String(sideways)} px at ${String(width)}.`);
        }
      }
    }
    assert.deepEqual(opened.bench.complaints, []);
  });

  it('names every control', async () => {
    await using opened = await open(stateNamed('refused'));
    const { page } = opened.bench;
    const buttons = page.locator('button, vscode-button');
    assert.equal(await page.getByRole('button', { name: /\S/ }).count(), await buttons.count());
    assert.ok((await buttons.count()) >= 13, String(await buttons.count()));
    assert.equal(await page.getByRole('progressbar', { name: /\S/ }).count(), 2);
    assert.equal(await page.getByRole('slider', { name: /\S/ }).count(), 2);
    const [only, ...others] = await page.locator('vscode-button:not([secondary])').allTextContents();
    assert.deepEqual([only?.trim(), others], ['Open Anthropic Billing', []]);
  });

  it('shows an outcome of one row of three thousand at least three pixels wide, in the order of the table', async () => {
    await using opened = await open(stateNamed('running'));
    const { page } = opened.bench;
    const widths = await page.evaluate<[string, number][]>(
      `[...document.querySelectorAll('.bar > span')].map((span) =>
        [span.className.replace('fill tone-', ''), span.getBoundingClientRect().width])`,
    );
    assert.deepEqual(
      widths.map(([status]) => status),
      ['ok', 'refused', 'error', 'submitted', 'pending'],
    );
    for (const [status, width] of widths) assert.ok(width >= 3, `${status} has ${String(width)} px`);
  });

  it('is worked by keyboard: outcomes and batches open their rows, plots are read moment by moment', async () => {
    await using opened = await open(stateNamed('running'));
    const { page } = opened.bench;
    await page.getByRole('button', { name: '2 refused' }).first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Show the row' }).focus();
    await page.keyboard.press('Enter');
    const plot = page.getByRole('slider', { name: /Rows over time/ });
    await plot.focus();
    assert.match((await plot.getAttribute('aria-valuetext')) ?? '', /3,000 expected/);
    await page.keyboard.press('Home');
    await comes(page, `document.querySelector('.plot').getAttribute('aria-valuenow') === '0'`);
    const said = new Set<string>();
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press('ArrowRight');
      said.add((await plot.getAttribute('aria-valuetext')) ?? '');
    }
    assert.ok(said.size >= 7, [...said].join('\n'));
    await page.locator('.tip:not([hidden])').first().waitFor();
    await opened.bench.screenshot('progress-plot-cursor');
    const grid = page.getByRole('grid', { name: 'Batches' });
    await grid.locator('tr[tabindex="0"]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await until(() => opened.intents.length === 4);
    assert.deepEqual(opened.intents, [
      ['openOutcome', { status: 'refused' }],
      ['openRow', { row: 700 }],
      ['openBatch', { number: 10 }],
      ['openBatch', { number: 1 }],
    ]);
  });

  it('keeps the focus and what is unfolded while numbers come in', async () => {
    await using opened = await open(stateNamed('running'));
    const { page } = opened.bench;
    await page.locator('.problems summary').first().click();
    const batch = page.locator('tr[data-number="9"]');
    await batch.focus();
    for (let i = 0; i < 20; i++) {
      opened.show({ ...stateNamed('running'), now: stateNamed('running').now + i * 60_000 });
      await page.waitForTimeout(20);
    }
    await page.getByText('Running, 1 h 2 min').waitFor();
    assert.equal(await page.evaluate('document.activeElement.dataset.number'), '9');
    assert.equal(await page.locator('.problems details[open]').count(), 1);
  });

  it('shows what is hostile in a name or in the words of a provider, and does nothing that it says', async () => {
    await using opened = await open(stateNamed('refused'));
    const { page } = opened.bench;
    for (const summary of await page.locator('.message summary, .problems summary').all())
      await summary.click();
    await page.locator('.words').getByText('<img src=x').first().waitFor();
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await page.locator('main').isVisible(), true);
    assert.deepEqual(opened.bench.complaints, []);
  });

  it('has for each plot a table of the same moments', async () => {
    await using opened = await open(stateNamed('running'));
    const { page } = opened.bench;
    await page.locator('batchbook-plot summary').first().click();
    const rows = page.locator('batchbook-plot').first().locator('tbody tr');
    const { past, expected } = host.seriesState(stateNamed('running'));
    assert.equal(await rows.count(), past.length + 1 + expected.length);
    assert.match((await rows.last().textContent()) ?? '', /3,000/);
  });

  it('leads to the two ways to begin where there is no run, and shows everything again when it is made anew', async () => {
    await using opened = await open(stateNamed('finished'));
    const { page } = opened.bench;
    await page.reload();
    await page.getByRole('button', { name: 'Open Results' }).waitFor();
    opened.bench.setState('progress', host.emptyPage(true));
    await page.getByRole('heading', { name: 'No run yet' }).waitFor();
    await opened.bench.screenshot('progress-empty');
    await page.locator('vscode-button', { hasText: 'Try the Sample' }).click();
    await until(() => opened.intents.length === 1);
    assert.deepEqual(opened.intents, [['act', { action: 'trySample' }]]);
  });

  /** Waits for what the page says of itself; its policy lets no browser poll by itself. */
  async function comes(page: Page, condition: string): Promise<void> {
    for (let i = 0; i < 200; i++) {
      if (await page.evaluate<boolean>(condition)) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    assert.fail(`It did not come about: ${condition}`);
  }

  async function until(condition: () => boolean): Promise<void> {
    for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 25));
    assert.ok(condition(), 'It did not come about.');
  }
});
