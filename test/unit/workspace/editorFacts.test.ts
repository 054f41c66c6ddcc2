import assert from 'node:assert/strict';
import { CellOutcomes, isStale } from '../../../src/workspace/cellOutcomes.ts';
import { forecastCell, renderPrompt } from '../../../src/workspace/forecastCell.ts';
import { schemaOfExample } from '../../../src/workspace/schemaOfExample.ts';
import type { JobFileInspection } from '../../../src/workspace/inspectJobFile.ts';
import type { Workspace } from '../../../src/workspace/workspace.ts';
import { Folder } from '../../support/cli/folder.ts';
import { openWith, runJob } from '../../support/fakeWorkspace.ts';

const TEXT = 'The harvest was late this year. Prices rose by a tenth. The barn needs a roof.\n';

const JOB = {
  version: 1,
  defaults: { model: 'offline-extractive', maxTokens: 300 },
  cells: [
    { kind: 'markdown', text: '# Notes' },
    { kind: 'files', id: 'letters', files: ['letters/*.md'], prompt: 'Summarize {{file.name}}.' },
    { kind: 'rows', id: 'mail', data: 'people.csv', key: 'email', prompt: 'Write to {{row.name}}.' },
    { kind: 'messages', id: 'hello', messages: [{ role: 'user', content: TEXT }] },
  ],
};

async function scene(): Promise<{ folder: Folder; root: Workspace } & AsyncDisposable> {
  const folder = await Folder.with({
    'letters/a.md': TEXT,
    'letters/b.md': TEXT.repeat(3),
    'people.csv': 'name,email\nAda,ada@example.com\nGrace,grace@example.com\n',
    'job.batch.json': JOB,
  });
  const root = await openWith(folder, () => undefined);
  return { folder, root, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

function inspect(
  { folder, root }: { folder: Folder; root: Workspace },
  job: unknown,
): Promise<JobFileInspection> {
  return root.inspect(folder.path('job.batch.json'), JSON.stringify(job));
}

function contextOf(
  { root, registry, clock }: Workspace,
  { jobFile }: JobFileInspection,
): Parameters<typeof forecastCell>[0] {
  assert.ok(jobFile);
  return { root, registry, jobFile, now: clock.now() };
}

describe('what the job editor shows of a cell', () => {
  it('is known for each cell by itself, however wrong others and its own prompt are', async () => {
    await using here = await scene();
    const [notes, letters, mail, hello] = JOB.cells;
    const { problems, cells } = await inspect(here, {
      ...JOB,
      odd: 1,
      cells: [
        notes,
        { ...letters, prompt: '', maxTokens: -1 },
        mail,
        hello,
        { ...hello },
        { kind: 'files' },
        7,
      ],
    });
    assert.ok(problems.filter(({ severity }) => severity === 'error').length >= 4);
    assert.deepEqual(
      [...cells].map(([index, { id, rows, table }]) => [index, id, rows.length, table?.columns]),
      [
        [1, 'letters', 2, undefined],
        [2, 'mail', 2, ['name', 'email']],
        [3, 'hello', 1, undefined],
      ],
    );
    assert.deepEqual(cells.get(2)?.table?.rows[0], ['Ada', 'ada@example.com']);
    assert.deepEqual((await here.root.inspect(here.folder.path('job.batch.json'), '{')).cells, new Map());
  });

  it('has rows, bytes and tokens of all its inputs, also where only some were read', async () => {
    await using here = await scene();
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`many/${String(i)}.md`, TEXT]));
    await here.folder.write(many);
    const cell = { kind: 'files', id: 'many', files: ['many/*.md'], prompt: 'Summarize it.' };
    const inspection = await inspect(here, { ...JOB, cells: [...JOB.cells, cell] });
    const context = contextOf(here.root, inspection);
    const forecastOf = async (index: number): ReturnType<typeof forecastCell> => {
      const inspected = inspection.cells.get(index);
      assert.ok(inspected);
      return forecastCell(context, inspected);
    };
    const one = await forecastOf(1);
    assert.deepEqual([one.rows, one.sampled, one.worstNanoUsd], [2, 2, 0]);
    assert.equal(one.outputTokensAtMost, 600);
    const sampled = await forecastOf(4);
    assert.equal(sampled.rows, 200);
    assert.ok(sampled.sampled < 200);
    const [file] = (await forecastOf(1)).rows === 2 ? [Buffer.byteLength(TEXT)] : [0];
    assert.equal(sampled.bytes, 200 * (file + Buffer.byteLength('Summarize it.')));
    // 200 equal files are 200 times one of them.
    const single = await inspect(here, { ...JOB, cells: [{ ...cell, files: ['many/7.md'] }] });
    const alone = single.cells.get(0);
    assert.ok(alone);
    const { inputTokens } = await forecastCell(contextOf(here.root, single), alone);
    assert.ok(Math.abs(sampled.inputTokens - 200 * inputTokens) <= 200);
    assert.equal((await forecastOf(2)).rows, 2);
  });

  it('has the prompt of a row as it would be sent', async () => {
    await using here = await scene();
    const inspection = await inspect(here, JOB);
    const context = contextOf(here.root, inspection);
    const promptOf = async (cell: number, row: number): Promise<unknown> => {
      const inspected = inspection.cells.get(cell);
      assert.ok(inspected);
      const rendered = await renderPrompt(context, inspected, row);
      return rendered === undefined ? undefined : [rendered.name, rendered.prompt, rendered.problem];
    };
    assert.deepEqual(await promptOf(1, 1), ['letters/b.md', 'Summarize b.md.', undefined]);
    assert.deepEqual(await promptOf(2, 0), ['people.csv#ada@example.com', 'Write to Ada.', undefined]);
    assert.equal(await promptOf(1, 2), undefined);
  });

  it('has the outcome of the newest run that had it, stale once the cell asks for something else', async () => {
    await using here = await scene();
    const { root, folder } = here;
    const job = { ...JOB, cells: JOB.cells.filter(({ kind }) => kind !== 'rows') };
    await folder.write({ 'job.batch.json': job });
    await runJob(root);
    const outcomes = new CellOutcomes(root, 'job.batch.json');
    const found = await outcomes.newest(['letters', 'hello', 'gone']);
    assert.deepEqual([...found.keys()].sort(), ['hello', 'letters']);
    const letters = found.get('letters');
    assert.ok(letters);
    assert.deepEqual([letters.total, letters.counts.ok, letters.running, letters.spentUsd], [2, 2, false, 0]);
    assert.equal(letters.firstRows.length, 2);
    assert.equal(letters.firstRows[0]?.[0], 'letters/a.md');
    assert.match(letters.firstRows[0][1] ?? '', /harvest/);
    assert.equal(await outcomes.newest(['letters']).then((again) => again.get('letters')), letters);
    const { jobFile } = await inspect(here, job);
    const cell = jobFile?.cells[1];
    assert.ok(jobFile && cell?.kind === 'files');
    const { defaults } = jobFile;
    assert.equal(isStale(letters.sent, { cell, defaults }), false);
    assert.equal(isStale(letters.sent, { cell: { ...cell, output: 'x/{{file.name}}' }, defaults }), false);
    assert.equal(isStale(letters.sent, { cell: { ...cell, prompt: 'Other.' }, defaults }), true);
    assert.equal(isStale(letters.sent, { cell, defaults: { ...defaults, maxTokens: 7 } }), true);
  });
});

describe('a schema made of an example', () => {
  it('names all fields as required and nothing else as allowed', () => {
    assert.deepEqual(
      schemaOfExample('{ "total": 12.5, "lines": [{ "n": 1 }, { "n": 2, "x": true }], "note": null } // so'),
      {
        type: 'object',
        properties: {
          total: { type: 'number' },
          lines: {
            type: 'array',
            items: {
              type: 'object',
              properties: { n: { type: 'integer' }, x: { type: ['null', 'boolean'] } },
              required: ['n', 'x'],
              additionalProperties: false,
            },
          },
          note: { type: 'null' },
        },
        required: ['total', 'lines', 'note'],
        additionalProperties: false,
      },
    );
    assert.throws(() => schemaOfExample('[1]'), /The example of an answer is an object/);
    assert.throws(() => schemaOfExample('{\n "a": }'), /Line 2, column 7: /);
  });
});
