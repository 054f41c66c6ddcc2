import assert from 'node:assert/strict';
import type { Browser, Page as BrowserPage } from 'playwright-core';
import type { PlannedCell } from '../../src/core/plan.ts';
import type { CompareSurface } from '../../src/protocol/compareSurface.ts';
import { CompareSession } from '../../src/workspace/compare/compareSession.ts';
import { accessibilityFindings } from '../support/accessibility.ts';
import { Folder } from '../support/cli/folder.ts';
import { remoteOf } from '../support/remoteOf.ts';
import { INVOICES, makeRun, NOTES, type MadeRow } from '../support/resultRuns.ts';
import { ensureBrowser, launchBrowser } from '../support/vscode/browser.ts';
import { PageBench, provideTexts } from './pageBench.ts';
import { until } from './resultsBench.ts';
import type { ThemeName } from './themes.ts';

const THEMES: readonly ThemeName[] = ['light', 'dark', 'contrast'];
const HOSTILE =
  '<script>document.title = "owned"</script><style>body{display:none}</style><img src="https://evil.test/a.png"> [x](javascript:alert(1)) \u202egnp.exe \u0007';

function ok(source: string, supplier: string, total: number, costNanoUsd = 1_800_000): MadeRow {
  const parsedResponse = { supplier, total, paid: true };
  return {
    ...{ source, costNanoUsd },
    stored: {
      outcome: 'ok',
      response: JSON.stringify(parsedResponse),
      parsedResponse,
      usage: { input: 900, output: 80 },
    },
  };
}

function both(): readonly [readonly MadeRow[], readonly MadeRow[]] {
  const many = (total: number): MadeRow[] =>
    Array.from({ length: 300 }, (_, i) =>
      ok(`contracts/nordwind/${String(i)}.pdf`, 'Nordwind Energie AG', i % 3 === 0 ? total : 1),
    );
  const refused = (source: string): MadeRow => ({ source, stored: { outcome: 'refused', response: '' } });
  return [
    [
      ok('contracts/dahl/lease.pdf', 'Dahl Maskin AS', 90),
      ok('contracts/elbe/trial.pdf', 'Elbe Pharma', 7),
      refused('contracts/eurofret/master.pdf'),
      refused('contracts/medikon/dpa.pdf'),
      ok('contracts/gone.pdf', 'Gone', 1),
      ...many(30),
    ],
    [
      ok('contracts/dahl/lease.pdf', 'Dahl Maskin Utleie AS', 60, 900_000),
      refused('contracts/elbe/trial.pdf'),
      ok('contracts/eurofret/master.pdf', 'Eurofret SA', 750),
      refused('contracts/medikon/dpa.pdf'),
      ok('contracts/new.pdf', 'New', 1),
      ...many(60),
    ],
  ];
}

interface Shown extends AsyncDisposable {
  readonly bench: PageBench<CompareSurface>;
  /** What the page asked for. */
  readonly asked: string[];
}

/** A cell that asks another model, with other options. */
const OTHER: PlannedCell = {
  ...INVOICES,
  model: 'mock-large',
  parameters: { ...INVOICES.parameters, model: 'mock-large', effort: 'high' },
};

describe('The built page of two compared runs', function () {
  this.timeout(240_000);
  let browser: Browser;
  let CompareReading: typeof import('../../src/host/results/compareReading.ts').CompareReading;

  before(async () => {
    provideTexts();
    ({ CompareReading } = await import('../../src/host/results/compareReading.ts'));
    browser = await launchBrowser(await ensureBrowser());
  });
  after(() => browser.close());

  async function show(
    [rowsA, rowsB]: readonly [readonly MadeRow[], readonly MadeRow[]],
    cellsA: readonly PlannedCell[] = [INVOICES],
    cellsB = cellsA,
  ): Promise<Shown> {
    const folder = await Folder.with({});
    const [a, b] = [await makeRun(folder, rowsA, cellsA), await makeRun(folder, rowsB, cellsB)];
    const session = await CompareSession.open({ a, b }, () => undefined);
    const asked: string[] = [];
    const reading = new CompareReading({
      title: 'Supplier contracts 2026',
      session: remoteOf(session),
      show: (state) => {
        bench.setState('compare', state);
      },
      openResults: async (side, isSwapped) => void asked.push(`${side} ${String(isSwapped)}`),
      swapped: (isSwapped) => asked.push(isSwapped ? 'swapped' : 'swapped back'),
      exportRows: async () => void asked.push('export'),
      report: (error) => asked.push(String(error)),
    });
    const bench = await PageBench.open<CompareSurface>(browser, 'compare', {
      intents: reading.intents,
      calls: reading.calls,
    });
    await bench.useTheme('dark');
    await reading.begin();
    await bench.page.locator('[role="gridcell"] bdi').first().waitFor();
    return {
      ...{ bench, asked },
      [Symbol.asyncDispose]: async () => {
        await bench[Symbol.asyncDispose]();
        await Promise.all([a.writer.release(), b.writer.release()]);
        await folder[Symbol.asyncDispose]();
      },
    };
  }

  it('can be read and used by everybody, in every theme, at 1,240 and at 400 pixels', async () => {
    await using shown = await show(both(), [INVOICES], [OTHER]);
    const { page } = shown.bench;
    await cell(page, 'lease.pdf').dblclick();
    await page.locator('.both td').first().waitFor();
    const toggle = page.getByRole('button', { name: 'Both answers', exact: true });
    for (const theme of THEMES) {
      await shown.bench.useTheme(theme);
      for (const width of [1_240, 400]) {
        const name = `compare-${theme}-${String(width)}`;
        await page.setViewportSize({ width, height: 844 });
        await shown.bench.screenshot(`${name}-detail`);
        if (width === 1_240) assert.deepEqual(await accessibilityFindings(page.mainFrame()), [], name);
        await toggle.click();
        await page.locator('.detail').waitFor({ state: 'detached' });
        await shown.bench.screenshot(name);
        if (width === 400) assert.deepEqual(await accessibilityFindings(page.mainFrame()), [], name);
        const sideways = await page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        assert.ok(sideways <= 0, `${name} scrolls sideways by ${String(sideways)} px.`);
        await toggle.click();
        await page.locator('.both td').first().waitFor();
      }
    }
    const named = await page.getByRole('button', { name: /\S/ }).count();
    assert.equal(named, await page.locator('button').count());
    assert.ok(named >= 11, `${String(named)} buttons have names`);
    assert.deepEqual(shown.bench.complaints, []);
  });

  it('is an ARIA grid with both values of each field, and says why a row has none', async () => {
    await using shown = await show(both(), [INVOICES], [OTHER]);
    const { page } = shown.bench;
    const grid = page.getByRole('grid', { name: 'Compared rows of Supplier contracts 2026' });
    assert.equal(await grid.getAttribute('aria-rowcount'), '106');
    assert.deepEqual(await page.getByRole('columnheader').allInnerTexts(), [
      ...['A, B', 'File', 'supplier', 'total', 'paid', 'Cost, B − A'],
    ]);
    const row = page.locator('[role="row"]', { hasText: 'lease.pdf' });
    assert.deepEqual(await row.locator('del').allTextContents(), ['Dahl Maskin AS', '90']);
    assert.deepEqual(await row.locator('ins').allTextContents(), ['Dahl Maskin Utleie AS', '60']);
    assert.match((await row.textContent()) ?? '', /−\$0\.0009/);
    const flipped = page.locator('[role="row"]', { hasText: 'trial.pdf' });
    await flipped.getByRole('gridcell', { name: 'B: The model declined to answer.' }).waitFor();
    assert.equal(await flipped.locator('[aria-colspan]').getAttribute('aria-colspan'), '3');
    await page.getByText('Model and effort differ, so a change has two possible causes.').waitFor();
    await page.getByText('Effort: not set in A, high in B.').waitFor();
    await page.getByRole('img', { name: 'total: 66.4 % agree' }).waitFor();
    assert.ok((await page.getByRole('row').count()) < 100, 'only what is near the window is drawn');
  });

  it('counts every kind of change, shows what differs first, and the rest when asked', async () => {
    await using shown = await show(both());
    const { page } = shown.bench;
    await page.getByText('105 of 306').waitFor();
    for (const name of ['changed 101', 'no longer ok 1', 'now ok 1', 'only in A 1', 'only in B 1'])
      assert.equal(
        await page.getByRole('button', { name, exact: true }).getAttribute('aria-pressed'),
        'true',
        name,
      );
    await page.getByText('B costs $0.0009 less').waitFor();
    await page.getByText('Both were asked the same of the same model').waitFor();
    await page.getByRole('button', { name: 'same 200' }).click();
    await page.getByText('305 of 306').waitFor();
    await page.getByRole('searchbox').fill('dahl');
    await page.getByText('1 of 306').waitFor();
    await page.getByRole('button', { name: 'Export the 1 row…' }).click();
    await page.getByRole('button', { name: 'Open the results of B' }).click();
    await page.getByRole('button', { name: 'Swap A and B' }).click();
    await page.getByText('B costs $0.0009 more').waitFor();
    await page.getByRole('button', { name: 'only in B 1' }).waitFor();
    await page.getByRole('button', { name: 'Open the results of B' }).click();
    await page.getByRole('button', { name: 'Swap A and B' }).click();
    await until(() => shown.asked.length === 5);
    assert.deepEqual(shown.asked, ['export', 'b false', 'swapped', 'b true', 'swapped back']);
  });

  it('is gone through by keyboard alone', async () => {
    await using shown = await show(both());
    const { page } = shown.bench;
    await page.locator('.grid [tabindex="0"]').focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.detail h2', { hasText: 'trial.pdf' }).waitFor();
    await page.keyboard.press('Control+End');
    await page.locator('.detail h2', { hasText: '297.pdf' }).waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.detail').count(), 0);
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.locator('[role="columnheader"][aria-sort="ascending"]', { hasText: 'A, B' }).waitFor();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.locator('[role="columnheader"][aria-sort="ascending"]', { hasText: 'Cost' }).waitFor();
    await until(async () =>
      ((await page.locator('.body [role="row"]').first().textContent()) ?? '').includes('lease'),
    );
    await page.keyboard.press('Control+f');
    await page.keyboard.type('eurofret');
    await page.getByText('1 of 306').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('105 of 306').waitFor();
  });

  it('shows the cells of a job together or one alone', async () => {
    const notes = (text: string): MadeRow => ({
      ...{ source: 'letters/a.md', cell: 'notes' },
      stored: { outcome: 'ok', response: text },
    });
    const [rowsA, rowsB] = both();
    await using shown = await show(
      [
        [...rowsA, notes('The contract ends in March.')],
        [...rowsB, notes('The contract ends in May.')],
      ],
      [INVOICES, NOTES],
    );
    const { page } = shown.bench;
    await page.getByText('106 of 307').waitFor();
    await page.locator('.part', { hasText: 'total' }).first().waitFor();
    await shown.bench.useTheme('light');
    await shown.bench.screenshot('compare-cells');
    await page.getByLabel('Cell shown').selectOption('notes');
    await page.getByText('1 of 1').waitFor();
    await page.locator('[role="gridcell"] ins', { hasText: 'May' }).waitFor();
    await page.getByLabel('Cell shown').selectOption('invoices');
    await page.getByRole('columnheader', { name: 'supplier' }).waitFor();
  });

  it('shows hostile answers and names as text, of which nothing runs and nothing is fetched', async () => {
    const row = (response: string): MadeRow => ({
      source: 'a<img src=x>/\u202egnp.exe.md',
      stored: { outcome: 'ok', response },
    });
    await using shown = await show(
      [[row(`${HOSTILE} one ${'w'.repeat(1_000_000)}`)], [row(`${HOSTILE} two \ud800`)]],
      [NOTES],
    );
    const { page, complaints } = shown.bench;
    const fetched: string[] = [];
    page.on('request', (request) => fetched.push(request.url()));
    await page.getByRole('gridcell').first().dblclick();
    await page.locator('.both ins', { hasText: 'two' }).waitFor();
    await shown.bench.screenshot('compare-hostile');
    for (const tag of ['img', 'a', 'style', '#page script'])
      assert.equal(await page.locator(tag).count(), 0, tag);
    assert.equal(await page.title(), 'A page');
    assert.doesNotMatch((await page.locator('#page').textContent()) ?? '', /\u202e/u);
    assert.deepEqual(fetched, []);
    assert.deepEqual(complaints, []);
  });
});

function cell(page: BrowserPage, name: string): ReturnType<BrowserPage['locator']> {
  return page.locator('[role="gridcell"]', { hasText: name });
}
