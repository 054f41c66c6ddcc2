import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { openAddress } from './sharedServer.ts';

const root = path.resolve(import.meta.dirname, '../..');

describe('npm run code', function () {
  this.timeout(120_000);

  it('serves the examples with the extension at an address that it prints, until it is ended', async () => {
    // Without a PATH there is no desktop VS Code, wherever this runs, but for npm and what it needs.
    const child = spawn(process.execPath, ['scripts/code.ts'], {
      cwd: root,
      env: { ...process.env, BATCHBOOK_VSCODE: '', PATH: withoutCode(process.env['PATH'] ?? '') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    try {
      const address = await Promise.race([addressIn(child.stdout), ended.then(() => undefined)]);
      assert.ok(address !== undefined, 'it ended before it printed an address');
      assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\//);
      await using window = await openAddress(address);
      await window.showRuns();
      await window.explorerTab();
      await window.explorerItem('summaries.batch.json').waitFor();
    } finally {
      child.kill('SIGINT');
      assert.deepEqual(await ended, [0, null]);
    }
  });
});

async function addressIn(output: NodeJS.ReadableStream): Promise<string | undefined> {
  for await (const line of createInterface(output)) {
    const address = /http:\S+/.exec(line)?.[0];
    if (address !== undefined) return address;
  }
  return undefined;
}

function withoutCode(folders: string): string {
  return folders
    .split(path.delimiter)
    .filter((folder) => !/code/i.test(folder))
    .join(path.delimiter);
}
