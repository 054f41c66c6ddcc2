import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { freshExamples, openWindow } from './sharedServer.ts';

describe('Summarize Selected Files', function () {
  this.timeout(120_000);

  it('of two files and a folder: seen, confirmed, N of N, and all summaries in one editor; again for nothing', async () => {
    const folder = await freshExamples();
    await using window = await openWindow(folder);
    await window.chooseInExplorer(['readme.md', 'summaries.batch.json', 'texts'], 'Summarize Selected Files');
    await window.ownPage.getByText('What is worked on').waitFor();
    const page = await window.ownPage.locator('body').innerText();
    assert.match(page, /extractive, not an AI model/);
    assert.match(page, /Files\s*10/);
    await window.screenshot('before-sending-offline');
    await window.confirm('Send 10 Rows');
    await window.statusBarSays('10/10');
    await window.notification('Summaries: 10 of 10 rows ok, free.').waitFor();
    await window.press('Open Results');
    await window.page.getByRole('tab', { name: /Summaries results\.md/ }).waitFor();
    const text = await window.editorText();
    for (const name of ['readme.md', 'texts/night-trains.html', 'texts/peatland-report.pdf'])
      assert.ok(text.includes(`## ${name.replaceAll('_', '\\_')}`), `${name} is not in:\n${text}`);
    assert.match(text, /night trains/i);
    await window.screenshot('results-of-all-files');

    const jobFile = path.join(folder, 'summaries-2.batch.json');
    const written = JSON.parse(await readFile(jobFile, 'utf8')) as { cells: { files: string[] }[] };
    assert.deepEqual(written.cells[0]?.files, ['readme.md', 'texts']);
    await window.openFile('summaries-2.batch.json');
    await window.command('Batchbook: Run Job File');
    await window.notification(/10 of 10 rows ok, free\. All were answered by earlier runs/).waitFor();
    await window.showRuns();
    await window.screenshot('runs');
    assert.deepEqual(window.violations, []);
  });
});
