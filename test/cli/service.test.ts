import assert from 'node:assert/strict';
import { assertCode, runCli, statusIn } from '../support/cli/cli.ts';
import { JOB } from '../support/cli/jobs.ts';
import { GATED, ServiceWorld, endSpareService } from '../support/cli/world.ts';

/** Rows never end by themselves within a test. */
const LONG = { runningMs: 60_000 };

/** Several processes a test, on a machine that may be busy with other tests. */
const PATIENCE_MS = 30_000;

after(endSpareService);

describe('run at a service', function () {
  this.timeout(PATIENCE_MS);

  it('sends, follows, collects and accounts, and ends 0', async () => {
    await using world = await ServiceWorld.with();
    const said = await world.run('run', JOB, '--yes', '--json');
    assertCode(said, 0);
    const status = statusIn(said);
    assert.deepEqual([status.counts.ok, status.batches.length], [6, 3]);
    assert.ok(status.costUsd.spent > 0);
    assert.match(said.stderr, new RegExp(`To +${world.service.url} \\(mock\\): mock-small`));
    assert.match(await world.folder.read('out/p6.md'), /Write to Person 6/);
    await world.assertClean();
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`${signal} ends it 130; the batches go on and resume collects them`, async () => {
      await using world = await ServiceWorld.with(GATED);
      const running = world.start('run', JOB, '--yes', '--json');
      await world.hasBatches(3);
      await world.isDriven();
      running.kill(signal);
      const stopped = await running.ended;
      assertCode(stopped, 130);
      assert.equal(statusIn(stopped).state, 'stopped');
      assert.match(stopped.stderr, /Stopping: nothing more is sent/);
      await world.open();
      const resumed = await world.run('resume', '--json');
      assertCode(resumed, 0);
      assert.equal(statusIn(resumed).counts.ok, 6);
      assert.equal((await world.service.ledger()).batches.length, 3);
      await world.assertClean();
    });
  }

  it('kill -9 loses nothing: the same command goes on with the same run', async () => {
    await using world = await ServiceWorld.with(GATED);
    const running = world.start('run', JOB, '--yes');
    await world.hasBatches(3);
    await world.isDriven();
    running.kill('SIGKILL');
    await running.ended;
    const status = statusIn(await world.run('status', JOB, '--json'));
    assert.equal(status.state, 'stopped');
    assert.match(status.reason ?? '', /Nobody drives this run/);
    await world.open();
    const again = await world.run('run', JOB, '--yes', '--json');
    assertCode(again, 0);
    assert.match(again.stderr, new RegExp(`Going on with the open run ${status.runId}`));
    assert.deepEqual([statusIn(again).runId, statusIn(again).counts.ok], [status.runId, 6]);
    assert.equal((await world.service.ledger()).batches.length, 3);
    await world.assertClean();
  });

  it('ends 1 where some rows are not ok, and run sends those again', async () => {
    await using world = await ServiceWorld.with({
      outcomes: { rows: { 1: ['refused'], 4: ['permanent', 'ok'] } },
    });
    const said = await world.run('run', JOB, '--yes', '--json');
    assertCode(said, 1);
    const { counts, state } = statusIn(said);
    assert.deepEqual([state, counts.ok, counts.refused, counts.error], ['finished', 4, 1, 1]);
    const text = await world.run('resume');
    assertCode(text, 1);
    assert.match(text.stdout, /Send what is not ok again: {2}node \S+ run job\.batch\.json/);
    const again = statusIn(await world.run('run', JOB, '--yes', '--json'));
    assert.equal(again.reused, 4);
  });

  it('goes on as it was planned when the job file has changed, and says so', async () => {
    await using world = await ServiceWorld.with(LONG);
    const running = world.start('run', JOB, '--yes');
    await world.hasBatches(1);
    running.kill('SIGKILL');
    await running.ended;
    await world.folder.write({ [JOB]: (await world.folder.read(JOB)).replace('Write to', 'Sing for') });
    for (const verb of ['run', 'resume']) {
      const next = world.start(verb, JOB);
      await next.heard('The job file has changed since; this run follows it as it was.');
      await world.isDriven();
      next.kill('SIGINT');
      assertCode(await next.ended, 130);
    }
  });

  it('starts another run beside the open one with --new, and says what is in flight', async () => {
    await using world = await ServiceWorld.with(LONG);
    const running = world.start('run', JOB, '--yes');
    await world.hasBatches(3);
    await world.isDriven();
    running.kill('SIGINT');
    assertCode(await running.ended, 130);
    const open = statusIn(await world.run('status', JOB, '--json')).runId;
    const refused = await world.run('run', JOB, '--new');
    assertCode(refused, 2); // it asks, and nobody is there
    assert.match(
      refused.stderr,
      new RegExp(`open run ${open} goes on beside this one: 6 of its rows are at a service`),
    );
    assert.equal((await world.service.ledger()).batches.length, 3);
    await world.service.configure({ runningMs: 50 });
    const other = statusIn(await world.run('run', JOB, '--new', '--yes', '--json'));
    assert.notEqual(other.runId, open);
    assert.equal(other.counts.ok, 6);
  });

  it('ends 4 when the service refuses the key, having sent nothing, and goes on once it is accepted', async () => {
    await using world = await ServiceWorld.with({ faults: { auth: 100 } });
    const said = await world.run('run', JOB, '--yes', '--json');
    assertCode(said, 4);
    const status = statusIn(said);
    assert.deepEqual([status.state, status.code, status.counts.pending], ['stopped', 'auth', 6]);
    assert.match(status.reason ?? '', /key/);
    await world.service.configure({ faults: { auth: 0 } });
    assertCode(await world.run('resume'), 0);
    await world.assertClean();
  });
});

describe('pilot', function () {
  this.timeout(PATIENCE_MS);

  it('ends 0 and waits; run again still waits, and resume sends the rest', async () => {
    await using world = await ServiceWorld.with();
    const pilot = await world.run('run', JOB, '--pilot', '2', '--yes', '--json');
    assertCode(pilot, 0);
    assert.deepEqual(
      [statusIn(pilot).state, statusIn(pilot).counts.ok, statusIn(pilot).counts.pending],
      ['waiting', 2, 4],
    );
    const again = await world.run('run', JOB, '--pilot', '2', '--yes');
    assertCode(again, 0);
    assert.match(again.stdout, /Send the rest: {2}.* resume/);
    const rest = await world.run('resume', '--json');
    assertCode(rest, 0);
    assert.deepEqual([statusIn(rest).state, statusIn(rest).counts.ok], ['finished', 6]);
    await world.assertClean();
  });
});

describe('cost limit', function () {
  this.timeout(PATIENCE_MS);

  it('below one row ends 3, naming the row and the limit it needs', async () => {
    await using world = await ServiceWorld.with();
    const said = await world.run('run', JOB, '--limit-usd', '0.0001', '--yes', '--json');
    assertCode(said, 3);
    const { state, reason = '', counts } = statusIn(said);
    assert.deepEqual([state, counts.pending], ['stoppedByLimit', 6]);
    assert.match(reason, /limit of \$0\.0001 leaves no room.*people\.csv#p1.*needs a limit of \$0\.000\d+/);
    assert.equal((await world.service.ledger()).batches.length, 0);
    const needed = /needs a limit of \$(0\.\d+)/.exec(reason)?.[1];
    assert.ok(needed);
    const raised = await world.run('resume', '--limit-usd', needed, '--json');
    assert.ok(statusIn(raised).counts.ok > 0, 'the limit that it named is enough for the row');
    assertCode(await world.run('resume', '--limit-usd', '5'), 0);
    await world.assertClean();
  });

  it('cuts the run into waves, as it said beforehand, and holds', async () => {
    await using world = await ServiceWorld.with({ runningMs: 50 });
    const said = await world.run('run', JOB, '--limit-usd', '0.0007', '--yes', '--json');
    assertCode(said, 0);
    assert.match(said.stderr, /cuts the run into \d waves/);
    const { spent, limit } = statusIn(said).costUsd;
    assert.equal(limit, 0.0007);
    assert.ok(spent <= 0.0007);
    const { batches } = await world.service.ledger();
    assert.ok(batches.length >= 3);
    await world.assertClean();
  });
});

describe('stop', function () {
  this.timeout(PATIENCE_MS);

  it('from another process ends the runner 130, and the batches go on', async () => {
    await using world = await ServiceWorld.with(GATED);
    const running = world.start('run', JOB, '--yes', '--json');
    await world.hasBatches(3);
    await world.isDriven();
    const stop = await runCli(world.folder, ['stop', JOB], { service: world.service.url });
    assertCode(stop, 0);
    assert.match(stop.stdout, /Stopped\. What is at the service goes on there/);
    const ended = await running.ended;
    assertCode(ended, 130);
    assert.equal(statusIn(ended).state, 'stopped');
    await world.open();
    assertCode(await world.run('resume'), 0);
    await world.assertClean();
  });

  it('--cancel cancels at the service too: what was done is kept, the rest is cancelled', async () => {
    await using world = await ServiceWorld.with({ runningMs: [50, 60_000, 60_000] });
    const running = world.start('run', JOB, '--yes', '--json');
    await world.isDriven();
    await world.hasBatches(3);
    while (!(await world.run('status', JOB, '--json')).stdout.includes('"ok": 2')) continue;
    const stop = await runCli(world.folder, ['stop', '--cancel', '--json'], { service: world.service.url });
    assertCode(stop, 0);
    statusIn(stop);
    const ended = await running.ended;
    assertCode(ended, 1);
    const { state, counts } = statusIn(ended);
    assert.deepEqual([state, counts.ok, counts.cancelled], ['finished', 2, 4]);
    assert.match(await world.folder.read('out/p1.md'), /Person 1/);
    await world.assertClean();
  });

  it('--cancel does it itself where nobody drives the run', async () => {
    await using world = await ServiceWorld.with(LONG);
    const running = world.start('run', JOB, '--yes');
    await world.hasBatches(3);
    await world.isDriven();
    running.kill('SIGKILL');
    await running.ended;
    const stop = await world.run('stop', '--cancel', '--json');
    assertCode(stop, 0);
    assert.deepEqual([statusIn(stop).state, statusIn(stop).counts.cancelled], ['finished', 6]);
    await world.assertClean();
  });
});
