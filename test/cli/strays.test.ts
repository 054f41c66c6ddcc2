import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import type { ProviderListing } from '../../src/workspace/batchesAtProviders.ts';
import { assertCode, statusIn } from '../support/cli/cli.ts';
import { JOB } from '../support/cli/jobs.ts';
import { GATED, ServiceWorld, endSpareService } from '../support/cli/world.ts';

after(endSpareService);

/** A run of three batches that was stopped, and whose folder was lost. */
async function lostRun(): Promise<ServiceWorld> {
  const world = await ServiceWorld.with(GATED);
  const running = world.start('run', JOB, '--yes');
  await world.hasBatches(3);
  await world.isDriven();
  running.kill('SIGINT');
  assertCode(await running.ended, 130);
  await rm(world.folder.path('.batchbook'), { recursive: true });
  await world.open();
  return world;
}

describe('batches', function () {
  this.timeout(30_000);

  it('lists what a lost run has sent; attached to a new run it is collected, and nothing is sent again', async () => {
    await using world = await lostRun();
    const said = await world.run('batches', '--json');
    assertCode(said, 0);
    const { batches, failures, withoutKey } = JSON.parse(said.stdout) as ProviderListing;
    assert.deepEqual(
      batches.map(({ batchId, provider, rows }) => [batchId, provider, rows]).sort(),
      [1, 2, 3].map((n) => [`mockbatch-${String(n)}`, 'mock', 2]),
    );
    assert.deepEqual([failures, withoutKey], [[], ['Anthropic', 'Gemini', 'OpenAI']]);
    const text = await world.run('batches');
    assert.match(
      text.stdout,
      /mockbatch-3 +mock\/mock-small +2 +ended +\d+ s ago +sent elsewhere, or by a run/,
    );
    assert.match(text.stdout, /Collect it instead of sending its rows: .* run FILE --attach BATCH/);
    const attach = batches.flatMap(({ batchId }) => ['--attach', batchId]);
    const run = await world.run('run', JOB, '--yes', '--json', ...attach);
    assertCode(run, 0);
    assert.match(run.stderr, /Attaching batch mockbatch-2 of mock: 2 rows that wait are in it/);
    assert.equal(statusIn(run).counts.ok, 6);
    assert.equal((await world.service.ledger()).batches.length, 3);
    await world.assertClean();
    const after = JSON.parse((await world.run('batches', '--json')).stdout) as ProviderListing;
    assert.deepEqual(after.batches, []);
  });

  it('names the open run of the same plan; what is of another is refused before anything is sent', async () => {
    await using world = await lostRun();
    const limited = await world.run('run', JOB, '--yes', '--json', '--limit-usd', '0.0000001');
    assertCode(limited, 3);
    const { runId } = statusIn(limited);
    const text = await world.run('batches');
    assert.match(text.stdout, new RegExp(`Attach: .* resume ${runId} --attach mockbatch-1`));
    const unknown = await world.run('resume', runId, '--attach', 'mockbatch-9', '--json');
    assertCode(unknown, 1);
    assert.match(unknown.stderr, /mock has no batch mockbatch-9 for this key/);
    const dear = await world.run('resume', runId, '--attach', 'mockbatch-1', '--json');
    assertCode(dear, 3);
    assert.match(dear.stderr, /leaves no room/);
    await world.folder.write({ [JOB]: (await world.folder.read(JOB)).replace('Write to', 'Sing for') });
    const other = await world.run('run', JOB, '--new', '--yes', '--json', '--attach', 'mockbatch-1');
    assertCode(other, 2);
    assert.match(other.stderr, /nobody can prove that it was made from the same plan/);
    const all = [1, 2, 3].flatMap((n) => ['--attach', `mockbatch-${String(n)}`]);
    const resumed = await world.run('resume', runId, '--json', '--limit-usd', '1', ...all);
    assertCode(resumed, 0);
    assert.equal((await world.service.ledger()).batches.length, 3);
  });
});
