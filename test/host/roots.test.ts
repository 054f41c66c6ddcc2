import assert from 'node:assert/strict';
import path from 'node:path';
import { workspace } from 'vscode';
import { Roots } from '../../src/host/roots.ts';
import { readSetting } from '../../src/host/settings.ts';

describe('The roots of a window', () => {
  it('are opened once, however often and by whichever file they are asked for', async () => {
    const [folder] = workspace.workspaceFolders ?? [];
    assert.ok(folder, 'no folder is open');
    const noAccess = { accessTo: () => Promise.reject(new Error('Nothing is sent here.')) };
    const roots = new Roots(noAccess, readSetting);
    try {
      const [first, ...others] = await roots.all();
      assert.ok(first);
      assert.deepEqual(others, []);
      assert.equal(first.root, folder.uri.fsPath);
      const again = await Promise.all([roots.all(), roots.all()]);
      for (const all of again) assert.equal(all[0], first);
      assert.equal(await roots.of(path.join(first.root, 'docs/some.batch.json')), first);
      assert.equal(roots.at(first.root), first);
      assert.equal(roots.many, false);
      await assert.rejects(roots.of(path.join(path.dirname(first.root), 'other/x.batch.json')), {
        code: 'usage',
      });
    } finally {
      roots.dispose();
    }
  });
});
