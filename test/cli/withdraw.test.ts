import assert from 'node:assert/strict';
import { assertCode, statusIn } from '../support/cli/cli.ts';
import { JOB } from '../support/cli/jobs.ts';
import { ServiceWorld, endSpareService } from '../support/cli/world.ts';

after(endSpareService);

/** The second batch takes longer than any test waits; the others are quick. */
const SLOW_SECOND = { runningMs: [50, 600_000, 50] };

describe('resume --cancel-batch', function () {
  this.timeout(30_000);

  it('takes a batch back from whoever drives the run, and its rows are sent again', async () => {
    await using world = await ServiceWorld.with(SLOW_SECOND);
    const running = world.start('run', JOB, '--yes', '--json');
    await world.hasBatches(3);
    await world.isDriven();
    const shown = await world.run('status', JOB);
    assert.match(shown.stdout, /mockbatch-2 .*running for \d+ s; they take up to 24 h/);
    const said = await world.run('resume', '--cancel-batch', 'mockbatch-2', '--json');
    assertCode(said, 0);
    assert.match(
      said.stderr,
      /Batch mockbatch-2 is cancelled at mock\.\n {2}What it has done is kept, and paid\./,
    );
    assert.match(
      said.stderr,
      /Up to 2 rows, .* then go to mock-small of mock again, for at most \$0\.000\d+\./,
    );
    assertCode(await running.ended, 0);
    assert.equal(statusIn(said).counts.ok, 6);
    const { batches } = await world.service.ledger();
    assert.deepEqual(
      batches.map(({ state, rows }) => [state, rows.map(({ ordinal }) => ordinal)]),
      [
        ['ended', [0, 1]],
        ['cancelled', [2, 3]],
        ['ended', [4, 5]],
        ['ended', [2, 3]],
      ],
    );
    await world.assertClean();
  });

  it('moves what is left to another model only once somebody has agreed to the price (P7)', async () => {
    await using world = await ServiceWorld.with(SLOW_SECOND);
    const running = world.start('run', JOB, '--yes', '--json');
    await world.hasBatches(3);
    await world.isDriven();
    const move = ['resume', '--cancel-batch', 'mockbatch-2', '--move-to', 'mock-large', '--json'];
    const asked = await world.run(...move);
    assertCode(asked, 2);
    assert.match(
      asked.stderr,
      new RegExp(`go to mock-large at ${world.service.url}, A pretend model .*at most \\$`),
    );
    assert.match(
      asked.stderr,
      /Nothing was cancelled: nobody can be asked here\. Say yes beforehand with --yes/,
    );
    assert.notEqual((await world.service.ledger()).batches[1]?.state, 'cancelled');
    const said = await world.run(...move, '--yes');
    assertCode(said, 0);
    assertCode(await running.ended, 0);
    const { batches } = await world.service.ledger();
    assert.deepEqual(
      batches.map(({ model }) => model),
      ['mock-small', 'mock-small', 'mock-small', 'mock-large'],
    );
    const results = await world.run('results', '--format', 'jsonl');
    const models = results.stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { model: string }).model);
    assert.deepEqual(models, [
      'mock-small',
      'mock-small',
      'mock-large',
      'mock-large',
      'mock-small',
      'mock-small',
    ]);
    await world.assertClean();
  });

  it('is refused for a batch that is not open, and a model without a batch, before anything is asked of the run', async () => {
    await using world = await ServiceWorld.with();
    assertCode(await world.run('run', JOB, '--yes'), 0);
    const none = await world.run('resume', '--cancel-batch', 'mockbatch-1');
    assertCode(none, 2);
    assert.match(none.stderr, /has no open batch mockbatch-1/);
    const which = await world.run('resume', '--move-to', 'mock-large');
    assertCode(which, 2);
    assert.match(which.stderr, /Which batch is to be cancelled\? Name it with --cancel-batch BATCH/);
  });
});
