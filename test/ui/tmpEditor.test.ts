import { freshExamples, openWindow } from './sharedServer.ts';

describe('look', function () {
  this.timeout(120_000);
  it('at it', async () => {
    await using window = await openWindow(await freshExamples());
    await window.openFile('summaries.batch.json');
    try {
      await window.ownPage.locator('.cell').first().waitFor();
      await window.page.waitForTimeout(3000);
    } catch (e) { console.log(String(e).slice(0, 500)); }
    await window.screenshot('tmp-editor-1');
    console.log(window.violations);
    console.log((await window.evidence('x')).slice(-1500));
  });
});
