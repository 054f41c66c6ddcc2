import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { LEFT_OUT_REASONS } from '../../../src/jobfile/files.ts';
import { sha256Of } from '../../../src/jobfile/outputChecks.ts';
import { safeSegment } from '../../../src/jobfile/outputPaths.ts';
import { errorsOf, expand, makeWorkspace, removeWorkspaces, writeFiles } from './workspace.ts';

const filesCell = (more: object = {}): object => ({
  cells: [{ kind: 'files', id: 'sum', files: ['docs/**'], prompt: 'Sum {{file.name}}', ...more }],
});
const rowsCell = (more: object = {}): object => ({
  cells: [{ kind: 'rows', id: 'mail', data: 'p.csv', key: 'id', prompt: 'To {{row.name}}', ...more }],
});

/** The one error of an expansion. */
async function onlyError(
  root: string,
  content: object,
  options: Parameters<typeof expand>[2] = {},
): Promise<string> {
  const { problems } = await expand(root, content, options);
  const errors = errorsOf(problems);
  assert.equal(errors.length, 1, errors.join('\n'));
  return errors[0] ?? '';
}

async function outputsOf(root: string, content: object): Promise<readonly (string | undefined)[]> {
  const { rows, problems } = await expand(root, content);
  assert.deepEqual(errorsOf(problems), []);
  return rows.map(({ outputPath }) => outputPath);
}

describe('expandJobFile', () => {
  afterEach(removeWorkspaces);

  it('gives every row a stable id, its source and its output', async () => {
    const root = await makeWorkspace({ 'docs/b.md': 'bb', 'docs/a.md': 'a', 'p.csv': 'id,name\nx1,Ann\n' });
    const content = {
      resultsDir: './out/',
      cells: [
        { kind: 'markdown', text: '# Hi' },
        { kind: 'files', id: 'sum', files: ['docs'], prompt: 'x', output: 's/{{file.path}}.{{run.id}}.md' },
        { kind: 'rows', id: 'mail', data: './p.csv', key: 'id', prompt: 'To {{row.name}}' },
        { kind: 'messages', id: 'hi', messages: [{ role: 'user', content: 'x' }], output: false },
      ],
    };
    const first = await expand(root, content);
    assert.deepEqual(first.problems, []);
    assert.deepEqual(
      first.rows.map(({ cell, source, outputPath, fileBytes }) => [cell, source, outputPath, fileBytes]),
      [
        ['sum', 'docs/a.md', 's/docs/a.md.run-1.md', 1],
        ['sum', 'docs/b.md', 's/docs/b.md.run-1.md', 2],
        ['mail', 'p.csv#x1', 'out/mail/x1.json', undefined],
        ['hi', '', undefined, undefined],
      ],
    );
    assert.deepEqual(
      first.cells.map(({ id, index, rows }) => [id, index, rows]),
      [
        ['sum', 1, 2],
        ['mail', 2, 1],
        ['hi', 3, 1],
      ],
    );
    const again = await expand(root, content);
    assert.deepEqual(
      again.rows.map(({ id }) => id),
      first.rows.map(({ id }) => id),
    );
    assert.equal(new Set(first.rows.map(({ id }) => id)).size, 4);
    const one = await expand(root, content, { only: 'mail' });
    assert.deepEqual(
      one.rows.map(({ cell }) => cell),
      ['mail'],
    );
    await assert.rejects(expand(root, content, { only: 'mial' }), {
      code: 'usage',
      message: /Did you mean "mail"/,
    });
    await assert.rejects(expand(root, { cells: [] }, { only: 'x' }), /no cells with rows/);
  });

  it('makes two rows of a file in two cells, and one where two patterns match it', async () => {
    const root = await makeWorkspace({ 'docs/a.md': 'a' });
    const cell = (id: string): object => ({
      kind: 'files',
      id,
      files: ['docs/*', 'docs/a.md', '**/*.md'],
      prompt: 'x',
    });
    const { rows } = await expand(root, { cells: [cell('one'), cell('two')] });
    assert.deepEqual(
      rows.map(({ cell: id }) => id),
      ['one', 'two'],
    );
    assert.notEqual(rows[0]?.id, rows[1]?.id);
  });

  it('marks files and data outside the root, and those that do not exist', async () => {
    const root = await makeWorkspace({ 'docs/a.md': 'a' });
    const outside = await makeWorkspace({ 'p.csv': 'id,name\n1,x\n' });
    await fs.symlink(outside, path.join(root, 'out'));
    const { problems } = await expand(root, filesCell({ files: ['docs/a.md', '../x.md'] }));
    assert.deepEqual(
      problems.map((p) => [p.path, p.file]),
      [['cells[0].files[1]', 'job.batch.json']],
    );
    for (const data of ['../p.csv', '/p.csv', 'out/p.csv', 'gone.csv', 'docs']) {
      const result = await expand(root, rowsCell({ data }));
      assert.deepEqual(
        result.problems.map((p) => p.path),
        ['cells[0].data'],
        data,
      );
      assert.deepEqual(result.rows, []);
    }
    assert.match(
      await onlyError(root, filesCell({ files: ['docs/gone.md'] })),
      /no file or folder "docs\/gone.md"/,
    );
  });

  it('marks an unknown model where it is named, and a missing one', async () => {
    const root = await makeWorkspace({ 'docs/a.md': 'a' });
    const own = await expand(root, filesCell({ model: 'nope' }));
    assert.deepEqual(
      own.problems.map((p) => p.path),
      ['cells[0].model'],
    );
    const inherited = await expand(root, { ...filesCell(), defaults: { model: 'nope' } });
    assert.deepEqual(
      inherited.problems.map((p) => p.path),
      ['defaults.model'],
    );
    assert.match(await onlyError(root, { ...filesCell(), defaults: {} }), /names no model/);
    const broken = expand(root, filesCell(), {
      modelConfig: () => {
        throw new TypeError('a bug');
      },
    });
    await assert.rejects(broken, /a bug/);
  });

  it('refuses parameters that a cell asks for and the model refuses, and leaves out inherited ones', async () => {
    const root = await makeWorkspace({ 'docs/a.md': 'a' });
    const explicit: readonly (readonly [string, unknown])[] = [
      ['temperature', 0.5],
      ['enableCitations', true],
      ['responseSchema', { type: 'object' }],
      ['maxTokens', 4001],
      ['echo', true],
    ];
    for (const [key, value] of explicit) {
      const { problems } = await expand(root, filesCell({ model: 'plain', [key]: value }));
      assert.deepEqual(
        problems.map((p) => p.path),
        [`cells[0].${key}`],
      );
    }
    const defaults = {
      model: 'plain',
      temperature: 1,
      enableCitations: true,
      maxTokens: 9999,
      system: 's',
      effort: 'low',
      cache: true,
      echo: true,
      retry: { invalid: 0 },
    };
    const { problems, notices, cells } = await expand(root, {
      ...filesCell({ retry: { transient: 9 } }),
      defaults,
    });
    assert.deepEqual(problems, []);
    assert.equal(notices.length, 5);
    assert.deepEqual(cells[0]?.parameters, {
      model: 'plain',
      maxTokens: 4000,
      system: 's',
      cache: true,
    });
    assert.deepEqual(cells[0].retry, { truncated: 1, invalid: 0, transient: 9, missing: 2 });
    const off = await expand(root, filesCell({ model: 'plain', enableCitations: false }));
    assert.deepEqual(off.problems, []);
    const plain = await expand(root, filesCell());
    assert.deepEqual(plain.cells[0]?.parameters, { model: 'text', maxTokens: 1000 });
  });

  it('refuses "echo" beside a schema that has no place for a token, where it stands (b-4)', async () => {
    const root = await makeWorkspace({ 'docs/a.md': 'a' });
    const list = { responseSchema: { type: 'array', items: { type: 'string' } } };
    const own = await expand(root, filesCell({ ...list, echo: true }));
    assert.deepEqual(
      own.problems.map((p) => p.path),
      ['cells[0].echo'],
    );
    const inherited = await expand(root, { ...filesCell(list), defaults: { model: 'text', echo: true } });
    assert.deepEqual(
      inherited.problems.map((p) => p.path),
      ['defaults.echo'],
    );
    assert.match(inherited.problems[0]?.message ?? '', /objects with named properties/);
    const good = await expand(
      root,
      filesCell({ responseSchema: { type: 'object', properties: {} }, echo: true }),
    );
    assert.deepEqual([good.problems, good.cells[0]?.parameters.echo], [[], true]);
  });

  it('reads and checks the schema of the answer', async () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: { a: { type: 'number' } },
    };
    const root = await makeWorkspace({
      'docs/a.md': 'a',
      's.json': `\uFEFF${JSON.stringify(schema)}`,
      'list.json': '[]',
      'torn.json': '{',
      'bad.json': '{"type":"strnig"}',
    });
    const good = await expand(root, filesCell({ responseSchemaFile: 's.json' }));
    assert.deepEqual(good.problems, []);
    assert.deepEqual(good.cells[0]?.parameters.responseSchema, schema);
    const wrong: Readonly<Record<string, RegExp>> = {
      'gone.json': /no file "gone.json"/,
      '../s.json': /leaves the root/,
      'list.json': /must hold an object/,
      'torn.json': /cannot be read as JSON/,
      'bad.json': /not a valid JSON Schema at \/type/,
      docs: /no file/,
    };
    for (const [file, message] of Object.entries(wrong)) {
      const { problems } = await expand(root, filesCell({ responseSchemaFile: file }));
      assert.deepEqual(
        problems.map((p) => p.path),
        ['cells[0].responseSchemaFile'],
        file,
      );
      assert.match(problems[0]?.message ?? '', message);
    }
    const inline = await expand(root, filesCell({ responseSchema: { properties: 3 } }));
    assert.deepEqual(
      inline.problems.map((p) => p.path),
      ['cells[0].responseSchema'],
    );
  });

  it('marks duplicate keys, missing columns and broken lines of a data file', async () => {
    const root = await makeWorkspace({
      'p.csv': 'id,name\n1,Ann\n2,Bo\n1,Cy\n',
      'j.jsonl': '{"id":1,"name":"A"}\n{"id":2}\n',
      'broken.csv': 'id,name\n1\n2,B\n',
      'empty.csv': 'id\n',
    });
    const duplicate = await expand(root, rowsCell());
    assert.deepEqual(
      duplicate.problems.map((p) => [p.file, p.range.line, p.path]),
      [['p.csv', 4, 'cells[0].data']],
    );
    assert.match(duplicate.problems[0]?.message ?? '', /Lines 2 and 4/);
    assert.match(
      await onlyError(root, rowsCell({ key: 'idd' })),
      /no column "idd". Did you mean "id"\? Columns: id, name/,
    );
    const { problems } = await expand(
      root,
      rowsCell({ key: 'name', prompt: '{{row.nam}}', output: 'o/{{row.x}}.md' }),
    );
    assert.deepEqual(problems.map((p) => p.path).slice(0, 2), ['cells[0].prompt', 'cells[0].output']);
    const lacking = await expand(root, rowsCell({ data: 'j.jsonl' }));
    assert.deepEqual(
      lacking.problems.map((p) => [p.file, p.range.line]),
      [['j.jsonl', 2]],
    );
    assert.deepEqual(
      (await expand(root, rowsCell({ data: 'broken.csv' }))).problems.map((p) => p.range.line),
      [2],
    );
    assert.match(await onlyError(root, rowsCell({ data: 'empty.csv' })), /no rows/);
  });

  it('lists what was left out and why', async () => {
    const root = await makeWorkspace({
      '.gitignore': 'x*',
      'docs/a.md': 'a',
      'docs/x.md': 'x',
      'docs/b.png': '\0',
      'docs/e.md': '',
    });
    const { leftOut, problems, notices } = await expand(root, filesCell());
    assert.deepEqual(leftOut, [
      { cell: 'sum', path: 'docs/b.png', reason: 'binary', why: LEFT_OUT_REASONS.binary },
      { cell: 'sum', path: 'docs/e.md', reason: 'empty', why: LEFT_OUT_REASONS.empty },
      { cell: 'sum', path: 'docs/x.md', reason: 'gitignored', why: LEFT_OUT_REASONS.gitignored },
    ]);
    assert.deepEqual(
      problems.map(({ severity, path: at }) => [severity, at]),
      [['warning', 'cells[0].files']],
    );
    assert.deepEqual(notices, []);
    const named = await expand(root, filesCell({ files: ['docs/x.md'] }));
    assert.match(named.notices[0]?.message ?? '', /named explicitly/);
  });

  it('leaves out what the person names: files, data rows and conversations, and their outputs with them', async () => {
    const root = await makeWorkspace({
      'docs/a.md': 'a',
      'docs/b.md': 'b',
      'docs/café.md': 'c',
      'p.csv': 'id,name\nx1,Ann\nx2,Ben\n',
      'out/b.md': 'not ours',
    });
    const content = {
      cells: [
        ...(filesCell({ output: 'out/{{file.name}}' }) as { cells: object[] }).cells,
        ...(rowsCell() as { cells: object[] }).cells,
        { kind: 'messages', id: 'hi', messages: [{ role: 'user', content: 'Hi' }] },
      ],
    };
    const all = await expand(root, content);
    assert.match(errorsOf(all.problems).join(), /out\/b\.md/);
    const conversation = all.rows.at(-1)?.id ?? '';
    const names = ['docs/b.md', './docs/cafe\u0301.md', 'p.csv#x1', conversation];
    const { rows, cells, leftOut, problems } = await expand(root, content, { leaveOut: names });
    assert.deepEqual(errorsOf(problems), []);
    assert.deepEqual(
      rows.map(({ source }) => source),
      ['docs/a.md', 'p.csv#x2'],
    );
    assert.deepEqual(
      cells.map((cell) => cell.rows),
      [1, 1, 0],
    );
    assert.deepEqual(leftOut, [
      { cell: 'sum', path: 'docs/b.md', reason: 'byYou', why: LEFT_OUT_REASONS.byYou },
      { cell: 'sum', path: 'docs/café.md', reason: 'byYou', why: LEFT_OUT_REASONS.byYou },
      { cell: 'mail', path: 'p.csv#x1', reason: 'byYou', why: LEFT_OUT_REASONS.byYou },
      { cell: 'hi', path: conversation, reason: 'byYou', why: LEFT_OUT_REASONS.byYou },
    ]);
  });

  it('refuses to leave out what is no input, and takes what is left out anyway', async () => {
    const root = await makeWorkspace({ 'docs/a.md': 'a', 'docs/b.md': 'b', 'docs/e.md': '' });
    await assert.rejects(expand(root, filesCell(), { leaveOut: ['docs/a.md', 'docs/bb.md'] }), {
      code: 'usage',
      message: /"docs\/bb\.md" cannot be left out.*Did you mean "docs\/b\.md"\?/,
    });
    const { leftOut } = await expand(root, filesCell(), { leaveOut: ['docs/e.md'] });
    assert.deepEqual(
      leftOut.map(({ reason }) => reason),
      ['empty'],
    );
  });

  it('switches default outputs off above 5,000 rows, with a notice', async () => {
    const data = `id\n${Array.from({ length: 5001 }, (_, i) => String(i)).join('\n')}\n`;
    const root = await makeWorkspace({ 'p.csv': data });
    const off = await expand(root, rowsCell({ prompt: 'x' }));
    assert.equal(off.rows.filter(({ outputPath }) => outputPath !== undefined).length, 0);
    assert.match(off.notices[0]?.message ?? '', /more than 5000 rows/);
    const on = await expand(root, rowsCell({ prompt: 'x', output: 'each' }));
    assert.equal(on.rows.filter(({ outputPath }) => outputPath !== undefined).length, 5001);
    assert.deepEqual(on.notices, []);
  });
});

describe('output paths', () => {
  afterEach(removeWorkspaces);

  it('make one safe name of every value but file.path and file.dir', async () => {
    assert.equal(safeSegment('a/b\\c:d*e?"<>|\u0007'), 'a_b_c_d_e______');
    assert.equal(safeSegment('..'), '__');
    assert.equal(safeSegment('.git'), '_git');
    assert.equal(safeSegment('name. .'), 'name___');
    assert.equal(safeSegment(''), '_');
    for (const name of ['con', 'NUL', 'aux.txt', 'COM1', 'lpt9.x.y'])
      assert.equal(safeSegment(name), `_${name}`);
    assert.equal(safeSegment('console'), 'console');
    assert.equal(safeSegment('\ud800x'), '\ufffdx');
    for (const long of ['x'.repeat(300), 'é'.repeat(300), '里'.repeat(300), '😀'.repeat(99)]) {
      const cut = safeSegment(long);
      assert.ok(Buffer.byteLength(cut) <= 120 && Buffer.byteLength(cut) > 110);
      assert.match(cut, /-[0-9a-z]{10}$/);
      assert.notEqual(cut, safeSegment(`${long}y`));
      assert.ok(cut.isWellFormed());
    }
    const root = await makeWorkspace({
      'docs/x/a.md': 'a',
      'docs/b.md': 'b',
      'p.csv': 'id,name\n../../x,A\nC:\\y,b\n',
    });
    assert.deepEqual(await outputsOf(root, filesCell({ output: '{{file.dir}}/{{file.stem}}.sum.txt' })), [
      'docs/b.sum.txt',
      'docs/x/a.sum.txt',
    ]);
    assert.deepEqual(
      await outputsOf(root, filesCell({ files: ['p.csv'], output: '{{file.dir}}/{{cell.id}}.md' })),
      ['sum.md'],
    );
    assert.deepEqual(await outputsOf(root, rowsCell({ output: 'o/{{row.id}}.md' })), [
      'o/___.._x.md',
      'o/C__y.md',
    ]);
  });

  it('keep apart by default what only cleaning made equal, and write no dot names', async () => {
    const root = await makeWorkspace({
      'p.csv': 'id,name\na/b,1\na:b,2\na_b,3\n',
      '.cfg/.x.md': 'x',
      'ok.md': 'x',
    });
    const outputs = await outputsOf(root, rowsCell());
    assert.equal(new Set(outputs).size, 3);
    assert.match(outputs[0] ?? '', /^results\/mail\/a_b-[0-9a-z]{10}\.json$/);
    const [dot] = await outputsOf(root, filesCell({ files: ['.cfg/.x.md', 'ok.md'] }));
    assert.match(dot ?? '', /^results\/sum\/_cfg-\w{10}\/_x\.md-\w{10}\.json$/);
  });

  it('never leave the root, by "..", absolute or through a link', async () => {
    const root = await makeWorkspace({ 'docs/a.md': 'a' });
    const outside = await makeWorkspace();
    await fs.symlink(outside, path.join(root, 'link'));
    const cases: Readonly<Record<string, RegExp>> = {
      '../{{file.name}}': /leaves the root/,
      'x/../../y.md': /leaves the root/,
      '/tmp/x.md': /is absolute/,
      'C:/x.md': /is absolute/,
      'link/x.md': /through a link/,
      'link/../../x.md': /leaves the root/,
    };
    for (const [output, message] of Object.entries(cases)) {
      const { problems } = await expand(root, filesCell({ output, overwrite: true }));
      assert.deepEqual(
        problems.map((p) => p.path),
        ['cells[0].output'],
        output,
      );
      assert.match(problems[0]?.message ?? '', message);
      assert.match(problems[0]?.message ?? '', /row docs\/a.md/);
    }
  });

  it('never go to dot folders, node_modules, folders, names that are not portable, or below a file', async () => {
    const root = await makeWorkspace({ 'docs/a.md': 'a', 'file.txt': 'x' });
    await fs.mkdir(path.join(root, '.git'));
    await fs.symlink('.git', path.join(root, 'hidden'));
    const cases: Readonly<Record<string, RegExp>> = {
      '.git/hooks/post-commit': /leading dot/,
      '.batchbook/x': /leading dot/,
      'a/.vscode/x.json': /leading dot/,
      '.envrc': /leading dot/,
      'hidden/config': /leading dot/,
      'node_modules/x.js': /node_modules/,
      'a/Node_Modules/x.js': /node_modules/,
      docs: /is a folder/,
      'out/': /names a folder/,
      '.': /names a folder/,
      'file.txt/x.md': /below a file/,
      'a\\b.md': /backslash/,
      'x\u0007.md': /control/,
      'con.md': /reserves/,
      'x.': /ends in a dot/,
      'x /y': /ends in a dot or a space/,
      ['n'.repeat(256)]: /255 bytes/,
    };
    for (const [output, message] of Object.entries(cases))
      assert.match(await onlyError(root, filesCell({ output, overwrite: true })), message, output);
  });

  it('never hit an input, a data file, a schema or the job file, in any case or spelling', async () => {
    const root = await makeWorkspace({
      'docs/a.md': 'a',
      'docs/Caf\u00e9.md': 'c',
      'p.csv': 'id,name\n1,A\n',
      's.json': '{"type":"object"}',
      'job.batch.json': '{}',
    });
    await fs.symlink('docs', path.join(root, 'alias'));
    const common = { overwrite: true, responseSchemaFile: 's.json' };
    const hits: Readonly<Record<string, RegExp>> = {
      'docs/a.md': /an input of cell "sum"/,
      'DOCS/A.md': /an input of cell "sum"/,
      'docs/x/../a.md': /an input of cell "sum"/,
      'alias/a.md': /an input of cell "sum"/,
      'Job.batch.json': /the job file/,
      's.json': /the response schema of cell "sum"/,
    };
    for (const [output, message] of Object.entries(hits))
      assert.match(
        await onlyError(root, filesCell({ files: ['docs/a.md'], output, ...common })),
        message,
        output,
      );
    const otherSpelling = filesCell({
      files: ['docs/Caf\u00e9.md'],
      output: 'docs/cafe\u0301.md',
      ...common,
    });
    assert.match(await onlyError(root, otherSpelling), /an input of cell "sum"/);
    assert.match(
      await onlyError(root, rowsCell({ output: 'P.csv', overwrite: true })),
      /the data file of cell "mail"/,
    );
  });

  it('never put two rows on one path, or one below another', async () => {
    const root = await makeWorkspace({
      'docs/a.md': 'a',
      'docs/x/a.md': 'b',
      'p.csv': 'id,name\nA,Ann\na,Bo\n',
    });
    assert.match(
      await onlyError(root, filesCell({ output: 'out/{{file.name}}' })),
      /row docs\/x\/a.md, "out\/a.md", is also the output of row docs\/a.md\./,
    );
    assert.match(
      await onlyError(root, rowsCell()),
      /row p.csv:3 \(a\).*also the output of row p.csv:2 \(A\), as "results\/mail\/A.json", which some disks/,
    );
    const cells = [
      { kind: 'messages', id: 'one', messages: [{ role: 'user', content: 'x' }], output: 'o' },
      { kind: 'messages', id: 'two', messages: [{ role: 'user', content: 'x' }], output: 'o/two.md' },
    ];
    assert.match(await onlyError(root, { cells }), /lies below the output of row one/);
  });

  it('replace only what we wrote and nobody changed, unless "overwrite" says so', async () => {
    const root = await makeWorkspace({ 'docs/a.md': 'a', 'out/a.md': 'answer' });
    const content = filesCell({ output: 'out/{{file.name}}' });
    assert.match(await onlyError(root, content), /not written by Batchbook/);
    const writtenBefore = new Map([['out/a.md', { sha256: sha256Of(Buffer.from('answer')) }]]);
    assert.deepEqual((await expand(root, content, { writtenBefore })).problems, []);
    await writeFiles(root, { 'out/a.md': 'mine now' });
    assert.match(await onlyError(root, content, { writtenBefore }), /was changed since/);
    assert.deepEqual(
      (await expand(root, filesCell({ output: 'out/{{file.name}}', overwrite: true }))).problems,
      [],
    );
  });

  it('mark resultsDir where that is what is wrong, and stop listing at some point', async () => {
    const root = await makeWorkspace({ 'docs/a.md': 'a' });
    const { problems } = await expand(root, { ...filesCell(), resultsDir: '.hidden' });
    assert.deepEqual(
      problems.map((p) => p.path),
      ['resultsDir'],
    );
    await writeFiles(root, {
      'p.csv': `id,name\n${Array.from({ length: 100 }, (_, i) => `${String(i)},x`).join('\n')}\n`,
    });
    const many = errorsOf((await expand(root, rowsCell({ output: 'same.md' }))).problems);
    assert.equal(many.length, 51);
    assert.match(many[50] ?? '', /49 more/);
  });
});
