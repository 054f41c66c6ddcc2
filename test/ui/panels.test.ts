import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import { freshFolder, freshService, openWindow } from './sharedServer.ts';
import { cliWith } from './terminal.ts';

function notes(): Readonly<Record<string, unknown>> {
  const lines = Array.from({ length: 12 }, (_, i) => `note-${String(i)}`);
  return {
    'rows.csv': `key\n${lines.join('\n')}\n`,
    'notes.batch.json': {
      version: 1,
      title: 'Notes',
      defaults: { model: 'mock-small' },
      costLimitUsd: 5,
      jobsPerBatch: 2,
      maxConcurrent: 1,
      cells: [
        {
          kind: 'rows',
          id: 'note',
          data: 'rows.csv',
          key: 'key',
          prompt: 'Answer {{row.key}}.',
          output: false,
        },
      ],
    },
  };
}

describe('Tabs of a run, after the window was loaded anew', function () {
  this.timeout(400_000);

  it('come back in the middle of it, with the filter and the row that was open, and go on; once the run is gone they say so', async () => {
    const service = await freshService({ runningMs: 3_000 });
    const folder = await freshFolder(notes());
    await using window = await openWindow(folder);
    await using driver = cliWith(folder, service, 'run', 'notes.batch.json', '--yes');
    // The third batch is sent once four rows have ended. The network is down from then on, so that the run stays in its
    // middle however long the window takes.
    while ((await service.ledger()).batches.length < 3) await window.page.waitForTimeout(50);
    await service.configure({ faults: { outage: { fromMs: 0, untilMs: 1e9 } } });
    await window.statusBarSays(/^Offline · 2 /);
    await window.command('Batchbook: Show Progress');
    const page = window.ownPage;
    await window.says(page.locator('.big').first(), /^4 of 12 rows/);
    await page.locator('vscode-button').filter({ hasText: 'Open Results' }).click();
    await page.getByRole('searchbox').fill('note-1');
    await window.says(page.locator('.counted'), /^1 of/);
    await page.getByRole('gridcell', { name: 'note-1' }).first().click();
    await window.page.keyboard.press('Enter');
    const detail = page.locator('.detail');
    await detail.getByText('mock-small').waitFor();

    await window.hasKept('"detail":true');
    await window.reload();
    await window.says(detail, 'mock-small');
    await window.says(detail.locator('h2').first(), 'note-1');
    assert.equal(await page.getByRole('searchbox').inputValue(), 'note-1');
    await window.screenshot('results-after-reload');
    await window.page.getByRole('tab', { name: /^Run: Notes/ }).click();
    await window.says(page.locator('.big').first(), /^4 of 12 rows/);
    await window.says(page.locator('.message'), /^Offline since /);
    await window.statusBarSays(/^Offline · 2 /);
    await window.screenshot('progress-offline');
    await service.configure({ faults: { outage: { fromMs: 0, untilMs: 0 } } });
    // The longer it was away, the longer the run waits before it asks again.
    await window.says(page.locator('.big').first(), '12 of 12 rows ok', 120_000);
    assert.equal(await driver.ended, 0);
    await window.page.getByRole('tab', { name: /^Results: Notes/ }).click();
    await window.says(page.locator('.counted'), /^3 of 12/);
    await window.says(detail, 'mock-small');

    await window.hasKept('"search":"note-1"');
    await rename(path.join(folder, '.batchbook'), path.join(folder, 'elsewhere'));
    await window.reload();
    await window.says(page.locator('h1'), 'Nothing to show here any more');
    await window.says(page.locator('p').first(), 'Its run is not there any more.');
    assert.deepEqual(await window.accessibilityFindings(), []);
    await window.screenshot('results-run-gone');
    await page.locator('vscode-button').filter({ hasText: 'Show Runs' }).click();
    await window.welcome('Try the Sample').waitFor();
    assert.deepEqual(window.violations, []);
  });
});
