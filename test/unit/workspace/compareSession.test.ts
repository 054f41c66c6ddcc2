import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { WHAT_DIFFERS } from '../../../src/core/compareQuery.ts';
import type { PlannedCell } from '../../../src/core/plan.ts';
import { ROW_CHANGES } from '../../../src/core/rowChange.ts';
import { CompareSession, type ExportedSoFar } from '../../../src/workspace/compare/compareSession.ts';
import { Folder } from '../../support/cli/folder.ts';
import { INVOICES, makeRun, NOTES, type MadeRow } from '../../support/resultRuns.ts';

interface Opened extends AsyncDisposable {
  readonly session: CompareSession;
  readonly root: string;
  readonly told: ExportedSoFar[];
}

async function open(
  rowsA: readonly MadeRow[],
  rowsB: readonly MadeRow[],
  cellsA: readonly PlannedCell[] = [INVOICES],
  cellsB = cellsA,
): Promise<Opened> {
  const folder = await Folder.with({});
  const [a, b] = [await makeRun(folder, rowsA, cellsA), await makeRun(folder, rowsB, cellsB)];
  const told: ExportedSoFar[] = [];
  const session = await CompareSession.open({ a, b }, (soFar) => told.push(soFar));
  return {
    ...{ session, root: folder.root, told },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([a.writer.release(), b.writer.release()]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

function ok(source: string, value: object, costNanoUsd = 1_000_000): MadeRow {
  return {
    ...{ source, costNanoUsd },
    stored: { outcome: 'ok', response: JSON.stringify(value), parsedResponse: value },
  };
}

const REFUSED = { outcome: 'refused' } as const;
const A = [
  ok('b.md', { supplier: 'Havel', total: 90, paid: true }, 3_000_000),
  ok('a.md', { supplier: 'Dahl', total: 1 }),
  { source: 'c.md', stored: REFUSED },
  ok('d.md', { supplier: '=1+1', total: 4 }, 2_000_000),
];
const B = [
  ok('a.md', { supplier: 'Dahl', total: 1 }),
  ok('b.md', { supplier: 'Havel', total: 60, paid: true }, 1_000_000),
  ok('c.md', { supplier: 'Elbe', total: 3 }),
  { source: 'd.md', stored: REFUSED, costNanoUsd: 5_000_000 },
];

describe('CompareSession', function () {
  this.timeout(180_000);

  async function names(session: CompareSession): Promise<string[]> {
    return (await session.lines(0, 100)).lines.map(({ name }) => name);
  }

  it('orders what is asked for by name, cost and change, and finds names', async () => {
    await using opened = await open(A, B);
    const { session } = opened;
    assert.equal(session.ask(WHAT_DIFFERS).matching, 3);
    assert.deepEqual(await names(session), ['b.md', 'c.md', 'd.md']);
    session.ask({ ...WHAT_DIFFERS, sort: { column: 'source', descending: true } });
    assert.deepEqual(await names(session), ['d.md', 'c.md', 'b.md']);
    session.ask({ ...WHAT_DIFFERS, sort: { column: 'cost', descending: false } });
    assert.deepEqual(await names(session), ['b.md', 'c.md', 'd.md']);
    session.ask({ ...WHAT_DIFFERS, sort: { column: 'change', descending: false } });
    assert.deepEqual(await names(session), ['b.md', 'd.md', 'c.md']);
    session.ask({ ...WHAT_DIFFERS, changes: ROW_CHANGES, search: 'A.' });
    assert.deepEqual(await names(session), ['a.md']);
    const [pair = -1] = session.pairsAt(0, 1);
    session.ask({ ...WHAT_DIFFERS, changes: ROW_CHANGES });
    assert.equal(session.placeOf(pair), 0);
  });

  it('has both values of each field, and none of a row that one of the runs did not answer', async () => {
    await using opened = await open(A, B);
    const { session } = opened;
    session.ask(WHAT_DIFFERS);
    const [changed, nowOk] = (await session.lines(0, 2)).lines;
    assert.deepEqual(changed?.values, [
      { changed: false, a: 'Havel', b: 'Havel' },
      { changed: true, a: 90, b: 60 },
      { changed: false, a: true, b: true },
    ]);
    assert.deepEqual(nowOk?.values, []);
    assert.equal(nowOk.a?.outcome, 'refused');
    assert.deepEqual(
      session.facts().fields.map(({ name, equal }) => [name, equal]),
      [
        ['supplier', 2],
        ['total', 1],
        ['paid', 2],
      ],
    );
  });

  it('swaps the sides, and rows keep their names', async () => {
    await using opened = await open(A, B);
    const { session } = opened;
    session.ask(WHAT_DIFFERS);
    const before = session.pairsAt(0, 3);
    assert.equal(session.swap().matching, 3);
    assert.deepEqual(session.pairsAt(0, 3), before);
    const { lines } = await session.lines(0, 3);
    assert.deepEqual(
      lines.map(({ change }) => change),
      ['changed', 'noLongerOk', 'nowOk'],
    );
    assert.deepEqual(lines[0]!.values[1], { changed: true, a: 60, b: 90 });
    assert.equal(session.facts().counts.noLongerOk, 1);
  });

  it('tells what the runs were asked differently', async () => {
    const parameters = { ...INVOICES.parameters, effort: 'high', enableCitations: true } as const;
    const other = { ...INVOICES, parameters: { ...parameters, model: 'mock-large' }, model: 'mock-large' };
    await using opened = await open([], [], [INVOICES], [other]);
    assert.deepEqual(opened.session.facts().differences, [
      { of: 'model', a: 'mock-small', b: 'mock-large' },
      { of: 'effort', a: undefined, b: 'high' },
      { of: 'enableCitations', a: 'false', b: 'true' },
    ]);
  });

  it('shows one cell of several alone, with its fields as columns', async () => {
    const note = (text: string): MadeRow => ({
      ...{ source: 'n.md', cell: 'notes' },
      stored: { outcome: 'ok', response: text },
    });
    await using opened = await open([...A, note('one')], [...B, note('two')], [INVOICES, NOTES]);
    const { session } = opened;
    assert.equal(session.ask(WHAT_DIFFERS).matching, 4);
    assert.deepEqual(session.facts().fields, []);
    assert.equal(session.ask({ ...WHAT_DIFFERS, cell: 'notes' }).matching, 1);
    assert.deepEqual(session.facts().total, 1);
    const { lines } = await session.lines(0, 1);
    assert.deepEqual(lines[0]?.parts[0]?.after, [{ text: 'two', differs: true }]);
    session.ask({ ...WHAT_DIFFERS, cell: 'invoices' });
    assert.equal(session.facts().fields.length, 3);
  });

  it('writes what is shown with both sides of each field, and no formula', async () => {
    await using opened = await open(A, B);
    const { session, root } = opened;
    session.ask(WHAT_DIFFERS);
    const csv = path.join(root, 'compared.csv');
    assert.equal(await session.export('csv', csv), true);
    assert.deepEqual((await readFile(csv, 'utf8')).split('\r\n').slice(0, 4), [
      'source,cell,change,status (A),status (B),supplier (A),supplier (B),total (A),total (B),paid (A),paid (B),error (A),error (B),costUsd (A),costUsd (B)',
      'b.md,invoices,changed,ok,ok,Havel,Havel,90,60,true,true,,,0.003,0.001',
      'c.md,invoices,nowOk,refused,ok,,Elbe,,3,,,,,0.0018,0.001',
      "d.md,invoices,noLongerOk,ok,refused,'=1+1,,4,,,,,,0.002,0.005",
    ]);
    const lines = path.join(root, 'compared.jsonl');
    await session.export('jsonl', lines);
    const [first] = (await readFile(lines, 'utf8')).split('\n');
    assert.deepEqual(JSON.parse(first ?? ''), {
      ...{ source: 'b.md', cell: 'invoices', change: 'changed' },
      a: { status: 'ok', answer: { supplier: 'Havel', total: 90, paid: true }, costUsd: 0.003 },
      b: { status: 'ok', answer: { supplier: 'Havel', total: 60, paid: true }, costUsd: 0.001 },
    });
  });

  it('leaves what was there where an export is stopped', async () => {
    const rows = Array.from({ length: 3_000 }, (_, i) => ok(`${String(i)}.md`, { total: i }));
    await using opened = await open(rows, rows);
    const { session, root, told } = opened;
    session.ask({ ...WHAT_DIFFERS, changes: ROW_CHANGES });
    const file = path.join(root, 'compared.csv');
    await session.export('csv', file);
    assert.ok(told.length >= 5, `told ${String(told.length)} times how far it is`);
    const before = await readFile(file, 'utf8');
    const writing = session.export('jsonl', file);
    session.stopExport();
    assert.equal(await writing, false);
    assert.equal(await readFile(file, 'utf8'), before);
  });

  it('opens two runs of 100,000 rows, and measures it', async () => {
    const rows = (word: string): MadeRow[] =>
      Array.from({ length: 100_000 }, (_, i) =>
        ok(`contracts/${String(i)}.md`, { supplier: i % 100 === 0 ? word : 'Havel', total: i }),
      );
    const folder = await Folder.with({});
    const [a, b] = [await makeRun(folder, rows('one')), await makeRun(folder, rows('two'))];
    const start = performance.now();
    const session = await CompareSession.open({ a, b }, () => undefined);
    const opened = performance.now();
    const { matching } = session.ask({ ...WHAT_DIFFERS, changes: ROW_CHANGES });
    session.facts();
    const asked = performance.now();
    const { lines } = await session.lines(50_000, 200);
    const read = performance.now();
    session.ask({ ...WHAT_DIFFERS, sort: { column: 'cost', descending: true } });
    const again = performance.now();
    process.stdout.write(
      `      2 × 100,000 rows: opening ${(opened - start).toFixed(0)} ms; first question ${(asked - opened).toFixed(0)} ms, another ${(again - read).toFixed(0)} ms; a page of 200 in ${(read - asked).toFixed(1)} ms\n`,
    );
    assert.equal(matching, 100_000);
    assert.equal(lines.length, 200);
    assert.equal(session.facts().counts.changed, 1_000);
    await Promise.all([a.writer.release(), b.writer.release()]);
    await folder[Symbol.asyncDispose]();
  });
});
