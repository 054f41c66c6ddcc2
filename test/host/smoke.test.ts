import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { commands, extensions, Uri, workspace } from 'vscode';
import { COMMAND_IDS } from '../../src/host/contributions.ts';

describe('the extension in a real extension host', () => {
  it('activates and registers every contributed command', async () => {
    const extension = extensions.getExtension('batchbook.batchbook');
    assert.ok(extension, 'VS Code does not know the extension');
    await extension.activate();
    assert.equal(extension.isActive, true);
    const registered = (await commands.getCommands(true)).filter((id) => id.startsWith('batchbook.'));
    assert.deepEqual(registered.sort(), [...COMMAND_IDS].sort());
  });

  it('says whether the workspace holds runs', async () => {
    const [folder] = workspace.workspaceFolders ?? [];
    assert.ok(folder, 'no folder is open');
    const { version } = extensions.getExtension('batchbook.batchbook')?.packageJSON as { version: string };
    const before = await commands.executeCommand('batchbook.about');
    assert.equal(before, `Batchbook ${version}. This workspace holds no runs yet.`);
    await workspace.fs.createDirectory(Uri.joinPath(folder.uri, '.batchbook'));
    const after = await commands.executeCommand('batchbook.about');
    assert.equal(after, `Batchbook ${version}. Runs are kept in: ${folder.name}/.batchbook.`);
  });

  it('can load the lazy libraries', async () => {
    const extension = extensions.getExtension('batchbook.batchbook');
    assert.ok(extension);
    const folder = path.join(extension.extensionPath, 'dist/lazy');
    const files = await readdir(folder);
    assert.ok(files.length > 0);
    for (const file of files) {
      const library = (await import(pathToFileURL(path.join(folder, file)).href)) as object;
      assert.ok(Object.keys(library).length > 0, `${file} exports nothing`);
    }
  });
});
