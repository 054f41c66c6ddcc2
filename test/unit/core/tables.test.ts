import assert from 'node:assert/strict';
import fc from 'fast-check';
import { maxTokensFor, retryAllowed, useAttempt } from '../../../src/core/attempts.ts';
import { BackOff } from '../../../src/core/backOff.ts';
import { scaledClock, systemClock } from '../../../src/core/clock.ts';
import {
  BatchbookError,
  JobFileError,
  ProviderError,
  StateError,
  assertNever,
  describeCause,
  formatProblem,
  isBatchbookError,
} from '../../../src/core/errors.ts';
import { DURABLE_EVENTS } from '../../../src/core/events.ts';
import { ConcurrentExecutor } from '../../../src/core/executor.ts';
import { Holds } from '../../../src/core/holds.ts';
import {
  customIdOf,
  isNonce,
  newNonce,
  nonceOf,
  ordinalOf,
  planDigits,
  planOf,
  sortableId,
} from '../../../src/core/ids.ts';
import { hashInput } from '../../../src/core/inputHash.ts';
import type { Job, Usage } from '../../../src/core/job.ts';
import { costNanoUsd, worstCostNanoUsd, type ModelConfig } from '../../../src/core/modelConfig.ts';
import {
  formatUsd,
  nanoFromPico,
  nanoFromUsd,
  picoUsdPerToken,
  usdFromNano,
} from '../../../src/core/money.ts';
import { DEFAULT_RETRY } from '../../../src/core/plan.ts';
import { Poller } from '../../../src/core/poller.ts';
import type { BatchSnapshot, Provider } from '../../../src/core/provider.ts';
import { fromRanges, toRanges } from '../../../src/core/rowRanges.ts';
import {
  ATTEMPT_OUTCOMES,
  BATCH_STATES,
  ERROR_CODES,
  EXIT_CODES,
  ROW_ERROR_CODES,
  ROW_OUTCOMES,
  ROW_STATUSES,
  TERMINAL_BATCH_STATES,
} from '../../../src/core/vocabulary.ts';
import { mockModel } from '../../../src/providers/mock/mockModels.ts';
import { FakeClock } from '../../../src/testing/fakeClock.ts';
import { seededRandom } from '../../support/engine.ts';
import { inWorld, withProvider } from './scenario.ts';

const SMALL = mockModel('mock-small')!;
const LARGE = mockModel('mock-large')!;
const NOW = Date.UTC(2026, 10, 1);

/** The most that a request can cost that asks for the cache, which reaches every class. */
function worst(model: ModelConfig, inputTokens: number, maxTokens: number, at = NOW): number {
  return worstCostNanoUsd(model, { inputTokens, maxTokens, cache: true }, at);
}

describe('Money', () => {
  // Worked out by hand, in nanodollars; half price because it is a batch (b-7).
  const costs: readonly [string, ModelConfig, Usage, number][] = [
    ['input and output', SMALL, { input: 1000, output: 100 }, 750_000],
    ['one token, 0.5 USD/M', SMALL, { input: 1, output: 0 }, 500],
    ['cached input at its own rate', SMALL, { input: 0, cacheRead: 1000, output: 0 }, 50_000],
    ['5 minute cache writes', SMALL, { input: 0, cacheWrite: 1000, output: 0 }, 625_000],
    ['1 hour cache writes', SMALL, { input: 0, cacheWrite1h: 1000, output: 0 }, 1_000_000],
    [
      'all classes together',
      SMALL,
      { input: 10, cacheRead: 20, cacheWrite: 30, cacheWrite1h: 40, output: 50, thinking: 20 },
      // (10 x 1 + 20 x 0.1 + 30 x 1.25 + 40 x 2 + 50 x 5) x 500
      189_750,
    ],
    ['thinking is part of the output, not more', SMALL, { input: 0, output: 10, thinking: 10 }, 25_000],
    ['exactly at a tier the lower price', LARGE, { input: 200_000, output: 1 }, 300_007_500],
    ['one token above it all of the dearer', LARGE, { input: 200_001, output: 1 }, 600_014_250],
    ['cached tokens count for the tier', LARGE, { input: 1, cacheRead: 200_000, output: 0 }, 60_003_000],
    ['nothing', SMALL, { input: 0, output: 0 }, 0],
  ];
  for (const [what, model, usage, expected] of costs) {
    it(`prices ${what}`, () => {
      assert.equal(costNanoUsd(model, usage, NOW), expected);
    });
  }

  it('is rounded half up once a row', () => {
    assert.deepEqual([499, 500, 1499, 1500, 0].map(nanoFromPico), [0, 1, 1, 2, 0]);
    const odd: ModelConfig = {
      ...SMALL,
      prices: [
        {
          tiers: [
            {
              inputTokensAbove: 0,
              input: 0.001,
              output: 0.003,
              cacheRead: 0,
              cacheWrite: 0,
              cacheWrite1h: 0,
            },
          ],
        },
      ],
    };
    // 1 x 0.001 x 0.5 = 0.0005 USD/M = 500 pico = 0.5 nano, half up; 3 output: 4.5 + 0.5 = 5 nano.
    assert.equal(costNanoUsd(odd, { input: 1, output: 0 }, NOW), 1);
    assert.equal(costNanoUsd(odd, { input: 1, output: 3 }, NOW), 5);
  });

  it('turns into units and back without a loss', () => {
    assert.equal(picoUsdPerToken(0.075), 75_000);
    assert.equal(picoUsdPerToken(0.1), 100_000);
    assert.equal(nanoFromUsd(15), 15_000_000_000);
    assert.equal(nanoFromUsd(0.000000001), 1);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 15 }), (nano) => {
        assert.equal(nanoFromUsd(usdFromNano(nano)), nano);
      }),
    );
  });

  it('is shown with two digits, or as many as tell it from zero', () => {
    assert.deepEqual([0, 1, 420_000_000, 5_000_000_000, 1_234_000, 9_999_999].map(formatUsd), [
      '$0.00',
      '$0.000000001',
      '$0.42',
      '$5.00',
      '$0.001234',
      '$0.009999999',
    ]);
  });

  it('beyond what can be counted exactly is an error, not a rounding', () => {
    assert.throws(() => nanoFromUsd(1e10), { code: 'internal' });
    assert.throws(() => nanoFromPico(2 ** 54), { code: 'internal' });
    assert.throws(() => nanoFromUsd(NaN), { code: 'internal' });
  });

  it('of an unknown price blocks: it is never 0', () => {
    const unknown: ModelConfig = { ...SMALL, prices: [] };
    assert.throws(() => costNanoUsd(unknown, { input: 1, output: 1 }, NOW), { code: 'unknownPrice' });
    assert.throws(() => worst(unknown, 1, 1), { code: 'unknownPrice' });
    assert.throws(() => costNanoUsd({ ...SMALL, prices: [{ tiers: [] }] }, { input: 1, output: 1 }, NOW), {
      code: 'unknownPrice',
    });
    const past: ModelConfig = { ...SMALL, prices: [{ ...SMALL.prices[0]!, until: '2026-10-01' }] };
    assert.throws(() => worst(past, 1, 1), { code: 'unknownPrice' });
  });

  it('is reserved at the dearest class and tier that can be reached', () => {
    assert.equal(worst(SMALL, 1000, 100), 1_250_000);
    assert.equal(worst(LARGE, 200_000, 0), 600_000_000);
    assert.equal(worst(LARGE, 200_001, 0), 1_200_006_000);
    // Without asking for the cache nothing is written into it: 1000 x 1 x 0.5 USD/M instead of twice that.
    const bound = { inputTokens: 1000, maxTokens: 100, cache: false };
    assert.equal(worstCostNanoUsd(SMALL, bound, NOW), 750_000);
    assert.equal(worstCostNanoUsd({ ...SMALL, cachesUnasked: true }, bound, NOW), 1_250_000);
  });

  it('is reserved at a price that starts before the batch may be answered, and not at one that is over', () => {
    const tier = SMALL.prices[0]!.tiers[0]!;
    const doubled = { ...tier, output: tier.output * 2 };
    const rising: ModelConfig = {
      ...SMALL,
      prices: [
        { until: '2026-11-02', tiers: [tier] },
        { from: '2026-11-02', tiers: [doubled] },
      ],
    };
    assert.equal(worst(rising, 0, 100), 500_000);
    assert.equal(worst(rising, 0, 100, Date.UTC(2026, 9, 25)), 250_000);
    assert.equal(costNanoUsd(rising, { input: 0, output: 100 }, NOW), 250_000);
    assert.equal(costNanoUsd(rising, { input: 0, output: 100 }, Date.UTC(2026, 10, 2)), 500_000);
    const falling: ModelConfig = {
      ...SMALL,
      prices: [
        { until: '2026-10-01', tiers: [doubled] },
        { from: '2026-10-01', tiers: [tier] },
      ],
    };
    assert.equal(worst(falling, 0, 100), 250_000);
  });

  it('no usage within a reservation costs more than it', () => {
    const tokens = fc.nat({ max: 300_000 });
    fc.assert(
      fc.property(
        fc.constantFrom(SMALL, LARGE),
        tokens,
        tokens,
        fc.nat({ max: 8000 }),
        upTo(1),
        upTo(1),
        (model, bound, used, output, read, write) => {
          const input = Math.min(bound, used);
          const cacheRead = Math.floor(input * read);
          const cacheWrite1h = Math.floor((input - cacheRead) * write);
          const usage = { input: input - cacheRead - cacheWrite1h, cacheRead, cacheWrite1h, output };
          assert.ok(costNanoUsd(model, usage, NOW) <= worst(model, bound, output));
        },
      ),
    );
  });
});

const HOUR_MS = 3_600_000;
const RUNNING: BatchSnapshot = {
  batchId: 'b',
  state: 'running',
  rawState: 'running',
  unreportedIsFree: true,
};

describe('Back-off', () => {
  it('doubles from 5 s to 15 min and begins again after a reset', () => {
    const backOff = new BackOff(() => 0.5);
    const waits = Array.from({ length: 11 }, () => backOff.next() / 1000);
    assert.deepEqual(waits, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]);
    backOff.reset();
    assert.equal(backOff.next(), 5000);
  });

  it('is spread by 20 % both ways, and what the service asks for wins when it is longer', () => {
    assert.equal(new BackOff(() => 0).next(), 4000);
    assert.ok(Math.abs(new BackOff(() => 1).next() - 6000) < 1e-6);
    assert.equal(new BackOff(() => 0.5).next(60_000), 60_000);
    assert.equal(new BackOff(() => 0.5).next(365 * 86_400_000), 3_600_000);
    assert.equal(new BackOff(() => 0.5).next(1), 5000);
  });

  it('waits for a network in steps of its own, a minute at most, and forgets them once it is there', () => {
    const backOff = new BackOff(() => 0.5);
    const network = new ProviderError('network', 'a', 'No network.');
    for (let i = 0; i < 9; i++) backOff.next();
    const waits = Array.from({ length: 6 }, () => backOff.after(network) / 1000);
    assert.deepEqual(waits, [5, 10, 20, 40, 60, 60]);
    assert.equal(backOff.next(), 900_000);
    assert.equal(backOff.after(network), 5000);
    const busy = new ProviderError('rateLimit', 'a', 'Later.', { retryAfterMs: 1_800_000 });
    assert.equal(backOff.after(busy), 1_800_000);
  });

  it('a batch is looked at again within 72 s of the end of any outage, and services are asked no more often for it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 20 * HOUR_MS }),
        fc.integer({ min: 60_000, max: 3 * HOUR_MS }),
        fc.nat(1_000),
        async (from, length, seed) => {
          const clock = new FakeClock({ autoAdvance: true });
          const [failed, seen]: [number[], number[]] = [[], []];
          const over = from + length;
          const provider = {
            getBatch: () => {
              const at = clock.monotonic();
              const isOut = at >= from && at < over;
              (isOut ? failed : seen).push(at);
              return isOut
                ? Promise.reject(new ProviderError('network', 'a', 'No network.'))
                : Promise.resolve<BatchSnapshot>(
                    at < 24 * HOUR_MS ? RUNNING : { ...RUNNING, state: 'ended' },
                  );
            },
          };
          await lookUntilTerminal(provider, clock, seed);
          assert.ok(seen.length <= 120, `${String(seen.length)} looks that got through`);
          assert.ok(failed.length <= 6 + length / 48_000, `${String(failed.length)} that did not`);
          const first = seen.find((at) => at >= over);
          if (failed.length > 0) assert.ok(first !== undefined && first - over <= 72_000, String(first));
        },
      ),
      { numRuns: 30 },
    );
  });

  async function looksInADay(seed: number): Promise<number> {
    const clock = new FakeClock({ autoAdvance: true });
    let looks = 0;
    const provider = {
      getBatch: () => {
        looks += 1;
        return Promise.resolve<BatchSnapshot>(
          clock.monotonic() < 24 * HOUR_MS ? RUNNING : { ...RUNNING, state: 'ended' },
        );
      },
    };
    await lookUntilTerminal(provider, clock, seed);
    return looks;
  }

  async function lookUntilTerminal(
    provider: Pick<Provider, 'getBatch'>,
    clock: FakeClock,
    seed: number,
  ): Promise<void> {
    const seen = await new Poller(clock, seededRandom(seed)).untilTerminal(provider as Provider, 'b', {
      atOnce: false,
      acceptedAt: clock.now(),
      signal: new AbortController().signal,
      onSnapshot: () => Promise.resolve(),
    });
    assert.equal(seen?.state, 'ended');
  }

  it('a poller looks at a batch about 103 times in 24 hours, at most 120 times', async () => {
    const looks = await Promise.all(Array.from({ length: 200 }, (_, seed) => looksInADay(seed)));
    assert.ok(Math.max(...looks) <= 120, String(Math.max(...looks)));
    const mean = looks.reduce((sum, n) => sum + n) / looks.length;
    assert.ok(Math.abs(mean - 103) < 3, String(mean));
  });

  it('nothing is asked of a service while nothing is open', () =>
    inWorld({ rows: 4 }, async (world) => {
      await world.run();
      let calls = 0;
      const counting = withProvider(world, () => ({
        getBatch: () => {
          calls += 1;
          throw new Error('Nobody should ask.');
        },
        findBatches: () => {
          calls += 1;
          throw new Error('Nobody should ask.');
        },
      }));
      assert.equal((await world.resume(counting)).state, 'finished');
      assert.equal(calls, 0);
    }));
});

describe('Clocks', () => {
  it('the system clock goes on, sleeps, and wakes at once when the signal aborts', async () => {
    const before = systemClock.monotonic();
    await systemClock.sleep(2);
    assert.ok(systemClock.monotonic() - before >= 1);
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000);
    const stop = new AbortController();
    const sleeping = systemClock.sleep(3_600_000, stop.signal);
    stop.abort();
    await sleeping;
    await systemClock.sleep(3_600_000, stop.signal);
  });

  it('a scaled clock stretches every wait and counts in nominal time', async () => {
    const base = new FakeClock();
    const scaled = scaledClock(base, 0.1);
    const sleeping = scaled.sleep(60_000);
    await base.advance(6_000);
    await sleeping;
    assert.equal(scaled.monotonic(), 60_000);
    assert.equal(scaled.now(), base.now());
  });
});

describe('Attempts', () => {
  it('draw on one budget each', () => {
    assert.equal(retryAllowed('expired', { transient: 2 }, DEFAULT_RETRY), true);
    assert.equal(retryAllowed('transient', { transient: 3 }, DEFAULT_RETRY), false);
    assert.equal(retryAllowed('missing', { transient: 3 }, DEFAULT_RETRY), true);
    assert.equal(retryAllowed('ok', {}, DEFAULT_RETRY), false);
    assert.equal(retryAllowed('contextFull', {}, DEFAULT_RETRY), false);
    assert.deepEqual(useAttempt('expired', { transient: 1, invalid: 1 }), { transient: 2, invalid: 1 });
    assert.deepEqual(useAttempt('refused', { transient: 1 }), { transient: 1 });
  });

  it('of a truncated answer may be longer each time, up to what the model can', () => {
    assert.equal(maxTokensFor(100, {}, 8192), 100);
    assert.equal(maxTokensFor(100, { truncated: 2 }, 8192), 400);
    assert.equal(maxTokensFor(5000, { truncated: 1 }, 8192), 8192);
    assert.equal(maxTokensFor(9000, { truncated: 1 }, 8192), 9000, 'never shorter than was asked for');
  });
});

describe('Ids', () => {
  it('a custom id is read back only for its own nonce and in its own form', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000 }), fc.integer(), (ordinal, seed) => {
        const random = seededRandom(seed);
        const plan = planDigits([{ planned: { id: String(seed) }, inputHash: 'h' }]);
        const nonce = newNonce(plan, (n) => Uint8Array.from({ length: n }, () => random() * 256));
        const id = customIdOf(nonce, ordinal);
        assert.match(id, /^[A-Za-z0-9_-]{1,64}$/);
        assert.equal(ordinalOf(nonce, id), ordinal);
        assert.equal(ordinalOf('zzzzzzzz', id), undefined);
        assert.equal(nonceOf(id), nonce);
        assert.equal(planOf(nonce), plan);
      }),
    );
    for (const wrong of [
      'n-',
      'n',
      'n-1-2',
      'n-01',
      'n-A',
      'N-1',
      'n- 1',
      'n-1.0',
      'n-zzzzzzzzz',
      '-1',
      '1',
    ]) {
      assert.equal(ordinalOf('n', wrong), undefined, wrong);
    }
  });

  it('a nonce says which plan its ordinals count in: ids, their order and what each is asked', () => {
    const row = (id: string, inputHash: string): { planned: { id: string }; inputHash: string } => ({
      planned: { id },
      inputHash,
    });
    const plans = [
      [row('a', 'h'), row('b', 'i')],
      [row('b', 'i'), row('a', 'h')],
      [row('a', 'h'), row('b', 'j')],
      [row('a', 'h')],
      [row('a","h"]\n["b', 'i')],
      [],
    ];
    const digits = plans.map((plan) => planDigits(plan));
    assert.equal(new Set(digits).size, plans.length);
    for (const plan of digits) assert.match(plan, /^[0-9a-hjkmnp-tv-z]{12}$/);
    assert.equal(planDigits(plans[0] ?? []), digits[0]);
    assert.equal(planOf('0123abcd'), undefined, 'a nonce of before');
  });

  it('what others call their requests is not taken for a custom id of ours', () => {
    const ours = ['0123abcd-0', '0123abcd-zz', '0123abcd0123456789ab-1'];
    for (const id of ours) assert.equal(nonceOf(id), id.split('-')[0]);
    const theirs = ['request-1', '0123abcd', '0123abcd-00', '0123abcdu-1', '0123abcD-1', '0123abcd-1-2', ''];
    for (const id of theirs) assert.equal(nonceOf(id), undefined, id);
    assert.ok(isNonce('0123abcd') && !isNonce('0123abcde'));
  });

  it('sortable ids sort by the time they were made', () => {
    const ids = [1, 1000, NOW, NOW + 1].map((at) => sortableId(at));
    assert.deepEqual(ids.toSorted(), ids);
    for (const id of ids) assert.match(id, /^[0-9a-z]{26}$/);
  });

  it('the hash of an input changes with everything that is sent, and with nothing else', () => {
    const job: Job = { id: 'a', model: 'm', maxTokens: 1, prompt: 'p' };
    const file = { path: 'a.txt', bytes: Buffer.from('x') };
    const variants: Job[] = [
      job,
      { ...job, prompt: 'q' },
      { ...job, model: 'n' },
      { ...job, maxTokens: 2 },
      { ...job, temperature: 0 },
      { ...job, effort: 'low' },
      { ...job, system: '' },
      { ...job, enableCitations: true },
      { ...job, cache: true },
      { ...job, file },
      { ...job, file: { ...file, bytes: Buffer.from('y') } },
      { ...job, responseSchema: {} },
      { ...job, responseSchema: { type: 'object' } },
      { ...job, messages: [{ role: 'user', content: 'p' }] },
    ];
    assert.equal(new Set(variants.map(hashInput)).size, variants.length);
    assert.equal(hashInput({ ...job, id: 'b' }), hashInput(job));
    assert.equal(hashInput({ ...job, file: { ...file, path: 'b.txt' } }), hashInput({ ...job, file }));
    const schema = { type: 'object', properties: { a: { type: 'string' }, b: { enum: [1, [2]] } } };
    const turned = { properties: { b: { enum: [1, [2]] }, a: { type: 'string' } }, type: 'object' };
    assert.equal(
      hashInput({ ...job, responseSchema: schema }),
      hashInput({ ...job, responseSchema: turned }),
    );
  });
});

describe('Ranges', () => {
  it('of ordinals round trip', () => {
    assert.deepEqual(toRanges([0, 1, 2, 5, 7, 8]), [
      [0, 2],
      [5, 5],
      [7, 8],
    ]);
    assert.deepEqual(toRanges([]), []);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 300 })), (ordinals) => {
        const sorted = ordinals.toSorted((a, b) => a - b);
        assert.deepEqual(fromRanges(toRanges(sorted)), sorted);
      }),
    );
  });
});

describe('Errors', () => {
  it('are told by their code, also those of another copy of this code', () => {
    const foreign = Object.assign(new Error('full'), { code: 'queueFull', userMessage: 'full' });
    assert.ok(isBatchbookError(foreign));
    assert.ok(isBatchbookError(new ProviderError('auth', 'mock', 'No.')));
    assert.ok(!isBatchbookError(Object.assign(new Error('x'), { code: 'ENOENT' })));
    assert.ok(
      !isBatchbookError(Object.assign(new Error('x'), { code: 'auth' })),
      'without a message for people',
    );
    assert.ok(!isBatchbookError({ code: 'auth', userMessage: '' }));
    assert.ok(!isBatchbookError(undefined));
  });

  it('keep cause, code and whether trying again may help', () => {
    const cause = new Error('why');
    const error = new ProviderError('network', 'mock', 'Away.', { cause, retryAfterMs: 5 });
    assert.equal(error.cause, cause);
    assert.equal(error.retryable, true);
    assert.equal(error.retryAfterMs, 5);
    assert.equal(error.provider, 'mock');
    assert.equal(new ProviderError('network', 'mock', '', { retryable: false }).retryable, false);
    assert.equal(new StateError('state', '').retryable, false);
    assert.equal(new BatchbookError('internal', 'x').message, 'x');
    assert.equal(describeCause(cause), 'why');
    assert.equal(describeCause('text'), 'text');
    assert.throws(() => assertNever('x' as never), { code: 'internal' });
  });

  it('of a job file are links to where they stand', () => {
    const range = { line: 3, column: 7, endLine: 3, endColumn: 9 };
    const problem = {
      severity: 'error',
      message: 'No.',
      file: 'a.batch.json',
      path: 'cells[0]',
      range,
    } as const;
    assert.equal(formatProblem(problem), 'a.batch.json:3:7: No.');
    const error = new JobFileError([problem, { ...problem, range: { ...range, line: 4 } }]);
    assert.equal(error.code, 'jobFile');
    assert.equal(error.userMessage, 'a.batch.json:3:7: No.\na.batch.json:4:7: No.');
    assert.equal(error.problems.length, 2);
  });
});

describe('The vocabulary', () => {
  it('has an outcome for every attempt, an exit code for every error, and words for every row error', () => {
    for (const [name, { status }] of Object.entries(ATTEMPT_OUTCOMES)) {
      assert.ok(ROW_OUTCOMES.includes(status), name);
      if (status === 'error') assert.ok(name in ROW_ERROR_CODES, name);
    }
    for (const code of Object.keys(ROW_ERROR_CODES)) assert.ok(code in ATTEMPT_OUTCOMES, code);
    for (const [code, { exit }] of Object.entries(ERROR_CODES)) assert.ok(exit in EXIT_CODES, code);
    assert.equal(ROW_STATUSES.length, ROW_OUTCOMES.length + 2);
    for (const state of TERMINAL_BATCH_STATES) assert.ok(BATCH_STATES.includes(state));
    assert.ok(!TERMINAL_BATCH_STATES.has('unknown') && !TERMINAL_BATCH_STATES.has('cancelling'));
  });

  it('names the events that must be on disk before the run goes on', () => {
    for (const kind of [
      'batchIntended',
      'batchAccepted',
      'batchClosed',
      'limitSet',
      'requestHandled',
    ] as const) {
      assert.ok(DURABLE_EVENTS[kind], kind);
    }
  });
});

describe('The executor', () => {
  it('runs as many tasks as it may at a time, and knows when there is room', async () => {
    const executor = new ConcurrentExecutor(2);
    await executor.nextDone();
    let running = 0;
    let most = 0;
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<undefined>());
    for (const gate of gates) {
      void executor.run(async () => {
        most = Math.max(most, ++running);
        await gate.promise;
        running -= 1;
      });
    }
    assert.equal(executor.hasRoom, false);
    assert.equal(executor.running, 4);
    gates[0]!.resolve(undefined);
    await executor.nextDone();
    assert.equal(executor.running, 3);
    for (const gate of gates) gate.resolve(undefined);
    await executor.allDone();
    assert.equal(most, 2);
    assert.equal(executor.hasRoom, true);
  });
});

describe('Holds', () => {
  it('wait, send half as many rows after a full queue, and end with room or an accepted batch', async () => {
    const clock = new FakeClock();
    const holds = new Holds(clock, () => 0.5);
    assert.equal(holds.isHeld('g'), false);
    assert.equal(holds.largest('g'), Infinity);
    assert.equal(holds.shortest(), undefined);
    holds.hold('g', { rows: 9, smaller: true, reason: 'full', retryAfterMs: undefined });
    holds.hold('h', { rows: 9, smaller: false, reason: 'away', retryAfterMs: 60_000 });
    assert.equal(holds.isHeld('g'), true);
    assert.equal(holds.largest('g'), 5);
    assert.equal(holds.largest('h'), Infinity);
    assert.deepEqual(holds.shortest(), { ms: 5000, reason: 'full' });
    await clock.advance(5000);
    assert.equal(holds.isHeld('g'), false);
    assert.deepEqual(holds.shortest(), { ms: 55_000, reason: 'away' });
    holds.roomMade('h');
    assert.equal(holds.isHeld('h'), false);
    holds.hold('g', { rows: 1, smaller: true, reason: 'full', retryAfterMs: undefined });
    assert.equal(holds.largest('g'), 1, 'never none');
    holds.clear('g');
    assert.equal(holds.largest('g'), Infinity);
    holds.roomMade('nothing');
  });

  it('end within a minute once services can be reached again, where they wait for that alone', async () => {
    const clock = new FakeClock();
    const holds = new Holds(clock, () => 0.5);
    const away = { rows: 9, smaller: false, reason: 'away', retryAfterMs: undefined, isUnreached: true };
    for (let i = 0; i < 8; i++) holds.hold('g', away);
    holds.hold('h', { ...away, reason: 'busy', retryAfterMs: 1_800_000, isUnreached: false });
    assert.equal(holds.shortest()?.ms, 640_000);
    holds.reached();
    assert.deepEqual(holds.shortest(), { ms: 60_000, reason: 'away' });
    await clock.advance(60_000);
    assert.deepEqual(holds.shortest(), { ms: 1_740_000, reason: 'busy' });
    holds.hold('g', away);
    await clock.advance(30_000);
    holds.clear('h');
    holds.reached();
    assert.equal(holds.shortest()?.ms, 60_000);
  });

  it('are not cut short for ever where all other calls pass: a body that never arrives goes up more and more rarely', async () => {
    const clock = new FakeClock();
    const holds = new Holds(clock, () => 0.5);
    const away = { rows: 9, smaller: false, reason: 'away', retryAfterMs: undefined, isUnreached: true };
    let uploads = 0;
    for (; clock.now() < new FakeClock().now() + 86_400_000; uploads++) {
      holds.hold('g', away);
      holds.reached(); // as each poll that follows it says
      await clock.advance(holds.shortest()?.ms ?? 0);
    }
    assert.ok(uploads < 120, `${String(uploads)} in a day`);
    holds.roomMade('g');
    for (let i = 0; i < 8; i++) holds.hold('g', away);
    holds.reached();
    assert.equal(holds.shortest()?.ms, 60_000, 'once something has gone through it counts anew');
  });
});

describe('Packing', () => {
  const batchSizes = (options: Parameters<typeof inWorld>[0]): Promise<number[]> =>
    inWorld(options, async (world) => {
      const status = await world.run();
      assert.equal(status.state, 'finished');
      assert.equal(status.counts.ok, options.rows);
      return world.service.ledger().batches.map((batch) => batch.rows.length);
    });

  it('fills a batch up to the service’s rows, and one row more opens another (b-13)', async () => {
    assert.deepEqual(await batchSizes({ rows: 4, provider: { limits: { maxRows: 4 } } }), [4]);
    assert.deepEqual(await batchSizes({ rows: 5, provider: { limits: { maxRows: 4 } } }), [4, 1]);
    assert.deepEqual(await batchSizes({ rows: 3, provider: { limits: { maxRows: 4 } } }), [3]);
  });

  it('fills it up to the last byte, framing included', async () => {
    const body = await inWorld({ rows: 3 }, async (world) => {
      await world.run();
      const { batches } = await world
        .state()
        .readRun(world.runId)
        .then(({ ledger }) => ledger);
      assert.equal(batches.size, 1);
      const { readFile } = await import('node:fs/promises');
      const journal = await readFile(`${world.stateDir}/runs/${world.runId}/journal.jsonl`, 'utf8');
      return Number(/"bytes":(\d+),"reserved/.exec(journal)?.[1]);
    });
    assert.deepEqual(await batchSizes({ rows: 3, provider: { limits: { maxBytes: body } } }), [3]);
    assert.deepEqual(await batchSizes({ rows: 3, provider: { limits: { maxBytes: body - 1 } } }), [2, 1]);
  });

  it('fills it up to the enqueued tokens, and a row above them goes alone', async () => {
    // Every prompt is two tokens.
    assert.deepEqual(await batchSizes({ rows: 4, provider: { limits: { maxEnqueuedTokens: 4 } } }), [2, 2]);
    assert.deepEqual(await batchSizes({ rows: 4, provider: { limits: { maxEnqueuedTokens: 5 } } }), [2, 2]);
    assert.deepEqual(
      await batchSizes({ rows: 4, provider: { limits: { maxEnqueuedTokens: 3 } } }),
      [1, 1, 1, 1],
    );
    assert.deepEqual(await batchSizes({ rows: 2, provider: { limits: { maxEnqueuedTokens: 1 } } }), [1, 1]);
  });

  it('fills it up to what was asked for', async () => {
    assert.deepEqual(await batchSizes({ rows: 7, settings: { jobsPerBatch: 3 } }), [3, 3, 1]);
  });

  it('keeps at most maxConcurrent batches in flight', () =>
    inWorld({ rows: 9, settings: { jobsPerBatch: 1, maxConcurrent: 2 } }, async (world) => {
      let most = 0;
      await world.run({
        onProgress: ({ batches }) => {
          const live = batches.filter((b) => !['closed', 'rejected'].includes(b.state)).length;
          most = Math.max(most, live);
        },
      });
      assert.equal(most, 2);
    }));
});

/** Evenly from 0 to `most`: a plain double would nearly always be next to nothing. */
function upTo(most: number): fc.Arbitrary<number> {
  return fc.nat(1000).map((thousandths) => (most * thousandths) / 1000);
}
