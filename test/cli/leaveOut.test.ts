import assert from 'node:assert/strict';
import { readdir, truncate } from 'node:fs/promises';
import { assertCode, runCli, statusIn } from '../support/cli/cli.ts';
import { DOCS, JOB, withMails, withSummaries } from '../support/cli/jobs.ts';
import { GATED, ServiceWorld, endSpareService } from '../support/cli/world.ts';

interface PlanDocument {
  readonly rowsToSend: number;
  readonly sources: readonly { readonly source: string }[];
  readonly leftOut: readonly { readonly path: string; readonly reason: string; readonly why: string }[];
  readonly likelySecrets: readonly { readonly source: string; readonly what: string }[];
}

after(endSpareService);

describe('--leave-out', () => {
  it('takes inputs out of an estimate and of a run, each time it is given', async () => {
    await using folder = await withSummaries();
    const options = ['--leave-out', 'docs/one.md', '--leave-out', './docs/two.md'];
    const said = await runCli(folder, ['estimate', JOB, '--json', ...options]);
    assertCode(said, 0);
    const plan = JSON.parse(said.stdout) as PlanDocument;
    assert.deepEqual(
      plan.sources.map(({ source }) => source),
      ['docs/three.md'],
    );
    assert.deepEqual(
      plan.leftOut.map(({ path, reason, why }) => [path, reason, why]),
      [
        ['docs/one.md', 'byYou', 'is left out by your choice'],
        ['docs/two.md', 'byYou', 'is left out by your choice'],
      ],
    );
    assertCode(await runCli(folder, ['run', JOB, '--yes', ...options]), 0);
    assert.deepEqual(await readdir(folder.path('out/docs')), ['three.md.md']);
  });

  it('names the nearest input where none has that name, and sends nothing', async () => {
    await using folder = await withSummaries();
    const before = await folder.tree();
    for (const verb of [['estimate'], ['run', '--yes']]) {
      const said = await runCli(folder, [...verb, JOB, '--leave-out', 'docs/on.md']);
      assertCode(said, 2);
      assert.match(said.stderr, /"docs\/on\.md" cannot be left out.*Did you mean "docs\/one\.md"\?/);
    }
    assert.deepEqual(await folder.tree(), before);
  });

  it('takes out a data row by its key', async () => {
    await using folder = await withMails(3, { defaults: { model: 'offline-extractive' } });
    const said = await runCli(folder, ['estimate', JOB, '--json', '--leave-out', 'people.csv#p2']);
    assertCode(said, 0);
    assert.equal((JSON.parse(said.stdout) as PlanDocument).rowsToSend, 2);
  });

  it('of an input that an open run has is refused: that run goes on as it was planned', async () => {
    await using world = await ServiceWorld.with(GATED);
    const first = world.start('run', JOB, '--yes', '--json');
    await world.isDriven();
    const said = await world.run('run', JOB, '--yes', '--leave-out', 'people.csv#p2');
    assertCode(said, 2);
    assert.match(said.stderr, /The open run \S+ has "people\.csv#p2" among its rows/);
    await world.open();
    assertCode(await first.ended, 0);
  });
});

describe('what likely holds secrets', () => {
  const token = ['gh', 'p_', 'a1B2'.repeat(9)].join('');

  it('is shown before anything else, and never with the secret', async () => {
    await using folder = await withSummaries({}, { ...DOCS, 'docs/two.md': `Use ${token} for it.\n` });
    const said = await runCli(folder, ['estimate', JOB]);
    assertCode(said, 0);
    assert.match(
      said.stdout,
      /^.*\n {2}Caution 1 input looks as if it held secrets.*\n +docs\/two\.md {2}a GitHub token\n/,
    );
    const asked = await runCli(folder, ['run', JOB, '--json']);
    assertCode(asked, 2);
    assert.match(asked.stderr, /docs\/two\.md {2}a GitHub token/);
    assert.ok(![said.stdout, asked.stderr, asked.stdout].join('').includes(token));
  });

  it('by its name is left out of folders, and taken with a note where it is named', async () => {
    const files = { ...DOCS, 'docs/server.pem': 'certificate', 'docs/id_rsa': 'key' };
    await using folder = await withSummaries({ files: ['docs', 'docs/id_rsa'] }, files);
    const said = await runCli(folder, ['estimate', JOB]);
    assertCode(said, 0);
    assert.match(said.stdout, /Rows +4 to send/);
    assert.match(
      said.stdout,
      /Left out: 1 file, which has a name that files with keys.*\n +docs\/server\.pem\n/,
    );
    assert.match(said.stdout, /Note: .*docs\/id_rsa has a name .* included because it is named explicitly/);
  });
});

describe('a run that cannot be read', () => {
  it('stops run FILE while it may be an open one of that file, unless --new is given', async () => {
    await using folder = await withSummaries({ output: false });
    assertCode(await runCli(folder, ['run', JOB, '--yes']), 0);
    const [runId = ''] = await readdir(folder.path('.batchbook/runs'));
    await truncate(folder.path(`.batchbook/runs/${runId}/run.json`), 9);
    const said = await runCli(folder, ['run', JOB, '--yes']);
    assertCode(said, 2);
    assert.match(said.stderr, new RegExp(`Run ${runId} may be an open run of job\\.batch\\.json`));
    assert.deepEqual(await readdir(folder.path('.batchbook/runs')), [runId]);
    const other = await runCli(folder, ['run', JOB, '--yes', '--new', '--json']);
    assert.equal((await readdir(folder.path('.batchbook/runs'))).length, 2, other.stderr);
    assert.equal(statusIn(other).counts.ok, 3);
  });
});
