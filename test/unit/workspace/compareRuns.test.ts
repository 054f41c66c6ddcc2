import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RowChange } from '../../../src/core/rowChange.ts';
import { wordDiff } from '../../../src/core/wordDiff.ts';
import { runLayout } from '../../../src/state/layout.ts';
import { partsOf, readPairs, type ComparedPart } from '../../../src/workspace/compare/comparedParts.ts';
import {
  compareRuns,
  countChanges,
  swapped,
  type ComparedRun,
  type RunComparison,
} from '../../../src/workspace/compare/compareRuns.ts';
import { Folder } from '../../support/cli/folder.ts';
import { INVOICES, makeRun, NOTES, type MadeRow, type MadeRun } from '../../support/resultRuns.ts';

function compared({ writer, stateDir, runId }: MadeRun): ComparedRun {
  return { reader: writer, file: runLayout(stateDir, runId).results };
}

function answer(source: string, value: unknown): MadeRow {
  return {
    source,
    stored: { outcome: 'ok', response: JSON.stringify(value), parsedResponse: value },
  };
}

async function partsOfAll(
  comparison: RunComparison,
  characters: number,
): Promise<(readonly ComparedPart[])[]> {
  const stored = await readPairs(comparison, comparison.pairs);
  return stored.map((pair) => partsOf(pair, characters));
}

describe('compareRuns', function () {
  this.timeout(120_000);

  it('says of each row what a naive comparison says', async () => {
    const state = fc.constantFrom('one', 'two', 'refused', 'waiting', 'absent');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(state, state), { maxLength: 12 }), async (rows) => {
        await using folder = await Folder.with({});
        const made = async (side: 0 | 1): Promise<MadeRun> =>
          makeRun(
            folder,
            rows
              .map((pair, i) => ({ state: pair[side], source: `${String(i)}.md` }))
              .filter(({ state: is }) => is !== 'absent')
              .map(({ state: is, source }): MadeRow => {
                if (is === 'waiting') return { source };
                return is === 'refused'
                  ? { source, stored: { outcome: 'refused' } }
                  : { source, stored: { outcome: 'ok', response: is } };
              })
              .toSorted(() => (side === 0 ? 0 : -1)),
            [NOTES],
          );
        const [a, b] = [await made(0), await made(1)];
        const comparison = await compareRuns(compared(a), compared(b));
        const { pairs } = comparison;
        const found = pairs.map((pair) => {
          const row = pair.a === undefined ? b.writer.ledger.row(pair.b ?? -1) : a.writer.ledger.row(pair.a);
          return `${row.planned.source} ${pair.change}`;
        });
        const naive = rows.flatMap(([one, other], i) => {
          const change = naiveChange(one, other);
          return change === undefined ? [] : [`${String(i)}.md ${change}`];
        });
        assert.deepEqual(found.toSorted(), naive.toSorted());
        const back = await compareRuns(compared(b), compared(a));
        assert.deepEqual(countChanges(swapped(comparison).pairs), countChanges(back.pairs));
        await Promise.all([a.writer.release(), b.writer.release()]);
      }),
      { numRuns: 25 },
    );
  });

  it('marks the fields and the words that differ, and neither order nor spaces', async () => {
    await using folder = await Folder.with({});
    const a = await makeRun(folder, [
      answer('order.md', { supplier: 'Havel  IT', total: 1, tags: ['x', 'y'] }),
      answer('total.md', { supplier: 'Havel IT', total: 90 }),
    ]);
    const b = await makeRun(folder, [
      answer('order.md', { tags: ['y', 'x'], total: 1, supplier: 'Havel IT' }),
      answer('total.md', { supplier: 'Havel IT', total: 60 }),
    ]);
    const comparison = await compareRuns(compared(a), compared(b));
    assert.deepEqual(
      comparison.pairs.map(({ change }) => change),
      ['same', 'changed'],
    );
    const [, parts] = await partsOfAll(comparison, 1_000);
    assert.deepEqual(
      parts!.map(({ field, changed }) => [field, changed]),
      [
        ['supplier', false],
        ['total', true],
      ],
    );
    assert.deepEqual(parts![1]!.before, [{ text: '90', differs: true }]);
    assert.deepEqual(parts![1]!.after, [{ text: '60', differs: true }]);
    await Promise.all([a.writer.release(), b.writer.release()]);
  });

  it('matches rows by their cell too, and a source that comes twice by its turn', async () => {
    await using folder = await Folder.with({});
    const row = (cell: string, response: string): MadeRow => ({
      ...{ source: 'a.md', cell },
      stored: { outcome: 'ok', response },
    });
    const cells = [INVOICES, NOTES];
    const a = await makeRun(folder, [row('notes', '1'), row('notes', '2'), row('invoices', '3')], cells);
    const b = await makeRun(folder, [row('invoices', '3'), row('notes', '1'), row('notes', '4')], cells);
    const { pairs } = await compareRuns(compared(a), compared(b));
    assert.deepEqual(pairs, [
      { a: 0, b: 1, change: 'same' },
      { a: 1, b: 2, change: 'changed' },
      { a: 2, b: 0, change: 'same' },
    ]);
    await Promise.all([a.writer.release(), b.writer.release()]);
  });

  it('shows a long answer from shortly before its first difference', async () => {
    await using folder = await Folder.with({});
    const text = 'word '.repeat(100_000);
    const [a, b] = [
      await makeRun(folder, [{ source: 'a.md', stored: { outcome: 'ok', response: `${text}old` } }], [NOTES]),
      await makeRun(folder, [{ source: 'a.md', stored: { outcome: 'ok', response: `${text}new` } }], [NOTES]),
    ];
    const comparison = await compareRuns(compared(a), compared(b));
    const [parts] = await partsOfAll(comparison, 100);
    assert.deepEqual(parts![0]!.before.at(-1), { text: 'old', differs: true });
    assert.deepEqual(parts![0]!.after.at(-1), { text: 'new', differs: true });
    await Promise.all([a.writer.release(), b.writer.release()]);
  });

  it('counts for each field the rows that are ok in both and have the same value', async () => {
    await using folder = await Folder.with({});
    const a = await makeRun(folder, [
      answer('1.md', { supplier: 'Havel', total: 1, paid: true }),
      answer('2.md', { supplier: 'Dahl  Maskin', total: 2 }),
      answer('3.md', { supplier: 'Elbe', total: 3 }),
      { source: '4.md', stored: { outcome: 'refused' } },
    ]);
    const b = await makeRun(folder, [
      answer('1.md', { supplier: 'Havel', total: 1, paid: false }),
      answer('2.md', { total: 9, paid: null, supplier: 'Dahl Maskin' }),
      { source: '3.md', stored: { outcome: 'refused' } },
      answer('4.md', { supplier: 'Elbe', total: 3 }),
    ]);
    const { agreement } = await compareRuns(compared(a), compared(b));
    assert.deepEqual(
      [...agreement],
      [
        [
          'invoices',
          {
            rows: 2,
            fields: [
              { name: 'supplier', isNumber: false, equal: 2 },
              { name: 'total', isNumber: true, equal: 1 },
              { name: 'paid', isNumber: false, equal: 1 },
            ],
          },
        ],
      ],
    );
    await Promise.all([a.writer.release(), b.writer.release()]);
  });

  it('loses and invents no word of either text', () => {
    const words = fc.array(fc.constantFrom('a', 'b', ' ', '\n', '…', '\ud800', '.'), { maxLength: 40 });
    fc.assert(
      fc.property(words, words, (one, other) => {
        const { before, after } = wordDiff(one.join(''), other.join(''));
        assert.equal(before.map(({ text }) => text).join(''), one.join(''));
        assert.equal(after.map(({ text }) => text).join(''), other.join(''));
        const common = (pieces: typeof before): string =>
          pieces
            .filter(({ differs }) => !differs)
            .map(({ text }) => text)
            .join('');
        assert.equal(common(before), common(after));
      }),
    );
  });
});

function naiveChange(a: string, b: string): RowChange | undefined {
  const [endedA, endedB] = [a, b].map((is) => is !== 'waiting' && is !== 'absent');
  if (endedA !== true) return endedB === true ? 'onlyB' : undefined;
  if (endedB !== true) return 'onlyA';
  if (a === b) return a === 'refused' ? 'notOk' : 'same';
  if (a === 'refused') return 'nowOk';
  return b === 'refused' ? 'noLongerOk' : 'changed';
}
