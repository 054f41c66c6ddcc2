import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { forgetAgreements } from '../support/forgetAgreements.ts';
import { assertBilledOnce, assertNoRowInTwoLiveBatches } from '../support/mockService/ledger.ts';
import type { RunningMockService } from '../support/mockService/startMockService.ts';
import { holderOf } from './holderOf.ts';
import { freshFolder, freshService, openWindow } from './sharedServer.ts';
import type { Workbench } from './workbench.ts';

const ROWS = 12;
const SLOW = { runningMs: 2_500 };
/** From now on no batch is seen to end; and again they are. */
const CLOSED = { faults: { pollUnavailable: 1_000_000 } };
const OPEN = { faults: { pollUnavailable: 0 } };
/** Some batches are collected, and some are not. */
const UNDER_WAY = /\b[369]\/12/;

/** Twelve letters, answered three at a time. */
function letters(): Readonly<Record<string, unknown>> {
  const files = Array.from({ length: ROWS }, (_, i) => [
    `letters/${String(i)}.md`,
    `Letter ${String(i)} of many.`,
  ]);
  return {
    ...(Object.fromEntries(files) as Record<string, string>),
    'letters.batch.json': {
      version: 1,
      title: 'Letters',
      defaults: { model: 'mock-small' },
      costLimitUsd: 5,
      jobsPerBatch: 3,
      maxConcurrent: 2,
      cells: [
        {
          kind: 'files',
          id: 'letter',
          files: ['letters'],
          prompt: 'Answer it.',
          output: 'out/{{file.path}}.md',
        },
      ],
    },
  };
}

async function startLetters(window: Workbench): Promise<void> {
  await window.command('Batchbook: Run Job File');
  await window.confirm(`Send ${String(ROWS)} Rows`);
  await window.statusBarSays(`0/${String(ROWS)}`);
}

/** The files that the run has written, once all are there: the last ones come a moment after the last row. */
async function outputsIn(folder: string): Promise<Record<string, string>> {
  const dir = path.join(folder, 'out/letters');
  const until = Date.now() + 20_000;
  while ((await readdir(dir)).length < ROWS && Date.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const names = (await readdir(dir)).sort();
  const contents = names.map(async (name) => [name, await readFile(path.join(dir, name), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(contents));
}

/** As the service's own books have it: every row answered and billed once. */
async function assertOnce(service: RunningMockService, folder: string): Promise<void> {
  const ledger = await service.ledger();
  assertNoRowInTwoLiveBatches(ledger);
  assertBilledOnce(ledger);
  assert.equal(ledger.batches.length, ROWS / 3);
  assert.equal((await readdir(path.join(folder, '.batchbook/runs'))).length, 1);
}

describe('A run whose window goes away in the middle', function () {
  this.timeout(150_000);
  let undisturbed: Record<string, string>;

  before(async () => {
    await freshService(SLOW);
    const folder = await freshFolder(letters());
    await using window = await openWindow(folder);
    await startLetters(window);
    await window.statusBarSays(`${String(ROWS)}/${String(ROWS)}`);
    undisturbed = await outputsIn(folder);
    assert.equal(Object.keys(undisturbed).length, ROWS);
  });

  it('finishes when its page has died and is opened anew while the old host still lives, with nothing doubled', async () => {
    const service = await freshService(SLOW);
    const folder = await freshFolder(letters());
    await using window = await openWindow(folder);
    await startLetters(window);
    await window.statusBarSays(UNDER_WAY);
    const old = await holderOf(folder);
    assert.ok(old !== undefined);
    await service.configure(CLOSED);
    await window.reopenAfterCrash();
    await window.statusBarSays(UNDER_WAY);
    const until = Date.now() + 30_000;
    while ((await holderOf(folder)) === old && Date.now() < until) await window.page.waitForTimeout(50);
    assert.notEqual(await holderOf(folder), old, 'it has not handed over');
    assert.ok((await window.extensionHosts()).includes(old), 'the old host does not live any more');
    await service.configure(OPEN);
    await window.statusBarSays(`${String(ROWS)}/${String(ROWS)}`);
    await window.screenshot('after-reload');
    assert.deepEqual(await outputsIn(folder), undisturbed);
    await assertOnce(service, folder);
  });

  it('finishes when the window is reloaded, with nothing doubled', async () => {
    const service = await freshService(SLOW);
    const folder = await freshFolder(letters());
    await using window = await openWindow(folder);
    await startLetters(window);
    await window.statusBarSays(UNDER_WAY);
    await service.configure(CLOSED);
    await window.reload();
    await window.statusBarSays(UNDER_WAY);
    await service.configure(OPEN);
    await window.statusBarSays(`${String(ROWS)}/${String(ROWS)}`);
    assert.deepEqual(await outputsIn(folder), undisturbed);
    await assertOnce(service, folder);
  });

  it('finishes when the process of the extension host is killed, with nothing doubled', async () => {
    const service = await freshService(SLOW);
    const folder = await freshFolder(letters());
    await using window = await openWindow(folder);
    const before = await holderOf(folder);
    assert.equal(before, undefined);
    await startLetters(window);
    await window.statusBarSays(UNDER_WAY);
    const pid = await holderOf(folder);
    assert.ok(pid !== undefined && (await window.extensionHosts()).includes(pid));
    await service.configure(CLOSED);
    process.kill(pid, 'SIGKILL');
    await window.isReady();
    await window.reload();
    await window.statusBarSays(UNDER_WAY);
    await service.configure(OPEN);
    await window.statusBarSays(`${String(ROWS)}/${String(ROWS)}`);
    assert.notEqual(await holderOf(folder), pid);
    assert.deepEqual(await outputsIn(folder), undisturbed);
    await assertOnce(service, folder);
  });

  it('that nobody agreed to on this machine sends nothing, whichever way, before it has shown what and was told to (P7)', async () => {
    const service = await freshService(SLOW);
    const folder = await freshFolder(letters());
    {
      await using window = await openWindow(folder);
      await startLetters(window);
      await window.statusBarSays(UNDER_WAY);
      const pid = await holderOf(folder);
      assert.ok(pid !== undefined);
      await service.configure(CLOSED);
      process.kill(pid, 'SIGKILL');
    }
    const sent = (await service.ledger()).batches.length;
    await forgetAgreements();
    await using stranger = await openWindow(folder);
    await stranger.notification('Letters came with its folder, broken off').waitFor();
    await stranger.press('Look at It…');
    await stranger.page.getByRole('tab', { name: /Letters would send\.txt/ }).waitFor();
    await stranger.notification('nobody has agreed on this machine to what it sends').waitFor();
    await stranger.screenshot('strange-run');
    const shown = await stranger.editorText();
    assert.match(shown, /Rows {4}\d+ to send.*; \d+ have ended/);
    assert.match(shown, /letters\/9\.md {2}27 B/);
    assert.match(shown, /Prompt {2}letter: Answer it\./);
    await stranger.press('Not Now');

    await stranger.command('Batchbook: Run Job File');
    await stranger.notification('nobody has agreed on this machine to what it sends').waitFor();
    await stranger.press('Not Now');
    await stranger.notification('Nothing was sent of the open run of Letters').waitFor();
    assert.equal((await service.ledger()).batches.length, sent);

    await stranger.command('Batchbook: Resume Run');
    await service.configure(OPEN);
    await stranger.press(/^Send \d+ Rows$/);
    await stranger.statusBarSays(`${String(ROWS)}/${String(ROWS)}`);
    assert.deepEqual(await outputsIn(folder), undisturbed);
    await assertOnce(service, folder);
  });
});
