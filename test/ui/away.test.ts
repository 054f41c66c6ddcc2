import assert from 'node:assert/strict';
import { freshFolder, freshService, openWindow } from './sharedServer.ts';
import { cliWith } from './terminal.ts';

const JOB = {
  version: 1,
  title: 'Mails',
  defaults: { model: 'mock-small' },
  costLimitUsd: 5,
  cells: [{ kind: 'files', id: 'mail', files: ['a.md', 'b.md'], prompt: 'Answer it.', output: false }],
};

describe('What happened while no window was open', function () {
  this.timeout(240_000);

  it('is told once when one is opened again', async () => {
    const service = await freshService();
    const folder = await freshFolder({
      'a.md': 'One mail.',
      'b.md': 'Another mail.',
      'mails.batch.json': JOB,
    });
    await using window = await openWindow(folder);
    await window.showRuns();
    // What began before the window looked is no news to it.
    await window.welcome('Try the Sample').waitFor();
    // A notification goes by itself: it is looked for while the command still runs.
    await Promise.all([
      window.notification('Mails: 2 of 2 rows ok').waitFor({ timeout: 90_000 }),
      cliWith(folder, service, 'run', 'mails.batch.json', '--yes').ended,
    ]);
    await window.leave();
    assert.equal(await cliWith(folder, service, 'run', 'mails.batch.json', '--yes', '--all').ended, 0);
    await window.comeBack();
    await window.notification('While you were away: Mails: 2 of 2 rows ok').waitFor();
    await window.screenshot('while-you-were-away');
    // The browser keeps what an extension remembers a moment later; a page that goes before has not kept it.
    await window.page.waitForTimeout(3_000);
    await window.reload();
    await window.showRuns();
    await window
      .run(/Mails, finished/)
      .first()
      .waitFor();
    assert.deepEqual(await window.page.locator('.notification-toast').allInnerTexts(), []);
  });
});
