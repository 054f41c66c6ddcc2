import assert from 'node:assert/strict';
import { runCli } from '../support/cli/cli.ts';
import { Folder } from '../support/cli/folder.ts';

/** Lets a process take itself for one of an older Node, which has no `Map.groupBy`. */
const OLDER = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });
delete Map.groupBy; delete Object.groupBy; delete Array.fromAsync;`;

describe('On a Node that is too old', () => {
  it('every command says so in one sentence, with what to do, and does nothing', async () => {
    await using folder = await Folder.with();
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(OLDER)}` };
    for (const args of [['models'], ['run', 'a.batch.json', '--yes'], ['--version']]) {
      const { code, stdout, stderr } = await runCli(folder, args, { env });
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(
        stderr,
        /^Batchbook needs Node 22 or newer, and this is Node 20\.20\.2 \(.+\)\. Nothing was done\..+\n$/,
      );
    }
  });
});
