import assert from 'node:assert/strict';
import { assertCode, runCli, type Said } from '../support/cli/cli.ts';
import { Folder } from '../support/cli/folder.ts';
import { FakeOpenAI } from '../support/fakes/fakeOpenAI.ts';

describe('cleanup', function () {
  this.timeout(30_000);

  it('shows what finished batches left with its size, asks, and removes it', async () => {
    await using fake = await FakeOpenAI.start();
    await using home = await Folder.with({ 'batchbook/config.json': { keepProviderFiles: true } });
    await using folder = await Folder.with({
      'a.md': 'A text with a few words in it.',
      'job.batch.json': {
        version: 1,
        defaults: { model: 'gpt-6-luna' },
        costLimitUsd: 1,
        cells: [{ kind: 'files', id: 'a', files: ['a.md'], prompt: 'Summarize.', output: false }],
      },
    });
    const env = {
      OPENAI_BASE_URL: `${fake.origin}/v1`,
      OPENAI_API_KEY: fake.key,
      XDG_CONFIG_HOME: home.root,
      APPDATA: home.root,
    };
    const cli = (...args: readonly string[]): Promise<Said> =>
      runCli(folder, [...args, '--poll-interval', '0.02'], { env });
    assertCode(await cli('run', 'job.batch.json', '--yes'), 0);
    assert.equal(fake.files.size, 2, 'the request and its results are kept');

    const shown = await cli('cleanup', '--dry-run');
    assertCode(shown, 0);
    assert.match(shown.stdout, /OpenAI +2 things +[\d.]+ k?B +of finished batches/);
    const asked = await cli('cleanup');
    assertCode(asked, 2);
    assert.match(asked.stderr, /Nothing was removed: say yes with --yes/);
    assert.equal(fake.files.size, 2);

    const removed = await cli('cleanup', '--yes', '--json');
    assertCode(removed, 0);
    const { report } = JSON.parse(removed.stdout) as { report: { removed: number; bytes: number } };
    assert.deepEqual([report.removed, report.bytes > 100, fake.files.size], [2, true, 0]);
    const again = await cli('cleanup', '--yes');
    assertCode(again, 0);
    assert.match(again.stdout, /There is nothing to remove/);
  });

  it('takes no other value for the setting that keeps files, and says so', async () => {
    await using home = await Folder.with({ 'batchbook/config.json': { keepProviderFiles: 'yes' } });
    await using folder = await Folder.with({});
    const said = await runCli(folder, ['cleanup'], {
      env: { XDG_CONFIG_HOME: home.root, APPDATA: home.root },
    });
    assert.match(said.stderr, /has "keepProviderFiles", which is true or false, as something else/);
  });
});
