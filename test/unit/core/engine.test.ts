import assert from 'node:assert/strict';
import { BatchRun } from '../../../src/core/batchRun.ts';
import { ProviderError, ValidationError, isBatchbookError } from '../../../src/core/errors.ts';
import { sortableId } from '../../../src/core/ids.ts';
import { hashInput } from '../../../src/core/inputHash.ts';
import { describePilot, pilotReport, pilotRows } from '../../../src/core/pilot.ts';
import type { OutputOutcome, OutputRequest, RetryPolicy, RowLoader } from '../../../src/core/plan.ts';
import type { MockOutcome } from '../../../src/providers/mock/mockOptions.ts';
import type { MockRequest } from '../../../src/providers/mock/mockRequest.ts';
import { MockCostTracker } from '../../../src/testing/mockCostTracker.ts';
import { mockBatchRequests } from '../../../src/testing/mockBatchRequest.ts';
import { assertCountsSum, inWorld, nano, resultsOf, resumeWith, withProvider } from './scenario.ts';

const NONE: RetryPolicy = { truncated: 0, invalid: 0, transient: 0, missing: 0 };

describe('Retries', () => {
  const cases: readonly [MockOutcome, Partial<RetryPolicy>, number, string][] = [
    ['truncated', {}, 2, 'truncated'],
    ['truncated', { truncated: 0 }, 1, 'truncated'],
    ['truncated', { truncated: 3 }, 4, 'truncated'],
    ['invalid', {}, 2, 'invalid'],
    ['invalid', { invalid: 0 }, 1, 'invalid'],
    ['transient', {}, 4, 'error'],
    ['transient', { transient: 0 }, 1, 'error'],
    ['expired', { transient: 1 }, 2, 'error'],
    ['cancelled', { transient: 1 }, 2, 'cancelled'],
    ['permanent', {}, 1, 'error'],
    ['refused', {}, 1, 'refused'],
    ['ok', {}, 1, 'ok'],
  ];
  for (const [outcome, policy, attempts, status] of cases) {
    it(`a row that always ends ${outcome} under ${JSON.stringify(policy)} gets ${String(attempts)} attempts and ends ${status}`, () =>
      inWorld(
        {
          rows: 1,
          cell: { retry: { truncated: 1, invalid: 1, transient: 3, missing: 2, ...policy } },
          service: { outcome: () => outcome },
        },
        async (world) => {
          const run = await world.run();
          assert.equal(run.state, 'finished');
          assertCountsSum(run);
          const [result] = await resultsOf(world);
          assert.equal(result?.status, status);
          assert.equal(result.attempts, attempts);
          assert.equal(world.service.ledger().batches.length, attempts);
        },
      ));
  }

  it('a missing row gets none with a policy of 0', () =>
    inWorld({ rows: 1, cell: { retry: NONE }, service: { faults: { droppedRows: 1 } } }, async (world) => {
      const run = await world.run();
      assert.equal(run.counts.error, 1);
      assert.equal(world.service.ledger().batches.length, 1);
    }));

  it('the re-ask of a truncated answer may be twice as long, and that is reserved', () => {
    const asked: MockRequest[] = [];
    return inWorld(
      {
        rows: 1,
        service: {
          outcome: ({ request, attempt }) => {
            asked.push(request);
            return attempt === 1 ? 'truncated' : 'ok';
          },
        },
      },
      async (world) => {
        const money = new MockCostTracker();
        const status = await world.run({ money });
        assert.equal(status.counts.ok, 1);
        assert.deepEqual(
          asked.map((request) => request.maxTokens),
          [100, 200],
        );
        const reserved = money.calls.flatMap((call) => (call.call === 'reserve' ? [call.nanoUsd ?? 0] : []));
        // 100 more tokens at 5 USD/M, half price.
        assert.deepEqual(reserved, [251_500, 501_500]);
      },
    );
  });

  it('the re-ask of an invalid answer carries what was wrong with the last one, within what is reserved for it', () => {
    const asked: MockRequest[] = [];
    return inWorld(
      {
        rows: 1,
        service: {
          outcome: ({ request, attempt }) => {
            asked.push(request);
            return attempt === 1 ? 'invalid' : 'ok';
          },
        },
      },
      async (world) => {
        const long = 'total must be a number; '.repeat(2000);
        const status = await world.run(
          withProvider(world, (provider) => ({
            results: async function* (id: string, signal: AbortSignal) {
              for await (const result of provider.results(id, signal)) {
                yield result.outcome === 'invalid'
                  ? { ...result, error: { code: 'permanent' as const, message: long } }
                  : result;
              }
            },
          })),
        );
        assert.equal(status.counts.ok, 1);
        const text = asked[1]?.messages[0]?.content ?? '';
        assert.match(text, /^Prompt 0\n\nYour previous answer could not be used: total must be a number; /);
        assert.ok(text.length < 1000, 'cut to the tokens that are reserved for the hint');
        assert.equal(asked[0]?.messages[0]?.content, 'Prompt 0');
      },
    );
  });

  it('failed rows are sent again when the person asks for it, ok ones never', () =>
    inWorld(
      {
        rows: 4,
        cell: { retry: NONE },
        service: { outcomes: { rows: { 1: ['permanent', 'ok'], 2: ['refused'] } } },
      },
      async (world) => {
        assert.equal((await world.run()).counts.ok, 2);
        const one = await resumeWith(world, { kind: 'retry', rows: [1] });
        assert.equal(one.counts.ok, 3);
        const all = await resumeWith(world, { kind: 'retry' });
        assert.equal(all.counts.refused, 1);
        assert.deepEqual(
          world.service.ledger().batches.map((batch) => batch.rows.map((row) => row.ordinal)),
          [[0, 1, 2, 3], [1], [2]],
        );
        const [, result] = await resultsOf(world);
        assert.equal(result?.attempts, 2);
        const nothing = await resumeWith(world, { kind: 'retry', rows: [0] });
        assert.equal(nothing.state, 'finished');
      },
    ));
});

describe('Refusals by the service', () => {
  it('a refused key stops the run with the code auth; nothing is lost, and another start goes on', () =>
    inWorld({ rows: 3, service: { faults: { auth: 1 } } }, async (world) => {
      const status = await world.run();
      assert.equal(status.state, 'stopped');
      assert.equal(status.code, 'auth');
      assert.equal(status.counts.pending, 3);
      assert.equal(status.costUsd.inFlight, 0);
      assert.equal((await world.resume()).counts.ok, 3);
    }));

  it('a request that the service cannot take stops the run with its words', () =>
    inWorld({ rows: 3, service: { faults: { invalidRequest: 1 } } }, async (world) => {
      const status = await world.run();
      assert.equal(status.code, 'invalidRequest');
      assert.match(status.reason ?? '', /refused/);
    }));

  it('a full queue is answered with half as many rows and uses up no attempt (b-8)', () =>
    inWorld({ rows: 8, service: { faults: { queueFull: 1 } } }, async (world) => {
      const status = await world.run();
      assert.equal(status.counts.ok, 8);
      assert.deepEqual(
        world.service.ledger().batches.map((batch) => batch.rows.length),
        [4, 4],
      );
    }));

  it('a batch that failed for want of room uses up no attempt either', () =>
    inWorld(
      { rows: 8, cell: { retry: NONE }, service: { faults: { acceptedThenQueueFull: 1 } } },
      async (world) => {
        const status = await world.run();
        assert.equal(status.counts.ok, 8);
        for (const { attempts } of await resultsOf(world)) assert.equal(attempts, 1);
      },
    ));

  it('a batch refused at validation ends its rows for good, one that failed later is tried again', () =>
    inWorld({ rows: 2, service: { endings: [{ state: 'failed', failure: 'rejected' }] } }, async (world) => {
      const status = await world.run();
      assert.equal(status.counts.error, 2);
      assert.equal((await resultsOf(world))[0]?.error?.code, 'permanent');
    }));

  it('a mistake in our own provider makes a batch uncertain, never lost and never sent twice', () =>
    inWorld({ rows: 2 }, async (world) => {
      let calls = 0;
      const broken = withProvider(world, () => ({
        createBatch: () => {
          calls += 1;
          throw new TypeError('x is undefined');
        },
      }));
      const status = await world.run(broken);
      assert.equal(status.state, 'needsDecision');
      assert.equal(calls, 1);
    }));
});

describe('Changed inputs', () => {
  it('a change before the first submission is replanned, reserved anew, sent and noted (b-20)', () => {
    const prompts = new Map<number, string>();
    return inWorld(
      { rows: 2, prompt: (ordinal) => prompts.get(ordinal) ?? `Prompt ${String(ordinal)}` },
      async (world) => {
        await world.plan();
        prompts.set(1, 'A much longer prompt than before');
        const money = new MockCostTracker();
        const status = await world.resume({ money });
        assert.equal(status.counts.ok, 2);
        assert.match(status.notices[0] ?? '', /^1 changed since the run was planned/);
        assert.match((await resultsOf(world))[1]?.response ?? '', /longer prompt/);
        const reserved = money.calls.flatMap((call) => (call.call === 'reserve' ? [call.nanoUsd ?? 0] : []));
        assert.ok((reserved[1] ?? 0) > (reserved[0] ?? 0));
      },
    );
  });

  it('citations of a replanned row are verified by the content that was sent, and not once that has changed', async () => {
    let text = 'As it was planned.';
    const loader: RowLoader = {
      load: async ({ id, source }) => {
        const file = { path: source, bytes: Buffer.from(text) };
        const job = { id, model: 'mock-small', maxTokens: 100, prompt: 'Sum.', file, enableCitations: true };
        return { ok: true, job, inputHash: hashInput(job) };
      },
    };
    await inWorld({ rows: 1 }, async (world) => {
      await world.plan();
      text = 'As it is sent.';
      await world.resume({ loader });
      const cited = (await resultsOf(world))[0]?.citations;
      assert.deepEqual(
        cited?.map(({ citedText, verified }) => [citedText, verified]),
        [['As it is sent.', true]],
      );
    });
    await inWorld({ rows: 1 }, async (world) => {
      await world.plan();
      const changing = withProvider(world, (provider) => ({
        results: (...args) => {
          text = 'As it is sent. And changed since.';
          return provider.results(...args);
        },
      }));
      await world.resume({ loader, ...changing });
      assert.equal((await resultsOf(world))[0]?.citations[0]?.verified, false);
    });
  });

  it('a change that does not fit the limit any more is not sent and ends with the code changed', () => {
    let prompt = 'short';
    return inWorld({ rows: 1, prompt: () => prompt, settings: { limitNanoUsd: 300_000 } }, async (world) => {
      await world.plan();
      prompt = 'long '.repeat(1000);
      const status = await world.resume();
      assert.equal(status.counts.error, 1);
      assert.equal((await resultsOf(world))[0]?.error?.code, 'changed');
      assert.equal(world.service.ledger().batches.length, 0);
    });
  });

  it('a change between two attempts is not sent', () => {
    let prompt = 'before';
    return inWorld(
      {
        rows: 1,
        prompt: () => prompt,
        service: {
          outcome: () => {
            prompt = 'after';
            return 'transient';
          },
        },
      },
      async (world) => {
        const status = await world.run();
        assert.equal(status.counts.error, 1);
        const [result] = await resultsOf(world);
        assert.equal(result?.error?.code, 'changed');
        assert.equal(result.attempts, 1);
        assert.equal(world.service.ledger().batches.length, 1);
      },
    );
  });

  it('a vanished input ends with the code gone, and the others are sent', () => {
    let there = true;
    return inWorld(
      { rows: 3, prompt: (ordinal) => (ordinal === 1 && !there ? undefined : 'here') },
      async (world) => {
        await world.plan();
        there = false;
        const status = await world.resume();
        assert.deepEqual([status.counts.ok, status.counts.error], [2, 1]);
        assert.equal((await resultsOf(world))[1]?.error?.code, 'gone');
      },
    );
  });

  it('a row that is larger than a request may be ends with its name; the others go into batches that fit', () =>
    inWorld(
      {
        rows: 5,
        prompt: (ordinal) => (ordinal === 2 ? 'x'.repeat(1000) : `Prompt ${String(ordinal)}`),
        provider: { limits: { maxBytes: 400 } },
      },
      async (world) => {
        const status = await world.run();
        assert.deepEqual([status.counts.ok, status.counts.error], [4, 1]);
        const result = (await resultsOf(world))[2];
        assert.equal(result?.error?.code, 'tooLarge');
        assert.match(result.error.message, /^2: It needs \d+ bytes, and one request to mock may have 400/);
      },
    ));

  it('a row that cannot be encoded ends with the code unreadable', () =>
    inWorld({ rows: 2 }, async (world) => {
      const status = await world.run(
        withProvider(world, (provider) => ({
          encodeRow: (job, customId) => {
            if (job.prompt === 'Prompt 0') throw new ValidationError('validation', 'No text in it.');
            return provider.encodeRow(job, customId);
          },
        })),
      );
      assert.deepEqual([status.counts.ok, status.counts.error], [1, 1]);
      assert.equal((await resultsOf(world))[0]?.error?.code, 'unreadable');
    }));

  it('any other failure while encoding ends the driver, with no batch and no money left behind', () =>
    inWorld({ rows: 2 }, async (world) => {
      const broken = withProvider(world, () => ({
        encodeRow: () => {
          throw new TypeError('a mistake');
        },
      }));
      await assert.rejects(world.run(broken), /a mistake/);
      assert.equal((await world.resume()).counts.ok, 2);
    }));
});

describe('A pilot', () => {
  it('is told in words that fit one row, and with a range only where there is one', () => {
    const report = { rows: 1, remaining: 1, ok: 1, truncated: 0, refused: 0, tokensPerRow: 9 };
    const cost = { expectedNanoUsd: 1_110_000, lowNanoUsd: 1_110_000, highNanoUsd: 1_110_000 };
    assert.equal(
      describePilot({ ...report, ...cost }),
      'The pilot of 1 row is done: 100 % ok, 0 % truncated, 0 % refused, 9 tokens a row. The row that waits should cost about $0.00111. Resume to send it.',
    );
    assert.match(
      describePilot({ ...report, ...cost, rows: 2, remaining: 3, highNanoUsd: 2_000_000 }),
      /pilot of 2 rows .*The 3 rows that wait should cost about \$0\.00111 \(\$0\.00111 to \$0\.002\)\. Resume to send them\.$/,
    );
  });

  it('sends rows spread over the plan, waits with a report, and goes on when told', () =>
    inWorld({ rows: 10, settings: { pilot: 3 } }, async (world) => {
      const status = await world.run();
      assert.equal(status.state, 'waiting');
      assert.match(status.reason ?? '', /7 rows that wait/);
      assert.deepEqual(
        world.service.ledger().batches.map((batch) => batch.rows.map((row) => row.ordinal)),
        [[0, 3, 6]],
      );
      const { ledger } = await world.state().readRun(world.runId);
      const report = pilotReport(ledger, pilotRows(ledger, 3) ?? new Set());
      assert.equal(report.rows, 3);
      assert.equal(report.remaining, 7);
      assert.equal(report.ok, 1);
      assert.equal(report.expectedNanoUsd, Math.round((nano(status.costUsd.spent) / 3) * 7));
      assert.ok(report.lowNanoUsd <= report.expectedNanoUsd && report.expectedNanoUsd <= report.highNanoUsd);
      assert.equal((await world.resume()).state, 'waiting', 'a resume alone does not continue');
      const after = await resumeWith(world, { kind: 'continue' });
      assert.equal(after.counts.ok, 10);
    }));

  it('of all rows or more is none', () =>
    inWorld({ rows: 3, settings: { pilot: 3 } }, async (world) => {
      assert.equal((await world.run()).state, 'finished');
    }));
});

describe('Stopping and going on', () => {
  it('nothing is sent of a run that nobody has agreed to (P7)', () =>
    inWorld({ rows: 3 }, async (world) => {
      await world.plan();
      const { confirmation: _none, ...options } = {
        state: world.state(),
        runId: world.runId,
        registry: world.registry,
        loader: world.loader,
        clock: world.clock,
        random: () => 0.5,
        randomBytes: world.randomBytes,
        kind: 'cli' as const,
        confirmation: undefined,
      };
      const status = await (await BatchRun.start(options)).finished();
      assert.equal(status.state, 'planned');
      assert.equal(status.code, 'notConfirmed');
      assert.equal(world.service.ledger().batches.length, 0);
    }));

  it('a stop leaves the batches at the service; a resume collects them and sends nothing again', () =>
    inWorld({ rows: 6, settings: { jobsPerBatch: 3, maxConcurrent: 1 } }, async (world) => {
      await world.plan();
      let asked = false;
      const run = await world.start({
        onProgress: (status) => {
          if (asked || status.batches[0]?.state !== 'running') return;
          asked = true;
          void world.state().request(world.runId, { kind: 'stop' });
        },
      });
      const status = await run.finished();
      assert.equal(status.state, 'stopped');
      assert.match(status.reason ?? '', /1 batch goes on at the service; 3 rows wait/);
      const after = await world.resume();
      assert.equal(after.counts.ok, 6);
      assert.equal(world.service.ledger().batches.length, 2);
    }));

  it('a stop is meant for the process that was asked: a resume after a crash in between goes on', () =>
    inWorld({ rows: 2 }, async (world) => {
      await world.plan();
      const id = await world.state().request(world.runId, { kind: 'stop' });
      const writer = await world.state().driveRun(world.runId, { kind: 'cli' });
      await writer.append({ e: 'requestHandled', at: 1, id, kind: 'stop' });
      await writer.release(); // died before it removed the request
      const status = await world.resume();
      assert.equal(status.counts.ok, 2);
      const reader = await world.state().driveRun(world.runId, { kind: 'cli' });
      assert.deepEqual(await reader.pendingRequests(), []);
      await reader.release();
    }));

  it('a request is carried out once, also when the process died before it removed it', () =>
    inWorld({ rows: 2, service: { faults: { lostRequest: 1 } } }, async (world) => {
      await world.run();
      await resumeWith(world, { kind: 'resend' });
      const before = (await world.state().readRun(world.runId)).ledger.money.unconfirmedNanoUsd;
      const id = await world.state().request(world.runId, { kind: 'writeOff', nanoUsd: 1000 });
      const writer = await world.state().driveRun(world.runId, { kind: 'cli' });
      await writer.append(
        { e: 'writtenOff', at: 1, nanoUsd: 1000 },
        { e: 'requestHandled', at: 1, id, kind: 'writeOff' },
      );
      await writer.release();
      const status = await world.resume();
      assert.equal(nano(status.costUsd.unconfirmed), before - 1000);
    }));

  it('shutdown sends nothing new; with waitForActive it follows what is in flight to its end', () =>
    inWorld({ rows: 6, settings: { jobsPerBatch: 2, maxConcurrent: 1 } }, async (world) => {
      await world.plan();
      const run = await world.start();
      await run.shutdown({ waitForActive: true });
      const { counts } = run.status();
      assert.equal(counts.ok, 2 * world.service.ledger().batches.length);
      assert.equal(counts.pending, 6 - counts.ok);
      const second = await world.start();
      await second.shutdown();
      await world.resume();
      assert.equal((await world.resume()).counts.ok, 6);
    }));

  it('a cancel ends what waits at once, and what comes back later is kept', () =>
    inWorld({ rows: 500, settings: { jobsPerBatch: 2, maxConcurrent: 1 } }, async (world) => {
      await world.plan();
      await world.state().request(world.runId, { kind: 'cancel' });
      const status = await world.resume();
      assert.equal(status.state, 'finished');
      assert.equal(status.counts.cancelled, 500);
      assert.equal(world.service.ledger().batches.length, 0);
      const results = await resultsOf(world);
      assert.equal(results[0]?.status, 'cancelled');
      const again = await resumeWith(world, { kind: 'retry', rows: [0, 1] });
      assert.equal(again.counts.ok, 2, 'cancelled rows are part of what can be run again');
      assert.equal(again.counts.cancelled, 498);
    }));

  it('a batch that somebody else cancelled goes back to wait, one that we cancelled ends cancelled', () =>
    inWorld(
      { rows: 4, service: { endings: [{ state: 'cancelled', completed: 1 }], linesForUnfinished: false } },
      async (world) => {
        const status = await world.run();
        assert.equal(status.counts.ok, 4);
        assert.equal(world.service.ledger().batches.length, 2);
      },
    ));

  it('an error thrown by the listener of progress stops the run and is told, and no event is lost', () =>
    inWorld({ rows: 4 }, async (world) => {
      await world.plan();
      const run = await world.start({
        onProgress: ({ batches }) => {
          if (batches.length > 0) throw new RangeError('a mistake of the listener');
        },
      });
      await assert.rejects(run.finished(), RangeError);
      const status = await world.resume();
      assert.equal(status.counts.ok, 4);
      assert.equal(world.service.ledger().batches.length, 1);
    }));

  it('a batch task can be replaced by a scripted one', () =>
    inWorld({ rows: 3, cell: { retry: NONE } }, async (world) => {
      const makeTask = mockBatchRequests({ outcome: (row) => (row === 1 ? 'refused' : 'ok') });
      const status = await world.run({ makeTask });
      assert.deepEqual([status.counts.ok, status.counts.refused], [2, 1]);
      const refusal = new ProviderError('providerRefused', 'mock', 'No.');
      await inWorld({ rows: 1 }, async (other) => {
        const stopped = await other.run({ makeTask: mockBatchRequests({ refusal }) });
        assert.equal(stopped.code, 'providerRefused');
      });
    }));
});

describe('Rows that an earlier run has answered', () => {
  it('are carried over at no cost, and only the rest is sent', () =>
    inWorld({ rows: 3 }, async (world) => {
      await world.run();
      const state = world.state();
      const from = await state.readRun(world.runId);
      const runId = sortableId(world.clock.now(), world.randomBytes);
      await state.createRun({
        meta: { ...from.meta, runId },
        plan: from.ledger.rows.map((row) => row.planned),
      });
      const reuse = [0, 2].map((ordinal) => ({ ordinal, from, fromOrdinal: ordinal }));
      const run = await world.start({ runId, reuse });
      const status = await run.finished();
      assert.equal(status.counts.ok, 3);
      assert.equal(status.reused, 2);
      assert.deepEqual(
        world.service.ledger().batches.map((batch) => batch.rows.map((row) => row.ordinal)),
        [[0, 1, 2], [1]],
      );
      const [first, second] = [...run.results().values()];
      assert.equal(first?.reusedFrom, world.runId);
      assert.equal(first.costUsd, 0);
      assert.equal(first.batchId, 'mockbatch-1');
      assert.match(first.response ?? '', /Prompt 0$/);
      assert.equal(second?.reusedFrom, undefined);
      assert.equal(second?.batchId, 'mockbatch-2');
    }));
});

describe('Results and status of a run', () => {
  it('stream yields every result once, those that are there first, and ends with the run', () =>
    inWorld({ rows: 6, settings: { jobsPerBatch: 2 } }, async (world) => {
      await world.plan();
      const run = await world.start();
      const seen: string[] = [];
      for await (const { jobId } of run.stream()) seen.push(jobId);
      assert.equal(seen.length, 6);
      assert.equal(new Set(seen).size, 6);
      assert.ok(run.isComplete);
      const again = await Array.fromAsync(run.stream());
      assert.equal(again.length, 6);
    }));

  it('stream throws what the run ended with', () =>
    inWorld({ rows: 2 }, async (world) => {
      await world.plan();
      const run = await world.start(
        withProvider(world, () => ({
          encodeRow: () => {
            throw new TypeError('a mistake');
          },
        })),
      );
      await assert.rejects(Array.fromAsync(run.stream()), /a mistake/);
    }));

  it('results are a map by job id that reads each one when it is asked for', () =>
    inWorld(
      { rows: 3, cell: { retry: NONE }, service: { outcomes: { rows: { 2: ['permanent'] } } } },
      async (world) => {
        await world.plan();
        const run = await world.start();
        assert.equal(run.results().size, 0);
        await run.finished();
        const results = run.results();
        assert.equal(results.size, 3);
        const id = 'cell-' + '0'.repeat(25) + '1';
        assert.ok(results.has(id));
        assert.equal(results.get('no such job'), undefined);
        const result = results.get(id);
        assert.equal(result?.status, 'ok');
        assert.equal(result.model, 'mock-small');
        assert.equal(result.provider, 'mock');
        assert.equal(result.batchId, 'mockbatch-1');
        assert.equal(result.stopReason, 'end');
        assert.equal(result.inputTokens, 2);
        assert.equal(result.attempts, 1);
        assert.ok(result.costUsd > 0 && result.finishedAt > 0);
        assert.deepEqual(
          [...results.keys()],
          [...results.entries()].map(([key]) => key),
        );
        assert.deepEqual(
          [...results.values()].map((r) => r.jobId),
          [...results.keys()],
        );
        const visited: string[] = [];
        results.forEach((value, key, map) => {
          visited.push(key);
          assert.equal(map, results);
          assert.equal(value.jobId, key);
        });
        assert.deepEqual(
          visited,
          [...results].map(([key]) => key),
        );
      },
    ));

  it('the status says how far, how much and what next, for programs and for people', () =>
    inWorld(
      {
        rows: 4,
        cell: { retry: NONE },
        settings: { limitNanoUsd: 5_000_000_000 },
        service: { outcomes: { rows: { 0: ['refused'] } } },
      },
      async (world) => {
        const printed: string[] = [];
        const write = process.stdout.write.bind(process.stdout);
        await world.plan();
        const etas: (number | null)[] = [];
        const run = await world.start({ onProgress: ({ etaMs }) => etas.push(etaMs) });
        const status = await run.finished();
        process.stdout.write = (text: string) => printed.push(text) > 0;
        try {
          run.status({ print: true });
        } finally {
          process.stdout.write = write;
        }
        assert.equal(run.runId, world.runId);
        assert.equal(run.meta.title, 'Test');
        assert.equal(run.ledger.rows.length, 4);
        assert.equal(status.completed, 4);
        assert.equal(status.total, 4);
        assert.equal(status.reused, 0);
        assert.ok(status.tokens.input > 0 && status.tokens.output > 0);
        assert.equal(status.batches[0]?.rows, 4);
        assert.equal(status.batches[0].costUsd, status.costUsd.spent);
        assert.ok(etas.includes(0));
        const text = printed.join('');
        assert.match(text, /^Test: finished, 4\/4 rows \(run [0-9a-z]{26}\)\n {2}3 ok, 1 refused\n/);
        assert.match(text, /limit \$5\.00; \d+ tokens in/);
      },
    ));

  it('a run that nobody drives says so, with what goes on and what waits', () =>
    inWorld({ rows: 2 }, async (world) => {
      await world.plan();
      const { runStatus } = await import('../../../src/core/status.ts');
      const { describeStatus } = await import('../../../src/core/describeStatus.ts');
      const writer = await world.state().driveRun(world.runId, { kind: 'cli' });
      await writer.release();
      const reader = await world.state().readRun(world.runId);
      const status = runStatus(reader, { driven: false, now: world.clock.now() });
      assert.equal(status.state, 'stopped');
      assert.match(
        status.reason ?? '',
        /Nobody drives this run: 0 batches go on at the service and 2 rows wait/,
      );
      assert.equal(status.etaMs, null);
      const text = describeStatus({
        ...status,
        reused: 1,
        notices: ['something'],
        counts: { ...status.counts, submitted: 1 },
        costUsd: { spent: 0, inFlight: 0.1, unconfirmed: 0.2, limit: null },
      });
      assert.match(text, /1 at the service, 2 waiting, 1 reused/);
      assert.match(text, /\$0\.10 at most in flight, \$0\.20 unconfirmed;/);
      assert.match(text, /Note: something/);
    }));

  it('outputs are written for ok rows only, after the batch is closed, and again where they are missing', () =>
    inWorld({ rows: 3, service: { outcomes: { rows: { 1: ['refused'] } } } }, async (world) => {
      const asked: OutputRequest[] = [];
      const outputs = {
        write: (request: OutputRequest): Promise<OutputOutcome> => {
          asked.push(request);
          return Promise.resolve(
            request.ordinal === 2
              ? { kind: 'leftAlone', path: 'out/2.md', reason: 'It was changed.' }
              : { kind: 'written', path: 'out/0.md', sha256: 'ab'.repeat(32) },
          );
        },
      };
      const status = await world.run({ outputs });
      assert.deepEqual(
        asked.map((request) => request.ordinal),
        [0, 2],
      );
      assert.match(status.notices[0] ?? '', /^out\/2\.md was left alone: It was changed\./);
      await world.resume({ outputs });
      assert.equal(asked[2]?.previousSha256, 'ab'.repeat(32));
    }));

  it('errors of the run are of our family or are told as they are', () =>
    inWorld({ rows: 1 }, async (world) => {
      await assert.rejects(world.resume(), (error) => isBatchbookError(error) && error.code === 'state');
    }));
});
