import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import type { LoadedRow, RowLoader } from '../../../src/core/plan.ts';
import { createJobFileLoader } from '../../../src/jobfile/loader.ts';
import { expand, jobFileOf, makeWorkspace, modelConfig, removeWorkspaces, writeFiles } from './workspace.ts';

const content = {
  defaults: { model: 'text', temperature: 1 },
  cells: [
    { kind: 'markdown', text: 'x' },
    {
      kind: 'files',
      id: 'sum',
      files: ['docs/*'],
      prompt: 'Sum {{file.name}}',
      output: false,
      responseSchemaFile: 's.json',
    },
    { kind: 'rows', id: 'mail', data: './p.csv', key: 'id', prompt: 'To {{row.name}}', output: false },
    { kind: 'messages', id: 'hi', messages: [{ role: 'user', content: '{{x' }], output: false },
  ],
};
const files = {
  'docs/a.md': 'a\r\n',
  'p.csv': 'id,name\nk1,{{row.id}}\nk2,Bo\n',
  's.json': '{"type":"object"}',
};

async function loadAll(root: string, loader: RowLoader): Promise<ReadonlyMap<string, LoadedRow>> {
  const { rows } = await expand(root, content);
  const estimate = { bytes: 0, inputTokens: 0, reservedNanoUsd: 0, expectedNanoUsd: 0 };
  const loaded = new Map<string, LoadedRow>();
  for (const { id, cell, source } of rows)
    loaded.set(`${cell}:${source}`, await loader.load({ id, cell, source, inputHash: '', estimate }));
  return loaded;
}

describe('createJobFileLoader', () => {
  let root: string;
  let loader: ReturnType<typeof createJobFileLoader>;
  beforeEach(async () => {
    root = await makeWorkspace(files);
    loader = createJobFileLoader({ root, jobFile: jobFileOf(content), modelConfig });
  });
  afterEach(removeWorkspaces);
  const load = (cell: string, source: string): Promise<LoadedRow> => loader.load({ id: 'id', cell, source });
  const code = async (cell: string, source: string): Promise<string> => {
    const loaded = await load(cell, source);
    return loaded.ok ? 'ok' : loaded.code;
  };

  it('builds the job of every kind of row, values put in as they are', async () => {
    const loaded = await loadAll(root, loader);
    const job = (key: string): unknown => {
      const row = loaded.get(key);
      assert.ok(row?.ok, key);
      const { id: _id, ...rest } = row.job;
      return rest;
    };
    const parameters = { model: 'text', maxTokens: 1000, temperature: 1 };
    assert.deepEqual(job('sum:docs/a.md'), {
      ...parameters,
      responseSchema: { type: 'object' },
      prompt: 'Sum a.md',
      file: { path: 'docs/a.md', bytes: Buffer.from('a\r\n') },
    });
    assert.deepEqual(job('mail:p.csv#k1'), { ...parameters, prompt: 'To {{row.id}}' });
    assert.deepEqual(job('hi:'), { ...parameters, messages: [{ role: 'user', content: '{{x' }] });
    assert.equal(new Set([...loaded.values()].map((row) => (row.ok ? row.inputHash : ''))).size, 4);
  });

  it('gives the same hash for the same content, and another one for every change', async () => {
    const hash = async (cell: string, source: string): Promise<string> => {
      const row = await load(cell, source);
      assert.ok(row.ok);
      assert.match(row.inputHash, /^[\w-]{22}$/);
      return row.inputHash;
    };
    const before = [await hash('sum', 'docs/a.md'), await hash('mail', 'p.csv#k2')];
    assert.deepEqual([await hash('sum', 'docs/a.md'), await hash('mail', 'p.csv#k2')], before);
    await writeFiles(root, { 'docs/a.md': 'b\r\n', 'p.csv': 'id,name\nk0,new\nk2,Bo\n' });
    assert.notEqual(await hash('sum', 'docs/a.md'), before[0]);
    assert.equal(await hash('mail', 'p.csv#k2'), before[1], 'other rows of the table do not matter');
    const changed = await hash('sum', 'docs/a.md');
    await writeFiles(root, { 's.json': '{"type":"array"}' });
    assert.notEqual(await hash('sum', 'docs/a.md'), changed);
  });

  it('says gone for what is there no more', async () => {
    await fs.rm(path.join(root, 'docs/a.md'));
    assert.equal(await code('sum', 'docs/a.md'), 'gone');
    assert.equal(await code('other', 'docs/a.md'), 'gone');
    assert.equal(await code('mail', 'p.csv#k9'), 'gone');
    await fs.rm(path.join(root, 'p.csv'));
    assert.equal(await code('mail', 'p.csv#k1'), 'gone');
  });

  it('says unreadable for what cannot be sent as it is now', async () => {
    await writeFiles(root, { 'p.csv': 'id,nom\nk1,A\n', 'docs/b.md': '', 'docs/c.md': 'x\0' });
    const column = await load('mail', 'p.csv#k1');
    assert.ok(!column.ok);
    assert.match(column.message, /no column "name"/);
    for (const source of ['docs/b.md', 'docs/c.md', 'docs', '../x.md'])
      assert.equal(await code('sum', source), 'unreadable', source);
    await writeFiles(root, { 's.json': 'x' });
    assert.equal(await code('sum', 'docs/a.md'), 'unreadable');
  });

  it('reads nothing through a link that nobody confirmed', async () => {
    const outside = await makeWorkspace({ 'secret.md': 's' });
    await fs.rm(path.join(root, 'docs/a.md'));
    await fs.symlink(path.join(outside, 'secret.md'), path.join(root, 'docs/a.md'));
    assert.equal(await code('sum', 'docs/a.md'), 'unreadable');
    await fs.rm(path.join(root, 'docs/a.md'));
    await fs.symlink('../p.csv', path.join(root, 'docs/a.md'));
    const inner = await load('sum', 'docs/a.md');
    assert.ok(!inner.ok);
    assert.match(inner.message, /now a link to p.csv/);
  });

  it('says tooLarge without reading, and lets an unknown model through', async () => {
    await fs.truncate(path.join(root, 'docs/a.md'), 50_000_001);
    assert.equal(await code('sum', 'docs/a.md'), 'tooLarge');
    const other = createJobFileLoader({
      root,
      jobFile: jobFileOf({ ...content, defaults: { model: 'nope' } }),
      modelConfig,
    });
    await assert.rejects(other.load({ id: 'x', cell: 'hi', source: '' }), { code: 'unknownModel' });
  });

  it('finds a file whose name the disk spells otherwise', async () => {
    const nfd = 'docs/cafe\u0301.md';
    await writeFiles(root, { [nfd]: 'x' });
    assert.equal(await code('sum', nfd.normalize('NFC')), 'ok');
  });
});
