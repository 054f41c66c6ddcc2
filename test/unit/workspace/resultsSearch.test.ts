import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import fc from 'fast-check';
import { EVERYTHING, type ResultsQuery } from '../../../src/core/resultsQuery.ts';
import { runLayout } from '../../../src/state/layout.ts';
import { FileRunReader } from '../../../src/state/runReader.ts';
import { ResultsIndex, type FoundRows } from '../../../src/workspace/results/resultsIndex.ts';
import { ResultsSearch, type ResultsView } from '../../../src/workspace/results/resultsSearch.ts';
import { Folder } from '../../support/cli/folder.ts';
import { INVOICES, makeRun, NOTES, type MadeRow, type MadeRun } from '../../support/resultRuns.ts';

const ok = (response: string, parsedResponse?: unknown): NonNullable<MadeRow['stored']> => ({
  ...{ outcome: 'ok', response },
  ...(parsedResponse === undefined ? {} : { parsedResponse }),
});

/** Answers that need several readings of the disk. */
const LONG = 'lorem ipsum dolor sit amet '.repeat(80);

async function indexOf({ stateDir, runId }: MadeRun): Promise<ResultsIndex> {
  const layout = runLayout(stateDir, runId);
  return new ResultsIndex(await FileRunReader.open(layout), layout.results);
}

/** Every look at the clock is later than the one before it by far: whatever is known is told. */
function hurried(): () => number {
  let at = 0;
  return () => (at += 10_000);
}

async function lastOf(found: AsyncIterable<FoundRows>): Promise<FoundRows | undefined> {
  let last: FoundRows | undefined;
  for await (const one of found) last = one;
  return last;
}

interface Searching {
  readonly search: ResultsSearch;
  readonly views: readonly ResultsView[];
  /** Resolves to the first view from now on that this is true of. */
  readonly view: (isIt: (view: ResultsView) => boolean) => Promise<ResultsView>;
}

function searching(index: ResultsIndex): Searching {
  const views: ResultsView[] = [];
  let news = Promise.withResolvers<undefined>();
  const search = new ResultsSearch(index, {
    now: hurried(),
    onView: (view) => {
      views.push(view);
      news.resolve(undefined);
      news = Promise.withResolvers<undefined>();
    },
  });
  const view: Searching['view'] = async (isIt) => {
    for (let i = views.length; ; i++) {
      while (i >= views.length) await news.promise;
      const next = views[i];
      if (next !== undefined && isIt(next)) return next;
    }
  };
  return { search, views, view };
}

function withSearch(search: string): ResultsQuery {
  return { ...EVERYTHING, search };
}

const isComplete = ({ complete }: ResultsView): boolean => complete;

describe('A search in the results of a run', function () {
  this.timeout(60_000);
  const driven: MadeRun[] = [];

  async function made(folder: Folder, rows: readonly MadeRow[], cells = [NOTES]): Promise<MadeRun> {
    const run = await makeRun(folder, rows, cells);
    driven.push(run);
    return run;
  }

  afterEach(async () => {
    for (const { writer } of driven.splice(0)) await writer.release().catch(() => undefined);
  });

  it('finds the same rows, whatever else is read meanwhile', async () => {
    await using folder = await Folder.with();
    const total = 21_000;
    const rows = Array.from({ length: total }, (_, i) => ({ source: `${String(i)}.md`, stored: ok('x') }));
    const run = await made(folder, rows);
    const { reader } = await indexOf(run);
    const file = runLayout(run.stateDir, run.runId).results;
    const page = fc.record({ from: fc.nat({ max: total }), count: fc.integer({ min: 1, max: 2_000 }) });
    const query = fc.constantFrom<ResultsQuery>(
      { ...EVERYTHING, sort: { column: 'tokens', descending: true } },
      { ...EVERYTHING, rules: [{ column: 'answer', op: 'is', value: 'x' }] },
      withSearch('9.md'),
    );
    const fresh = new ResultsIndex(reader, file);
    await fc.assert(
      fc.asyncProperty(
        query,
        fc.array(page, { maxLength: 3 }),
        fc.array(page, { minLength: 1, maxLength: 3 }),
        async (asked, before, meanwhile) => {
          const index = new ResultsIndex(reader, file);
          const read = (pages: readonly { from: number; count: number }[]): Promise<unknown> =>
            Promise.all(pages.map(({ from, count }) => index.rows(index.ended.slice(from, from + count))));
          const first = read(before);
          let last: FoundRows | undefined;
          for await (last of index.find(asked, hurried())) await read(meanwhile);
          await first;
          assert.deepEqual(last, await lastOf(fresh.find(asked, hurried())));
        },
      ),
      { numRuns: 8 },
    );
  });

  it('ends soon once it is aborted, also where it has found nothing', async () => {
    await using folder = await Folder.with();
    const rows = Array.from({ length: 1_000 }, (_, i) => ({ source: `${String(i)}.md`, stored: ok(LONG) }));
    const index = await indexOf(await made(folder, rows));
    const stop = new AbortController();
    const finding = lastOf(index.find(withSearch('needle'), () => 0, stop.signal));
    stop.abort();
    assert.equal(await finding, undefined);
  });

  it('goes on through news, and is done once more only when rows have ended', async function () {
    this.timeout(60_000);
    await using folder = await Folder.with();
    const rows = Array.from({ length: 2_000 }, (_, i): MadeRow => ({
      source: `${String(i)}.md`,
      ...(i === 1_999 ? {} : { stored: ok(LONG) }),
    }));
    const run = await made(folder, rows);
    const index = await indexOf(run);
    const { search, view } = searching(index);
    const done = view(isComplete);
    search.ask(withSearch('lorem'));
    const state = { isDone: false };
    void done.then(() => (state.isDone = true));
    // News all the time: a search that they begin anew would never end.
    while (!state.isDone) {
      search.again();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await done).matching, 1_999);
    await run.writer.append({ e: 'notice', at: 1, code: 'x', message: 'm' } as never);
    assert.deepEqual(await index.refresh(), { isNews: true, hasEnded: false });
    await run.finish([[1_999, { source: '1999.md', stored: ok(LONG) }]]);
    assert.deepEqual(await index.refresh(), { isNews: true, hasEnded: true });
    const again = view(({ matching }) => matching === 2_000);
    search.again();
    assert.equal((await again).complete, true);
  });

  it('never leaves the rows of the query before under a new one, and keeps what is shown while it looks again', async () => {
    await using folder = await Folder.with();
    const rows = Array.from({ length: 2_000 }, (_, i): MadeRow => ({
      source: `${String(i)}.md`,
      stored: ok(i === 1_999 ? 'needle' : LONG),
    }));
    const { search, views, view } = searching(await indexOf(await made(folder, rows)));
    const all = view(isComplete);
    search.ask(EVERYTHING);
    assert.equal((await all).matching, 2_000);
    const [first, found] = [view(() => true), view(isComplete)];
    search.ask(withSearch('needle'));
    search.again();
    const { matching, complete } = await first;
    assert.deepEqual([matching, complete], [0, false]);
    assert.equal((await found).matching, 1);
    const before = views.length;
    const second = view(isComplete);
    search.again();
    await second;
    assert.ok(
      views.slice(before).every(isComplete),
      'rows that are looked for again stay until all are found',
    );
  });

  it('tells that the results cannot be read, and looks again when it is asked again', async () => {
    await using folder = await Folder.with();
    const run = await made(folder, [{ source: 'a.md', stored: ok('needle') }]);
    const file = runLayout(run.stateDir, run.runId).results;
    const { search, view } = searching(await indexOf(run));
    await rename(file, `${file}.away`);
    const failed = view(() => true);
    search.ask(withSearch('needle'));
    const { failure, matching, complete } = await failed;
    assert.match(failure ?? '', /ENOENT/);
    assert.deepEqual([matching, complete], [0, false]);
    await rename(`${file}.away`, file);
    const found = view(isComplete);
    search.ask(withSearch('needle'));
    assert.deepEqual(await found, { version: search.version, matching: 1, complete: true, alone: [] });
  });

  it('looks at whole texts where a rule asks for them', async () => {
    await using folder = await Folder.with();
    const long = `${'x'.repeat(2_000)} needle`;
    const rows: readonly MadeRow[] = [
      { source: 'a.md', cell: 'notes', stored: ok(long) },
      { source: 'b.md', cell: 'notes', stored: ok('needle') },
      { source: 'c.md', stored: ok('{}', { supplier: long }) },
      { source: 'd.md', stored: ok('{}', { supplier: 'x' }) },
    ];
    const index = await indexOf(await made(folder, rows, [INVOICES, NOTES]));
    const found = async (column: string, op: 'contains' | 'is' | 'isNot', value: string): Promise<unknown> =>
      (await lastOf(index.find({ ...EVERYTHING, rules: [{ column, op, value }] }, hurried())))?.rows;
    // Twice: the second time there is something that is kept of each row.
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(await found('answer', 'contains', 'needle'), [0, 1]);
      assert.deepEqual(await found('answer', 'is', long), [0]);
      assert.deepEqual(await found('answer', 'isNot', long), [1, 2, 3]);
      assert.deepEqual(await found('field:supplier', 'contains', 'NEEDLE'), [2]);
      assert.deepEqual(await found('field:supplier', 'is', long), [2]);
    }
  });

  it('finds what a structured answer shows, also where its JSON has escapes', async () => {
    await using folder = await Folder.with();
    const supplier = 'M\u00fcller "GmbH"';
    const response = '{"supplier":"M\\u00fcller \\"GmbH\\"","na\\u00efve":["\\u00e9"]}';
    const rows = [{ source: 'a.md', stored: ok(response, { supplier, 'na\u00efve': ['\u00e9'] }) }];
    const index = await indexOf(await made(folder, rows, [INVOICES]));
    for (const [text, rowsFound] of [
      ['m\u00dcller', 1],
      ['"gmbh"', 1],
      ['na\u00efve', 1],
      ['\u00e9', 1],
      ['M\\u00fcller', 1],
      ['meier', 0],
    ] as const)
      assert.equal((await lastOf(index.find(withSearch(text), hurried())))?.rows.length, rowsFound, text);
  });
});
