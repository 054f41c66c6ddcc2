import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { confirmed } from '../../src/cli/prompt.ts';
import { CLI, assertCode, cleanEnvironment, runCli } from '../support/cli/cli.ts';
import type { Folder } from '../support/cli/folder.ts';
import { JOB, withSummaries } from '../support/cli/jobs.ts';

/** `script` of util-linux gives a command a terminal of its own; others take other arguments. */
const version = spawnSync('script', ['--version'], { encoding: 'utf8' });
const hasScript = version.status === 0 && version.stdout.includes('util-linux');

describe('confirmation', () => {
  it('is needed: without a terminal and without --yes nothing is sent or written', async () => {
    await using folder = await withSummaries();
    const before = await folder.tree();
    for (const json of [[], ['--json']]) {
      const said = await runCli(folder, ['run', JOB, ...json]);
      assertCode(said, 2);
      assert.match(said.stderr, /To +this machine/); // it shows what it would have sent
      assert.match(
        said.stderr,
        /Nothing was sent: nobody can be asked here\. Say yes beforehand with --yes\./,
      );
      const document =
        json.length === 0 ? undefined : (JSON.parse(said.stdout) as { error: { code: string } });
      assert.equal(document?.error.code, json.length === 0 ? undefined : 'notConfirmed');
    }
    assert.deepEqual(await folder.tree(), before);
  });

  for (const [typed, agreed] of [
    ['y\n', true],
    ['Yes\n', true],
    ['\n', false],
    ['n\n', false],
    ['yep\n', false],
    ['', false],
  ] as const) {
    it(`takes ${JSON.stringify(typed)} for ${agreed ? 'a yes' : 'a no'}`, async () => {
      const input = new PassThrough();
      const output = new PassThrough();
      input.end(typed);
      assert.equal(await confirmed('Send?', { input, output }), agreed);
      output.end();
      assert.match(await text(output), /^Send\? \[y\/N\] /);
    });
  }

  if (hasScript) {
    it('on a terminal, n ends 2 with nothing sent, and y runs with a bar', async () => {
      await using folder = await withSummaries();
      const before = await folder.tree();
      const no = onTerminal(folder, 'n\n');
      assert.equal(no.code, 2, no.screen);
      assert.match(no.screen, /Send these 3 rows\? \[y\/N\]/);
      assert.match(no.screen, /Nothing was sent\./);
      assert.deepEqual(await folder.tree(), before);
      const yes = onTerminal(folder, 'y\n');
      assert.equal(yes.code, 0, yes.screen);
      assert.match(yes.screen, /\[█{24}\] 3\/3 rows/);
      assert.match(await folder.read('out/docs/one.md.md'), /river/);
    });
  }
});

function onTerminal(
  folder: Folder,
  typed: string,
): { readonly code: number | null; readonly screen: string } {
  const command = `stty cols 100 && "${process.execPath}" "${CLI}" run ${JOB}`;
  const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
    cwd: folder.root,
    env: { ...cleanEnvironment(), TERM: 'xterm' },
    input: typed,
    encoding: 'utf8',
    timeout: 9_000,
  });
  return { code: status, screen: stdout };
}
