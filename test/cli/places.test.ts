import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, openSync, closeSync } from 'node:fs';
import type { RunStatus } from '../../src/core/status.ts';
import { assertCode, cleanEnvironment, CLI, runCli } from '../support/cli/cli.ts';
import { Folder } from '../support/cli/folder.ts';
import { JOB, withSummaries } from '../support/cli/jobs.ts';

const VERBS = [
  ['estimate', JOB],
  ['run', JOB, '--yes'],
  ['status'],
  ['results'],
  ['cleanup', '--dry-run'],
  ['models'],
  ['doctor'],
] as const;

describe('--workspace', function () {
  this.timeout(60_000);

  it('that is not there is refused by every command, and nothing is created', async () => {
    await using folder = await withSummaries();
    const before = await folder.tree();
    for (const verb of VERBS) {
      const said = await runCli(folder, [...verb, '--workspace', 'typo/nested']);
      assertCode(said, 2);
      assert.match(said.stderr, /^The workspace \S+typo\/nested cannot be opened: ENOENT.*Name a folder/);
    }
    assert.deepEqual(await folder.tree(), before);
  });

  it('that is a file is refused by every command', async () => {
    await using folder = await withSummaries();
    for (const verb of VERBS) {
      const said = await runCli(folder, [...verb, '--workspace', JOB]);
      assertCode(said, 2);
      assert.match(said.stderr, /^The workspace \S+job\.batch\.json is a file\. Name the folder/);
    }
  });

  it('that is not the root, as a nearer folder has state, is refused with both named', async () => {
    await using folder = await Folder.with({ 'docs/.batchbook/x': '', 'docs/job.batch.json': '{}' });
    const above = await runCli(folder, ['estimate', 'docs/job.batch.json', '--workspace', '.']);
    assertCode(above, 2);
    assert.ok(above.stderr.includes(`The workspace ${folder.root} is not the root here`), above.stderr);
    assert.ok(above.stderr.includes(`that is ${folder.path('docs')}, `), above.stderr);
    await folder.write({ 'docs/below/x': '' });
    const below = await runCli(folder, ['status', '--workspace', 'docs/below']);
    assertCode(below, 2);
    assert.ok(below.stderr.includes(`that is ${folder.path('docs')}, `), below.stderr);
    assertCode(await runCli(folder, ['status', '--workspace', 'docs']), 0);
  });

  it('that holds the job file below it is the root, also with state of its own', async () => {
    await using folder = await withSummaries();
    for (let i = 0; i < 2; i++)
      assertCode(await runCli(folder, ['estimate', JOB, '--workspace', folder.root], { cwd: '.' }), 0);
    assertCode(await runCli(folder, ['run', JOB, '--yes', '--workspace', '.']), 0);
    assertCode(await runCli(folder, ['status', '--workspace', '.']), 0);
  });
});

describe('A run that cannot write on', function () {
  this.timeout(60_000);

  it('ends 130 with its status, the file, and what to do; and goes on afterwards', async function () {
    if (process.platform === 'win32') this.skip();
    await using folder = await withSummaries({}, { 'docs/long.md': `${'word '.repeat(5_000)}end.` });
    // As on a full disk, but at 8 kB a file.
    const limited = ['-c', 'ulimit -f 8; exec "$@"', 'bash', process.execPath, CLI];
    // What was agreed to on this machine is a file too, which other tests have made large.
    const stateHome = folder.path('.state');
    const env = { ...cleanEnvironment(), XDG_STATE_HOME: stateHome };
    const how = { cwd: folder.root, env, encoding: 'utf8' } as const;
    for (const args of [
      ['run', JOB, '--yes', '--json'],
      ['resume', '--json'],
    ]) {
      const said = spawnSync('bash', [...limited, ...args], how);
      assert.equal(said.status, 130, said.stderr);
      const { runId, state, code, reason } = JSON.parse(said.stdout) as RunStatus;
      assert.deepEqual([runId.length, state, code], [26, 'stopped', 'disk']);
      assert.match(reason ?? '', new RegExp(`${runId}.* EFBIG.*Resume the run once that is mended`));
    }
    const told = spawnSync('bash', [...limited, 'resume'], how);
    assert.match(told.stdout, /EFBIG.*\n\nGo on: {2}node \S+ resume \w{26}\n/);
    assertCode(await runCli(folder, ['resume'], { stateHome }), 0);
  });
});

describe('Standard output', function () {
  this.timeout(60_000);

  it('on a disk that is full ends a command 1, with one sentence', async function () {
    if (!existsSync('/dev/full')) this.skip();
    await using folder = await withSummaries();
    assertCode(await runCli(folder, ['run', JOB, '--yes']), 0);
    for (const args of [['results'], ['status'], ['models', '--json'], ['--help']]) {
      const full = openSync('/dev/full', 'w');
      const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], {
        cwd: folder.root,
        env: cleanEnvironment(),
        encoding: 'utf8',
        stdio: ['ignore', full, 'pipe'],
      });
      closeSync(full);
      assert.equal(status, 1, stderr);
      assert.match(stderr, /^Standard output cannot be written: ENOSPC.*\n$/);
    }
  });

  it('is all that counts: standard error on a disk that is full stops no run', async function () {
    if (!existsSync('/dev/full')) this.skip();
    await using folder = await withSummaries();
    const full = openSync('/dev/full', 'w');
    const { status, stdout } = spawnSync(process.execPath, [CLI, 'run', JOB, '--yes', '--json'], {
      cwd: folder.root,
      env: cleanEnvironment(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', full],
    });
    closeSync(full);
    assert.equal(status, 0);
    assert.equal((JSON.parse(stdout) as RunStatus).counts.ok, 3);
  });
});
