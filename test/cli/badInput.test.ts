import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { ahead } from '../support/cli/ahead.ts';
import { assertCode, runCli } from '../support/cli/cli.ts';
import { Folder, type FileContent } from '../support/cli/folder.ts';
import { DOCS, JOB, summaries } from '../support/cli/jobs.ts';

interface BadInput {
  readonly what: string;
  /** The job file: changes of its one cell, or all of it. */
  readonly cell?: Readonly<Record<string, unknown>>;
  readonly job?: FileContent;
  readonly files?: Readonly<Record<string, FileContent>>;
  readonly links?: Readonly<Record<string, string>>;
  /** What the message says. */
  readonly says: RegExp;
}

const ONE = { files: ['docs/one.md'] };
const MESSAGES = [{ role: 'user', content: 'Hello' }];
const PEOPLE = { kind: 'rows', data: 'people.csv', key: 'id', prompt: 'Write to {{row.name}}.' };
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };

const CASES: readonly BadInput[] = [
  { what: 'a syntax error', job: '{ "version": 1\n  "cells": [] }', says: /:2:\d+: / },
  { what: 'an empty job file', job: '', says: /:1:1: / },
  { what: 'another version', job: { ...summaries(), version: 2 }, says: /version/i },
  { what: 'an unknown key', cell: { promt: 'x' }, says: /"promt".*"prompt"/ },
  {
    what: 'an unknown key at the top',
    job: { ...summaries(), costLimit: 3 },
    says: /"costLimit".*"costLimitUsd"/,
  },
  {
    what: 'a setting that redirects traffic',
    job: { ...summaries(), baseUrl: 'http://x' },
    says: /"baseUrl"/,
  },
  { what: 'an unknown variable', cell: { prompt: 'Read {{file.nam}}.' }, says: /file\.nam.*file\.name/ },
  { what: 'a file that is not there', cell: { files: ['docs/four.md'] }, says: /docs\/four\.md/ },
  { what: 'a pattern without a match', cell: { files: ['none/**'] }, says: /none\/\*\*/ },
  {
    what: 'messages together with a file',
    cell: {
      kind: 'messages',
      messages: MESSAGES,
      file: 'docs/one.md',
      files: undefined,
      prompt: undefined,
      output: 'a.md',
    },
    says: /"file"/,
  },
  {
    what: 'an unknown model',
    cell: { model: 'offline-extractiv' },
    says: /"offline-extractiv".*"offline-extractive"/,
  },
  {
    what: 'a pretend model without its service',
    cell: { model: 'mock-small' },
    says: /no model "mock-small"/,
  },
  { what: 'no model', job: { ...summaries(), defaults: {} }, says: /names no model/ },
  {
    what: 'a column that is not there',
    cell: { ...PEOPLE, prompt: '{{row.nme}}', files: undefined, output: 'a/{{row.id}}' },
    files: { 'people.csv': 'id,name\n1,Ann\n' },
    says: /nme/,
  },
  {
    what: 'two rows with one key',
    cell: { ...PEOPLE, files: undefined, output: 'out/{{row.id}}.md' },
    files: { 'people.csv': 'id,name\n1,Ann\n2,Ben\n1,Cid\n' },
    says: /(?=.*\b2\b)(?=.*\b4\b)/,
  },
  {
    what: 'two cells with one id',
    job: { ...summaries(), cells: [summaries()['cells'], summaries()['cells']].flat() },
    says: /both have the id "sum"/,
  },
  {
    what: 'an output above the root',
    cell: { ...ONE, output: '../{{file.stem}}.md' },
    says: /leaves the root/,
  },
  {
    what: 'an output above the root by its folder',
    cell: { ...ONE, output: 'a/../../{{file.stem}}.md' },
    says: /leaves the root/,
  },
  { what: 'an absolute output', cell: { ...ONE, output: '/tmp/{{file.stem}}.md' }, says: /is absolute/ },
  {
    what: 'an output on a Windows drive',
    cell: { ...ONE, output: 'C:/{{file.stem}}.md' },
    says: /is absolute/,
  },
  {
    what: 'an output through a link',
    cell: { ...ONE, output: 'away/{{file.stem}}.md' },
    links: { away: '..' },
    says: /through a link/,
  },
  {
    what: 'results through a link',
    job: { ...summaries({ ...ONE, output: 'each' }), resultsDir: 'away' },
    links: { away: '..' },
    says: /through a link/,
  },
  {
    what: 'an output that is an input',
    cell: { files: ['docs/one.md'], output: 'docs/one.md', overwrite: true },
    says: /docs\/one\.md/,
  },
  {
    what: 'an output that is an input by a link',
    cell: { files: ['docs/one.md'], output: 'same/one.md', overwrite: true },
    links: { same: 'docs' },
    says: /same\/one\.md/,
  },
  {
    what: 'an output that is the job file',
    cell: { files: ['docs/one.md'], output: JOB, overwrite: true },
    says: /is the job file/,
  },
  {
    what: 'an output that is the job file in other case',
    cell: { files: ['docs/one.md'], output: 'JOB.batch.json', overwrite: true },
    says: /is the job file/,
  },
  {
    what: 'an output that somebody else wrote',
    cell: { files: ['docs/one.md'], output: 'mine.md' },
    files: { 'mine.md': 'mine\n' },
    says: /"mine\.md", exists and was not written by Batchbook/,
  },
  {
    what: 'an output of two rows',
    cell: { files: ['docs/one.md', 'docs/two.md'], output: 'all.md' },
    says: /is also the output of row docs\/one\.md/,
  },
  {
    what: 'an output of two rows in other case',
    cell: { files: ['a.txt', 'A.md'], output: 'out/{{file.stem}}' },
    files: { 'a.txt': 'text\n', 'A.md': 'text\n' },
    says: /is also the output of row/,
  },
  {
    what: 'an output in .git',
    cell: { files: ['docs/one.md'], output: '.git/hooks/x', overwrite: true },
    says: /leading dot/,
  },
  {
    what: 'an output in node_modules',
    cell: { files: ['docs/one.md'], output: 'node_modules/x.md' },
    says: /node_modules/,
  },
  {
    what: 'an output in the state folder',
    cell: { files: ['docs/one.md'], output: '.batchbook/x.md' },
    says: /leading dot/,
  },
  { what: 'files above the root', cell: { files: ['../secret.md'] }, says: /\.\.\/secret\.md/ },
  { what: 'absolute files', cell: { files: ['/etc/passwd'] }, says: /\/etc\/passwd/ },
  {
    what: 'files through a link',
    cell: { files: ['away/secret.md'] },
    links: { away: '..' },
    says: /away\/secret\.md/,
  },
  {
    what: 'data above the root',
    cell: { ...PEOPLE, data: '../people.csv', files: undefined, output: false },
    says: /\.\.\/people\.csv/,
  },
  {
    what: 'data through a link',
    cell: { ...PEOPLE, data: 'away/people.csv', files: undefined, output: false },
    links: { away: '..' },
    says: /away\/people\.csv/,
  },
  {
    what: 'data that is not there',
    cell: { ...PEOPLE, files: undefined, output: false },
    says: /people\.csv/,
  },
  {
    what: 'a schema for the offline model',
    cell: { responseSchema: SCHEMA, files: ['docs/one.md'], output: 'a.json' },
    says: /does not take "responseSchema"/,
  },
  {
    what: 'citations of the offline model',
    cell: { enableCitations: true, files: ['docs/one.md'] },
    says: /does not take "enableCitations"/,
  },
  {
    what: 'a temperature for the offline model',
    cell: { temperature: 1, files: ['docs/one.md'] },
    says: /does not take "temperature"/,
  },
  { what: 'a limit below nothing', job: { ...summaries(), costLimitUsd: -1 }, says: /costLimitUsd/ },
  { what: 'a limit that is text', job: { ...summaries(), costLimitUsd: '5' }, says: /costLimitUsd/ },
];

describe('bad input', () => {
  const checked = ahead(CASES, refusesQuietly);
  for (const bad of CASES) {
    it(`${bad.what}: ends 2 with a message at its place, and nothing is sent or written`, () => checked(bad));
  }

  it('a job file that is not there: ends 2 and names it', async () => {
    await using folder = await Folder.with();
    const said = await runCli(folder, ['run', 'gone.batch.json', '--yes', '--json']);
    assertCode(said, 2);
    assert.equal(errorOf(said).error.code, 'jobFile');
    assert.equal(said.stderr, `There is no job file ${folder.path('gone.batch.json')}.\n`);
  });

  for (const [what, content, says] of [
    ['in UTF-16', Buffer.from('\ufeff{ "version": 1 }', 'utf16le'), /job\.batch\.json is in UTF-16/],
    ['of bytes', Buffer.from([0x7f, 0x45, 0, 1, 2, 10, 10]), /job\.batch\.json is binary/],
    ['in Latin-1', Buffer.from('{ "title": "\xfc" }', 'latin1'), /another encoding, such as Latin-1/],
  ] as const)
    it(`a job file ${what}: ends 2 with one line that says so`, async () => {
      await using folder = await Folder.with({ [JOB]: content });
      const said = await runCli(folder, ['run', JOB, '--yes', '--json']);
      assertCode(said, 2);
      assert.match(said.stderr, /^[^\n]*Save it as UTF-8, or name another file\.\n$/);
      assert.match(said.stderr, says);
      assert.equal(errorOf(said).error.code, 'jobFile');
    });

  it('a folder for a job file: ends 2 and says what to name', async () => {
    await using folder = await Folder.with(DOCS);
    for (const name of ['docs', 'docs/']) {
      const said = await runCli(folder, ['run', name, '--yes']);
      assertCode(said, 2);
      assert.equal(said.stderr, `${folder.path('docs')} is a folder. Name a job file in it.\n`);
    }
  });

  it('is told on standard error alone without --json', async () => {
    await using folder = await folderOf({ what: '', cell: { model: 'none' }, says: / / });
    const said = await runCli(folder, ['run', JOB, '--yes']);
    assertCode(said, 2);
    assert.equal(said.stdout, '');
    assert.match(said.stderr, /^job\.batch\.json:\d+:\d+: .*\n$/);
  });

  it('is told with the path as seen from the current folder', async () => {
    await using folder = await folderOf({ what: '', cell: { model: 'none' }, says: / / });
    const said = await runCli(folder, ['estimate', `root/${JOB}`, '--workspace', 'root'], { cwd: '..' });
    assertCode(said, 2);
    assert.match(said.stderr, /^root\/job\.batch\.json:\d+:\d+: /);
  });

  it('reports several problems at once, a line each', async () => {
    await using folder = await folderOf({ what: '', cell: { promt: 'x', maxToken: 3 }, says: / / });
    const said = await runCli(folder, ['estimate', JOB, '--json']);
    assertCode(said, 2);
    assert.equal(errorOf(said).error.problems?.length, 2);
    assert.equal(said.stderr.trimEnd().split('\n').length, 2);
  });
});

async function refusesQuietly(bad: BadInput): Promise<void> {
  await using folder = await folderOf(bad);
  const before = await folder.tree();
  const said = await runCli(folder, ['run', JOB, '--yes', '--json', '--workspace', '.']);
  assertCode(said, 2);
  const lines = said.stderr.trimEnd().split('\n');
  assert.equal(lines.length, 1, said.stderr);
  assert.match(lines[0] ?? '', /^(?:job\.batch\.json|people\.csv):\d+:\d+: \S/);
  assert.match(lines[0] ?? '', bad.says);
  const { error } = errorOf(said);
  assert.equal(error.code, 'jobFile');
  assert.equal(error.message, lines[0]);
  assert.equal(error.problems?.length, 1);
  const { fixes = [], ...problem } = error.problems[0] ?? {};
  assert.deepEqual(Object.keys(problem).sort(), ['file', 'message', 'path', 'range', 'severity']);
  for (const fix of fixes as readonly object[])
    assert.deepEqual(Object.keys(fix).sort(), ['range', 'text', 'title']);
  assert.deepEqual(await folder.tree(), before);
}

interface ErrorDocument {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly problems?: readonly Readonly<Record<string, unknown>>[];
  };
}

function errorOf({ stdout }: { readonly stdout: string }): ErrorDocument {
  return JSON.parse(stdout) as ErrorDocument;
}

async function folderOf({ cell, job, files, links }: BadInput): Promise<Folder> {
  const folder = await Folder.with({
    ...DOCS,
    '../secret.md': 'Nobody may read this.\n',
    '../people.csv': 'id,name\n1,Ann\n',
    ...files,
    [JOB]: job ?? summaries(cell),
  });
  for (const [name, target] of Object.entries(links ?? {})) await symlink(target, folder.path(name));
  return folder;
}
