import assert from 'node:assert/strict';
import { HINT_TOKENS } from '../../../src/core/askedAgain.ts';
import { CostTracker } from '../../../src/core/costTracker.ts';
import { costNanoUsd, worstCostNanoUsd } from '../../../src/core/modelConfig.ts';
import {
  countBatches,
  countWaves,
  groupOf,
  nextAttempt,
  packNext,
  type BatchCount,
} from '../../../src/core/packing.ts';
import type { BatchLimits } from '../../../src/core/provider.ts';
import { pilotReport } from '../../../src/core/pilot.ts';
import { DEFAULT_RETRY, type PlannedCell, type PlannedRow } from '../../../src/core/plan.ts';
import type { Lead } from '../../../src/core/probing.ts';
import { RunLedger } from '../../../src/core/runLedger.ts';
import { mockModel } from '../../../src/providers/mock/mockModels.ts';

const CELLS: readonly PlannedCell[] = ['mock-small', 'mock-large'].map((model) => ({
  id: model,
  model,
  provider: 'mock',
  parameters: { model, maxTokens: 100 },
  retry: DEFAULT_RETRY,
}));

function planned(cell: string, reservedNanoUsd: number, inputTokens = 1): PlannedRow {
  const estimate = { bytes: 1, inputTokens, reservedNanoUsd, expectedNanoUsd: 1 };
  return { id: `${cell}-${String(reservedNanoUsd)}`, cell, source: '', inputHash: '', estimate };
}

/** The least that a row of `planned` reserves with `mock-small`, whatever it was estimated at. */
const LEAST = worstCostNanoUsd(mockModel('mock-small')!, { inputTokens: 1, maxTokens: 100, cache: false }, 0);

function pack(
  plan: readonly PlannedRow[],
  options: {
    limit?: number;
    held?: string;
    maxRows?: number;
    taken?: readonly number[];
    lead?: Readonly<Record<string, Lead>>;
  } = {},
): { model: string; rows: number[] } | undefined {
  const ledger = new RunLedger({ plan, retryOf: () => DEFAULT_RETRY, limitNanoUsd: options.limit });
  const chosen = packNext(ledger, {
    candidates: ledger.pendingRows(),
    cellOf: (row) => CELLS.find((cell) => cell.id === row.planned.cell)!,
    modelConfig: (model) => mockModel(model)!,
    limits: () => ({ maxRows: options.maxRows ?? 100, maxBytes: 1000 }),
    takenSizes: () => new Set(options.taken),
    leadOf: (cell) => options.lead?.[cell.id] ?? 'none',
    jobsPerBatch: 'auto',
    isHeld: (group) => group === options.held,
    largest: () => Infinity,
    now: 0,
  });
  return chosen === undefined
    ? undefined
    : { model: chosen.model, rows: chosen.rows.map((row) => row.ordinal) };
}

describe('packNext', () => {
  it('never mixes models in one batch (b-14)', () => {
    const plan = ['mock-small', 'mock-large', 'mock-small'].map((cell) => planned(cell, 1));
    assert.deepEqual(pack(plan), { model: 'mock-small', rows: [0, 2] });
    assert.deepEqual(pack(plan, { held: groupOf('mock', 'mock-small') }), { model: 'mock-large', rows: [1] });
  });

  it('passes over rows that do not fit the money, and takes those that do', () => {
    const plan = [50, 10, 45, 5, 1].map((times) => planned('mock-small', times * LEAST));
    assert.deepEqual(pack(plan, { limit: 20 * LEAST })?.rows, [1, 3, 4]);
    assert.deepEqual(pack(plan, { limit: 60 * LEAST })?.rows, [0, 1]);
    assert.equal(pack(plan, { limit: 0 }), undefined);
    assert.deepEqual(
      pack([planned('mock-small', 30 * LEAST), planned('mock-large', 5 * LEAST)], { limit: 20 * LEAST })
        ?.model,
      'mock-large',
    );
  });

  it('makes no batch as large as another that has to be told apart by its size', () => {
    const plan = [1, 2, 3, 4].map((reserved) => planned('mock-small', reserved));
    assert.deepEqual(pack(plan, { maxRows: 3, taken: [3] })?.rows, [0, 1]);
    assert.deepEqual(pack(plan, { taken: [4, 3, 1] })?.rows, [0, 1]);
    assert.equal(pack(plan.slice(3), { taken: [1] }), undefined);
  });

  it('sends one row alone of a cell that needs one to go first, and none while that one is there', () => {
    const plan = ['mock-small', 'mock-large', 'mock-small', 'mock-large'].map((cell) => planned(cell, 1));
    assert.deepEqual(pack(plan, { lead: { 'mock-small': 'due' } }), { model: 'mock-small', rows: [0] });
    assert.deepEqual(pack(plan, { lead: { 'mock-small': 'sent' } }), {
      model: 'mock-large',
      rows: [1, 3],
    });
    assert.equal(pack([planned('mock-small', 1)], { lead: { 'mock-small': 'sent' } }), undefined);
  });

  it('is undefined without a row', () => {
    assert.equal(pack([]), undefined);
  });

  it('cuts rows into as many waves as the limit makes', () => {
    assert.equal(countWaves([], 10), 0);
    assert.equal(countWaves([5, 5, 5], undefined), 1);
    assert.equal(countWaves([5, 5, 5], 10), 2);
    assert.equal(countWaves([20, 5], 10), 2);
    assert.equal(countWaves([5, 5, 5, 1], 5), 4);
  });
});

describe('nextAttempt', () => {
  const model = mockModel('mock-large')!;

  for (const cache of [true, false]) {
    const cell = { ...CELLS[1]!, parameters: { ...CELLS[1]!.parameters, cache } };
    const worst = (inputTokens: number): number =>
      worstCostNanoUsd(model, { inputTokens, maxTokens: 100, cache }, 0);
    const row = (inputTokens: number, change: object): Parameters<typeof nextAttempt>[0] => {
      const estimate = { bytes: 1, inputTokens, reservedNanoUsd: worst(inputTokens), expectedNanoUsd: 1 };
      const plan = [{ ...planned('mock-large', 1), estimate }];
      const ledger = new RunLedger({ plan, retryOf: () => DEFAULT_RETRY, limitNanoUsd: undefined });
      return Object.assign(ledger.row(0), change);
    };
    const most = (input: number, output: number): number =>
      costNanoUsd(model, cache ? { input: 0, cacheWrite1h: input, output } : { input, output }, 0);

    it(`reserves the planned sum the first time, ${cache ? 'with' : 'without'} the cache`, () => {
      const next = nextAttempt(row(1000, {}), 0, cell, model, 0);
      assert.equal(next.reservedNanoUsd, worst(1000));
      assert.equal(next.maxTokens, 100);
    });

    it(`reserves enough for a re-ask at any size of the prompt, also where the hint reaches a dearer tier, ${cache ? 'with' : 'without'} the cache`, () => {
      for (const tokens of [1000, 198_799, 199_000, 199_999, 200_000, 200_001, 900_000]) {
        const invalid = nextAttempt(row(tokens, { outcome: 'invalid' }), 0, cell, model, 0);
        const dearest = most(tokens + HINT_TOKENS, 100);
        assert.ok(
          invalid.reservedNanoUsd >= dearest,
          `${String(tokens)}: ${String(invalid.reservedNanoUsd)} < ${String(dearest)}`,
        );
        const longer = nextAttempt(row(tokens, { used: { truncated: 1 } }), 0, cell, model, 0);
        assert.equal(longer.maxTokens, 200);
        assert.ok(longer.reservedNanoUsd >= most(tokens, 200));
      }
    });
  }

  describe('of a row that was estimated long before', () => {
    const [day, rise] = [Date.parse('2026-11-20'), '2026-12-01'];
    const [tier] = mockModel('mock-small')!.prices[0]!.tiers;
    const twice = { ...tier!, input: 2 * tier!.input, output: 2 * tier!.output };
    const before = { ...mockModel('mock-small')!, prices: [{ until: rise, tiers: [tier!] }] };
    const dearer = { ...before, prices: [...before.prices, { from: rise, tiers: [twice] }] };
    const sentAt = Date.parse('2026-12-05');
    const bound = { inputTokens: 1250, maxTokens: 100, cache: false };
    const reservedNanoUsd = worstCostNanoUsd(before, bound, day);
    const [cell] = CELLS;
    function rowEstimated(at: number): Parameters<typeof nextAttempt>[0] {
      const estimate = { bytes: 1, inputTokens: 1000, reservedNanoUsd, expectedNanoUsd: 1 };
      const plan = [{ ...planned('mock-small', 1), estimate }];
      const ledger = new RunLedger({ plan, retryOf: () => DEFAULT_RETRY, limitNanoUsd: undefined });
      ledger.apply({ e: 'runCreated', at, rows: 1, planSha256: '' }, 0);
      return ledger.row(0);
    }

    it('reserves all that it was estimated at by the prices of the day on which it is sent (P3)', () => {
      const next = nextAttempt(rowEstimated(day), 0, cell!, dearer, sentAt);
      assert.equal(next.reservedNanoUsd, worstCostNanoUsd(dearer, bound, sentAt));
      assert.equal(next.reservedNanoUsd, 2 * reservedNanoUsd);
      assert.equal(nextAttempt(rowEstimated(day), 0, cell!, dearer, day).reservedNanoUsd, reservedNanoUsd);
    });

    it('reserves what its tokens cost at prices that somebody has set since (P3)', () => {
      const set = { ...before, prices: [{ tiers: [{ ...twice, input: 20, output: 100 }] }] };
      const next = nextAttempt(rowEstimated(day), 0, cell!, set, sentAt);
      const expected = worstCostNanoUsd(set, { ...bound, inputTokens: 1000 }, sentAt);
      assert.equal(next.reservedNanoUsd, expected);
    });
  });
});

describe('CostTracker', () => {
  it('counts spent, unconfirmed and reserved money against the limit', () => {
    const money = new CostTracker(100);
    money.reserve(1, 40);
    money.reserve(2, 40);
    assert.equal(money.headroomNanoUsd, 20);
    assert.ok(money.fits(20) && !money.fits(21));
    money.account(1, 10);
    assert.deepEqual([money.spentNanoUsd, money.inFlightNanoUsd, money.headroomNanoUsd], [10, 40, 50]);
    money.moveToUnconfirmed(2);
    assert.deepEqual([money.unconfirmedNanoUsd, money.inFlightNanoUsd, money.headroomNanoUsd], [40, 0, 50]);
    money.reserve(3, 10);
    money.reserve(3, 15);
    assert.equal(money.inFlightNanoUsd, 15, 'one reservation a row');
    money.release(3);
    money.release(3);
    assert.equal(money.inFlightNanoUsd, 0);
    money.writeOff(30);
    assert.equal(money.unconfirmedNanoUsd, 10);
    money.writeOff(30);
    assert.equal(money.unconfirmedNanoUsd, 0, 'never below nothing');
    money.setLimit(5);
    assert.equal(money.headroomNanoUsd, -5);
    assert.ok(!money.fits(0));
    money.setLimit(undefined);
    assert.equal(money.headroomNanoUsd, Infinity);
    assert.equal(money.limitNanoUsd, undefined);
  });
});

describe('pilotReport', () => {
  it('extrapolates with a range of two standard errors', () => {
    const plan = Array.from({ length: 10 }, (_, i) => planned('mock-small', i));
    const ledger = new RunLedger({ plan, retryOf: () => DEFAULT_RETRY, limitNanoUsd: undefined });
    for (const [ordinal, cost, status] of [
      [0, 100, 'ok'],
      [1, 200, 'truncated'],
    ] as const) {
      Object.assign(ledger.row(ordinal), { status, costNanoUsd: cost });
    }
    ledger.tokens.input = 30;
    const report = pilotReport(ledger, new Set([0, 1]));
    // Mean 150, deviation 70.71, error of the mean 50, twice that 100; eight rows remain.
    assert.deepEqual(report, {
      rows: 2,
      remaining: 8,
      ok: 0.5,
      truncated: 0.5,
      refused: 0,
      tokensPerRow: 15,
      expectedNanoUsd: 1200,
      lowNanoUsd: 400,
      highNanoUsd: 2000,
    });
  });
});

describe('countBatches', () => {
  /** One row a letter, of the group that it names. */
  function count(
    groups: string,
    options: {
      jobsPerBatch?: number;
      limit?: number;
      limits?: Partial<BatchLimits>;
      estimate?: Partial<PlannedRow['estimate']>;
    } = {},
  ): BatchCount {
    const estimate = {
      bytes: 100,
      inputTokens: 10,
      reservedNanoUsd: 5,
      expectedNanoUsd: 1,
      ...options.estimate,
    };
    const limits = { maxRows: 100, maxBytes: 1_000_000, ...options.limits };
    return countBatches(
      [...groups].map((group) => ({ group, limits, estimate })),
      { jobsPerBatch: options.jobsPerBatch ?? 'auto', limitNanoUsd: options.limit },
    );
  }

  it('counts by rows and models exactly', () => {
    assert.deepEqual(count(''), { batches: 0, exact: true });
    assert.deepEqual(count('aaaa'), { batches: 1, exact: true });
    assert.deepEqual(count('abab'), { batches: 2, exact: true });
    assert.deepEqual(count('aaaaa', { jobsPerBatch: 2 }), { batches: 3, exact: true });
    assert.deepEqual(count('aaaaa', { limits: { maxRows: 4 } }), { batches: 2, exact: true });
  });

  it('counts by bytes, tokens and money as an estimate', () => {
    const large = { bytes: 300_000 };
    assert.deepEqual(count('aaaaa', { estimate: large }), { batches: 3, exact: false });
    assert.deepEqual(count('aaaaa', { limits: { maxEnqueuedTokens: 20 } }), { batches: 3, exact: false });
    assert.deepEqual(count('aaaaa', { limit: 10 }), { batches: 3, exact: false });
    assert.deepEqual(count('abab', { limit: 10 }), { batches: 4, exact: false }); // two models in each wave
    assert.deepEqual(count('aa', { estimate: large }), { batches: 1, exact: false }); // near the limit
    assert.deepEqual(count('aa', { limit: 10 }), { batches: 1, exact: true });
  });

  it('agrees with what is packed', () => {
    const plan = ['mock-small', 'mock-large', 'mock-small', 'mock-small', 'mock-large'].map((cell) =>
      planned(cell, 1),
    );
    let candidates = plan;
    let packs = 0;
    for (let next = pack(candidates, { maxRows: 2 }); next !== undefined; packs++) {
      const { rows } = next;
      candidates = candidates.filter((_, ordinal) => !rows.includes(ordinal));
      next = pack(candidates, { maxRows: 2 });
    }
    const rows = plan.map(({ cell, estimate }) => ({
      group: groupOf('mock', cell),
      limits: { maxRows: 2, maxBytes: 1_000_000 },
      estimate,
    }));
    assert.equal(countBatches(rows, { jobsPerBatch: 'auto', limitNanoUsd: undefined }).batches, packs);
  });
});
