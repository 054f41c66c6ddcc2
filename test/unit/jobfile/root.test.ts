import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { findRoot, insideRoot } from '../../../src/jobfile/root.ts';
import { makeWorkspace, removeWorkspaces } from './workspace.ts';

describe('findRoot', () => {
  afterEach(removeWorkspaces);

  it('takes the nearest ancestor with .batchbook, before workspace and .git', async () => {
    const top = await makeWorkspace({ '.git/HEAD': '', 'a/.batchbook/x': '', 'a/b/c/job.batch.json': '' });
    const jobFile = path.join(top, 'a/b/c/job.batch.json');
    assert.equal(await findRoot({ jobFile, workspace: top, cwd: top }), path.join(top, 'a'));
    await fs.mkdir(path.join(top, 'a/b/.batchbook'));
    assert.equal(await findRoot({ jobFile, workspace: top, cwd: top }), path.join(top, 'a/b'));
  });

  it('takes a workspace that contains the job file, and refuses one that does not', async () => {
    const top = await makeWorkspace({ '.git/HEAD': '', 'a/job.batch.json': '', 'b/x': '' });
    const jobFile = path.join(top, 'a/job.batch.json');
    assert.equal(await findRoot({ jobFile, workspace: 'a', cwd: top }), path.join(top, 'a'));
    await assert.rejects(findRoot({ jobFile, workspace: path.join(top, 'b'), cwd: top }), {
      code: 'usage',
      message: /not inside the workspace/,
    });
  });

  it('takes the nearest .git, also where it is a file, then the current folder, then the job file’s own', async () => {
    const top = await makeWorkspace({
      'repo/.git': 'gitdir: x',
      'repo/a/j.batch.json': '',
      'plain/a/j.batch.json': '',
    });
    const inRepo = path.join(top, 'repo/a/j.batch.json');
    assert.equal(await findRoot({ jobFile: inRepo, cwd: top }), path.join(top, 'repo'));
    const plain = path.join(top, 'plain/a/j.batch.json');
    assert.equal(
      await findRoot({ jobFile: 'a/j.batch.json', cwd: path.join(top, 'plain') }),
      path.join(top, 'plain'),
    );
    assert.equal(await findRoot({ jobFile: plain, cwd: path.join(top, 'repo') }), path.dirname(plain));
  });

  it('does not take a file called .batchbook for state', async () => {
    const top = await makeWorkspace({ '.batchbook': 'a file', 'a/j.batch.json': '' });
    const folder = path.join(top, 'a');
    assert.equal(await findRoot({ jobFile: 'j.batch.json', cwd: folder }), folder);
  });
});

describe('insideRoot', () => {
  afterEach(removeWorkspaces);

  it('refuses what leaves the root, on every platform alike', async () => {
    const root = await makeWorkspace({ 'a/x.md': 'x' });
    const reasons: Readonly<Record<string, string>> = {
      '../x': 'parent',
      'a/../../x': 'parent',
      '..': 'parent',
      [`${'a/'.repeat(300)}x`]: 'long',
      ['a'.repeat(5_000)]: 'long',
      '/etc/passwd': 'absolute',
      'C:/x': 'absolute',
      'c:x': 'absolute',
      '\\\\server\\share': 'absolute',
      'a\0b': 'invalid',
    };
    for (const [file, reason] of Object.entries(reasons)) {
      const located = await insideRoot(root, file);
      assert.equal(located.ok ? 'ok' : located.reason, reason, file);
    }
    const fine = await insideRoot(root, 'a/../a/./x.md');
    assert.equal(fine.ok && fine.path, 'a/x.md');
    const missing = await insideRoot(root, 'new/deep/x.md');
    assert.equal(missing.ok && missing.path, 'new/deep/x.md');
  });

  it('resolves links, and refuses those that lead out or nowhere', async () => {
    const outside = await makeWorkspace({ 'secret.md': 's' });
    const root = await makeWorkspace({ 'docs/a.md': 'a' });
    await fs.symlink('docs', path.join(root, 'in'));
    await fs.symlink(outside, path.join(root, 'out'));
    await fs.symlink('nowhere', path.join(root, 'dangling'));
    await fs.symlink(path.join(outside, 'secret.md'), path.join(root, 'docs/link.md'));
    const inner = await insideRoot(root, 'in/new.md');
    assert.equal(inner.ok && inner.path, 'docs/new.md');
    for (const file of ['out/x.md', 'out', 'dangling', 'dangling/x', 'docs/link.md', 'in/link.md']) {
      const located = await insideRoot(root, file);
      assert.equal(located.ok ? 'ok' : located.reason, 'link', file);
    }
  });

  it('works below a root that is itself reached through a link', async () => {
    const real = await makeWorkspace({ 'docs/a.md': 'a' });
    const other = await makeWorkspace();
    await fs.symlink(real, path.join(other, 'ws'));
    const located = await insideRoot(path.join(other, 'ws'), 'docs/a.md');
    assert.deepEqual(located, { ok: true, path: 'docs/a.md', absolute: path.join(real, 'docs/a.md') });
  });

  it('finds a name in another Unicode spelling', async () => {
    const nfd = 'cafe\u0301.md';
    const mixed = 'e\u0301-\u00e9.md';
    const root = await makeWorkspace({ [nfd]: 'x', [mixed]: 'y' });
    for (const name of [nfd, mixed]) {
      const located = await insideRoot(root, name.normalize('NFC'));
      assert.ok(located.ok);
      assert.equal(located.path, name.normalize('NFC'));
      await fs.access(located.absolute);
    }
  });
});
