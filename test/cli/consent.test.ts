import assert from 'node:assert/strict';
import path from 'node:path';
import { FAST, assertCode, startCli, statusIn, type RunningCli, type Said } from '../support/cli/cli.ts';
import { JOB } from '../support/cli/jobs.ts';
import { GATED, ServiceWorld, endSpareService } from '../support/cli/world.ts';

after(endSpareService);

/** A world in which somebody else has begun a run, and left it with two of its six rows at the service. */
async function withStrangeRun(): Promise<ServiceWorld> {
  const world = await ServiceWorld.with(GATED, { changes: { jobsPerBatch: 2, maxConcurrent: 1 } });
  const begun = world.start('run', JOB, '--yes');
  await world.hasBatches(1);
  await world.isDriven();
  begun.kill('SIGINT');
  assertCode(await begun.ended, 130);
  await world.open();
  return world;
}

/** `batchbook ...args` by a person who has got the folder from somebody else. */
function startAsStranger({ folder, service }: ServiceWorld, ...args: readonly string[]): RunningCli {
  const stateHome = path.join(path.dirname(folder.root), 'stranger');
  const running = startCli(folder, [...args, ...FAST], { service: service.url, stateHome });
  running.stdin.end();
  return running;
}

/** The same, to its end. */
function runAsStranger(world: ServiceWorld, ...args: readonly string[]): Promise<Said> {
  return startAsStranger(world, ...args).ended;
}

async function batches(world: ServiceWorld): Promise<number> {
  return (await world.service.ledger()).batches.length;
}

describe('A run that came with its folder', function () {
  this.timeout(30_000);

  it('is not gone on with by run or resume without a word: what it would send is shown, and nothing is sent (P7)', async () => {
    await using world = await withStrangeRun();
    for (const verb of [
      ['run', JOB],
      ['resume', JOB],
    ]) {
      const said = await runAsStranger(world, ...verb);
      assertCode(said, 2);
      assert.match(said.stderr, /nobody has agreed to it here, on this machine/);
      assert.match(said.stderr, /Rows {4}4 to send, plus 2 at the service .*; 0 have ended/);
      assert.match(said.stderr, /people\.csv#p6 {2}/);
      assert.match(said.stderr, new RegExp(`To {6}${world.service.url} \\(mock\\): mock-small`));
      assert.match(said.stderr, /Cost {4}about .*; limit \$5\.00/);
      assert.match(said.stderr, /Prompt {2}mail: Write to \{\{row\.name\}\}\./);
      assert.match(said.stderr, /Nothing was sent: nobody has agreed on this machine.*Say yes with --yes/);
    }
    const document = await runAsStranger(world, 'resume', '--json');
    assertCode(document, 2);
    assert.equal((JSON.parse(document.stdout) as { error: { code: string } }).error.code, 'notConfirmed');
    assert.equal(await batches(world), 1);
  });

  it('goes on with --yes, and is then agreed to', async () => {
    await using world = await withStrangeRun();
    const limited = await runAsStranger(world, 'resume', '--yes', '--limit-usd', '0.0001', '--json');
    assertCode(limited, 3);
    assert.match(limited.stderr, /limit \$0\.0001/);
    const said = await runAsStranger(world, 'resume', '--limit-usd', '5', '--json');
    assertCode(said, 0);
    assert.doesNotMatch(said.stderr, /nobody has agreed/);
    assert.equal(statusIn(said).counts.ok, 6);
    await world.assertClean();
  });

  it('goes on with run --yes, and with another run beside it by --new', async () => {
    await using world = await withStrangeRun();
    const beside = await runAsStranger(world, 'run', JOB, '--new', '--yes', '--json');
    assertCode(beside, 0);
    const said = await runAsStranger(world, 'run', JOB, '--yes', '--json');
    assertCode(said, 0);
    assert.match(said.stderr, /nobody has agreed to it here/);
    assert.notEqual(statusIn(said).runId, statusIn(beside).runId);
  });

  it('is stopped and cancelled without a question, and nothing more is sent', async () => {
    await using world = await withStrangeRun();
    assertCode(await runAsStranger(world, 'stop', '--json'), 0);
    assertCode(await runAsStranger(world, 'stop', '--cancel', '--json'), 0);
    const said = await runAsStranger(world, 'status', JOB, '--json');
    assert.equal(statusIn(said).counts.pending, 0);
    assert.equal(await batches(world), 1);
  });

  it('can be watched by anybody while somebody drives it', async () => {
    await using world = await ServiceWorld.with(GATED);
    const driving = world.start('run', JOB, '--yes');
    await world.isDriven();
    const watching = startAsStranger(world, 'resume', '--json');
    await watching.heard('Watching it');
    await world.open();
    assertCode(await driving.ended, 0);
    const said = await watching.ended;
    assertCode(said, 0);
    assert.doesNotMatch(said.stderr, /nobody has agreed/);
  });
});
