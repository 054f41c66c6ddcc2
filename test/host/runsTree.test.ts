import assert from 'node:assert/strict';
import { ThemeIcon } from 'vscode';
import { systemClock } from '../../src/core/clock.ts';
import { StateError } from '../../src/core/errors.ts';
import { itemOf } from '../../src/host/tree/items.ts';
import { batchesOf, idOf, partsOf, topLevel, type Node } from '../../src/host/tree/nodes.ts';
import { OutcomeRows } from '../../src/host/tree/outcomeRows.ts';
import { realDisk } from '../../src/state/disk.ts';
import { FileStateManager } from '../../src/state/fileStateManager.ts';
import type { RunIndex } from '../../src/workspace/runIndex.ts';
import type { Stray } from '../../src/host/runs/strays.ts';
import type { RunView } from '../../src/workspace/runWatch.ts';
import type { StrayBatch } from '../../src/workspace/batchesAtProviders.ts';
import type { Workspace } from '../../src/workspace/workspace.ts';
import { Folder } from '../support/cli/folder.ts';
import { makeRun, NOTES, type MadeRow } from '../support/resultRuns.ts';
import { NOW, shownRun, shownStates } from '../support/progressRuns.ts';

function lineOf(node: Node): string {
  const { label, description } = itemOf(node, { now: NOW, manyRoots: false });
  assert.ok(typeof label === 'string');
  return `${label}: ${String(description)}`;
}

function runNamed(name: string): RunView {
  const run = shownStates()[name]?.run;
  assert.ok(run, name);
  return run;
}

describe('a line of the Runs tree', () => {
  it('of a run says rows, then money or the reason why it does not go on', () => {
    const lineOfRun = (name: string): string => lineOf({ kind: 'run', run: runNamed(name) });
    assert.equal(
      lineOfRun('running'),
      'Supplier contracts 2026: 1,512/3,000, $1.40 of $5.00, driven by another window',
    );
    assert.equal(lineOfRun('unknown'), 'Supplier contracts 2026: 1 batch unknown, $1.25 held');
    assert.match(lineOfRun('waiting'), /^Supplier contracts 2026: 0\/3,000, waits for Anthropic/);
    assert.match(lineOfRun('finished'), /^Supplier contracts 2026: 2,988\/3,000, \$2\.78 of \$5\.00, /);
    assert.equal(
      lineOfRun('nearLimit'),
      'Supplier contracts 2026: 1,512/3,000, limit reached, $4.06 of $5.00',
    );
  });

  it('of a run that cannot reach its service, or waits for it, has an icon of its own', () => {
    const iconOf = (name: string): string | undefined => {
      const { iconPath } = itemOf({ kind: 'run', run: runNamed(name) }, { now: NOW, manyRoots: false });
      return iconPath instanceof ThemeIcon ? iconPath.id : undefined;
    };
    assert.match(lineOf({ kind: 'run', run: runNamed('offline') }), /: 1,512\/3,000, offline/);
    assert.deepEqual(['offline', 'waiting'].map(iconOf), ['debug-disconnect', 'history']);
  });

  it('of a batch that has ended, and of a cell, opens its rows', () => {
    const { run } = shownRun();
    const commandOf = (node: Node | undefined): unknown => {
      assert.ok(node);
      return itemOf(node, { now: NOW, manyRoots: false }).command?.arguments;
    };
    const batches = batchesOf(run);
    assert.equal(commandOf(batches[0]), undefined);
    assert.deepEqual(commandOf(batches[4]), [run.runId, { batch: 7 }]);
    const [cell] = run.cells;
    assert.ok(cell);
    assert.deepEqual(commandOf({ kind: 'cell', run, cell }), [run.runId, { cell: cell.id }]);
  });

  it('of a live batch says its age and estimate, of one that has ended its money against the estimate', () => {
    const batches = batchesOf(shownRun().run).map(lineOf);
    assert.equal(batches[0], 'Batch 11: 250 rows, 1 min, about $0.23');
    assert.equal(batches[4], 'Batch 7: 250 rows, $0.23, as estimated');
    assert.equal(batches[6], 'Batch 5: 250 rows, $0.22, estimate $0.23');
  });

  it('of a batch that may not have arrived opens to what is at the provider and may be it', () => {
    const [unknown] = batchesOf(runNamed('unknown')).toReversed();
    assert.ok(unknown?.kind === 'batch');
    const item = itemOf(unknown, { now: NOW, manyRoots: false });
    assert.equal(item.contextValue, 'undecided');
    const [candidate] = unknown.batch.candidates ?? [];
    assert.ok(candidate);
    const { run, batch } = unknown;
    assert.equal(lineOf({ kind: 'candidate', run, batch, candidate }), 'msgbatch_A: 20 rows, running');
  });

  it('of a run lets be deleted only one that is neither open nor driven', () => {
    const traits = (name: string): string =>
      itemOf({ kind: 'run', run: runNamed(name) }, { now: NOW, manyRoots: false }).contextValue ?? '';
    assert.match(traits('finished'), /\bdeletable\b/);
    for (const name of ['running', 'stopped', 'unknown', 'elsewhere', 'nearLimit'])
      assert.doesNotMatch(traits(name), /\bdeletable\b/, name);
  });

  it('stands for outcomes, cells and batches of a run, and for what the providers have that no run here knows', () => {
    const { run } = shownRun();
    assert.deepEqual(
      partsOf(run).map(({ kind }) => kind),
      ['outcomes', 'cells', 'batches'],
    );
    const batch: StrayBatch = {
      provider: 'anthropic',
      batchId: 'msgbatch_of_a_colleague',
      model: 'claude-haiku-5-5',
      rows: 12,
      state: 'running',
      attachableTo: [],
    };
    const stray: Stray = { root: { root: '/work' } as Partial<Workspace> as Workspace, batch };
    const tops = topLevel([run], [], [stray]);
    assert.deepEqual(
      tops.map(({ kind }) => kind),
      ['group', 'strays'],
    );
    const [, group] = tops;
    assert.ok(group?.kind === 'strays');
    assert.equal(lineOf(group), 'At the providers, known to no run here: 1');
    const node: Node = { kind: 'stray', stray };
    assert.equal(lineOf(node), 'msgbatch_of_a_colleague: anthropic claude-haiku-5-5, 12 rows, running');
    const { iconPath, contextValue } = itemOf(node, { now: NOW, manyRoots: false });
    assert.ok(iconPath instanceof ThemeIcon && iconPath.id === 'cloud');
    assert.equal(contextValue, 'stray');
  });

  it('has one id for the same thing, and another for each other', () => {
    const { run } = shownRun();
    const ids = [...partsOf(run), ...batchesOf(run)].map(idOf);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual([...partsOf(run), ...batchesOf(run)].map(idOf), ids);
  });
});

describe('The rows under the outcomes of a run', () => {
  it('are read once for all of them, again only when something has happened, and after a failure', async () => {
    await using folder = await Folder.with();
    const stored = (i: number): Required<MadeRow>['stored'] =>
      i < 250 ? { outcome: 'ok' } : { outcome: 'refused' };
    const made = await makeRun(
      folder,
      Array.from({ length: 260 }, (_, i) => ({ source: `${String(i)}.md`, stored: stored(i) })),
      [NOTES],
    );
    const reader = await new FileStateManager({
      ...{ dir: made.stateDir, disk: realDisk, clock: systemClock },
    }).readRun(made.runId);
    let [reads, isBroken] = [0, true];
    const index: Partial<RunIndex> = {
      reader: () => {
        reads++;
        return isBroken
          ? Promise.reject(new StateError('state', 'No.'))
          : Promise.resolve({ reader, bytes: 0 });
      },
    };
    const rows = new OutcomeRows({ at: () => ({ index }) as Partial<Workspace> as Workspace });
    const { run } = shownRun();
    await assert.rejects(rows.of(run, 'ok'), { code: 'state' });
    isBroken = false;
    const list = async (view: RunView): Promise<readonly (readonly string[])[]> =>
      (await Promise.all([rows.of(view, 'ok'), rows.of(view, 'refused')])).map((nodes) =>
        [nodes[0], nodes.at(-1)].map((node) => (node === undefined ? '' : lineOf(node).split(':')[0]!)),
      );
    const seen = [
      ['0.md', '50 more'],
      ['250.md', '259.md'],
    ];
    assert.deepEqual(await list(run), seen);
    assert.equal(reads, 2);
    assert.deepEqual(await list(run), seen);
    assert.equal(reads, 2);
    assert.deepEqual(await list({ ...run }), seen);
    assert.equal(reads, 3);
    await made.writer.release();
  });
});
