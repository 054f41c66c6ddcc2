import assert from 'node:assert/strict';
import { assertBilledOnce, assertNoRowInTwoLiveBatches } from '../support/mockService/ledger.ts';
import { cliWith } from './terminal.ts';
import { freshFolder, freshService, openWindow } from './sharedServer.ts';

const ROWS = 12;

describe('A run that a command line drives', function () {
  this.timeout(120_000);

  it('shows live in the window, which stops it, raises its limit, and takes it over when the process is killed', async () => {
    const service = await freshService({ runningMs: 1_500 });
    const folder = await freshFolder(mails());
    await using window = await openWindow(folder);
    await window.showRuns();

    await using first = cliWith(folder, service, 'run', 'mails.batch.json', '--yes');
    await window.run(/Mails, running.*driven by a command line/).waitFor();
    await window.statusBarSays(/[2-9]\/12/);
    await window.screenshot('driven-by-a-command-line');

    await window.command('Batchbook: Set Limit');
    await window.type('2.50');
    await window.statusBarSays('of $2.50');

    await window.command('Batchbook: Stop Run');
    await window.pick('Stop Watching');
    assert.equal(await first.ended, 130);
    await window.run(/Mails, stopped/).waitFor();

    await using second = cliWith(folder, service, 'resume', 'mails.batch.json');
    await window.run(/Mails, running.*driven by a command line/).waitFor();
    second.process.kill('SIGKILL');
    await second.ended;
    await window.run(/Mails, running(?!.*driven by)/).waitFor();
    await window.statusBarSays(`${String(ROWS)}/${String(ROWS)}`);

    const ledger = await service.ledger();
    assertNoRowInTwoLiveBatches(ledger);
    assertBilledOnce(ledger);
    assert.equal(ledger.batches.length, ROWS / 2);
  });
});

function mails(): Readonly<Record<string, unknown>> {
  const files = Array.from({ length: ROWS }, (_, i) => [
    `mails/${String(i)}.md`,
    `Mail ${String(i)} of many.`,
  ]);
  return {
    ...(Object.fromEntries(files) as Record<string, string>),
    'mails.batch.json': {
      version: 1,
      title: 'Mails',
      defaults: { model: 'mock-small' },
      costLimitUsd: 5,
      jobsPerBatch: 2,
      maxConcurrent: 1,
      cells: [{ kind: 'files', id: 'mail', files: ['mails'], prompt: 'Answer it.', output: false }],
    },
  };
}
