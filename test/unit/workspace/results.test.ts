import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import {
  EVERYTHING,
  OUTCOMES_BY_NEED,
  RULE_OPS,
  type ResultsQuery,
  type ResultsRule,
} from '../../../src/core/resultsQuery.ts';
import type { JobResult } from '../../../src/core/job.ts';
import { ROW_OUTCOMES, type RowOutcome } from '../../../src/core/vocabulary.ts';
import { copyText } from '../../../src/workspace/results/copyRows.ts';
import type { ResultsView } from '../../../src/workspace/results/resultsSearch.ts';
import type { ResultLine, ResultsSession } from '../../../src/workspace/results/resultsSession.ts';
import type { ColumnValue } from '../../../src/workspace/results/rowEntry.ts';
import { Folder } from '../../support/cli/folder.ts';
import {
  INVOICES,
  makeRun,
  NOTES,
  openSession,
  type MadeRow,
  type MadeRun,
} from '../../support/resultRuns.ts';

const WORDS = [
  'Nordwind',
  'ÄRGER',
  'ärger',
  'Total',
  '=SUM(A1)',
  '2024-05-01',
  '',
  '12',
  '9',
  '\ud83d\ude00',
];
const word = fc.constantFrom(...WORDS);

const madeRow: fc.Arbitrary<MadeRow> = fc
  .record({
    outcome: fc.constantFrom(...ROW_OUTCOMES.map((o) => (o === 'error' ? ('permanent' as const) : o))),
    source: word,
    text: fc.array(word, { maxLength: 4 }),
    supplier: fc.option(word, { nil: undefined }),
    total: fc.option(fc.integer({ min: -5, max: 20 }), { nil: null }),
    paid: fc.option(fc.boolean(), { nil: undefined }),
    verified: fc.option(fc.boolean(), { nil: undefined }),
    input: fc.integer({ min: 0, max: 9 }),
    cost: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ outcome, source, text, supplier, total, paid, verified, input, cost }) => ({
    source: `${source}.md`,
    costNanoUsd: cost * 1_000_000_000 * 0.001,
    stored: {
      outcome,
      response: text.join(' '),
      usage: { input, output: 1 },
      ...(outcome === 'ok' ? { parsedResponse: { supplier, total, paid } } : {}),
      ...(outcome === 'permanent' ? { error: { code: 'permanent', message: `No ${source}.` } } : {}),
      ...(verified === undefined ? {} : { citations: [{ file: 'a', citedText: 'b', verified }] }),
    },
  }));

const COLUMNS = [
  'outcome',
  'source',
  'answer',
  'tokens',
  'cost',
  'field:supplier',
  'field:total',
  'field:paid',
];
const rule: fc.Arbitrary<ResultsRule> = fc.record({
  column: fc.constantFrom(...COLUMNS),
  op: fc.constantFrom(...RULE_OPS),
  value: fc.constantFrom(...WORDS, 'yes', 'no', 'ok', '0.002', '10'),
});
const query: fc.Arbitrary<ResultsQuery> = fc.record({
  cell: fc.constant(undefined),
  model: fc.constantFrom(undefined, 'mock-small', 'another'),
  batch: fc.constantFrom(undefined, undefined, 1, 2),
  outcomes: fc.subarray([...ROW_OUTCOMES]),
  problems: fc.boolean(),
  rules: fc.array(rule, { maxLength: 2 }),
  search: word,
  sort: fc.record({ column: fc.constantFrom(...COLUMNS), descending: fc.boolean() }),
});

/** The same, said in the plainest way. */
function naive(rows: readonly MadeRow[], asked: ResultsQuery): number[] {
  const statusOf = ({ stored }: MadeRow): RowOutcome =>
    stored!.outcome === 'permanent' ? 'error' : (stored!.outcome as RowOutcome);
  const valueOf = (row: MadeRow, column: string, sorting: boolean): ColumnValue => {
    const fields = (row.stored!.parsedResponse ?? {}) as Record<string, ColumnValue>;
    if (column === 'outcome')
      return sorting ? (OUTCOMES_BY_NEED as readonly string[]).indexOf(statusOf(row)) : statusOf(row);
    if (column === 'source') return row.source;
    if (column === 'answer') return row.stored!.response!.replaceAll(/\s+/g, ' ').trim();
    if (column === 'tokens') return row.stored!.usage!.input + row.stored!.usage!.output;
    if (column === 'cost') return row.costNanoUsd! / 1e9;
    return fields[column.slice('field:'.length)];
  };
  const holds = (row: MadeRow, { column, op, value }: ResultsRule): boolean => {
    const is = valueOf(row, column, false);
    const missing = is === undefined || is === null || is === '';
    const text = value.trim().toLowerCase();
    const same =
      typeof is === 'number'
        ? text !== '' && Number(text) === is
        : typeof is === 'boolean'
          ? (is ? ['true', 'yes'] : ['false', 'no']).includes(text)
          : String(is).trim().toLowerCase() === text;
    if (op === 'isEmpty') return missing;
    if (op === 'isNot') return missing || !same;
    if (missing) return false;
    if (op === 'is') return same;
    if (op === 'contains') return String(is).toLowerCase().includes(value.toLowerCase());
    if (text === '' || typeof is === 'boolean') return false;
    const [a, b] = typeof is === 'number' ? [is, Number(text)] : [is.toLowerCase(), text];
    return { less: a < b, atMost: a <= b, more: a > b, atLeast: a >= b }[op];
  };
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
  const search = asked.search.toLowerCase();
  return rows
    .map((row, ordinal) => ({ row, ordinal, value: valueOf(row, asked.sort.column, true) }))
    .filter(
      ({ row }) =>
        (asked.outcomes.length === 0 || asked.outcomes.includes(statusOf(row))) &&
        (asked.model === undefined || asked.model === 'mock-small') &&
        (asked.batch === undefined || asked.batch === 1) &&
        (!asked.problems ||
          statusOf(row) !== 'ok' ||
          row.stored!.citations?.some((c) => !c.verified) === true) &&
        asked.rules.every((one) => holds(row, one)) &&
        [row.source, row.stored!.response!, row.stored!.error?.message ?? ''].some((text) =>
          text.toLowerCase().includes(search),
        ),
    )
    .sort((a, b) => {
      const [noA, noB] = [a.value, b.value].map((v) => v === undefined || v === null || v === '');
      if (noA || noB) return Number(noA) - Number(noB) || a.ordinal - b.ordinal;
      const order =
        typeof a.value === 'string'
          ? collator.compare(a.value, String(b.value))
          : Number(a.value) - Number(b.value);
      return (asked.sort.descending ? -order : order) || a.ordinal - b.ordinal;
    })
    .map(({ ordinal }) => ordinal);
}

interface Opened {
  readonly run: MadeRun;
  readonly session: ResultsSession;
  readonly ask: (change: Partial<ResultsQuery>) => Promise<ResultsView>;
}

/** Runs of a test: nobody drives them once it has ended. */
const driven: Awaited<ReturnType<typeof makeRun>>[] = [];

async function opened(
  folder: Folder,
  ...args: Parameters<typeof makeRun> extends [unknown, ...infer R] ? R : never
): Promise<Opened> {
  const run = await makeRun(folder, ...args);
  driven.push(run);
  const { session, views, complete } = await openSession(run);
  const ask: Opened['ask'] = (change) => {
    views.length = 0;
    session.ask({ ...EVERYTHING, ...change });
    return complete();
  };
  return { run, session, ask };
}

async function linesOf(session: ResultsSession): Promise<readonly ResultLine[]> {
  return (await session.lines(0, 1_000)).lines;
}

describe('The results of a run', function () {
  this.timeout(120_000);

  afterEach(async () => {
    // Its folder is gone by then, and some have let go of it themselves.
    for (const { writer } of driven.splice(0)) await writer.release().catch(() => undefined);
  });

  it('are filtered, searched and sorted as the plainest code would', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(madeRow, { minLength: 1, maxLength: 30 }),
        fc.array(query, { minLength: 5, maxLength: 5 }),
        async (rows, queries) => {
          await using folder = await Folder.with();
          const { run, session, ask } = await opened(folder, rows);
          for (const asked of queries) {
            const view = await ask(asked);
            assert.deepEqual([...session.rowsAt(0, 100)], naive(rows, asked));
            assert.equal(view.matching, naive(rows, asked).length);
          }
          await run.writer.release();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('have the fields of a schema as columns, also of an answer that broke it', async () => {
    await using folder = await Folder.with();
    const { session, ask } = await opened(folder, [
      {
        source: 'a.pdf',
        stored: { outcome: 'ok', response: '{}', parsedResponse: { supplier: 'Nordwind', total: 90 } },
      },
      {
        source: 'b.pdf',
        stored: {
          outcome: 'invalid',
          response: 'Here: {"supplier":"Havel","total":"ninety"}',
          error: { code: 'invalid', message: '/total must be number.' },
        },
      },
      {
        source: 'c.pdf',
        stored: {
          outcome: 'invalid',
          response: 'no JSON',
          error: { code: 'invalid', message: 'The answer is not JSON.' },
        },
      },
    ]);
    await ask({ sort: { column: 'source', descending: false } });
    const lines = await linesOf(session);
    assert.deepEqual(
      lines.map(({ fields }) => fields),
      [['Nordwind', 90, undefined], ['Havel', 'ninety', undefined], []],
    );
    assert.deepEqual(
      lines.map(({ broken }) => broken),
      [[], ['total'], []],
    );
    assert.equal(lines[2]?.why, 'The answer is not JSON.');
    assert.equal((await ask({ rules: [{ column: 'field:total', op: 'atMost', value: '90' }] })).matching, 1);
  });

  it('come in as the run goes on, and rows that wait are not among them', async () => {
    await using folder = await Folder.with();
    const answer = { outcome: 'ok', response: 'Done.' } as const;
    const { run, session, ask } = await opened(
      folder,
      [{ source: 'a.md', stored: answer }, { source: 'b.md' }],
      [NOTES],
    );
    assert.equal((await ask({})).matching, 1);
    assert.deepEqual([session.facts().ended, session.facts().waiting], [1, 1]);
    assert.equal(await session.refresh(), false);
    await run.finish([[1, { source: 'b.md', stored: answer }]]);
    assert.equal(await session.refresh(), true);
    assert.equal((await ask({})).matching, 2);
    assert.deepEqual(
      (await linesOf(session)).map(({ name }) => name),
      ['a.md', 'b.md'],
    );
    assert.equal(session.placeOf(1), 1);
  });

  it('are found by cell, and one that is not ok from the one before it', async () => {
    await using folder = await Folder.with();
    const ok = { outcome: 'ok', response: 'x' } as const;
    const { session, ask } = await opened(
      folder,
      [
        { source: 'a', stored: ok },
        { source: 'b', cell: 'notes', stored: { outcome: 'refused' } },
        { source: 'c', cell: 'notes', stored: ok },
        { source: 'd', cell: 'notes', stored: { outcome: 'truncated', response: 'y' } },
      ],
      [INVOICES, NOTES],
    );
    assert.equal((await ask({ cell: 'notes', sort: { column: 'source', descending: false } })).matching, 3);
    assert.deepEqual([session.facts().counts.ok, session.facts().ended], [1, 3]);
    assert.deepEqual(
      [session.notOkFrom(-1, 1), session.notOkFrom(0, 1), session.notOkFrom(2, 1)],
      [0, 2, -1],
    );
    assert.equal(session.notOkFrom(2, -1), 0);
  });

  it('say which part of a filter hides the rows', async () => {
    await using folder = await Folder.with();
    const { ask } = await opened(folder, [
      { source: 'a', stored: { outcome: 'ok', response: 'one' } },
      { source: 'b', stored: { outcome: 'refused' } },
    ]);
    const view = await ask({ outcomes: ['refused'], search: 'one' });
    assert.deepEqual(
      view.alone.map(({ matching, part }) => [matching, part.search]),
      [
        [1, ''],
        [1, 'one'],
      ],
    );
  });

  it('tell of an answer whose bytes were changed, and of all others as ever', async () => {
    await using folder = await Folder.with();
    const { run, session, ask } = await opened(folder, [
      { source: 'a', stored: { outcome: 'ok', response: 'one' } },
      { source: 'b', stored: { outcome: 'ok', response: 'two' } },
    ]);
    const handle = await open(path.join(run.stateDir, 'runs', run.runId, 'results.jsonl'), 'r+');
    await handle.write('X', 20);
    await handle.close();
    await ask({});
    const lines = await linesOf(session);
    assert.match(lines[0]?.why ?? '', /was changed/);
    assert.equal(lines[1]?.head, 'two');
    assert.equal((await ask({ search: 'two' })).matching, 1);
    await assert.rejects(session.detail(0), { code: 'corruptState' });
  });

  it('have citations that say whether the source still has them, and lead nowhere outside the root', async () => {
    await using folder = await Folder.with({ 'a.md': 'Notice: ninety days.', 'b.md': 'Now other words.' });
    const cite = (file: string, verified: boolean): object => ({
      ...{ file, citedText: 'ninety days', charRange: [8, 19], verified },
    });
    const citations = [
      cite('a.md', true),
      cite('b.md', true),
      cite('a.md', false),
      cite('c.md', true),
      cite('../../etc/passwd', true),
    ];
    const { session, ask } = await opened(folder, [
      { source: 'a.md', stored: { outcome: 'ok', response: 'ninety', citations: citations as never } },
    ]);
    await ask({});
    const detail = await session.detail(0);
    assert.deepEqual(
      detail.citations.map(({ state }) => state),
      ['verified', 'changed', 'notFound', 'gone', 'gone'],
    );
    assert.deepEqual(await session.citedPlace(0, 0), {
      ...{ file: folder.path('a.md'), text: 'ninety days', charRange: [8, 19], page: undefined },
    });
    assert.equal(await session.citedPlace(0, 4), undefined);
    assert.equal((await ask({ problems: true })).matching, 1);
  });

  it('are copied with no formula, no break and no Markdown of the model’s', async () => {
    await using folder = await Folder.with();
    const { session, ask } = await opened(
      folder,
      [
        { source: '=cmd', stored: { outcome: 'ok', response: '@SUM(A1)\n\tx|y [a](b)' } },
        { source: 'b', stored: { outcome: 'refused' } },
      ],
      [NOTES],
    );
    await ask({});
    assert.equal(
      session.copy([0, 1], 'tsv').text,
      "name\toutcome\tanswer\terror\n'=cmd\tok\t'@SUM(A1) x|y [a](b)\t\nb\trefused\t\t",
    );
    assert.match(session.copy([0], 'markdown').text, /\| =cmd \| ok \| @SUM\(A1\) x\\\|y \\\[a\\\]\(b\) \|/);
    assert.equal((JSON.parse(session.copy([0, 1], 'json').text) as { name: string }[])[1]?.name, 'b');
  });

  it('are copied so that a spreadsheet runs none of them and keeps each in its cell', () => {
    const pasted = (response: string): string => {
      const { text } = copyText([['a.md', { status: 'ok', response } as JobResult]], 'tsv', []);
      return text.split('\n')[1]?.split('\t')[2] ?? '';
    };
    for (const text of ['"=HYPERLINK(1)', '"Yes, he said', '＝1+1', '\u200b=1', '\u3164=1', ' "', '\u200b"'])
      assert.equal(pasted(text), `'${text}`);
    for (const text of ['He said "yes"', '1=1', "'tis"]) assert.equal(pasted(text), text);
  });

  it('are handed out in slices that break no character', async () => {
    await using folder = await Folder.with();
    const long = '\ud83d\ude00'.repeat(40_000) + '\ud800';
    const { session, ask } = await opened(
      folder,
      [{ source: 'a', stored: { outcome: 'ok', response: `x${long}` } }],
      [NOTES],
    );
    await ask({});
    const { answer } = await session.detail(0);
    assert.equal(answer.length, 80_002);
    assert.doesNotMatch(answer.text, /[\ud800-\udbff]$/);
    const rest = session.slice(0, answer.text.length);
    assert.equal(`${answer.text}${rest.text}`, `x${long}`);
  });

  it('of 100,000 rows are paged, searched and sorted in time', async () => {
    await using folder = await Folder.with();
    const filler = 'lorem ipsum dolor sit amet '.repeat(16);
    const rows = Array.from({ length: 100_000 }, (_, i): MadeRow => ({
      source: `contracts/${String(i % 97)}/${String(i)}.pdf`,
      stored: {
        outcome: i % 40 === 0 ? 'refused' : 'ok',
        response: `${filler}${i % 1_000 === 999 ? 'needle' : ''}`,
        parsedResponse: {
          supplier: `Supplier ${String(i % 777)}`,
          total: (i * 7_919) % 10_007,
          paid: i % 3 === 0,
        },
        usage: { input: 100, output: i % 50 },
      },
    }));
    const run = await makeRun(folder, rows);
    const began = performance.now();
    const { session, views, complete } = await openSession(run);
    const report: string[] = [`opened in ${ms(began)}`];
    const timed = async (what: string, change: Partial<ResultsQuery>): Promise<ResultsView> => {
      views.length = 0;
      const start = performance.now();
      session.ask({ ...EVERYTHING, ...change });
      const first = Promise.race([complete(), untilFirst(views)]).then(() => performance.now() - start);
      const view = await complete();
      report.push(`${what}: first ${(await first).toFixed(0)} ms, all ${ms(start)}`);
      return view;
    };
    assert.equal((await timed('all rows', {})).matching, 100_000);
    const page = performance.now();
    assert.equal((await session.lines(50_000, 200)).lines.length, 200);
    report.push(`a page of 200 not read before ${ms(page)}`);
    assert.equal((await timed('search', { search: 'needle' })).matching, 100);
    assert.equal((await timed('search again', { search: 'NEEDLE' })).matching, 100);
    await timed('sort by a field', { sort: { column: 'field:supplier', descending: true } });
    assert.ok(
      (await timed('rule', { rules: [{ column: 'field:total', op: 'more', value: '10000' }] })).matching > 0,
    );
    const again = performance.now();
    await session.lines(0, 200);
    report.push(`a page of 200 ${ms(again)}`);
    process.stdout.write(`      100,000 rows: ${report.join('; ')}\n`);
    await run.writer.release();
  });
});

function ms(since: number): string {
  return `${(performance.now() - since).toFixed(0)} ms`;
}

async function untilFirst(views: readonly ResultsView[]): Promise<void> {
  while (views.length === 0) await new Promise((resolve) => setImmediate(resolve));
}
