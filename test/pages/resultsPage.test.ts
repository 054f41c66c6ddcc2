import assert from 'node:assert/strict';
import type { Browser, Page as BrowserPage } from 'playwright-core';
import type { PlannedCell } from '../../src/core/plan.ts';
import { EVERYTHING } from '../../src/core/resultsQuery.ts';
import { parseKeptResults } from '../../src/protocol/resultsSurface.ts';
import { accessibilityFindings } from '../support/accessibility.ts';
import { Folder } from '../support/cli/folder.ts';
import { INVOICES, makeRun, NOTES, type MadeRow } from '../support/resultRuns.ts';
import { ensureBrowser, launchBrowser } from '../support/vscode/browser.ts';
import { showResults, until, type ShownResults } from './resultsBench.ts';
import type { ThemeName } from './themes.ts';

const THEMES: readonly ThemeName[] = ['light', 'dark', 'contrast'];
const WIDTHS = [1_240, 400];
const SUPPLIERS = ['Nordwind Energie AG', 'Havel IT Services GmbH', 'Dahl Maskin AS', 'Jokinen Oy'];

const HOSTILE = [
  '<script>document.title = "owned"</script><style>body { display: none }</style>',
  '<img src="https://evil.test/a.png" onerror="document.title = \'owned\'"> ![x](https://evil.test/b.png)',
  '[click](javascript:document.title="owned") <a href="https://evil.test">away</a> <iframe src="https://evil.test">',
  'control \u0000\u0007\u001b[31m \u202egnp.exe \u2066 end',
  '=HYPERLINK("https://evil.test")',
].join('\n\n');

/** Rows with something of every outcome, as a person may find them. */
function contracts(): MadeRow[] {
  const rows = Array.from({ length: 60 }, (_, i): MadeRow => {
    const parsedResponse = { supplier: SUPPLIERS[i % 4], total: 1_000 * (i + 1), paid: i % 3 === 0 };
    return {
      source: `contracts/${(SUPPLIERS[i % 4] ?? '').split(' ')[0]!.toLowerCase()}/frame-${String(2_024 + i)}.pdf`,
      stored: {
        outcome: 'ok',
        response: JSON.stringify(parsedResponse),
        parsedResponse,
        usage: { input: 14_812, output: 688 },
        ...(i === 0 ? { citations: CITATIONS } : {}),
      },
    };
  });
  rows.push(
    {
      source: 'contracts/oder-kran/annex-2.pdf',
      costNanoUsd: 0,
      stored: {
        outcome: 'permanent',
        error: { code: 'permanent', message: 'The service could not read this PDF.' },
      },
    },
    {
      source: 'contracts/havel/saas.pdf',
      stored: {
        outcome: 'invalid',
        response: '{"supplier":"Havel IT","total":"ninety","paid":true}',
        error: { code: 'invalid', message: '/total must be number.' },
      },
    },
    { source: 'contracts/medikon/dpa.pdf', stored: { outcome: 'refused', response: '' } },
    {
      source: 'contracts/eurofret/master.pdf',
      stored: { outcome: 'truncated', response: '{"supplier":"Eur' },
    },
    { source: 'contracts/later.pdf' },
  );
  return rows;
}

const CITATIONS = [
  {
    file: 'terms.md',
    citedText: 'ninety days',
    charRange: [8, 19] as const,
    verified: true,
    fields: ['total'],
  },
  {
    file: 'terms.md',
    citedText: 'limited to EUR 500,000',
    pageRange: [11, 12] as const,
    verified: false,
    fields: ['paid'],
  },
];

describe('The built page of results', function () {
  this.timeout(180_000);
  let browser: Browser;

  before(async () => {
    browser = await launchBrowser(await ensureBrowser());
  });
  after(() => browser.close());

  async function show(
    rows: readonly MadeRow[],
    cells: readonly PlannedCell[] = [INVOICES],
  ): Promise<ShownResults> {
    const folder = await Folder.with({ 'terms.md': 'Notice: ninety days.' });
    return showResults(browser, { folder, run: await makeRun(folder, rows, cells) });
  }

  it('can be read and used by everybody, in every theme, at 1,240 and at 400 pixels', async () => {
    await using shown = await show(contracts());
    const { page, bench } = shown;
    await cell(page, 'frame-2024.pdf').click();
    await page.keyboard.press('Enter');
    await page.locator('.cites li').first().waitFor();
    for (const theme of THEMES) {
      await bench.useTheme(theme);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 844 });
        await bench.screenshot(`results-${theme}-${String(width)}`);
        assert.deepEqual(await accessibilityFindings(page.mainFrame()), [], `${theme}, ${String(width)}`);
        const sideways = await page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        assert.ok(sideways <= 0, `It scrolls sideways by ${String(sideways)} px at ${String(width)}.`);
      }
    }
    const named = await page.getByRole('button', { name: /\S/ }).count();
    assert.equal(named, await page.locator('button:not([role])').count());
    assert.ok(named >= 20, `${String(named)} buttons have names`);
    assert.deepEqual(bench.complaints, []);
  });

  it('is an ARIA grid of all matching rows, and says in the row why one is not ok', async () => {
    await using shown = await show(contracts());
    const { page } = shown;
    await page.getByRole('grid', { name: 'Results of Supplier contracts 2026' }).waitFor();
    await page.getByText('64 of 64').waitFor();
    assert.equal(await page.locator('[role="grid"]').getAttribute('aria-rowcount'), '65');
    await page.getByRole('gridcell', { name: 'The service could not read this PDF.' }).waitFor();
    await page.getByRole('gridcell', { name: 'The model declined to answer.' }).waitFor();
    assert.equal(await page.locator('.broken').textContent(), 'ninety');
    assert.match((await page.getByRole('status').textContent()) ?? '', /^64 of 64\s+rows$/);
    await page.getByText('1 row is still to come').waitFor();
  });

  it('is gone through by keyboard alone', async () => {
    await using shown = await show(contracts());
    const { page } = shown;
    await page.locator('.grid [tabindex="0"]').focus();
    await page.keyboard.press('Control+Home');
    assert.equal(await at(page), '2 1');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('End');
    assert.equal(await at(page), '3 8');
    await page.keyboard.press('Home');
    await page.keyboard.press('PageDown');
    await page.keyboard.press('Control+End');
    assert.equal(await at(page), '65 8');
    await page.keyboard.press('Shift+F4');
    await until(async () => (await at(page)) === '5 8');
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('F4');
    await until(async () => (await at(page)) === '3 1');
    await page.keyboard.press('Space');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await page.getByText('3 rows selected').waitFor();
    await page.keyboard.press('Control+c');
    await until(() => shown.copied.length === 1);
    assert.equal(shown.copied[0]?.split('\n').length, 4);
    await page.keyboard.press('Control+a');
    await page.getByText('64 rows selected').waitFor();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.locator('[aria-sort="ascending"]', { hasText: 'Row' }).waitFor();
    assert.equal(await at(page), '1 2');
    await page.keyboard.press('Control+f');
    await page.keyboard.type('nordwind');
    await page.getByText('15 of 64').waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.detail-body').waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.detail').count(), 0);
    await page.keyboard.press('Escape');
    await page.getByText('64 of 64').waitFor();
  });

  it('filters by chips and rules, and says what each filter alone would show', async () => {
    await using shown = await show(contracts());
    const { page } = shown;
    await page.getByRole('button', { name: 'refused 1' }).click();
    await page.getByText('1 of 64').waitFor();
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.locator('select[name="column"]').selectOption('field:total');
    await page.locator('select[name="op"]').selectOption('more');
    await page.locator('input[name="value"]').fill('50000');
    await page.getByRole('button', { name: 'Add Filter' }).click();
    await page.getByText('No row matches').waitFor();
    await page.getByText('refused alone would show 1 row.').waitFor();
    await page.getByText('The filter on total alone would show 11 rows.').waitFor();
    await shown.bench.screenshot('results-nothing-matches');
    await page.getByRole('button', { name: 'Clear Filters' }).click();
    await page.getByText('64 of 64').waitFor();
  });

  it('shows a row that somebody comes for, also where a filter hides it', async () => {
    await using shown = await show(contracts());
    const { page } = shown;
    await page.getByRole('button', { name: 'refused 1' }).click();
    await page.getByText('1 of 64').waitFor();
    shown.goTo(10);
    await page.getByText('64 of 64').waitFor();
    await page.locator('.detail h2').waitFor();
    await page.locator('.row.current').waitFor();
  });

  it('takes a comparison that is written with a number, in words and in signs, whatever is chosen beside it', async () => {
    await using shown = await show(contracts());
    const { page } = shown;
    const value = page.locator('input[name="value"]');
    for (const [column, text, counted, chip] of [
      ['cost', 'under $0.01', '64 of 64', 'Cost < “$0.01”'],
      ['cost', 'over $0.001', '63 of 64', 'Cost > “$0.001”'],
      ['field:total', 'At least 59,000', '3 of 64', 'total ≥ “59,000”'],
      ['field:total', ' at most 2000', '2 of 64', 'total ≤ “2000”'],
      ['field:total', '<2000', '1 of 64', 'total < “2000”'],
      ['field:total', '<= 2000', '2 of 64', 'total ≤ “2000”'],
      ['field:total', '> 60000', '1 of 64', 'total > “60000”'],
      ['field:total', '>= 60000', '2 of 64', 'total ≥ “60000”'],
      ['field:total', '= 5000', '1 of 64', 'total is “5000”'],
      ['field:total', '!= 5000', '63 of 64', 'total is not “5000”'],
      ['field:supplier', 'under 5', '0 of 64', 'supplier contains “under 5”'],
    ] as const) {
      await page.getByRole('button', { name: 'Filter', exact: true }).click();
      await page.locator('select[name="column"]').selectOption(column);
      const isNumber = column !== 'field:supplier';
      assert.equal(
        await value.getAttribute('placeholder'),
        isNumber ? 'Such as under $0.01 or at least 5' : 'Value',
      );
      await value.fill(text);
      await value.press('Enter');
      await page.getByText(counted).waitFor();
      await page.getByRole('button', { name: `Remove filter: ${chip}` }).click();
      await page.getByText('64 of 64').waitFor();
    }
  });

  it('shows the rows of a batch, which a chip names and gives up', async () => {
    await using shown = await show(contracts());
    const { page, run } = shown;
    await run.finish([[64, { source: '', stored: { outcome: 'ok', response: '{"supplier":"Later"}' } }]]);
    await shown.refresh();
    await page.getByText('65 of 65').waitFor();
    await shown.ask({ batch: 2 });
    await page.getByText('1 of 65').waitFor();
    await page.getByRole('gridcell', { name: /later\.pdf/ }).waitFor();
    await shown.bench.screenshot('results-batch');
    await page.getByRole('button', { name: 'Remove filter: Batch 2' }).click();
    await page.getByText('65 of 65').waitFor();
  });

  it('shows and hides columns by keyboard, keeps the choice, and keeps for its host what is shown', async () => {
    await using shown = await show(contracts());
    const { page, bench } = shown;
    const heads = async (): Promise<readonly string[]> =>
      (await page.locator('.grid [role="columnheader"]').allTextContents()).map((text) => text.trim());
    const first = ['Outcome', 'Row', 'supplier', 'total', 'paid', 'Tokens', 'Cost', 'Tries'];
    await cell(page, 'frame-2024.pdf').click();
    await page.keyboard.press('Enter');
    await page.locator('.detail h2').waitFor();
    assert.deepEqual(await heads(), first);
    await page.getByRole('button', { name: 'Columns' }).press('Enter');
    const menu = page.getByRole('menu', { name: 'Columns' });
    await menu
      .getByRole('menuitemcheckbox', { name: 'supplier', checked: true })
      .and(page.locator(':focus'))
      .waitFor();
    await page.keyboard.press('Space');
    await menu.getByRole('menuitemcheckbox', { name: 'supplier', checked: false }).waitFor();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await menu.getByRole('menuitemcheckbox', { name: 'Finished', checked: true }).waitFor();
    const chosen = [...first.filter((name) => name !== 'supplier'), 'Finished'];
    assert.deepEqual(await heads(), chosen);
    for (const theme of THEMES) {
      await bench.useTheme(theme);
      await bench.screenshot(`results-columns-${theme}`);
      assert.deepEqual(await accessibilityFindings(page.mainFrame()), [], theme);
    }
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'hidden' });
    assert.equal(await page.locator('.detail').count(), 1, 'Escape closed more than the menu');
    const kept = await page.evaluate<string>(`sessionStorage.getItem('state')`);
    const { host } = JSON.parse(kept) as { readonly host: unknown };
    const { query, row, detail } = parseKeptResults({
      runs: [{ root: '/', runId: 'r' }],
      ...(host as object),
    });
    assert.deepEqual([query, row, detail], [EVERYTHING, 0, true]);
    await page.reload();
    await page.getByRole('columnheader', { name: 'Finished' }).waitFor();
    assert.deepEqual(await heads(), chosen);
    assert.deepEqual(bench.complaints, []);
  });

  it('lets another run of the job file be chosen', async () => {
    await using shown = await show(contracts());
    await shown.page.getByRole('button', { name: /Choose another run/ }).click();
    await until(() => shown.asked.length > 0);
    assert.deepEqual(shown.asked, ['choose run']);
  });

  it('opens what is cited by its number, from the text, from a field and by [ and ]', async () => {
    await using shown = await show(contracts());
    const { page, places } = shown;
    shown.goTo(0);
    await page.getByText('1 of 2 verified').waitFor();
    await page.getByRole('button', { name: 'line 1, citation 1' }).click();
    await until(() => places.length === 1);
    assert.deepEqual(places[0]?.charRange, [8, 19]);
    await page.getByRole('button', { name: 'Citation 2: Not found in the source' }).click();
    await until(() => places.length === 2);
    assert.equal(places[1]?.page, 11);
    await page.locator('.detail-body').focus();
    await page.keyboard.press('[');
    await until(() => places.length === 3);
    assert.deepEqual(places[2], places[0]);
  });

  it('shows hostile answers, of which nothing runs and nothing is fetched', async () => {
    const long = `${'\ud83d\ude00x'.repeat(1_700_000)}\ud800`;
    await using shown = await show(
      [
        {
          source: `a<img src=x onerror=alert(1)>/\u202egnp.exe.md`,
          stored: { outcome: 'ok', response: HOSTILE },
        },
        { source: 'long.md', stored: { outcome: 'ok', response: long } },
        {
          source: 'error.md',
          stored: { outcome: 'permanent', error: { code: 'permanent', message: HOSTILE } },
        },
      ],
      [NOTES],
    );
    const { page, bench } = shown;
    const fetched: string[] = [];
    page.on('request', (request) => fetched.push(request.url()));
    shown.goTo(0);
    await page.locator('.md').getByText('owned').first().waitFor();
    await bench.screenshot('results-hostile');
    for (const tag of ['img', 'iframe', 'a', 'style', '#page script'])
      assert.equal(await page.locator(tag).count(), 0, tag);
    assert.equal(await page.title(), 'A page');
    assert.doesNotMatch(
      ((await page.locator('.md').textContent()) ?? '').replaceAll('\n', ''),
      /[\p{Cc}\u202e\u2066]/u,
    );
    shown.goTo(1);
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByText('120,000 of 5,100,001 characters').waitFor();
    assert.deepEqual(fetched, []);
    assert.deepEqual(bench.complaints, []);
  });

  it('shows new rows as they come, with the focus on the row that it was on', async () => {
    const rows = contracts();
    await using shown = await show(rows);
    const { page, run } = shown;
    await cell(page, 'frame-2030.pdf').click();
    await run.finish([[64, { ...rows[64]!, stored: { outcome: 'refused' } }]]);
    await shown.refresh();
    await page.getByText('65 of 65').waitFor();
    await until(
      async () =>
        (await page.evaluate('document.activeElement.textContent')) === 'contracts/nordwind/frame-2030.pdf' ||
        (await page.evaluate<string>('document.activeElement.textContent')).includes('frame-2030'),
    );
  });

  it('shows the new answer of the row whose detail is open, with its tab, place and focus as they were', async () => {
    const long = (word: string): string => `${word} begins.\n${`${word} goes on.\n`.repeat(6_000)}`;
    const answered = (outcome: 'ok' | 'truncated', response: string): MadeRow => ({
      source: 'long.md',
      stored: { outcome, response },
    });
    await using shown = await show([answered('truncated', long('First')), { source: 'other.md' }], [NOTES]);
    const { page, run, bench } = shown;
    shown.goTo(0);
    await page.getByRole('tab', { name: 'Raw' }).click();
    const more = page.getByRole('button', { name: 'Show more' });
    await more.click();
    await more.waitFor({ state: 'detached' });
    await page.locator('.detail').getByRole('button', { name: 'Copy as JSON' }).focus();
    await page.evaluate(`document.querySelector('.detail-body').scrollTop = 700`);
    // What is above the answer may be less by then: the answer stays where it is seen.
    const standing = (): Promise<unknown> =>
      page.evaluate(`[
        document.activeElement.textContent.trim(),
        Math.round(document.querySelector('.answer pre').getBoundingClientRect().top / 4),
        document.querySelector('[role="tab"][aria-selected="true"]').textContent.trim(),
      ]`);
    const before = await standing();

    // While it waits, what it had stays.
    await run.writer.append({ e: 'retryRequested', at: 1_763_000_200_000, rows: [[0, 0]] });
    await run.finish([[1, { source: 'other.md', stored: { outcome: 'ok', response: 'Other.' } }]]);
    await shown.refresh();
    await cell(page, 'other.md').waitFor();
    await page.locator('.detail').getByText('First begins.').waitFor();

    await run.finish([[0, answered('ok', long('Second'))]]);
    await shown.refresh();
    await page.locator('.detail').getByText('Second begins.').waitFor();
    await page.locator('.detail-head').getByText('ok').waitFor();
    assert.equal(await more.count(), 0, 'All of it was unfolded.');
    assert.deepEqual(await standing(), before);
    assert.deepEqual(bench.complaints, []);
  });

  it('says what comes while there is no row', async () => {
    await using shown = await show([{ source: 'a.pdf' }, { source: 'b.pdf' }]);
    await shown.page.getByText('No results yet').waitFor();
    await shown.page.getByRole('button', { name: 'Show Progress' }).click();
    await until(() => shown.asked.includes('progress'));
    await shown.bench.screenshot('results-empty');
  });

  it('scrolls through 100,000 rows, and measures it', async () => {
    const rows = Array.from({ length: 100_000 }, (_, i): MadeRow => ({
      source: `contracts/${String(i)}.pdf`,
      stored: {
        outcome: 'ok',
        response: '{}',
        parsedResponse: { supplier: SUPPLIERS[i % 4], total: i, paid: true },
      },
    }));
    await using shown = await show(rows);
    const { page } = shown;
    await page.getByText('100,000 of 100,000').waitFor();
    await cell(page, '0.pdf').first().waitFor();
    const measured = await page.evaluate<{ longestBlank: number; longestFrame: number }>(`(async () => {
      const scroller = document.querySelector('.grid-scroll');
      let [longestBlank, longestFrame, blankSince, last] = [0, 0, undefined, performance.now()];
      for (let i = 0; i < 300; i++) {
        scroller.scrollTop += i % 50 === 49 ? 150000 : 400;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        longestFrame = Math.max(longestFrame, now - last);
        last = now;
        const { top } = scroller.getBoundingClientRect();
        const seen = document.elementFromPoint(300, top + 200)?.closest('[role="row"]')?.textContent ?? '';
        if (seen.trim() === '') blankSince ??= now;
        else blankSince = undefined;
        if (blankSince !== undefined) longestBlank = Math.max(longestBlank, now - blankSince);
      }
      return { longestBlank, longestFrame };
    })()`);
    await page.reload();
    const paint = await page.evaluate<number>(`new Promise((resolve) => {
      const began = performance.now();
      const look = () => document.querySelector('[role="gridcell"] bdi') ? resolve(performance.now() - began) : requestAnimationFrame(look);
      look();
    })`);
    process.stdout.write(
      `      100,000 rows: first rows ${paint.toFixed(0)} ms after the page was there; longest blank ${measured.longestBlank.toFixed(0)} ms, longest frame ${measured.longestFrame.toFixed(0)} ms\n`,
    );
  });
});

function cell(page: BrowserPage, name: string): ReturnType<BrowserPage['locator']> {
  return page.locator('[role="gridcell"]', { hasText: name });
}

/** `aria-rowindex` and `aria-colindex` of the cell that has the focus. */
function at(page: BrowserPage): Promise<string> {
  return page.evaluate<string>(`(() => {
    const cell = document.activeElement;
    return cell.closest('[role="row"]')?.ariaRowIndex + ' ' + cell.ariaColIndex;
  })()`);
}
