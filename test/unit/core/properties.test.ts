import assert from 'node:assert/strict';
import { cp, readFile, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { endedResults } from '../../../src/core/assembleResult.ts';
import type { FinishedRow, RunEvent } from '../../../src/core/events.ts';
import { hashInput } from '../../../src/core/inputHash.ts';
import { DEFAULT_RETRY } from '../../../src/core/plan.ts';
import { toRanges } from '../../../src/core/rowRanges.ts';
import { RunLedger } from '../../../src/core/runLedger.ts';
import type { StateManager } from '../../../src/core/stateManager.ts';
import { runStatus } from '../../../src/core/status.ts';
import type { AttemptOutcome } from '../../../src/core/vocabulary.ts';
import { realDisk } from '../../../src/state/disk.ts';
import { FileStateManager } from '../../../src/state/fileStateManager.ts';
import type { World } from '../../support/engine.ts';
import { assertNoRowInTwoLiveBatches, assertReadBeforeResent } from '../../support/mockService/ledger.ts';
import { assertCountsSum, inWorld, nano, resumeWith, withProvider } from './scenario.ts';

describe('Any prefix of a journal', () => {
  it('with a torn last line replays to a state from which the run ends with the same results', async function () {
    this.timeout(120_000);
    await inWorld(
      {
        rows: 12,
        settings: { jobsPerBatch: 5, maxConcurrent: 2 },
        service: { outcomes: { shares: { transient: 0.3 }, shareAttempts: 1 }, faults: { shuffled: true } },
      },
      async (world) => {
        const kept = withProvider(world, () => ({ deleteArtifacts: () => Promise.resolve() }));
        assert.equal((await world.run(kept)).state, 'finished');
        const whole = await comparable(world.state(), world.runId);
        const run = path.join(world.stateDir, 'runs', world.runId);
        const journal = await readFile(path.join(run, 'journal.jsonl'));
        const results = (await stat(path.join(run, 'results.jsonl'))).size;
        const first = journal.indexOf('\n') + 1; // before that it is an abandoned plan
        let copies = 0;
        await fc.assert(
          fc.asyncProperty(fc.integer({ min: first, max: journal.length }), upTo(1), async (end, share) => {
            const dir = path.join(world.dir, `copy-${String(++copies)}`);
            await cp(world.stateDir, dir, { recursive: true });
            await truncate(path.join(dir, 'runs', world.runId, 'journal.jsonl'), end);
            // Results that no durable event names may be lost in part.
            const named = bytesOfClosed(journal.subarray(0, end));
            const left = named + Math.floor(share * (results - named));
            await truncate(path.join(dir, 'runs', world.runId, 'results.jsonl'), left);
            const state = new FileStateManager({ dir, disk: realDisk, clock: world.clock });
            const before = await state.readRun(world.runId);
            assertCountsSum(runStatus(before, { driven: false, now: 0 }));
            assertBooks(before.ledger);
            const status = await world.resume({ ...kept, state });
            assert.equal(status.state, 'finished', status.reason);
            assert.equal(await comparable(state, world.runId), whole);
            assertBooks((await state.readRun(world.runId)).ledger);
          }),
          {
            numRuns: 30,
            examples: [
              [first, 0],
              [journal.length, 0],
              [journal.length - 1, 1],
            ],
          },
        );
      },
    );
  });
});

describe('Any prefix of the journal of a run whose batch was taken back and its rest moved to another model', () => {
  it('replays to a state from which every row ends once, by the model that its batch was for (P1, P2, P4)', async function () {
    this.timeout(120_000);
    const shape = { rows: 8, settings: { jobsPerBatch: 5, maxConcurrent: 2 } };
    await inWorld({ ...shape, service: { runningMs: [36_000_000, 60_000] } }, async (world) => {
      const kept = withProvider(world, () => ({ deleteArtifacts: () => Promise.resolve() }));
      await world.plan();
      let asked = false;
      const run = await world.start({
        ...kept,
        onProgress: ({ batches }) => {
          if (asked || world.clock.monotonic() < 15_000_000 || batches[0]?.state !== 'running') return;
          asked = true;
          const target = { model: 'mock-large', provider: 'mock', origin: null, worstNanoUsd: 10_000_000 };
          const { nonce } = batches[0];
          const request = { kind: 'withdraw', nonce, moveTo: { ...target, shown: '' } } as const;
          void world.state().request(world.runId, request);
        },
      });
      assert.equal((await run.finished()).counts.ok, 8);
      const file = path.join(world.stateDir, 'runs', world.runId, 'journal.jsonl');
      const journal = await readFile(file);
      const lines = journal.toString().split('\n');
      const ends = lines.map((_, i) => Buffer.byteLength(lines.slice(0, i + 1).join('\n')) + 1);
      const wordOf = (line: string): string | undefined => /"e":"(\w+)"/.exec(line)?.[1];
      const words = lines.map(wordOf);
      const around = ['batchWithdrawn', 'batchClosed', 'rowsMoved'].flatMap((word) => {
        const at = ends[words.indexOf(word)] ?? 0;
        assert.ok(at > 0, `the journal has no ${word}`);
        return [at, at - 3];
      });
      let copies = 0;
      for (const end of [
        ...around,
        ...fc.sample(fc.integer({ min: ends[0] ?? 0, max: journal.length }), { numRuns: 12, seed: 9 }),
      ]) {
        const dir = path.join(world.dir, `copy-${String(++copies)}`);
        await cp(world.stateDir, dir, { recursive: true });
        await truncate(path.join(dir, 'runs', world.runId, 'journal.jsonl'), end);
        const state = new FileStateManager({ dir, disk: realDisk, clock: world.clock });
        const before = await state.readRun(world.runId);
        assertCountsSum(runStatus(before, { driven: false, now: 0 }));
        assertBooks(before.ledger);
        const status = await world.resume({ ...kept, state });
        assert.equal(status.state, 'finished', status.reason);
        assert.equal(status.counts.ok, 8, JSON.stringify(status.counts));
        const after = await state.readRun(world.runId);
        assertBooks(after.ledger);
        for (const [ordinal, result] of [...endedResults(after)].entries()) {
          const row = after.ledger.row(ordinal);
          assert.equal(result.model, after.ledger.batch(row.lastBatch ?? '').model);
          assert.ok(result.response?.endsWith(`to: Prompt ${String(ordinal)}`), result.response);
          const hash = hashInput({
            id: '',
            prompt: `Prompt ${String(ordinal)}`,
            model: result.model,
            maxTokens: 100,
          });
          assert.equal(row.inputHash, hash, 'what is kept for reuse is what was asked');
        }
      }
      assertNoRowInTwoLiveBatches(world.service.ledger());
    });
  });
});

describe('A ledger under any order of events', () => {
  const ROWS = 8;
  const outcome = fc.constantFrom<AttemptOutcome>(
    'ok',
    'truncated',
    'transient',
    'missing',
    'refused',
    'expired',
    'withdrawn',
  );
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('intend' as const),
      rows: fc.uniqueArray(fc.nat(ROWS - 1), { minLength: 1 }),
      price: fc.nat(60),
    }),
    fc.record({
      kind: fc.constant('finish' as const),
      row: fc.nat(ROWS - 1),
      outcome,
      share: upTo(1),
      told: fc.boolean(),
    }),
    fc.record({
      kind: fc.constantFrom('close' as const, 'reject' as const, 'abandon' as const),
      row: fc.nat(ROWS - 1),
    }),
    fc.record({ kind: fc.constant('limit' as const), more: fc.nat(50) }),
    fc.record({
      kind: fc.constantFrom('withdraw' as const, 'move' as const),
      row: fc.nat(ROWS - 1),
      elsewhere: fc.boolean(),
    }),
  );

  it('never has more spent, unconfirmed and set aside than the limit, and its sums are those of its rows (P1, P3)', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ledger = newLedger();
        const events: RunEvent[] = [];
        let nonces = 0;
        const paid = new Map<string, number>();
        const apply = (event: RunEvent): void => {
          events.push(event);
          ledger.apply(event, 1);
        };
        for (const s of steps) {
          if (s.kind === 'intend') {
            const rows = s.rows
              .filter((row) => ledger.row(row).status === 'pending' && ledger.row(row).movingTo === undefined)
              .toSorted((a, b) => a - b);
            const reservedNanoUsd = rows.length * s.price;
            if (rows.length === 0 || !ledger.money.fits(reservedNanoUsd)) continue;
            apply({
              e: 'batchIntended',
              at: 1,
              nonce: `n${String(++nonces)}`,
              provider: 'mock',
              model: 'm',
              rows: toRanges(rows),
              payloadHash: '',
              bytes: 1,
              reservedNanoUsd,
              reservations: rows.map(() => s.price),
            });
          } else if (s.kind === 'limit') {
            const limit = ledger.money.limitNanoUsd ?? 0;
            apply({ e: 'limitSet', at: 1, limitNanoUsd: limit + s.more });
          } else if (s.kind === 'move') {
            if (ledger.row(s.row).movingTo === undefined) continue;
            const there = { model: 'other', provider: 'mock', maxTokens: 5, retry: DEFAULT_RETRY };
            apply({ e: 'rowsMoved', at: 1, ...there, rows: [[s.row, 'other', 1, 1, 20, 2]] });
          } else {
            const nonce = ledger.row(s.row).liveIn;
            if (nonce === undefined) continue;
            if (s.kind === 'withdraw') {
              const moveTo = { model: 'other', provider: 'mock', origin: null, worstNanoUsd: 0, shown: '' };
              apply({ e: 'batchWithdrawn', at: 1, nonce, ...(s.elsewhere ? { moveTo } : {}) });
            } else if (s.kind === 'finish') {
              const cost = s.told ? Math.floor(s.share * ledger.money.reservedFor(s.row)) : null;
              const finished: FinishedRow = [
                s.row,
                ledger.row(s.row).attempts + 1,
                s.outcome,
                0,
                1,
                2,
                cost,
                3,
                4,
              ];
              const key = `${nonce}-${String(s.row)}`;
              if (!paid.has(key)) paid.set(key, cost ?? 0);
              apply({ e: 'rowsFinished', at: 1, nonce, rows: [finished] });
              apply({ e: 'rowsFinished', at: 1, nonce, rows: [finished] }); // as after a second reading
            } else if (s.kind === 'close') apply({ e: 'batchClosed', at: 1, nonce, lines: 1, strays: 0 });
            else if (s.kind === 'reject')
              apply({ e: 'batchRejected', at: 1, nonce, code: 'rateLimit', message: '' });
            else apply({ e: 'batchAbandoned', at: 1, nonce, reason: '' });
          }
          assertBooks(ledger);
          for (const row of ledger.rows)
            if (row.movingTo !== undefined) assert.equal(row.status, 'pending', 'only what waits is moved');
          assert.ok(ledger.money.headroomNanoUsd >= 0);
          const once = [...paid.values()].reduce((sum, cost) => sum + cost, 0);
          assert.equal(
            ledger.money.spentNanoUsd,
            once,
            'a result is accounted once, however often it is read',
          );
        }
        const again = newLedger();
        for (const event of events) again.apply(event, 1);
        assert.deepEqual(again.rows, ledger.rows, 'a replay gives the same rows');
        assert.equal(again.money.headroomNanoUsd, ledger.money.headroomNanoUsd);
      }),
      { numRuns: 300 },
    );
  });

  function newLedger(): RunLedger {
    const estimate = { bytes: 1, inputTokens: 1, reservedNanoUsd: 10, expectedNanoUsd: 1 };
    const plan = Array.from({ length: ROWS }, (_, i) => ({
      id: String(i),
      cell: 'c',
      source: '',
      inputHash: '',
      estimate,
    }));
    return new RunLedger({ plan, retryOf: () => DEFAULT_RETRY, limitNanoUsd: 100 });
  }
});

describe('A run against a service that misbehaves at random', () => {
  const few = fc.nat(2);
  const share = (max: number): fc.Arbitrary<{ share: number; attempts: number }> =>
    fc.record({ share: upTo(max), attempts: fc.constant(1) });
  const faults = fc.record(
    {
      queueFull: few,
      acceptedThenQueueFull: few,
      rateLimit: few,
      lostReply: few,
      unavailable: few,
      pollBroken: few,
      unknownState: few,
      listBroken: few,
      brokenDownloads: few,
      cutDownloads: few,
      droppedRows: share(0.3),
      rowsWithoutId: share(0.3),
      missingUsage: share(0.3),
      duplicatedRows: share(0.3),
      inventedRows: few,
      shuffled: fc.boolean(),
      countsOffBy: fc.integer({ min: -1, max: 2 }),
    },
    { requiredKeys: [] },
  );
  const outcomes = fc.record({
    shares: fc.record({
      transient: upTo(0.3),
      truncated: upTo(0.2),
      invalid: upTo(0.2),
      refused: upTo(0.1),
    }),
  });
  const ending = fc.record({
    state: fc.constantFrom('ended' as const, 'expired' as const, 'cancelled' as const),
    completed: fc.nat(4),
  });

  it('loses no row, pays none twice, and is over the limit at no time', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(
        fc.record({ seed: fc.nat(), faults, outcomes, endings: fc.array(ending, { maxLength: 2 }) }),
        fc.integer({ min: 3, max: 12 }),
        (service, rowsInLimit) =>
          inWorld(
            {
              rows: 8,
              settings: { jobsPerBatch: 4, maxConcurrent: 2, limitNanoUsd: rowsInLimit * 251_500 },
              service: { ...service, unreportedIsFree: service.seed % 2 === 0 },
            },
            async (world) => {
              let status = await world.run({
                onProgress: (seen) => {
                  assertCountsSum(seen);
                  const { spent, inFlight, unconfirmed, limit } = seen.costUsd;
                  assert.ok(nano(spent) + nano(inFlight) + nano(unconfirmed) <= nano(limit ?? Infinity));
                },
              });
              if (status.state === 'needsDecision') status = await decide(world);
              if (status.state === 'stoppedByLimit')
                status = await resumeWith(world, { kind: 'setLimit', limitNanoUsd: 1_000_000_000 });
              if (status.state === 'needsDecision') status = await decide(world);
              assert.equal(status.state, 'finished', status.reason);
              assertCountsSum(status);
              assert.equal(status.counts.pending + status.counts.submitted, 0);
              assertNoRowInTwoLiveBatches(world.service.ledger());
              assertReadBeforeResent(world.service.ledger());
              const { ledger } = await world.state().readRun(world.runId);
              assertBooks(ledger);
              const billed = world.service.ledger().billedNanoUsd;
              assert.ok(nano(status.costUsd.spent) <= billed, 'nothing is booked that was not billed');
              assert.ok(
                billed <= nano(status.costUsd.spent) + nano(status.costUsd.unconfirmed),
                'nothing billed is forgotten',
              );
            },
          ),
      ),
      { numRuns: 25 },
    );
  });

  /** Nothing that was sent may be undecidable but what was truly lost: that is sent again. */
  async function decide(world: World): ReturnType<World['resume']> {
    const committed = new Set(world.service.ledger().batches.map((batch) => batch.nonce));
    const { ledger } = await world.state().readRun(world.runId);
    for (const batch of ledger.openBatches())
      assert.ok(!committed.has(batch.nonce), 'it should have been adopted');
    return resumeWith(world, { kind: 'resend' });
  }
});

/** Promises P1 and P3 in the books: every sum is the sum of its rows. */
function assertBooks(ledger: RunLedger): void {
  const { money, rows, batches } = ledger;
  const sum = (of: (row: RunLedger['rows'][number]) => number): number =>
    rows.reduce((total, row) => total + of(row), 0);
  assert.equal(
    sum((row) => row.costNanoUsd),
    money.spentNanoUsd,
  );
  const inFlight = rows.reduce(
    (total, row, ordinal) => total + (row.liveIn === undefined ? 0 : money.reservedFor(ordinal)),
    0,
  );
  assert.equal(inFlight, money.inFlightNanoUsd, 'only rows in live batches have money set aside');
  assert.equal(
    [...batches.values()].reduce((total, batch) => total + batch.costNanoUsd, 0),
    money.spentNanoUsd,
  );
  for (const [ordinal, row] of rows.entries()) {
    if (row.liveIn === undefined) assert.notEqual(row.status, 'submitted');
    else assert.ok(ledger.batch(row.liveIn).rows.includes(ordinal));
  }
}

/** Bytes of results that closed batches and rows that were never sent name: those are on disk for certain. */
function bytesOfClosed(journal: Buffer): number {
  const lines = journal.toString().split('\n').slice(0, -1);
  const events = lines.map((line) => JSON.parse(line) as RunEvent);
  const closed = new Set(events.flatMap((event) => (event.e === 'batchClosed' ? [event.nonce] : [])));
  const ends = events.flatMap((event) =>
    event.e === 'rowsFinished' && closed.has(event.nonce ?? '')
      ? event.rows.map((row) => row[3] + row[4])
      : [],
  );
  return Math.max(0, ...ends);
}

async function comparable(state: StateManager, runId: string): Promise<string> {
  const results = [...endedResults(await state.readRun(runId))];
  return JSON.stringify(
    results.map(({ jobId, status, response, usage, costUsd }) => ({
      jobId,
      status,
      response,
      usage,
      costUsd,
    })),
  );
}

/** Evenly from 0 to `most`: a plain double would nearly always be next to nothing. */
function upTo(most: number): fc.Arbitrary<number> {
  return fc.nat(1000).map((thousandths) => (most * thousandths) / 1000);
}
