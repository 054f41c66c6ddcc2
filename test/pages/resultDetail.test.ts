import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { Browser, Page as BrowserPage } from 'playwright-core';
import { accessibilityFindings } from '../support/accessibility.ts';
import { Folder } from '../support/cli/folder.ts';
import { contractRun } from '../support/contractRun.ts';
import { makeRun, NOTES } from '../support/resultRuns.ts';
import { ensureBrowser, launchBrowser } from '../support/vscode/browser.ts';
import { showResults, until } from './resultsBench.ts';
import type { ThemeName } from './themes.ts';

const THEMES: readonly ThemeName[] = ['light', 'dark', 'contrast'];
const WIDTHS = [1_240, 400];
const [PDF, MARKDOWN, LETTER, GONE] = [0, 1, 2, 3];
const TABS = ['Answer', 'Source', 'Prompt', 'Raw'];

describe('The detail of a result in its built page', function () {
  this.timeout(180_000);
  let browser: Browser;

  before(async () => {
    browser = await launchBrowser(await ensureBrowser());
  });
  after(() => browser.close());

  it('can be read and used by everybody, in every theme and tab, at 1,240 and at 400 pixels', async function () {
    this.timeout(400_000);
    await using shown = await showResults(browser, await contractRun());
    const { page, bench } = shown;
    shown.goTo(PDF);
    await page.getByText('Nearest: “EUR 50,000 per event”').waitFor();
    for (const tab of TABS) {
      await page.getByRole('tab', { name: tab }).click();
      await contentOf(page, tab).waitFor();
      for (const theme of THEMES) {
        await bench.useTheme(theme);
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          await bench.screenshot(`detail-${tab.toLowerCase()}-${theme}-${String(width)}`);
          const at = `${tab}, ${theme}, ${String(width)}`;
          assert.deepEqual(await accessibilityFindings(page.mainFrame()), [], at);
          const sideways = await page.evaluate<number>(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          assert.ok(sideways <= 0, `It scrolls sideways by ${String(sideways)} px: ${at}.`);
        }
      }
      const named = await page.locator('.detail').getByRole('button', { name: /\S/ }).count();
      assert.equal(named, await page.locator('.detail button:not([role="tab"])').count());
      assert.ok(named >= 5, `${tab}: ${String(named)} buttons have names`);
    }
    assert.deepEqual(bench.complaints, []);
  });

  it('has tabs that are gone through by arrows, and keeps the chosen one from row to row', async () => {
    await using shown = await showResults(browser, await contractRun());
    const { page } = shown;
    shown.goTo(PDF);
    await page.getByRole('tab', { name: 'Answer' }).focus();
    const selected = (): Promise<string | null> =>
      page.locator('[role="tab"]:focus[aria-selected="true"]').textContent();
    for (const [key, tab] of [
      ['ArrowRight', 'Source'],
      ['ArrowRight', 'Prompt'],
      ['ArrowRight', 'Raw'],
      ['ArrowRight', 'Answer'],
      ['ArrowLeft', 'Raw'],
      ['Home', 'Answer'],
      ['End', 'Raw'],
      ['ArrowLeft', 'Prompt'],
    ] as const) {
      await page.keyboard.press(key);
      assert.equal((await selected())?.trim(), tab);
    }
    await page.getByText('What are the terms of msa-2024-signed.pdf?').waitFor();
    shown.goTo(LETTER);
    await page.getByText('Write to Sander.').waitFor();
  });

  it('shows what a PDF is cited for at its page, marked and in sight, and the citations and pages around', async () => {
    await using shown = await showResults(browser, await contractRun());
    const { page, places } = shown;
    shown.goTo(PDF);
    await page.getByRole('button', { name: 'Citation 3: Word for word' }).first().click();
    const mark = page.locator('mark');
    await mark.waitFor();
    assert.equal(
      await mark.textContent(),
      "renews for twelve months\nunless ended with ninety (90) days' written notice",
    );
    assert.ok(await isInSight(page, 'mark'));
    await page.getByText('page 9 of 14').waitFor();
    await page.getByText('Citation 3, word for word. It carries notice_days and auto_renews.').waitFor();
    assert.equal(await page.evaluate('document.activeElement.id'), 'detail-body');
    assert.equal(places.length, 0);
    await page.getByRole('button', { name: 'Next citation' }).click();
    await page.getByText('page 11 of 14').waitFor();
    await page.getByText('Citation 4 does not stand in the source.').waitFor();
    assert.equal(await mark.count(), 0);
    await page.keyboard.press('[');
    await page.getByText('page 9 of 14').waitFor();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByText('page 10 of 14').waitFor();
    assert.equal(await mark.count(), 0);
    assert.equal(await page.evaluate('document.activeElement.title'), 'Next page');
    await page.getByRole('button', { name: 'Open the file beside' }).click();
    await until(() => places.length === 1);
    assert.deepEqual(
      [places[0]?.file, places[0]?.page],
      [shown.folder.path('contracts/nordwind/msa-2024-signed.pdf'), 9],
    );
  });

  it('opens what a text is cited for in the editor, and shows it as source part by part', async () => {
    await using shown = await showResults(browser, await contractRun());
    const { page, places } = shown;
    shown.goTo(MARKDOWN);
    await page.getByRole('button', { name: 'line 3, citation 1' }).click();
    await until(() => places.length === 1);
    assert.equal(places[0]?.text, 'ninety days');
    await page.getByRole('tab', { name: 'Source' }).click();
    await page.locator('mark', { hasText: 'ninety days' }).waitFor();
    assert.doesNotMatch((await page.locator('.leaf').textContent()) ?? '', /\ufffd/);
    await page.getByRole('button', { name: 'Later part' }).click();
    await page.getByText(/^characters 29,\d{3} to 59,\d{3} of 138,0\d\d$/).waitFor();
    await page.keyboard.press(']');
    await page.locator('mark', { hasText: 'ninety days' }).waitFor();
    assert.equal(places.length, 1);
  });

  it('says that the source changed, and offers to run the job file again', async () => {
    const made = await contractRun();
    await writeFile(made.folder.path('renewals.csv'), 'id,name\nS-1042,Sanders\n');
    await using shown = await showResults(browser, made);
    const { page, bench } = shown;
    shown.goTo(LETTER);
    await page.getByText('renewals.csv changed after this row was sent.').waitFor();
    await bench.useTheme('light');
    await bench.screenshot('detail-changed');
    await page.getByRole('button', { name: 'Run What Changed…' }).click();
    await until(() => shown.asked.includes('run'));
    assert.equal(shown.places[0]?.file, made.folder.path('supplier-contracts.batch.json'));
    await page.getByRole('tab', { name: 'Prompt' }).click();
    await page
      .getByText('The source changed after this row was sent. This is from what it is now.')
      .waitFor();
    shown.goTo(GONE);
    await page.getByText('What was sent cannot be shown: The file does not exist any more.').waitFor();
    await page.getByRole('tab', { name: 'Answer' }).click();
    await page.getByText('gone.pdf is not there any more.').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Run What Changed…' }).count(), 0);
  });

  it('tells why a try did not count, copies the prompt and opens what was written', async () => {
    const made = await contractRun();
    const rows = [[PDF, 'results/terms/notes.md.json', 'x']] as const;
    await made.run.writer.append({ e: 'rowsWritten', at: 1, rows });
    await using shown = await showResults(browser, made);
    const { page, places, copied } = shown;
    shown.goTo(PDF);
    await page.getByText('Try 1: notice_days was “ninety”. It was asked again with that message.').waitFor();
    await page.getByRole('button', { name: 'results/terms/notes.md.json' }).click();
    await until(() => places.length === 1);
    assert.equal(places[0]?.file, made.folder.path('results/terms/notes.md.json'));
    await page.getByRole('tab', { name: 'Prompt' }).click();
    await page.getByRole('button', { name: 'Copy prompt' }).click();
    await until(() => copied.length === 1);
    assert.match(copied[0] ?? '', /^System:\nYou read contracts\.\n\nUser:\nWhat are the terms of/);
  });

  it('shows hostile sources as text, of which nothing runs and nothing is fetched', async () => {
    const hostile =
      '<script>document.title = "owned"</script><img src="https://evil.test/a.png">\u202egnp.exe\u0000 \ud800';
    const folder = await Folder.with({
      'a.md': `${hostile.replace('\u0000', '\u0007')}${'x'.repeat(5_000_000)}`,
    });
    const stored = { outcome: 'ok', response: 'Fine.' } as const;
    const run = await makeRun(folder, [{ source: 'a.md', stored }], [NOTES]);
    await using shown = await showResults(browser, { folder, run });
    const { page, bench } = shown;
    const fetched: string[] = [];
    page.on('request', (request) => fetched.push(request.url()));
    shown.goTo(0);
    await page.getByRole('tab', { name: 'Source' }).click();
    await page.locator('.leaf', { hasText: 'owned' }).waitFor();
    assert.equal(await page.locator('.leaf *').count(), 0);
    assert.doesNotMatch((await page.locator('.leaf').textContent()) ?? '', /[\p{Cc}\u202e]/u);
    assert.equal(await page.title(), 'A page');
    await page.getByText(/^characters 1 to 30,000 of 5,000,0\d\d$/).waitFor();
    assert.deepEqual([fetched, bench.complaints], [[], []]);
  });
});

function contentOf(page: BrowserPage, tab: string): ReturnType<BrowserPage['locator']> {
  switch (tab) {
    case 'Source':
      return page.locator('mark');
    case 'Prompt':
      return page.getByText('You read contracts.');
    default:
      return page.locator('.cites');
  }
}

function isInSight(page: BrowserPage, selector: string): Promise<boolean> {
  return page.evaluate<boolean>(`(() => {
    const { top, bottom } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
    const body = document.querySelector('.detail-body').getBoundingClientRect();
    return top >= body.top && bottom <= body.bottom;
  })()`);
}
