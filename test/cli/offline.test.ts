import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { ROW_STATUSES } from '../../src/core/vocabulary.ts';
import { assertCode, runCli, statusIn } from '../support/cli/cli.ts';
import { DOCS, JOB, summaries, withSummaries } from '../support/cli/jobs.ts';

describe('run on this machine', () => {
  it('prints the status document and nothing else, writes the outputs and ends 0', async () => {
    await using folder = await withSummaries();
    const said = await runCli(folder, ['run', JOB, '--yes', '--json']);
    assertCode(said, 0);
    const status = statusIn(said);
    assert.equal(status.state, 'finished');
    assert.deepEqual(Object.keys(status.counts).sort(), ['total', ...ROW_STATUSES].sort());
    assert.deepEqual([status.counts.total, status.counts.ok], [3, 3]);
    assert.deepEqual(status.costUsd, { spent: 0, inFlight: 0, unconfirmed: 0, limit: 5 });
    assert.equal(status.etaMs, null);
    assert.deepEqual(Object.keys(status.tokens), ['input', 'output']);
    const [batch] = status.batches;
    assert.ok(batch);
    assert.deepEqual(
      [batch.provider, batch.model, batch.rows, batch.state, batch.costUsd],
      ['offline', 'offline-extractive', 3, 'closed', 0],
    );
    for (const name of Object.keys(DOCS)) assert.match(await folder.read(`out/${name}.md`), /\w+\./);
  });

  it('shows the plan and the progress, a table, and where the results are', async () => {
    await using folder = await withSummaries();
    const said = await runCli(folder, ['run', JOB, '--yes']);
    assertCode(said, 0);
    assert.match(said.stderr, /Rows +3 to send/);
    assert.match(
      said.stderr,
      /this machine, nothing leaves it: offline-extractive, extractive, not an AI model/,
    );
    assert.match(said.stderr, /3\/3 rows/);
    assert.match(said.stdout, /^cell +model +rows +ok +cost\nsum +offline-extractive +3 +3 +\$0\.00$/m);
    assert.match(said.stdout, /Answers: {2}3 files below out\/docs\//);
    assert.match(said.stdout, /All results: .* results [0-9a-z]{26}/);
  });

  it('takes over every answer the second time, and sends nothing', async () => {
    await using folder = await withSummaries();
    assertCode(await runCli(folder, ['run', JOB, '--yes']), 0);
    const before = await folder.read('out/docs/one.md.md');
    const said = await runCli(folder, ['run', JOB, '--json']); // nothing to agree to
    assertCode(said, 0);
    const status = statusIn(said);
    assert.deepEqual([status.counts.ok, status.reused, status.batches.length], [3, 3, 0]);
    assert.match(said.stderr, /3, all answered already: nothing is sent/);
    assert.equal(await folder.read('out/docs/one.md.md'), before);
  });

  it('sends exactly the row whose file was edited, and all of them with --all', async () => {
    await using folder = await withSummaries();
    assertCode(await runCli(folder, ['run', JOB, '--yes']), 0);
    await folder.write({ 'docs/two.md': 'The lake is deep. Nobody has seen its ground.\n' });
    const edited = await runCli(folder, ['run', JOB, '--yes', '--json']);
    assertCode(edited, 0);
    assert.match(edited.stderr, /1 to send, 2 answered already/);
    assert.deepEqual([statusIn(edited).reused, statusIn(edited).batches[0]?.rows], [2, 1]);
    assert.match(await folder.read('out/docs/two.md.md'), /lake/);
    const all = statusIn(await runCli(folder, ['run', JOB, '--yes', '--json', '--all']));
    assert.deepEqual([all.reused, all.batches[0]?.rows, all.counts.ok], [0, 3, 3]);
  });

  it('runs one cell with --cell', async () => {
    const cells = [summaries()['cells'], summaries({ id: 'other', output: false })['cells']].flat();
    await using folder = await withSummaries();
    await folder.write({ [JOB]: { ...summaries(), cells } });
    const status = statusIn(await runCli(folder, ['run', JOB, '--cell', 'other', '--yes', '--json']));
    assert.equal(status.counts.total, 3);
    const wrong = await runCli(folder, ['run', JOB, '--cell', 'othr', '--yes']);
    assertCode(wrong, 2);
    assert.match(wrong.stderr, /no cell "othr".*Did you mean "other"/);
  });

  it('leaves an output alone that somebody changed, and writes a missing one again', async () => {
    await using folder = await withSummaries();
    assertCode(await runCli(folder, ['run', JOB, '--yes']), 0);
    const answer = await folder.read('out/docs/two.md.md');
    await folder.write({ 'out/docs/one.md.md': 'my own words\n' });
    await rm(folder.path('out/docs/two.md.md'));
    const resumed = await runCli(folder, ['resume', JOB]);
    assertCode(resumed, 0);
    assert.equal(await folder.read('out/docs/one.md.md'), 'my own words\n');
    assert.equal(await folder.read('out/docs/two.md.md'), answer);
    assert.match(resumed.stdout, /out\/docs\/one\.md\.md was left alone: It was changed since/);
  });

  it('refuses a new run over an output that somebody changed', async () => {
    await using folder = await withSummaries();
    assertCode(await runCli(folder, ['run', JOB, '--yes']), 0);
    await folder.write({ 'out/docs/one.md.md': 'my own words\n' });
    const before = await folder.tree();
    const said = await runCli(folder, ['run', JOB, '--yes']);
    assertCode(said, 2);
    assert.match(
      said.stderr,
      /job\.batch\.json:\d+:\d+: .*one\.md\.md", was changed since Batchbook wrote it/,
    );
    assert.deepEqual(await folder.tree(), before);
  });

  it('keeps the state folder out of version control, and the job file as it was', async () => {
    await using folder = await withSummaries();
    const before = await folder.read(JOB);
    assertCode(await runCli(folder, ['run', JOB, '--yes']), 0);
    assert.equal(await folder.read('.batchbook/.gitignore'), '*\n');
    assert.equal(await folder.read(JOB), before);
  });

  it('finds the root from a folder below it, and by --workspace from anywhere', async () => {
    await using folder = await withSummaries();
    const run = await runCli(folder, ['run', `../${JOB}`, '--workspace', '..', '--yes'], { cwd: 'docs' });
    assertCode(run, 0);
    const results = /All results: {2}node \S+ (results .*)/.exec(run.stdout)?.[1];
    assert.ok(results);
    assertCode(await runCli(folder, results.split(' '), { cwd: 'docs' }), 0);
    const elsewhere = await runCli(folder, ['status', '--json', '--workspace', folder.root], { cwd: '..' });
    assertCode(elsewhere, 0);
    assert.equal((JSON.parse(elsewhere.stdout) as { runs: unknown[] }).runs.length, 1);
    const hinted = await runCli(folder, ['run', `root/${JOB}`], { cwd: '..' });
    assertCode(hinted, 0);
    assert.match(hinted.stdout, /All results: {2}.* --workspace root$/m);
  });
});
