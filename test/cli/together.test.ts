import assert from 'node:assert/strict';
import { assertCode, runCli, statusIn, type Said } from '../support/cli/cli.ts';
import { JOB } from '../support/cli/jobs.ts';
import { GATED, ServiceWorld, endSpareService } from '../support/cli/world.ts';

/** Looks for a batch that may be lost are made 1, 5 and 15 minutes apart: at this pace within a second. */
const HASTE = ['--poll-interval', '0.005'];

/** Several processes a test, on a machine that may be busy with other tests. */
const PATIENCE_MS = 90_000;

after(endSpareService);

describe('two processes', function () {
  this.timeout(PATIENCE_MS);

  it('the second one watches, and ends as the first one does', async () => {
    await using world = await ServiceWorld.with({ ...GATED, outcomes: { rows: { 2: ['refused'] } } });
    const first = world.start('run', JOB, '--yes', '--json');
    await world.isDriven();
    const second = world.start('run', JOB, '--yes', '--json');
    await second.heard('Watching it');
    await world.open();
    const [a, b] = await Promise.all([first.ended, second.ended]);
    assertCode(a, 1);
    assertCode(b, 1);
    assert.deepEqual(statusIn(b).counts, statusIn(a).counts);
    assert.equal(statusIn(b).runId, statusIn(a).runId);
    await world.assertClean();
  });

  it('that start the same job file at the same moment have one run, whoever is first', async () => {
    for (let round = 0; round < 4; round++) {
      await using world = await ServiceWorld.with(GATED);
      const all = [1, 2, 3].map(() => world.start('run', JOB, '--yes', '--json'));
      await world.hasBatches(3);
      await world.hasWatchers(2); // one that comes when all is answered has a run of its own, with nothing to send
      await world.open();
      const said = await Promise.all(all.map(({ ended }) => ended));
      for (const one of said) assertCode(one, 0);
      assert.equal(new Set(said.map((one) => statusIn(one).runId)).size, 1);
      assert.equal((await world.service.ledger()).batches.length, 3);
      await world.assertClean();
    }
  });

  it('that start at the same moment send every row once, however quick the service is', async () => {
    for (let round = 0; round < 4; round++) {
      await using world = await ServiceWorld.with({ runningMs: 1 });
      const said = await Promise.all([1, 2].map(() => world.run('run', JOB, '--yes', '--json')));
      for (const one of said) {
        assertCode(one, 0);
        assert.equal(statusIn(one).counts.ok, 6);
      }
      const ledger = await world.service.ledger();
      assert.equal(ledger.batches.length, 3);
      await world.assertClean();
    }
  });

  it('ten presses of Run, at once and one after the other, never spend ten limits (P3)', async () => {
    // Room for some of the rows: each sets $0.000257 aside and costs less.
    await using world = await ServiceWorld.with(
      { runningMs: 1 },
      { rows: 12, changes: { costLimitUsd: 0.00035 } },
    );
    // Slower than elsewhere: how long one waits for the others to start goes by the same clock.
    const press = (): Promise<Said> =>
      runCli(world.folder, ['run', JOB, '--yes', '--json', '--poll-interval', '0.5'], {
        service: world.service.url,
      });
    const said = await Promise.all(Array.from({ length: 10 }, press));
    for (let i = 0; i < 10; i++) said.push(await press());
    for (const one of said) assertCode(one, 3);
    assert.equal(new Set(said.map((one) => statusIn(one).runId)).size, 1);
    const { spent, limit } = statusIn(said.at(-1) ?? assert.fail()).costUsd;
    const { billedNanoUsd } = await world.service.ledger();
    assert.ok(billedNanoUsd > 0 && billedNanoUsd <= 350_000, String(billedNanoUsd));
    assert.deepEqual([Math.round(spent * 1e9), limit], [billedNanoUsd, 0.00035]);
    await world.assertClean();
  });

  it('both say that the service cannot be reached, and so does the status, until it can', async () => {
    await using world = await ServiceWorld.with({ runningMs: 50, faults: { pollBroken: 1_000_000 } });
    const first = world.start('run', JOB, '--yes', '--json');
    await first.heard(/ rows · .* · waiting, offline$/m);
    const second = world.start('run', JOB, '--yes', '--json');
    await second.heard(/ rows · .* · waiting, offline$/m);
    const since =
      /Offline since 20\d\d-\d\d-\d\d \d\d:\d\d UTC: a service cannot be reached\. It goes on by itself\./;
    assert.match((await world.run('status')).stdout, since);
    const { offlineSince } = statusIn(await world.run('status', JOB, '--json'));
    assert.ok(offlineSince !== undefined && offlineSince <= Date.now(), String(offlineSince));
    await world.service.configure({ faults: { pollBroken: 0 } });
    for (const one of await Promise.all([first.ended, second.ended])) {
      assertCode(one, 0);
      assert.equal(statusIn(one).offlineSince, undefined);
    }
    await world.assertClean();
  });

  it('Ctrl+C ends the watching, not the run', async () => {
    await using world = await ServiceWorld.with(GATED);
    const first = world.start('run', JOB, '--yes', '--json');
    await world.isDriven();
    const second = world.start('resume', JOB, '--json');
    await second.heard('Watching it');
    second.kill('SIGINT');
    assertCode(await second.ended, 130);
    await world.open();
    assertCode(await first.ended, 0);
  });

  it('the watcher takes over when the driver is killed, and nothing is sent twice', async () => {
    await using world = await ServiceWorld.with(GATED);
    const first = world.start('run', JOB, '--yes', '--json');
    await world.hasBatches(3);
    await world.isDriven();
    const second = world.start('run', JOB, '--yes', '--json');
    await second.heard('Watching it');
    first.kill('SIGKILL');
    await first.ended;
    await world.open();
    const said = await second.ended;
    assertCode(said, 0);
    assert.equal(statusIn(said).counts.ok, 6);
    assert.equal((await world.service.ledger()).batches.length, 3);
    await world.assertClean();
  });

  it('a new limit given by one is heeded by the other, which drives', async () => {
    await using world = await ServiceWorld.with(GATED);
    const first = world.start('run', JOB, '--yes', '--limit-usd', '1', '--json');
    await world.isDriven();
    const second = world.start('resume', '--limit-usd', '2', '--json');
    await second.heard('Watching it');
    await world.open();
    assertCode(await second.ended, 0);
    assertCode(await first.ended, 0);
    assert.equal(statusIn(await first.ended).costUsd.limit, 2);
  });
});

describe('a batch that may be lost', function () {
  this.timeout(PATIENCE_MS);

  it('ends 5 and names it; resume --resend finishes the run', async () => {
    await using world = await ServiceWorld.with({ faults: { lostRequest: 1 } });
    const { folder, service } = world;
    const lost = await runCli(folder, ['run', JOB, '--yes', '--json', ...HASTE], { service: service.url });
    assertCode(lost, 5);
    assert.doesNotMatch(lost.stderr, /Warning/); // of Node
    const status = statusIn(lost);
    assert.deepEqual([status.state, status.counts.submitted, status.counts.ok], ['needsDecision', 2, 4]);
    const uncertain = status.batches.find((batch) => batch.state === 'uncertain');
    assert.ok(uncertain);
    assert.match(status.reason ?? '', new RegExp(uncertain.nonce));
    assertCode(await world.run('status', '--json'), 0);
    const still = await runCli(folder, ['resume', ...HASTE], { service: service.url });
    assertCode(still, 5); // never by itself
    assert.match(still.stdout, /Decide: {2}.* resolve/);
    const resent = await world.run('resume', '--resend', '--json');
    assert.match(
      resent.stderr,
      /Sending the 2 rows of batch \w+ to mock-small again\. If it did arrive they may cost up to \$[\d.]+ twice/,
    );
    assertCode(resent, 0);
    assert.equal(statusIn(resent).counts.ok, 6);
    await world.assertClean();
  });

  it('is found by itself when only the reply was lost', async () => {
    await using world = await ServiceWorld.with({ faults: { lostReply: 1 } });
    const said = await world.run('run', JOB, '--yes', '--json');
    assertCode(said, 0);
    assert.equal((await world.service.ledger()).batches.length, 3);
    await world.assertClean();
  });

  it('is adopted with resume --adopt when the list lags behind', async () => {
    await using world = await ServiceWorld.with({ faults: { lostReply: 1, listLagMs: 600_000 } });
    const { folder, service } = world;
    const lost = await runCli(folder, ['run', JOB, '--yes', '--json', ...HASTE], { service: service.url });
    assertCode(lost, 5);
    const nonce = statusIn(lost).batches.find((batch) => batch.state === 'uncertain')?.nonce;
    const batchId = (await service.ledger()).batches.find((batch) => batch.nonce === nonce)?.batchId;
    assert.ok(batchId);
    const wrong = await world.run('resume', '--adopt', 'nowhere');
    assertCode(wrong, 1);
    assert.match(wrong.stderr, /mock has no batch nowhere for this key/);
    const adopted = await world.run('resume', '--adopt', batchId, '--json');
    assertCode(adopted, 0);
    assert.match(
      adopted.stderr,
      new RegExp(
        `Adopting ${batchId} as batch \\w+: what it brings is collected onto the 2 rows of mock-small`,
      ),
    );
    assert.equal(statusIn(adopted).counts.ok, 6);
    assert.equal((await service.ledger()).batches.length, 3);
    await world.assertClean();
  });

  it('cannot be adopted where none is uncertain', async () => {
    await using world = await ServiceWorld.with();
    assertCode(await world.run('run', JOB, '--yes'), 0);
    const said = await world.run('resume', '--adopt', 'mockbatch-1');
    assertCode(said, 2);
    assert.match(said.stderr, /No uncertain batch of run \S+ can be mockbatch-1/);
  });
});
