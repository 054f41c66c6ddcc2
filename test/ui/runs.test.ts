import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { assertBilledOnce, assertNoRowInTwoLiveBatches } from '../support/mockService/ledger.ts';
import { freshFolder, freshService, openWindow } from './sharedServer.ts';
import { cliWith } from './terminal.ts';
import type { Workbench } from './workbench.ts';

const ROWS = 10_000;

function table(): Readonly<Record<string, unknown>> {
  const lines = Array.from({ length: ROWS }, (_, i) => `key-${String(i)}`);
  return {
    'rows.csv': `key\n${lines.join('\n')}\n`,
    'table.batch.json': {
      version: 1,
      title: 'Table',
      defaults: { model: 'mock-small' },
      costLimitUsd: 50,
      jobsPerBatch: 500,
      maxConcurrent: 4,
      cells: [
        {
          kind: 'rows',
          id: 'row',
          data: 'rows.csv',
          key: 'key',
          prompt: 'Answer {{row.key}}.',
          output: false,
        },
      ],
    },
  };
}

describe('Runs at a glance', function () {
  this.timeout(150_000);

  it('10,000 rows are watched in the progress panel, stopped and resumed there, then filtered, searched and exported', async () => {
    const service = await freshService({ runningMs: 1_500, outcomes: { shares: { refused: 0.05 } } });
    const folder = await freshFolder(table());
    await using window = await openWindow(folder);
    await window.command('Batchbook: Run Job File');
    await window.confirm('Send 10,000 Rows');
    await window.statusBarSays('/10,000');
    await window.command('Batchbook: Show Progress');
    const page = window.ownPage;
    await window.says(page.locator('.big').first(), /^[1-9][\d,]* of 10,000 rows/);
    await page.locator('vscode-button').filter({ hasText: 'Stop' }).click();
    await window.pick('Stop Watching');
    await page.locator('vscode-button').filter({ hasText: 'Resume' }).waitFor();
    const sent = (await service.ledger()).batches.length;
    assert.ok(sent < ROWS / 500, 'It was stopped after everything was sent.');
    await window.screenshot('progress-stopped');
    await page.locator('vscode-button').filter({ hasText: 'Resume' }).click();
    await window.says(page.locator('.big').first(), 'of 10,000 rows ok');
    const ok = numberIn(await page.locator('.big').first().textContent());
    await window.screenshot('progress-finished');
    assert.deepEqual(await window.accessibilityFindings(), []);
    const ledger = await service.ledger();
    assertNoRowInTwoLiveBatches(ledger);
    assertBilledOnce(ledger);

    await page.locator('vscode-button').filter({ hasText: 'Open Results' }).click();
    const counted = page.locator('.counted');
    await page.locator('.chip').filter({ hasText: 'refused' }).click();
    await window.says(counted, `${(ROWS - ok).toLocaleString('en')} of 10,000`);
    assert.deepEqual(await window.accessibilityFindings(), []);
    await window.screenshot('results-refused');
    await page.locator('.chip').filter({ hasText: 'All' }).click();
    await page.getByRole('searchbox').fill('key-7777');
    await window.says(counted, /^1 of 10,000/);
    await page
      .getByRole('gridcell', { name: /key-7777/ })
      .first()
      .click();
    await window.page.keyboard.press('Enter');
    await page.locator('.detail').getByText('mock-small').waitFor();
    await page.getByRole('button', { name: 'Export…' }).click();
    await window.pick('CSV');
    await window.page.waitForFunction(
      `document.querySelector('.quick-input-widget input[type="text"]')?.value.endsWith('.csv')`,
    );
    await window.page.keyboard.press('Enter');
    await window.notification('Written to').waitFor();
    const [, ...lines] = (await readFile(path.join(folder, 'Table.csv'), 'utf8')).trimEnd().split('\r\n');
    assert.equal(lines.length, ROWS);
    assert.equal(new Set(lines.map((line) => /key-\d+/.exec(line)?.[0])).size, ROWS);
    assert.equal(lines.filter((line) => line.split(',').includes('refused')).length, ROWS - ok);
    assert.deepEqual(window.violations, []);
  });

  it('a run that a command line drives is watched in the panel, also through a reload of the window', async () => {
    const service = await freshService({ runningMs: 1_500 });
    const folder = await freshFolder(letters());
    await using window = await openWindow(folder);
    await using driver = cliWith(folder, service, 'run', 'letters.batch.json', '--yes');
    await window.statusBarSays('/12');
    await showPanel(window, /^[1-9]\d* of 12 rows/);
    await window.reload();
    await showPanel(window, /of 12 rows/);
    await window.says(window.ownPage.locator('.big').first(), '12 of 12 rows ok');
    assert.equal(await driver.ended, 0);
    await window.showRuns();
    await window.run(/Letters, finished/).waitFor();
    assertBilledOnce(await service.ledger());
    assert.deepEqual(window.violations, []);
  });

  it('a citation opens its source with exactly what is cited selected', async () => {
    const service = await freshService();
    const folder = await freshFolder(letters());
    await using window = await openWindow(folder);
    assert.equal(await cliWith(folder, service, 'run', 'letters.batch.json', '--yes').ended, 0);
    await window.command('Batchbook: Open Results');
    const page = window.ownPage;
    await page.getByRole('gridcell', { name: /7\.md/ }).first().click();
    await window.page.keyboard.press('Enter');
    await page.getByRole('button', { name: /, citation 1$/ }).click();
    await window.page.getByRole('tab', { name: /^7\.md/ }).waitFor();
    await window.screenshot('citation-in-its-source');
    await window.page.keyboard.press('ControlOrMeta+2');
    await window.page.locator('.monaco-editor.focused').waitFor();
    assert.equal(await window.selectedText(), 'Letter 7 asks for a loan');
    assert.deepEqual(window.violations, []);
  });
});

async function showPanel(window: Workbench, says: RegExp): Promise<void> {
  await window.command('Batchbook: Show Progress');
  await window.says(window.ownPage.locator('.big').first(), says);
}

/** The first number in a text, such as 9,512 in "9,512 of 10,000 rows ok". */
function numberIn(text: string | null): number {
  return Number(/[\d,]+/.exec(text ?? '')?.[0].replaceAll(',', ''));
}

function letters(): Readonly<Record<string, unknown>> {
  const files = Array.from({ length: 12 }, (_, i) => [
    `letters/${String(i)}.md`,
    `Letter ${String(i)} asks for a loan\nand says why, at length.\n`,
  ]);
  const cell = { kind: 'files', id: 'letter', files: ['letters'], prompt: 'Answer it.', output: false };
  return {
    ...(Object.fromEntries(files) as Record<string, string>),
    'letters.batch.json': {
      version: 1,
      title: 'Letters',
      defaults: { model: 'mock-small', enableCitations: true },
      costLimitUsd: 5,
      jobsPerBatch: 2,
      maxConcurrent: 1,
      cells: [cell],
    },
  };
}
