import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { NO_USAGE, type JobResult } from '../../../src/core/job.ts';
import type { OutputOutcome, OutputWriter, PlannedRow } from '../../../src/core/plan.ts';
import { sha256Of } from '../../../src/jobfile/outputChecks.ts';
import { createJobFileOutputs, type JobFileOutputOptions } from '../../../src/jobfile/outputWriter.ts';
import { placeFile } from '../../../src/jobfile/placeFile.ts';
import { JOB_FILE, jobFileOf, makeWorkspace, removeWorkspaces, writeFiles } from './workspace.ts';

const rowOf = (cell: string, source: string): PlannedRow => ({
  id: `${cell}-${source}`,
  cell,
  source,
  inputHash: '',
  estimate: { bytes: 0, inputTokens: 0, reservedNanoUsd: 0, expectedNanoUsd: 0 },
});

const resultOf = (response: string, parsedResponse?: unknown): JobResult => ({
  jobId: 'x',
  status: 'ok',
  response,
  parsedResponse,
  citations: [],
  inputTokens: 1,
  outputTokens: 1,
  usage: NO_USAGE,
  costUsd: 0,
  attempts: 1,
  model: 'text',
  provider: 'mock',
  batchId: 'b',
  stopReason: 'end',
  finishedAt: 1,
});

const cellsOf = (more: object): object => ({
  cells: [
    { kind: 'files', id: 'sum', files: ['docs/**'], prompt: 'x', ...more },
    { kind: 'rows', id: 'mail', data: 'p.csv', key: 'id', prompt: 'x', output: 'mail/{{row.name}}.txt' },
    { kind: 'messages', id: 'off', messages: [{ role: 'user', content: 'x' }], output: false },
  ],
});

describe('createJobFileOutputs', () => {
  let root: string;
  beforeEach(async () => {
    root = await makeWorkspace({ 'docs/a.md': 'a', 'docs/b.md': 'b', 'p.csv': 'id,name\nk,Ann\n' });
  });
  afterEach(removeWorkspaces);

  const writerOf = (more: object, options: Partial<JobFileOutputOptions> = {}): OutputWriter =>
    createJobFileOutputs({
      root,
      jobFilePath: JOB_FILE,
      jobFile: jobFileOf(cellsOf(more)),
      runId: 'r1',
      rows: [rowOf('sum', 'docs/a.md'), rowOf('sum', 'docs/b.md')],
      writtenBefore: new Map(),
      ...options,
    });
  const write = (
    writer: OutputWriter,
    result: JobResult,
    row = rowOf('sum', 'docs/a.md'),
    previousSha256?: string,
  ): Promise<OutputOutcome> => writer.write({ ordinal: 0, row, result, previousSha256 });
  const read = (file: string): Promise<string> => fs.readFile(path.join(root, file), 'utf8');
  const leftovers = async (): Promise<readonly string[]> =>
    (await fs.readdir(root, { recursive: true })).filter((name) => name.includes('.tmp'));

  it('writes text with one final newline, creating folders and leaving nothing behind', async () => {
    const writer = writerOf({ output: 'out/{{run.id}}/{{file.name}}' });
    const outcome = await write(writer, resultOf('Hello'));
    assert.deepEqual(outcome, {
      kind: 'written',
      path: 'out/r1/a.md',
      sha256: sha256Of(Buffer.from('Hello\n')),
    });
    assert.equal(await read('out/r1/a.md'), 'Hello\n');
    await write(writer, resultOf('World\n'), rowOf('sum', 'docs/b.md'));
    assert.equal(await read('out/r1/b.md'), 'World\n');
    assert.deepEqual(await leftovers(), []);
  });

  it('writes the parsed answer to .json where there is a schema, else the whole result', async () => {
    const schema = { responseSchema: { type: 'object' } };
    await write(writerOf({ output: 'out/x.json', ...schema }), resultOf('{"a":1}', { a: 1 }));
    assert.equal(await read('out/x.json'), '{\n  "a": 1\n}\n');
    await write(writerOf({ output: 'out/y.JSON' }), resultOf('text'));
    assert.equal((JSON.parse(await read('out/y.JSON')) as JobResult).response, 'text');
    await write(writerOf(schema), resultOf('{"a":1}', { a: 1 }));
    assert.equal((JSON.parse(await read('results/sum/docs/a.md.json')) as JobResult).jobId, 'x');
  });

  it('writes the output of a data row by its values, and nothing for a cell without output', async () => {
    const writer = writerOf({});
    await write(writer, resultOf('hi'), rowOf('mail', 'p.csv#k'));
    assert.equal(await read('mail/Ann.txt'), 'hi\n');
    assert.deepEqual(await write(writer, resultOf('hi'), rowOf('off', '')), { kind: 'none' });
    assert.deepEqual(await write(writer, resultOf('hi'), rowOf('unknown', '')), { kind: 'none' });
    await fs.rm(path.join(root, 'p.csv'));
    assert.equal((await write(writer, resultOf('hi'), rowOf('mail', 'p.csv#k'))).kind, 'leftAlone');
    const many = Array.from({ length: 5001 }, () => rowOf('sum', 'docs/a.md'));
    assert.deepEqual(await write(writerOf({}, { rows: many }), resultOf('x')), { kind: 'none' });
  });

  it('takes a file with the same bytes for its own, replaces what it wrote, and leaves the rest alone', async () => {
    const more = { output: 'out/{{file.name}}' };
    const first = await write(writerOf(more), resultOf('one'));
    assert.ok(first.kind === 'written');
    assert.deepEqual(await write(writerOf(more), resultOf('one')), first);
    const foreign = await write(writerOf(more), resultOf('two'));
    assert.ok(foreign.kind === 'leftAlone');
    assert.match(foreign.reason, /not written by Batchbook\.$/);
    const second = await write(writerOf(more), resultOf('two'), undefined, first.sha256);
    assert.ok(second.kind === 'written');
    assert.equal(await read('out/a.md'), 'two\n');
    const writtenBefore = new Map([['out/a.md', { sha256: second.sha256 }]]);
    assert.equal((await write(writerOf(more, { writtenBefore }), resultOf('three'))).kind, 'written');
    const third = sha256Of(Buffer.from('three\n'));
    const others = new Map([['out/a.md', { sha256: third, owner: 'other.batch.json' }]]);
    const another = await write(writerOf(more, { writtenBefore: others }), resultOf('four'));
    assert.ok(another.kind === 'leftAlone');
    assert.equal(another.reason, 'It was written for other.batch.json.');
    assert.equal(await read('out/a.md'), 'three\n');
    const wanted = writerOf({ ...more, overwrite: true }, { writtenBefore: others });
    assert.equal((await write(wanted, resultOf('four'))).kind, 'written');
    await writeFiles(root, { 'out/a.md': 'my own' });
    const changed = await write(writerOf(more), resultOf('four'), undefined, second.sha256);
    assert.ok(changed.kind === 'leftAlone');
    assert.match(changed.reason, /changed since/);
    assert.equal(await read('out/a.md'), 'my own');
    await fs.rm(path.join(root, 'out/a.md'));
    assert.equal((await write(writerOf(more), resultOf('five'), undefined, second.sha256)).kind, 'written');
    assert.deepEqual(await leftovers(), []);
  });

  it('replaces any file with "overwrite", keeping its mode, but never another row’s answer', async () => {
    await writeFiles(root, { 'out/same.md': 'mine' });
    await fs.chmod(path.join(root, 'out/same.md'), 0o600);
    const writer = writerOf({ output: 'out/same.md', overwrite: true });
    assert.equal((await write(writer, resultOf('one'))).kind, 'written');
    assert.equal((await fs.stat(path.join(root, 'out/same.md'))).mode & 0o777, 0o600);
    const other = await write(writer, resultOf('two'), rowOf('sum', 'docs/b.md'));
    assert.ok(other.kind === 'leftAlone');
    assert.match(other.reason, /answer of row sum-docs\/a.md/);
    assert.equal(await read('out/same.md'), 'one\n');
  });

  it('never writes to inputs, the job file, data, dot folders, folders or outside, even with "overwrite"', async () => {
    const outside = await makeWorkspace({ 'x.md': 'theirs' });
    await fs.symlink(outside, path.join(root, 'link'));
    await fs.symlink('docs', path.join(root, 'alias'));
    const before = await fs.readdir(outside);
    for (const output of [
      'docs/b.md',
      'DOCS/b.md',
      'alias/b.md',
      JOB_FILE,
      'p.csv',
      's.json',
      '.git/config',
      'node_modules/x',
      'docs',
      'docs/a.md/x',
      '../x.md',
      'link/x.md',
      'link/new/x.md',
    ]) {
      const outcome = await write(
        writerOf({ output, overwrite: true, responseSchemaFile: 's.json' }),
        resultOf('evil'),
      );
      assert.ok(outcome.kind === 'leftAlone', output);
      assert.match(outcome.reason, /^It .*\.$/);
    }
    assert.equal(await read('docs/b.md'), 'b');
    assert.deepEqual(await fs.readdir(outside), before);
    assert.equal(await fs.readFile(path.join(outside, 'x.md'), 'utf8'), 'theirs');
  });

  it('leaves an output alone whose folder cannot be made, and stops the run on other failures', async () => {
    // As long as a path may be below the root, and with the root longer than the system takes.
    const long = `${'d'.repeat(250)}/`.repeat(16) + 'd'.repeat(70);
    const outcome = await write(writerOf({ output: `${long}/x.md` }), resultOf('x'));
    assert.ok(outcome.kind === 'leftAlone');
    assert.match(outcome.reason, /cannot be written/);
    await fs.rm(root, { recursive: true });
    await assert.rejects(write(writerOf({ output: 'x.md' }), resultOf('x')), {
      code: 'disk',
      message: /x.md cannot be written/,
    });
  });
});

describe('placeFile', () => {
  afterEach(removeWorkspaces);

  it('never replaces a file that appeared in the meantime', async () => {
    const root = await makeWorkspace({ x: 'theirs' });
    const file = path.join(root, 'x');
    assert.equal(await placeFile(file, Buffer.from('ours'), false), false);
    assert.equal(await fs.readFile(file, 'utf8'), 'theirs');
    assert.deepEqual(await fs.readdir(root), ['x']);
    const racers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => placeFile(path.join(root, 'y'), Buffer.from(String(i)), false)),
    );
    assert.equal(racers.filter(Boolean).length, 1);
    assert.deepEqual(await fs.readdir(root), ['x', 'y']);
  });
});
