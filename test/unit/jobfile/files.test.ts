import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { expandFiles, type FileExpansion, type FileQuery } from '../../../src/jobfile/files.ts';
import { makeWorkspace, removeWorkspaces, writeFiles } from './workspace.ts';

function find(
  root: string,
  patterns: readonly string[],
  query: Partial<FileQuery> = {},
): Promise<FileExpansion> {
  return expandFiles({
    root,
    patterns,
    gitignore: true,
    fileTypes: [],
    jobFilePath: 'job.batch.json',
    resultsDir: 'results',
    ownOutputs: new Set<string>(),
    ...query,
  });
}
const paths = ({ included }: FileExpansion): readonly string[] => included.map(({ path }) => path);
const reasons = ({ leftOut }: FileExpansion): Readonly<Record<string, string>> =>
  Object.fromEntries(leftOut.map(({ path, reason }) => [path, reason]));
const errors = ({ issues }: FileExpansion): readonly string[] =>
  issues.filter(({ severity }) => severity === 'error').map(({ message }) => message);

describe('expandFiles', () => {
  afterEach(removeWorkspaces);

  it('expands globs, folders and negations, each file once and sorted', async () => {
    const root = await makeWorkspace({
      'docs/b.md': 'b',
      'docs/a.md': 'a',
      'docs/old/c.md': 'c',
      'docs/x.txt': 'x',
      'src/Z.md': 'z',
      'src/a.md': 'a',
    });
    assert.deepEqual(paths(await find(root, ['docs/**/*.{md,pdf}', '!docs/old/**', 'docs/a.md'])), [
      'docs/a.md',
      'docs/b.md',
    ]);
    assert.deepEqual(paths(await find(root, ['docs', '!docs/old'])), [
      'docs/a.md',
      'docs/b.md',
      'docs/x.txt',
    ]);
    assert.deepEqual(paths(await find(root, ['src/', 'docs/*'])), [
      'docs/a.md',
      'docs/b.md',
      'docs/x.txt',
      'src/Z.md',
      'src/a.md',
    ]);
    assert.deepEqual(paths(await find(root, ['.', '!**/*.md'])), ['docs/x.txt']);
    assert.deepEqual(paths(await find(root, ['docs/a.md', 'src/a.md', '!src/**'])), ['docs/a.md']);
  });

  it('names a path that does not exist, a glob and a folder without files, and only negations', async () => {
    const root = await makeWorkspace({ 'a.md': 'a' });
    await fs.mkdir(path.join(root, 'empty'));
    const result = await find(root, ['gone.md', '*.pdf', 'empty', 'docs\\*.md', 'a.md']);
    assert.deepEqual(
      result.issues.map(({ pattern }) => pattern),
      [0, 1, 2, 3],
    );
    assert.match(
      errors(result).join('\n'),
      /no file or folder "gone.md"[^]*"\*.pdf" matches no file[^]*"empty" holds no files[^]*separated by "\/"/,
    );
    assert.match(errors(await find(root, ['!a.md'])).join(), /Every pattern begins with "!"/);
    assert.match(errors(await find(root, ['a.md', '!*.md'])).join(), /No file is left/);
  });

  it('leaves out files whose names say that they hold secrets, unless one is named explicitly', async () => {
    const root = await makeWorkspace({
      '.gitignore': '.env\n',
      '.env': 'A=1',
      '.env.example': 'A=',
      'keys/id_rsa': 'k',
      'keys/server.pem': 'k',
      'keys/notes.md': 'n',
    });
    const globbed = await find(root, ['.env*', 'keys']);
    assert.deepEqual(paths(globbed), ['.env.example', 'keys/notes.md']);
    assert.deepEqual(reasons(globbed), {
      '.env': 'likelySecret',
      'keys/id_rsa': 'likelySecret',
      'keys/server.pem': 'likelySecret',
    });
    assert.deepEqual(globbed.issues, []);
    const named = await find(root, ['keys', '.env']);
    assert.deepEqual(paths(named), ['.env', 'keys/notes.md']);
    assert.deepEqual(errors(named), []);
    assert.deepEqual(named.notices, [
      '.env has a name that files with keys or passwords have, and is included because it is named explicitly.',
    ]);
    await fs.symlink('.env', path.join(root, 'plain.md'));
    assert.deepEqual(reasons(await find(root, ['*.md', 'keys/notes.md'])), { '.env': 'likelySecret' });
  });

  it('refuses what leads out of the root', async () => {
    const outside = await makeWorkspace({ 'secret.md': 's' });
    const root = await makeWorkspace({ 'a.md': 'a' });
    await fs.symlink(outside, path.join(root, 'out'));
    for (const pattern of [
      '../*.md',
      '/etc/*',
      'C:\\x\\*',
      'a/../../*.md',
      '{..,a}/*.md',
      'out',
      'out/secret.md',
      'out/*.md',
    ]) {
      const result = await find(root, [pattern]);
      assert.deepEqual(paths(result), [], pattern);
      assert.equal(errors(result).length, 1, pattern);
    }
  });

  it('follows links to files inside the root only, and walks through none', async () => {
    const outside = await makeWorkspace({ 'secret.md': 's' });
    const root = await makeWorkspace({ 'docs/a.md': 'a', 'notes/b.md': 'b', '.git/config.md': 'x' });
    await fs.symlink(path.join(outside, 'secret.md'), path.join(root, 'docs/out.md'));
    await fs.symlink('../notes/b.md', path.join(root, 'docs/in.md'));
    await fs.symlink('nowhere', path.join(root, 'docs/dangling.md'));
    await fs.symlink('../notes', path.join(root, 'docs/folder.md'));
    await fs.symlink('..', path.join(root, 'docs/loop'));
    await fs.symlink('../.git/config.md', path.join(root, 'docs/git.md'));
    const result = await find(root, ['docs/**/*.md', 'notes/*.md']);
    assert.deepEqual(paths(result), ['docs/a.md', 'notes/b.md']);
    assert.deepEqual(reasons(result), {
      'docs/out.md': 'link',
      'docs/dangling.md': 'link',
      'docs/folder.md': 'folderLink',
      '.git/config.md': 'builtIn',
    });
    assert.match(
      result.issues.map(({ message }) => message).join(),
      /docs\/dangling.md, docs\/out.md is a link/,
    );
    assert.equal(reasons(await find(root, ['docs/**']))['docs/loop'], 'folderLink', 'a link to the root');
    await fs.symlink('notes', path.join(root, 'ln'));
    assert.deepEqual(paths(await find(root, ['ln'])), ['notes/b.md']);
  });

  it('leaves out what .gitignore files name, as git does', async () => {
    const root = await makeWorkspace({
      '.gitignore': '*.log\n/build/\n!keep.log\nsub/deep/*.md\n',
      'docs/.gitignore': 'draft-*\n!draft-final.md\n',
      'docs/sub/.gitignore': '!draft-deep.md\n',
      'a.log': '1',
      'keep.log': '1',
      'build/x.md': '1',
      'docs/build/y.md': '1',
      'docs/draft-1.md': '1',
      'docs/draft-final.md': '1',
      'docs/sub/draft-deep.md': '1',
      'docs/sub/draft-other.md': '1',
      'sub/deep/z.md': '1',
      'build/.gitignore': '!x.md\n',
      'Draft.LOG': '1',
    });
    const result = await find(root, ['**']);
    const { PATH } = process.env;
    const git = (...args: readonly string[]): string =>
      execFileSync('git', args, {
        cwd: root,
        encoding: 'utf8',
        env: { PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
      });
    git('init', '-q');
    const listed = git('ls-files', '--others', '--exclude-standard')
      .split('\n')
      .filter((f) => f !== '' && !f.endsWith('.gitignore'));
    assert.deepEqual(paths(result), listed.sort());
    assert.equal(reasons(result)['build/x.md'], 'gitignored');
    assert.deepEqual(errors(result), []);
    assert.ok(paths(await find(root, ['**'], { gitignore: false })).includes('build/x.md'));
  });

  it('includes an ignored file that is named, with a notice, and leaves out the built-in list', async () => {
    const root = await makeWorkspace({
      '.gitignore': '*.log',
      'a.log': '1',
      'b.md': '1',
      'node_modules/p/r.md': '1',
      '.git/x.md': '1',
      '.batchbook/runs/y.md': '1',
      '.hidden/z.md': '1',
      'results/c/b.md.json': '1',
      'own.md': '1',
      'job.batch.json': '{}',
    });
    const own = { ownOutputs: new Set(['own.md']) };
    const globbed = await find(root, ['**'], own);
    assert.deepEqual(paths(globbed), ['b.md']);
    assert.deepEqual(reasons(globbed), {
      'a.log': 'gitignored',
      'job.batch.json': 'jobFile',
      'own.md': 'ownOutput',
      'results/c/b.md.json': 'ownOutput',
    });
    assert.deepEqual(globbed.issues, []);
    const named = await find(root, ['a.log', 'node_modules/p/r.md', 'own.md', '.hidden/*.md'], own);
    assert.deepEqual(paths(named), ['.hidden/z.md', 'a.log', 'node_modules/p/r.md', 'own.md']);
    assert.equal(named.notices.length, 3);
    assert.match(named.notices.join('\n'), /a.log is named by a .gitignore file, and is included/);
    for (const never of ['.git/x.md', '.batchbook/runs/y.md', 'job.batch.json', '.git', '.git/*'])
      assert.equal(errors(await find(root, [never])).length, 1, never);
  });

  it('reads nothing of what a file called .gitignore cannot say', async () => {
    const root = await makeWorkspace({ 'a.md': '1', 'sub/b.md': '1' });
    await fs.mkdir(path.join(root, '.gitignore'));
    await fs.writeFile(path.join(root, 'sub/.gitignore'), '*.md\n'.padEnd(1_000_001, '#'));
    assert.deepEqual(paths(await find(root, ['**'])), ['a.md', 'sub/b.md']);
  });

  it('ends every odd file as a row or a named problem', async () => {
    const root = await makeWorkspace({
      'text.md': 'x\r\ny',
      'empty.md': '',
      'b.png': new Uint8Array([0x89, 0x50, 0, 1]),
      'p.pdf': '%PDF-1.7\n',
      'utf16.txt': Buffer.from('\uFEFFhi', 'utf16le'),
      'latin.txt': Buffer.from('caf\xe9', 'latin1'),
    });
    const big = await fs.open(path.join(root, 'big.txt'), 'w');
    await big.truncate(50_000_001);
    await big.close();
    const result = await find(root, ['**']);
    assert.deepEqual(paths(result), ['latin.txt', 'text.md', 'utf16.txt']);
    assert.deepEqual(reasons(result), {
      'b.png': 'binary',
      'big.txt': 'tooLarge',
      'empty.md': 'empty',
      'p.pdf': 'binary',
    });
    assert.equal(result.issues[0]?.severity, 'warning');
    for (const name of ['b.png', 'big.txt', 'empty.md', 'p.pdf'])
      assert.match(result.issues[0].message, new RegExp(name));
    assert.deepEqual(paths(await find(root, ['p.pdf'], { fileTypes: ['pdf'] })), ['p.pdf']);
    assert.deepEqual(paths(await find(root, ['b.png'], { fileTypes: ['*'] })), ['b.png']);
    assert.match(
      errors(await find(root, ['text.md', 'b.png'])).join(),
      /b.png is not text, and the model does not take/,
    );
    const allEmpty = await find(root, ['empty.md']);
    assert.match(errors(allEmpty).join(), /No file is left for this cell: empty.md is empty/);
  });

  it('names files that cannot be read and those that are no files', async () => {
    const root = await makeWorkspace({ 'a.md': '1' });
    execFileSync('mkfifo', [path.join(root, 'pipe')]);
    assert.match(errors(await find(root, ['pipe'])).join(), /not a regular file/);
    if (process.getuid?.() === 0) return; // nothing is unreadable to root
    await fs.chmod(path.join(root, 'a.md'), 0);
    assert.match(errors(await find(root, ['a.md'])).join(), /cannot be read/);
  });

  it('takes names with spaces, glob characters, any script and 250 bytes', async () => {
    const names = [
      'a b.md',
      '[x] (1).md',
      '里山の図書館.md',
      `${'n'.repeat(247)}.md`,
      'quo"te.md',
      'new\nline.md',
    ];
    const root = await makeWorkspace(Object.fromEntries(names.map((name) => [`d/${name}`, 'x'])));
    const expected = names.map((name) => `d/${name}`).sort();
    assert.deepEqual(paths(await find(root, ['d'])), expected);
    assert.deepEqual(paths(await find(root, expected)), expected);
    assert.deepEqual(paths(await find(root, ['d/[[]x*'])), ['d/[x] (1).md']);
    await writeFiles(root, { '[d] (1)/y.md': 'y' });
    assert.deepEqual(paths(await find(root, ['[d] (1)'])), ['[d] (1)/y.md']);
  });

  it('keeps paths that differ in case apart, and names NFC and NFD twins', async () => {
    const root = await makeWorkspace({ 'a.md': '1', 'A.md': '2' });
    if ((await fs.readdir(root)).length < 2) return; // a disk that cannot hold both
    assert.deepEqual(paths(await find(root, ['*.md'])), ['A.md', 'a.md']);
    const nfc = 'caf\u00e9.md';
    await writeFiles(root, { [nfc]: '1' });
    assert.deepEqual(paths(await find(root, ['caf\u00e9*'])), [nfc]);
    await writeFiles(root, { [nfc.normalize('NFD')]: '2' });
    const message = errors(await find(root, ['*.md'])).join();
    assert.match(message, /different Unicode spellings/);
    assert.match(message, /caf\\u\{e9\}.md/);
    assert.match(message, /cafe\\u\{301\}.md/);
    await fs.rm(path.join(root, nfc));
    for (const pattern of [nfc, 'caf\u00e9.*']) assert.deepEqual(paths(await find(root, [pattern])), [nfc]);
  });

  it('expands 10,000 files', async function () {
    this.timeout(30_000);
    const root = await makeWorkspace();
    for (let d = 0; d < 20; d++) {
      await fs.mkdir(path.join(root, String(d)));
      await Promise.all(
        Array.from({ length: 500 }, (_, i) =>
          fs.writeFile(path.join(root, String(d), `${String(i)}.md`), 'x'),
        ),
      );
    }
    const result = await find(root, ['**/*.md']);
    assert.equal(result.included.length, 10_000);
  });
});
