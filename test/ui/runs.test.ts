import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { freshFolder, freshService, openWindow } from './sharedServer.ts';

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

describe('A run of 10,000 rows', function () {
  this.timeout(120_000);

  it('is watched in the progress panel, stopped and resumed there, then filtered and exported', async () => {
    await freshService({ runningMs: 1_500, outcomes: { shares: { refused: 0.05 } } });
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
    await page.locator('vscode-button').filter({ hasText: 'Resume' }).click();
    await window.says(page.locator('.big').first(), 'of 10,000 rows ok');
    await page.locator('vscode-button').filter({ hasText: 'Open Results' }).click();
    await page.locator('.chip').filter({ hasText: 'refused' }).click();
    await window.says(page.locator('.counted'), /[1-9]\d* of 10,000/);
    await page.getByRole('button', { name: 'Export…' }).click();
    await window.pick('CSV');
    await window.page.waitForFunction(
      `document.querySelector('.quick-input-widget input[type="text"]')?.value.endsWith('.csv')`,
    );
    await window.page.keyboard.press('Enter');
    await window.notification('Written to').waitFor();
    const exported = await readFile(path.join(folder, 'Table.csv'), 'utf8');
    assert.equal(exported.trimEnd().split('\r\n').length, ROWS + 1);
    assert.deepEqual(window.violations, []);
  });
});
