import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { commands, extensions, window, workspace } from 'vscode';
import { EVERYTHING } from '../../src/core/resultsQuery.ts';
import { startResultsThread } from '../../src/host/results/resultsThread.ts';
import { itemOf } from '../../src/host/tree/items.ts';
import { MOCK_MODELS } from '../../src/providers/mock/mockModels.ts';
import type { ResultsView } from '../../src/workspace/results/resultsSearch.ts';
import { shownRun } from '../support/progressRuns.ts';
import { makeRun, NOTES, type MadeRun } from '../support/resultRuns.ts';
import { textPdf } from '../support/textPdf.ts';

const TITLE = /^Results: Supplier contracts 2026$/;
const LOOK = { now: 0, manyRoots: false };

describe('The results of a run in a real extension host', function () {
  this.timeout(30_000);
  let run: MadeRun;

  before(async () => {
    const [folder] = workspace.workspaceFolders ?? [];
    assert.ok(folder, 'no folder is open');
    const rows = Array.from({ length: 30 }, (_, i) => ({
      source: `${String(i)}.md`,
      stored: { outcome: 'ok', response: `Answer ${String(i)}.` } as const,
    }));
    run = await makeRun({ root: folder.uri.fsPath }, rows, [NOTES]);
  });
  after(async () => {
    await run.writer.release();
    await rm(path.join(run.stateDir, 'runs', run.runId), { recursive: true, force: true });
  });

  it('are read on a thread of their own, and a run that is not there is said to be so', async () => {
    const extension = extensions.getExtension('batchbook.batchbook');
    assert.ok(extension);
    const file = path.join(extension.extensionPath, 'dist/resultsWorker.cjs');
    const { promise, resolve } = Promise.withResolvers<ResultsView>();
    const { root, stateDir, runId } = run;
    const thread = startResultsThread(file, { root, stateDir, runId, models: MOCK_MODELS }, (view) => {
      if (view.complete) resolve(view);
    });
    await thread.session.ask({ ...EVERYTHING, search: 'answer 2' });
    assert.equal((await promise).matching, 11);
    assert.equal((await thread.session.lines(0, 5)).lines[0]?.head, 'Answer 2.');
    thread.end();
    const none = startResultsThread(
      file,
      { root, stateDir, runId: '0'.repeat(26), models: [] },
      () => undefined,
    );
    await assert.rejects(none.session.facts(), { code: 'state' });
    none.end();
  });

  it('are read with their sources there, a PDF by the library that is loaded for it', async () => {
    const extension = extensions.getExtension('batchbook.batchbook');
    assert.ok(extension);
    const file = path.join(extension.extensionPath, 'dist/resultsWorker.cjs');
    const contract = path.join(run.root, 'contract.pdf');
    await writeFile(contract, textPdf([['One.'], ['Notice: ninety', 'days.']]));
    const cited = { citedText: 'ninety days', pageRange: [2, 3] as const, verified: true };
    const stored = { outcome: 'ok', response: '', citations: [{ file: 'contract.pdf', ...cited }] } as const;
    const made = await makeRun(run, [{ source: 'contract.pdf', stored }], [NOTES]);
    const { root, stateDir, runId } = made;
    const thread = startResultsThread(file, { root, stateDir, runId, models: MOCK_MODELS }, () => undefined);
    try {
      const source = await thread.session.sourcePart(0, 0, {});
      assert.ok(source.ok, JSON.stringify(source));
      assert.deepEqual([source.part.page, source.part.pages], [1, 2]);
      assert.equal(source.part.pieces.find((piece) => piece.cited)?.text, 'ninety\ndays');
      assert.deepEqual(await thread.session.prompt(0), { ok: false, message: '' });
      assert.equal((await thread.session.standing(0)).state, 'unknown');
    } finally {
      thread.end();
      await made.writer.release();
      await rm(contract);
      await rm(path.join(stateDir, 'runs', runId), { recursive: true, force: true });
    }
  });

  it('and its progress open by a click alone: neither a selection of the tree nor arguments are needed for it', async () => {
    const { command } = itemOf({ kind: 'run', run: { ...shownRun().run, runId: run.runId } }, LOOK);
    assert.ok(command);
    assert.equal(command.arguments, undefined);
    await commands.executeCommand('batchbook.openResults', run.runId);
    await commands.executeCommand(command.command);
    await until(() => tabs(/^Run: Supplier contracts 2026/) === 1);
    await commands.executeCommand('workbench.action.closeAllEditors');
    await until(() => tabs(/^(Run|Results): /) === 0);
  });

  it('open for nobody who calls the commands with what names no run and no row', async () => {
    const hostile = [
      null,
      3,
      [],
      {},
      { run: null },
      { run: { runId: {} } },
      {
        get run() {
          throw new Error('no');
        },
      },
    ];
    for (const which of [-1, 0.5, 30, '3', null, {}])
      await commands.executeCommand('batchbook.openRow', run.runId, which);
    for (const argument of hostile) {
      await commands.executeCommand('batchbook.openRow', argument, 0);
      await commands.executeCommand('batchbook.takeOverBatch', argument);
    }
    assert.equal(tabs(/^(Run|Results): /), 0);
  });

  it('open in a tab, once for each run', async () => {
    await commands.executeCommand('batchbook.openResults', run.runId);
    await until(() => tabs(TITLE) === 1);
    await commands.executeCommand('batchbook.openRow', run.runId, 3);
    assert.equal(tabs(TITLE), 1);
    await commands.executeCommand('workbench.action.closeActiveEditor');
    await until(() => tabs(TITLE) === 0);
  });
});

function tabs(title: RegExp): number {
  return window.tabGroups.all.flatMap((group) => group.tabs).filter(({ label }) => title.test(label)).length;
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(condition(), 'It did not come about.');
}
