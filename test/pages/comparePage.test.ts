import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import type { PlannedCell } from '../../src/core/plan.ts';
import type { CompareSurface, Side } from '../../src/protocol/compareSurface.ts';
import { parseSide } from '../../src/protocol/compareSurface.ts';
import { runLayout } from '../../src/state/layout.ts';
import { compareRuns, readPairs } from '../../src/workspace/compareRuns.ts';
import { accessibilityFindings } from '../support/accessibility.ts';
import { Folder } from '../support/cli/folder.ts';
import { INVOICES, makeRun, NOTES, type MadeRow, type MadeRun } from '../support/resultRuns.ts';
import { ensureBrowser, launchBrowser } from '../support/vscode/browser.ts';
import { PageBench, provideTexts } from './pageBench.ts';
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
  readonly opened: Side[];
}

describe('The built page of two compared runs', function () {
  this.timeout(180_000);
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
    cells: readonly PlannedCell[] = [INVOICES],
  ): Promise<Shown> {
    const folder = await Folder.with({});
    const [a, b] = [await makeRun(folder, rowsA, cells), await makeRun(folder, rowsB, cells)];
    const run = ({ writer, stateDir, runId }: MadeRun): Parameters<typeof compareRuns>[0] => ({
      reader: writer,
      file: runLayout(stateDir, runId).results,
    });
    const reading = new CompareReading(compareRuns(run(a), run(b)), readPairs);
    const opened: Side[] = [];
    const bench = await PageBench.open<CompareSurface>(browser, 'compare', {
      intents: { openResults: { parse: parseSide, handle: ({ side }) => opened.push(side) } },
      calls: reading.calls,
    });
    await bench.useTheme('dark');
    bench.setState('compare', await reading.state());
    await bench.page.locator('.both td').first().waitFor();
    return {
      ...{ bench, opened },
      [Symbol.asyncDispose]: async () => {
        await bench[Symbol.asyncDispose]();
        await Promise.all([a.writer.release(), b.writer.release()]);
        await folder[Symbol.asyncDispose]();
      },
    };
  }

  it('can be read and used by everybody, in every theme, at 1,240 and at 400 pixels', async () => {
    await using shown = await show(both());
    const { page } = shown.bench;
    for (const theme of THEMES) {
      await shown.bench.useTheme(theme);
      for (const width of [1_240, 400]) {
        await page.setViewportSize({ width, height: 844 });
        await shown.bench.screenshot(`compare-${theme}-${String(width)}`);
        assert.deepEqual(await accessibilityFindings(page.mainFrame()), [], `${theme}, ${String(width)}`);
        const sideways = await page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        assert.ok(sideways <= 0, `It scrolls sideways by ${String(sideways)} px at ${String(width)}.`);
      }
    }
    const named = await page.getByRole('button', { name: /\S/ }).count();
    assert.equal(named, await page.locator('button').count());
    assert.ok(named >= 9, `${String(named)} buttons have names`);
    assert.deepEqual(shown.bench.complaints, []);
  });

  it('counts every kind of change, shows what differs first, and marks it', async () => {
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
    assert.deepEqual(await page.locator('.both ins').allTextContents(), ['Utleie ', '60']);
    assert.deepEqual(await page.locator('.both del').allTextContents(), ['90']);
    await page.getByRole('button', { name: 'same 200' }).click();
    await page.getByText('305 of 306').waitFor();
    await page.getByRole('button', { name: 'Open the results of B' }).click();
    await page.getByRole('listbox').focus();
    await page.keyboard.press('End');
    await page.locator('.detail h2', { hasText: 'new.pdf' }).waitFor();
    assert.ok((await page.getByRole('option').count()) < 100, 'only what is near the window is drawn');
    assert.deepEqual(shown.opened, ['b']);
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
