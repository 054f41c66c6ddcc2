import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ProviderError } from '../../../src/core/errors.ts';
import { ROW_OUTCOMES } from '../../../src/core/vocabulary.ts';
import type { MockServiceOptions } from '../../../src/providers/mock/mockOptions.ts';
import {
  assertBilledOnce,
  assertNoRowInTwoLiveBatches,
  assertReadBeforeResent,
  billedNanoUsd,
} from '../../support/mockService/ledger.ts';
import { assertCountsSum, inWorld, nano, readAll, resultsOf, resumeWith, withProvider } from './scenario.ts';

describe('P1 Nothing lost', () => {
  const faults: Record<string, MockServiceOptions> = {
    'drops rows': { faults: { droppedRows: { ordinals: [2, 5], attempts: 1 } } },
    'repeats rows': { faults: { duplicatedRows: [1, 2, 3] } },
    'shuffles rows': { faults: { shuffled: true } },
    'invents rows': { faults: { inventedRows: 4 } },
    'leaves ids out': { faults: { rowsWithoutId: { ordinals: [0, 7], attempts: 1 } } },
    'states other counts than it has lines': { faults: { countsOffBy: 3 } },
    'states no counts': { statesLines: false, faults: { droppedRows: { ordinals: [1], attempts: 1 } } },
    'cuts the download inside a line': { faults: { cutDownloads: 2 } },
    'ends the download after half of the lines': { faults: { shortDownloads: 1 } },
    'breaks the download off': { faults: { brokenDownloads: 3 } },
    'answers polls with errors': { faults: { pollUnavailable: 3, pollBroken: 2 } },
    'uses a state word that nobody knows': { faults: { unknownState: 4 } },
    'has a full queue': { faults: { queueFull: 2 } },
    'has a full queue after accepting': { faults: { acceptedThenQueueFull: 1 } },
    'limits the rate': { faults: { rateLimit: 2 } },
    'loses the reply of a create': { faults: { lostReply: 1 } },
    'cannot be listed at first': { faults: { lostReply: 1, listBroken: 2 } },
    'lists late': { faults: { lostReply: 1, listLagMs: 4 * 60_000 } },
    'is out of reach for an hour': { faults: { outage: { fromMs: 10_000, untilMs: 3_610_000 } } },
    'is out of reach at first': { faults: { outage: { fromMs: 0, untilMs: 600_000 } } },
    'lets a batch expire': { endings: [{ state: 'expired', completed: 1 }] },
    'lets a batch expire without a word': {
      endings: [{ state: 'expired', completed: 1 }],
      linesForUnfinished: false,
    },
    'fails a batch': { endings: [{ state: 'failed' }] },
    'cancels a batch by itself': { endings: [{ state: 'cancelled', completed: 4 }] },
    'fails some rows once': { outcomes: { shares: { transient: 0.5 }, shareAttempts: 1 } },
  };
  for (const [what, service] of Object.entries(faults)) {
    it(`when the service ${what}: every row ends ok, paid for once, never in two live batches`, () =>
      inWorld({ rows: 10, settings: { jobsPerBatch: 5 }, service }, async (world) => {
        const status = await world.run();
        assert.equal(status.state, 'finished', status.reason);
        assert.equal(status.counts.ok, 10, JSON.stringify(status.counts));
        assertCountsSum(status);
        for (const result of await resultsOf(world)) assert.match(result.response ?? '', /^Answer /);
        const ledger = world.service.ledger();
        assertNoRowInTwoLiveBatches(ledger);
        assertReadBeforeResent(ledger);
        assertBilledOnce(ledger, { allowRetries: true });
      }));
  }

  it('the rows of an expired batch that were answered are kept, and only the rest is sent again (b-5)', () =>
    inWorld({ rows: 10, service: { endings: [{ state: 'expired', completed: 1 }] } }, async (world) => {
      await world.run();
      assert.deepEqual(
        world.service.ledger().batches.map((batch) => batch.rows.length),
        [10, 9],
      );
      const attempts = (await resultsOf(world)).map((result) => result.attempts);
      assert.deepEqual(attempts, [1, ...Array<number>(9).fill(2)]);
    }));

  it('every outcome ends as itself and is counted once', () => {
    const rows = { 0: 'ok', 1: 'truncated', 2: 'refused', 3: 'invalid', 4: 'permanent' } as const;
    const outcomes = { rows: Object.fromEntries(Object.entries(rows).map(([k, v]) => [k, [v]])) };
    return inWorld({ rows: 5, service: { outcomes } }, async (world) => {
      const status = await world.run();
      assert.equal(status.state, 'finished');
      assertCountsSum(status);
      for (const outcome of ROW_OUTCOMES.filter((o) => o !== 'cancelled' && o !== 'error')) {
        assert.equal(status.counts[outcome], 1, outcome);
      }
      assert.equal(status.counts.error, 1);
      const results = await resultsOf(world);
      assert.equal(results[4]?.error?.code, 'permanent');
      assert.match(results[1]?.response ?? '', /^Answer/, 'the text of a truncated answer is kept');
      assert.match(results[3]?.response ?? '', /^not JSON/, 'the text of an invalid answer is kept');
    });
  });

  it('a row that never comes back ends as an error with the code missing, after its attempts', () =>
    inWorld({ rows: 3, service: { faults: { droppedRows: [1] } } }, async (world) => {
      const status = await world.run();
      assert.equal(status.state, 'finished');
      assert.equal(status.counts.error, 1);
      const result = (await resultsOf(world))[1];
      assert.equal(result?.error?.code, 'missing');
      assert.equal(result.attempts, 3);
    }));

  it('one hour without a network while polling fails no row and uses up no attempt (b-10)', () =>
    inWorld(
      {
        rows: 5,
        service: { runningMs: 600_000, faults: { outage: { fromMs: 5_000, untilMs: 3_605_000 } } },
      },
      async (world) => {
        const status = await world.run();
        assert.equal(status.counts.ok, 5);
        for (const { attempts } of await resultsOf(world)) assert.equal(attempts, 1);
      },
    ));
});

describe('P2 Nothing paid twice', () => {
  it('a lost reply is adopted by its nonce, not sent again (b-1)', () =>
    inWorld({ rows: 4, service: { faults: { lostReply: 1 } } }, async (world) => {
      const status = await world.run();
      assert.equal(status.counts.ok, 4);
      assert.equal(world.service.ledger().batches.length, 1);
      assert.equal(status.batches[0]?.state, 'closed');
    }));

  it('a lost request is looked for four times, then the person decides; nothing is sent by itself', () =>
    inWorld({ rows: 4, service: { faults: { lostRequest: 1 } } }, async (world) => {
      const status = await world.run();
      assert.equal(status.state, 'needsDecision');
      assert.match(status.reason ?? '', /4 rows/);
      assert.equal(world.service.ledger().batches.length, 0);
      assert.equal(status.counts.submitted, 4);
      assert.ok(status.costUsd.inFlight > 0, 'the money stays reserved');
      assert.deepEqual(status.batches[0]?.candidates, []);
      assert.equal(world.clock.monotonic() >= 15 * 60_000, true);
      const again = await world.resume();
      assert.equal(again.state, 'needsDecision', 'a new driver looks once and asks again');
    }));

  it('what the person sends again may have been paid for: its reservation stays as unconfirmed money', () =>
    inWorld({ rows: 4, service: { faults: { lostRequest: 1 } } }, async (world) => {
      const before = await world.run();
      const status = await resumeWith(world, { kind: 'resend' });
      assert.equal(status.state, 'finished');
      assert.equal(status.counts.ok, 4);
      assert.equal(status.costUsd.unconfirmed, before.costUsd.inFlight);
      const written = await resumeWith(world, { kind: 'writeOff', nanoUsd: nano(before.costUsd.inFlight) });
      assert.equal(written.costUsd.unconfirmed, 0);
    }));

  it('a batch that the list shows only late can be adopted by its id', () =>
    inWorld({ rows: 4, service: { faults: { lostReply: 1, listLagMs: 10 * 3_600_000 } } }, async (world) => {
      const before = await world.run();
      assert.equal(before.state, 'needsDecision');
      const nonce = before.batches[0]?.nonce ?? '';
      const wrong = await resumeWith(world, { kind: 'adopt', nonce: 'nothere0', batchId: 'mockbatch-1' });
      assert.equal(wrong.state, 'needsDecision');
      const status = await resumeWith(world, { kind: 'adopt', nonce, batchId: 'mockbatch-1' });
      assert.equal(status.counts.ok, 4);
      assert.equal(world.service.ledger().batches.length, 1);
    }));

  it('a provider whose list is complete settles a lost request by itself', () =>
    inWorld(
      { rows: 4, provider: { findsEveryBatch: true }, service: { faults: { lostRequest: 1 } } },
      async (world) => {
        const status = await world.run();
        assert.equal(status.counts.ok, 4);
        assert.deepEqual(
          status.batches.map((batch) => batch.state),
          ['rejected', 'closed'],
        );
        assert.equal(status.costUsd.unconfirmed, 0);
      },
    ));

  it('a batch that the service does not know any more is not sent again, and is not asked for without end (b-19)', () =>
    inWorld({ rows: 4 }, async (world) => {
      let looks = 0;
      const gone = withProvider(world, (provider) => ({
        getBatch: () => {
          looks += 1;
          throw new ProviderError('notFound', provider.name, 'No such batch.');
        },
      }));
      const status = await world.run(gone);
      assert.equal(status.state, 'needsDecision');
      assert.match(status.batches[0]?.message ?? '', /another key/);
      assert.ok(looks <= 2, String(looks));
      const found = await world.resume();
      assert.equal(found.counts.ok, 4, 'with the right key it is collected');
      assert.equal(world.service.ledger().batches.length, 1);
    }));

  it('a word that nobody knows is shown and waited for until the deadline has passed, then the person decides (b-9)', () =>
    inWorld({ rows: 4, service: { runningMs: 60_000 } }, async (world) => {
      const expiresAt = world.clock.now() + 7_200_000;
      const pondering = withProvider(world, (provider) => ({
        getBatch: async (batchId, signal) => {
          const seen = await provider.getBatch(batchId, signal);
          return { ...seen, expiresAt, state: 'unknown', rawState: 'pondering' };
        },
      }));
      const status = await world.run(pondering);
      assert.equal(status.state, 'needsDecision');
      assert.match(status.batches[0]?.message ?? '', /says "pondering"/);
      assert.equal(status.counts.submitted, 4, 'nothing is sent again by itself');
      const late = world.clock.now() - expiresAt;
      assert.ok(late > 3_600_000 && late < 2 * 3_600_000, `it was waited for until ${String(late)} ms after`);
      const known = await world.resume();
      assert.equal(known.counts.ok, 4, 'collected once its word is one that is known');
      assert.equal(world.service.ledger().batches.length, 1);
    }));

  it('the rows of a given-up batch whose results were read stay as they are', () =>
    inWorld({ rows: 450, service: { runningMs: 1000 } }, async (world) => {
      // Gone in the middle of the download: two chunks are on disk, the rest is not.
      const gone = withProvider(world, (provider) => ({
        results: async function* (id: string, signal: AbortSignal) {
          let n = 0;
          for await (const result of provider.results(id, signal)) {
            if (++n > 420) throw new ProviderError('notFound', provider.name, 'No such batch.');
            yield result;
          }
        },
      }));
      const before = await world.run(gone);
      assert.equal(before.state, 'needsDecision');
      assert.equal(before.counts.ok, 400);
      const status = await resumeWith(world, { kind: 'resend' });
      assert.equal(status.counts.ok, 450);
      assert.deepEqual(
        world.service.ledger().batches.map((batch) => batch.rows.length),
        [450, 50],
      );
    }));

  it('a refused key while batches are in flight stops the run and asks no more (b-19)', () =>
    inWorld({ rows: 4 }, async (world) => {
      let looks = 0;
      const refused = withProvider(world, (provider) => ({
        getBatch: () => {
          looks += 1;
          throw new ProviderError('auth', provider.name, 'The key was revoked.');
        },
      }));
      const status = await world.run(refused);
      assert.equal(status.state, 'stopped');
      assert.equal(status.code, 'auth');
      assert.equal(looks, 1);
      assert.equal((await world.resume()).counts.ok, 4);
      assert.equal(world.service.ledger().batches.length, 1);
    }));

  it('a refused key while looking for a lost batch stops the run and asks no more', () =>
    inWorld({ rows: 4, service: { faults: { lostReply: 1 } } }, async (world) => {
      const refused = withProvider(world, (provider) => ({
        findBatches: () => {
          throw new ProviderError('auth', provider.name, 'The key was revoked.');
        },
      }));
      const status = await world.run(refused);
      assert.equal(status.code, 'auth');
      assert.equal((await world.resume()).counts.ok, 4);
      assert.equal(world.service.ledger().batches.length, 1);
    }));

  it('rows that are missing from a complete download are read a second time before they are sent again', () =>
    inWorld(
      { rows: 4, service: { faults: { droppedRows: { ordinals: [3], attempts: 1 } } } },
      async (world) => {
        const reads: string[] = [];
        await world.run(
          withProvider(world, (provider) => ({
            results: async function* (id: string, signal: AbortSignal) {
              reads.push(id);
              yield* provider.results(id, signal);
            },
          })),
        );
        assert.deepEqual(reads, ['mockbatch-1', 'mockbatch-1', 'mockbatch-2']);
      },
    ));
});

describe('P3 The limit holds', () => {
  const ROW = 251_500; // nanodollars that a row of these tests reserves, see the next test
  const limited = (rows: number, limit: number): Parameters<typeof inWorld>[0] => ({
    rows,
    settings: { limitNanoUsd: limit },
    service: { outcomes: {} },
  });

  it('a row reserves its input bound at the dearest class and all of maxTokens, at the batch price', () =>
    inWorld({ rows: 1, service: { faults: { lostRequest: 1 } } }, async (world) => {
      // "Prompt 0" is 2 tokens, with a margin of 25 % 3; x 1 USD/M (nothing is written into the cache) + 100 x 5 USD/M, half of it.
      assert.equal(nano((await world.run()).costUsd.inFlight), 251_500);
    }));

  it('a limit that leaves no room for the only row says so of that row', () =>
    inWorld(limited(1, 100_000), async (world) => {
      assert.match(
        (await world.run()).reason ?? '',
        /leaves no room for the row that waits\. It is \S+, for/,
      );
    }));

  it('a limit below one row stops with the row, its reservation and the limit it needs; raised, it goes on', () =>
    inWorld(limited(5, 100_000), async (world) => {
      const status = await world.run();
      assert.equal(status.state, 'stoppedByLimit');
      assert.match(status.reason ?? '', /\$0\.0001 leaves no room for the 5 rows/);
      assert.match(status.reason ?? '', /needs a limit of \$0\.0002515/);
      assert.equal(world.service.ledger().batches.length, 0);
      const after = await resumeWith(world, { kind: 'setLimit', limitNanoUsd: 2_000_000 });
      assert.equal(after.counts.ok, 5);
      assert.equal(after.costUsd.limit, 0.002);
    }));

  it('exactly at the limit a row is sent, one nanodollar below it is not', async () => {
    for (const [limit, state] of [
      [251_500, 'finished'],
      [251_499, 'stoppedByLimit'],
    ] as const) {
      await inWorld(limited(1, limit), async (world) => {
        assert.equal((await world.run()).state, state);
      });
    }
  });

  it('the limit cuts a run into waves, and at no time more is spent and set aside than it allows', () =>
    inWorld(limited(10, 4 * ROW), async (world) => {
      const limit = 4 * ROW;
      let most = 0;
      const status = await world.run({
        onProgress: ({ costUsd }) => {
          most = Math.max(most, nano(costUsd.spent) + nano(costUsd.inFlight) + nano(costUsd.unconfirmed));
        },
      });
      assert.equal(status.counts.ok, 10, status.reason);
      assert.ok(world.service.ledger().batches.length > 1);
      assert.ok(most <= limit, `${String(most)} of ${String(limit)}`);
      assert.equal(nano(status.costUsd.spent), billedNanoUsd(world.service.ledger()));
    }));

  it('what was answered before the prices rose costs what it cost then, whenever it is fetched', () =>
    inWorld({ rows: 2 }, async (world) => {
      const rise = world.clock.now() + 10 * 86_400_000;
      const endedAt = world.clock.now() + 60_000;
      const { registry } = withProvider(world, (provider) => ({
        getBatch: async (batchId: string, signal: AbortSignal) => ({
          ...(await provider.getBatch(batchId, signal)),
          endedAt,
        }),
      }));
      const [tier] = registry.modelConfig('mock-small').prices[0]?.tiers ?? [];
      assert.ok(tier !== undefined);
      const dearer = { ...tier, input: 3 * tier.input, output: 3 * tier.output };
      const prices = [
        { until: new Date(rise).toISOString(), tiers: [tier] },
        { from: new Date(rise).toISOString(), tiers: [dearer] },
      ];
      const risen = {
        registry: {
          ...registry,
          modelConfig: (model: string) => ({ ...registry.modelConfig(model), prices }),
        },
      };
      await world.plan();
      const run = await world.start({
        ...risen,
        onProgress: ({ batches }) => {
          if (batches[0]?.state === 'running') void run.shutdown();
        },
      });
      await run.finished();
      await world.clock.sleep(20 * 86_400_000);
      const status = await world.resume(risen);
      assert.deepEqual([status.state, status.counts.ok], ['finished', 2], status.reason);
      assert.equal(nano(status.costUsd.spent), billedNanoUsd(world.service.ledger()));
      assert.deepEqual(status.notices, []);
    }));

  it('a row that costs more than was reserved for it halts the run until the person goes on', () =>
    inWorld(
      {
        rows: 4,
        settings: { jobsPerBatch: 2, maxConcurrent: 1 },
        service: { faults: { overspend: [1], overspendFactor: 100 } },
      },
      async (world) => {
        const status = await world.run();
        assert.equal(status.state, 'needsDecision', status.reason);
        assert.match(status.reason ?? '', /Row 1 cost more than was reserved/);
        assert.equal(world.service.ledger().batches.length, 1);
        assert.equal(nano(status.costUsd.spent), billedNanoUsd(world.service.ledger()));
        const after = await resumeWith(world, { kind: 'continue' });
        assert.equal(after.counts.ok, 4);
      },
    ));

  it('usage that the service does not tell stays as unconfirmed money and counts against the limit', () =>
    inWorld(
      {
        rows: 3,
        settings: { jobsPerBatch: 1, maxConcurrent: 1, limitNanoUsd: 400_000 },
        service: { unreportedIsFree: false, faults: { missingUsage: [0] } },
      },
      async (world) => {
        const status = await world.run();
        assert.equal(nano(status.costUsd.unconfirmed), 251_500);
        assert.equal(status.state, 'stoppedByLimit');
        assert.equal(status.counts.ok, 1);
        const after = await resumeWith(world, { kind: 'writeOff', nanoUsd: 251_500 });
        assert.equal(after.counts.ok, 3);
      },
    ));

  it('an answer without its usage is never held for free, whatever the service documents', () =>
    inWorld(
      { rows: 2, service: { unreportedIsFree: true, faults: { missingUsage: [0] } } },
      async (world) => {
        const status = await world.run();
        assert.equal(status.counts.ok, 2);
        assert.equal(nano(status.costUsd.unconfirmed), 251_500);
      },
    ));

  it('a row without a line of an expired batch may have been paid for, one whose line says expired was not', async () => {
    for (const linesForUnfinished of [true, false]) {
      await inWorld(
        { rows: 3, service: { linesForUnfinished, endings: [{ state: 'expired', completed: 1 }] } },
        async (world) => {
          const status = await world.run();
          assert.equal(status.counts.ok, 3);
          assert.equal(nano(status.costUsd.unconfirmed), linesForUnfinished ? 0 : 2 * 251_500);
        },
      );
    }
  });

  it('a missing row is never held for free, whatever the service documents', () =>
    inWorld({ rows: 2, service: { unreportedIsFree: true, faults: { droppedRows: [0] } } }, async (world) => {
      const status = await world.run();
      assert.equal(nano(status.costUsd.unconfirmed), 3 * 251_500, 'one reservation an attempt');
    }));

  it('the money of a cancelled batch stays reserved until the service says that it has ended (b-6)', () =>
    inWorld(
      { rows: 10, service: { runningMs: 600_000, cancelMs: 300_000, faults: { cancelIgnored: 1 } } },
      async (world) => {
        let cancelled = false;
        const states = new Set<string>();
        await world.plan();
        const run = await world.start({
          onProgress: (status) => {
            for (const batch of status.batches) states.add(batch.state);
            if (status.batches[0]?.state === 'cancelling') assert.ok(status.costUsd.inFlight > 0);
            if (world.clock.monotonic() > 200_000 && !cancelled) {
              cancelled = true;
              void world.state().request(world.runId, { kind: 'cancel' });
            }
          },
        });
        const status = await run.finished();
        assert.equal(status.state, 'finished');
        assert.ok(states.has('cancelling'));
        assert.ok(status.counts.ok > 0 && status.counts.cancelled > 0, JSON.stringify(status.counts));
        assert.equal(status.counts.ok + status.counts.cancelled, 10);
        assert.equal(status.costUsd.inFlight, 0);
        assert.equal(
          nano(status.costUsd.spent),
          billedNanoUsd(world.service.ledger()),
          'partial results are paid',
        );
      },
    ));
});

describe('P4 The right answer on the right row', () => {
  it('holds for shuffled, repeated, invented and id-less lines at once', () =>
    inWorld(
      {
        rows: 30,
        service: {
          faults: {
            shuffled: true,
            duplicatedRows: { share: 0.3 },
            inventedRows: 5,
            rowsWithoutId: { share: 0.2, attempts: 1 },
          },
        },
      },
      async (world) => {
        const status = await world.run();
        assert.equal(status.counts.ok, 30);
        (await resultsOf(world)).forEach((result, ordinal) => {
          assert.ok(result.response?.endsWith(`to: Prompt ${String(ordinal)}`), result.response);
        });
      },
    ));

  it('lines without an id are accepted by no row, not even by position (b-4)', () =>
    inWorld({ rows: 4, service: { faults: { rowsWithoutId: 4 } } }, async (world) => {
      const status = await world.run();
      assert.equal(status.counts.ok, 0);
      assert.equal(status.counts.error, 4);
    }));

  it('the first of two different answers under one id is kept, the second is a stray', () =>
    inWorld({ rows: 2, service: { faults: { duplicatedRows: [0] } } }, async (world) => {
      const status = await world.run(
        withProvider(world, (provider) => ({
          results: async function* (id: string, signal: AbortSignal) {
            const all = await readAll(provider.results(id, signal));
            yield* all.map((result, n) => (n === 1 ? { ...result, response: 'another' } : result));
          },
        })),
      );
      assert.equal(status.counts.ok, 2);
      assert.match((await resultsOf(world))[0]?.response ?? '', /Prompt 0/);
      const run = path.join(world.stateDir, 'runs', world.runId);
      assert.equal((await readFile(path.join(run, 'results.jsonl'), 'utf8')).match(/\n/g)?.length, 2);
      assert.match(await readFile(path.join(run, 'journal.jsonl'), 'utf8'), /"lines":3,"strays":1/);
    }));
});
