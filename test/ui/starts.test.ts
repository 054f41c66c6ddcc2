import assert from 'node:assert/strict';
import { activationTimes } from './activationTimes.ts';
import { contextMenuOf, expandFolder } from './explorer.ts';
import { ProblemsPanel } from './problemsPanel.ts';
import { freshExamples, freshFolder, openOwnServer, openWindow } from './sharedServer.ts';
import { treeRows } from './treeRow.ts';
import { WorkspaceTrust } from './workspaceTrust.ts';

describe('A window with the packaged extension', function () {
  this.timeout(120_000);

  it('shows the Runs view with a way in, commands in the palette and on files, and has activated once it is looked at', async () => {
    await using window = await openWindow(await freshExamples());
    await window.showRuns();
    await window.welcome('Try the Sample').waitFor();
    await window.screenshot('welcome-light');

    await window.command('Batchbook: New Job File');
    await window.quickInput.waitFor();
    await window.page.keyboard.press('Escape');

    await window.explorerTab();
    await expandFolder(window, 'texts');
    const onText = await contextMenuOf(window, 'token_bucket.py');
    assert.ok(onText.includes('Summarize Selected Files'), onText.join(', '));
    assert.ok(onText.includes('Run Prompt on Selected Files…'), onText.join(', '));
    assert.ok(!onText.includes('Run Job File'), onText.join(', '));
    const onJobFile = await contextMenuOf(window, 'summaries.batch.json');
    assert.ok(onJobFile.includes('Run Job File'), onJobFile.join(', '));
    await window.screenshot('explorer');

    const times = await activationTimes(window);
    assert.ok(times.loadMs >= 0 && times.activateMs >= 0, JSON.stringify(times));
  });

  it('lists in the Problems panel what is wrong with a job file, and where', async () => {
    const cell = { kind: 'messages', id: 'hello', messages: [{ role: 'user', content: 'Hello' }] };
    const folder = await freshFolder({ 'typo.batch.json': { version: 1, cels: [], cells: [cell] } });
    await using window = await openWindow(folder);
    await window.useTheme('Default Dark Modern');
    await window.showRuns();
    await window.openFile('typo.batch.json');
    const problems = new ProblemsPanel(window);
    await problems.show();
    await problems.says(/There is no key "cels" here\. Did you mean "cells"\? at line 3 and character 3/);
    await window.screenshot('problems-dark');
  });

  it('opens restricted where nobody has said yet that the folder is trusted, and goes on when it is', async () => {
    const folder = await freshExamples();
    await using window = await openOwnServer(folder, {
      workspaceTrust: true,
      settings: { 'workbench.colorTheme': 'Default High Contrast' },
    });
    const trust = new WorkspaceTrust(window);
    await trust.banner.waitFor();
    await window.showRuns();
    await window.welcome('This folder is in Restricted Mode.').waitFor();
    await window.screenshot('restricted-hc');
    await trust.grant();
    await window.welcome('Try the Sample').waitFor();
    await window.command('Batchbook: Try the Sample');
    await window.ownPage.locator('h1').waitFor();
    await window.screenshot('trusted-hc');
    await window.confirm('Send 3 Rows');
    await window.run(/finished/).waitFor();
    const [group, run] = await treeRows(window);
    assert.deepEqual(group, { level: 1, label: 'Finished', description: '1', says: 'Finished, 1' });
    assert.equal(run?.level, 2);
    assert.equal(run.label, 'Sample: three summaries');
    assert.match(run.description, /^3\/3, free, /);
    assert.equal(run.says, 'Sample: three summaries, finished, 3 ok, free');
    await window.screenshot('sample-hc');
  });
});
