import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { seededRandom } from '../support/engine.ts';
import {
  assertBilledOnce,
  assertNoRowInTwoLiveBatches,
  assertReadBeforeResent,
} from '../support/mockService/ledger.ts';
import { holderOf } from './holderOf.ts';
import { freshFolder, freshService, openWindow } from './sharedServer.ts';
import type { Workbench } from './workbench.ts';

/** How often each run is disturbed: `BATCHBOOK_KILLS=20 npm test -- ui`. */
const KILLS = Number(process.env['BATCHBOOK_KILLS'] ?? '1');
/** So many rows, one a batch and one batch after the other, are never done before the last kill. */
const ROWS = 12 * (KILLS + 1);
/** A request that was cut off by a kill is looked for over a quarter of an hour, which here takes 36 s. */
const DONE_OR_ASKING = new RegExp(`needs a decision|\\b${String(ROWS)}/${String(ROWS)}\\b`);
const PATIENCE_MS = 120_000 + 40_000 * KILLS;

describe(`A run of ${String(ROWS)} rows, disturbed ${String(KILLS)} times at random moments`, function () {
  this.timeout(PATIENCE_MS);

  for (const [how, disturb] of [
    [
      'by the death of the extension host',
      async (window: Workbench, pid: number) => {
        process.kill(pid, 'SIGKILL');
        await window.reload();
      },
    ],
    ['by a reload of the window', (window: Workbench) => window.reload()],
  ] as const)
    it(`${how}, ends with every row answered and billed once`, async () => {
      const service = await freshService({ runningMs: 400, faults: { lostReply: [2] } });
      const folder = await freshFolder({
        'rows.csv': `key\n${Array.from({ length: ROWS }, (_, i) => `k${String(i)}\n`).join('')}`,
        'rows.batch.json': {
          version: 1,
          title: 'Rows',
          defaults: { model: 'mock-small' },
          costLimitUsd: 5,
          jobsPerBatch: 1,
          maxConcurrent: 1,
          cells: [{ kind: 'rows', id: 'row', data: 'rows.csv', key: 'key', prompt: 'Answer {{row.key}}.' }],
        },
      });
      await using window = await openWindow(folder);
      await window.command('Batchbook: Run Job File');
      await window.confirm(`Send ${String(ROWS)} Rows`);
      await window.statusBarSays(`/${String(ROWS)}`);
      const random = seededRandom(31);
      const holders = new Set<number>();
      for (let kills = 0; kills < KILLS; kills++) {
        const pid = await nextHolder(folder, holders);
        holders.add(pid);
        await window.page.waitForTimeout(1_500 * random());
        await disturb(window, pid);
      }
      await nextHolder(folder, holders);
      await toItsEnd(window);
      const ledger = await service.ledger();
      assertNoRowInTwoLiveBatches(ledger);
      assertReadBeforeResent(ledger);
      assertBilledOnce(ledger);
      assert.equal(ledger.batches.length, ROWS);
      assert.equal((await readdir(path.join(folder, '.batchbook/runs'))).length, 1);
    });
});

/** Where a kill has cut off a request that did not arrive, the person says that it is to be sent again. */
async function toItsEnd(window: Workbench): Promise<void> {
  for (;;) {
    await window.says(window.statusBar, DONE_OR_ASKING, PATIENCE_MS);
    if ((await window.statusBar.textContent())?.includes('needs a decision') !== true) return;
    await window.command('Batchbook: Resolve…');
    await window.pick('Send Its Rows Again…');
    await window.statusBarSays(`/${String(ROWS)}`);
  }
}

/** A process that drives the run and has not been seen before: after each kill there is another one. */
async function nextHolder(folder: string, before: ReadonlySet<number>): Promise<number> {
  const until = Date.now() + 40_000;
  for (;;) {
    const pid = await holderOf(folder);
    if (pid !== undefined && !before.has(pid)) return pid;
    assert.ok(Date.now() < until, 'nobody has taken the run up');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
