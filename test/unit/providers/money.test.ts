import assert from 'node:assert/strict';
import fc from 'fast-check';
import { inputTokensOf, type Usage } from '../../../src/core/job.ts';
import { costNanoUsd, worstCostNanoUsd, type ModelConfig } from '../../../src/core/modelConfig.ts';
import { toRowResult as ofAnthropic } from '../../../src/providers/anthropic/rows.ts';
import { toRowResult as ofGemini } from '../../../src/providers/gemini/rows.ts';
import { toRowResult as ofOpenAI } from '../../../src/providers/openai/rows.ts';
import { MOST_TOKENS } from '../../../src/providers/shared/wireValues.ts';
import { configureProviders } from '../../../src/providers/configured/configure.ts';
import { createProviderRegistry } from '../../../src/providers/registry.ts';

const NOVEMBER = '2026-11-20';

/** Usage payloads as they stand in the services' lines, and what they mean for us. */
const usageIn: Readonly<Record<string, (payload: object) => Usage | undefined>> = {
  anthropic: (usage) =>
    ofAnthropic(
      JSON.stringify({ custom_id: 'a', result: { type: 'succeeded', message: { content: [], usage } } }),
    ).usage,
  openai: (usage) =>
    ofOpenAI(JSON.stringify({ custom_id: 'a', response: { status_code: 200, body: { usage } } })).usage,
  gemini: (usageMetadata) =>
    ofGemini(JSON.stringify({ key: 'a', response: { candidates: [{}], usageMetadata } })).usage,
};

const registry = createProviderRegistry({ offlineDirectory: '/nowhere' });
/** Prices that make halves of a nanodollar, and of a picodollar. */
const ODD = createProviderRegistry({
  offlineDirectory: '/nowhere',
  configured: () =>
    configureProviders({
      models: {
        'gpt-6-luna': { input: 0.000_001, output: 0.000_003, cacheRead: 0.000_001, cacheWrite: 0.000_001 },
        'gpt-4.1': { input: 1, output: 2, batchMultiplier: 1 },
      },
      setBy: { providers: 'the test', models: 'the test' },
    }),
});

/**
 * Worked out by hand, in nanodollars: 1 USD per million tokens is 1,000 nanodollars a token, so that a batch, at half
 * price, costs (tokens x USD/M) x 500.
 */
const PAYLOADS: readonly (readonly [
  what: string,
  model: string,
  payload: object,
  nanoUsd: number,
  day?: string,
  prices?: typeof registry,
])[] = [
  // Anthropic: the input does not include what was cached; output includes thinking.
  [
    'Anthropic, the least',
    'claude-haiku-4-5',
    { input_tokens: 12, output_tokens: 20 },
    56_000, // (12 x 1 + 20 x 5) x 500 = 112 x 500
  ],
  [
    'Anthropic, every field of a real line',
    'claude-haiku-4-5-20251001',
    {
      input_tokens: 12,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: 20,
      output_tokens_details: { thinking_tokens: 0 },
      server_tool_use: null,
      service_tier: 'batch',
      inference_geo: null,
      speed: null,
    },
    56_000, // as above
  ],
  [
    'Anthropic, nulls for what was not cached',
    'claude-opus-5-5',
    { input_tokens: 1000, cache_read_input_tokens: null, cache_creation: null, output_tokens: 500 },
    7_000_000, // (1,000 x 4 + 500 x 20) x 500 = 14,000 x 500
  ],
  [
    'Anthropic, read from the cache',
    'claude-opus-5-5',
    { input_tokens: 100, cache_read_input_tokens: 10_000, cache_creation_input_tokens: 0, output_tokens: 50 },
    1_700_000, // (100 x 4 + 10,000 x 0.2 + 50 x 20) x 500 = (400 + 2,000 + 1,000) x 500
  ],
  [
    'Anthropic, written into the cache for 5 minutes',
    'claude-opus-5-5',
    {
      input_tokens: 100,
      cache_creation_input_tokens: 2000,
      cache_creation: { ephemeral_5m_input_tokens: 2000, ephemeral_1h_input_tokens: 0 },
      output_tokens: 50,
    },
    5_700_000, // (100 x 4 + 2,000 x 5 + 50 x 20) x 500 = (400 + 10,000 + 1,000) x 500
  ],
  [
    'Anthropic, written into the cache for an hour',
    'claude-opus-5-5',
    {
      input_tokens: 100,
      cache_creation_input_tokens: 2000,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 2000 },
      output_tokens: 50,
    },
    8_700_000, // (400 + 2,000 x 8 + 1,000) x 500
  ],
  [
    'Anthropic, both at once and a read',
    'claude-opus-5-5',
    {
      input_tokens: 7,
      cache_read_input_tokens: 1001,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      output_tokens: 3,
    },
    249_100, // (7 x 4 + 1,001 x 0.2 + 10 x 5 + 20 x 8 + 3 x 20) x 500 = (28 + 200.2 + 50 + 160 + 60) x 500
  ],
  [
    'Anthropic, a write that is not told apart counts as an hour',
    'claude-opus-5-5',
    { input_tokens: 100, cache_creation_input_tokens: 2000, cache_creation: null, output_tokens: 50 },
    8_700_000, // as for an hour
  ],
  [
    'Anthropic, a write that is only told apart',
    'claude-opus-5-5',
    {
      input_tokens: 100,
      cache_creation: { ephemeral_5m_input_tokens: 2000, ephemeral_1h_input_tokens: 0 },
      output_tokens: 50,
    },
    5_700_000, // as for 5 minutes
  ],
  [
    'Anthropic, thinking is within the output',
    'claude-sonnet-5-5',
    { input_tokens: 0, output_tokens: 4000, output_tokens_details: { thinking_tokens: 3900 } },
    20_000_000, // 4,000 x 10 x 500
  ],
  [
    'Anthropic, the longest prompt of the cheaper tier',
    'claude-haiku-5-5',
    { input_tokens: 100_000, output_tokens: 1000 },
    5_250_000, // (100,000 x 0.1 + 1,000 x 0.5) x 500 = 10,500 x 500
  ],
  [
    'Anthropic, one token more reprices all of it',
    'claude-haiku-5-5',
    { input_tokens: 100_001, output_tokens: 1000 },
    26_250_250, // (100,001 x 0.5 + 1,000 x 2.5) x 500 = (50,000.5 + 2,500) x 500
  ],
  [
    'Anthropic, cached tokens count for the tier',
    'claude-haiku-5-5',
    { input_tokens: 1, cache_read_input_tokens: 100_000, output_tokens: 1000 },
    3_750_250, // (1 x 0.5 + 100,000 x 0.05 + 1,000 x 2.5) x 500 = (0.5 + 5,000 + 2,500) x 500
  ],
  [
    'Anthropic, half a nanodollar up',
    'claude-haiku-5-5',
    { input_tokens: 0, cache_creation: { ephemeral_5m_input_tokens: 1 }, output_tokens: 0 },
    63, // 1 x 0.125 x 500 = 62.5
  ],

  // OpenAI: the input includes what was cached, and the output what was thought.
  [
    'OpenAI, input and output',
    'gpt-4.1',
    { input_tokens: 1000, output_tokens: 200, total_tokens: 1200 },
    1_800_000, // (1,000 x 2 + 200 x 8) x 500 = 3,600 x 500
  ],
  [
    'OpenAI, cached tokens are taken off the input (b-7)',
    'gpt-4.1',
    { input_tokens: 1000, input_tokens_details: { cached_tokens: 800 }, output_tokens: 200 },
    1_200_000, // (200 x 2 + 800 x 0.5 + 200 x 8) x 500 = (400 + 400 + 1,600) x 500
  ],
  [
    'OpenAI, reasoning is within the output',
    'gpt-5',
    {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 3000,
      output_tokens_details: { reasoning_tokens: 2944 },
      total_tokens: 3100,
    },
    15_062_500, // (100 x 1.25 + 3,000 x 10) x 500 = 30,125 x 500
  ],
  [
    'OpenAI, written into the cache unasked',
    'gpt-6-luna',
    {
      input_tokens: 2000,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 1536 },
      output_tokens: 100,
    },
    144_200, // (464 x 0.1 + 1,536 x 0.125 + 100 x 0.5) x 500 = (46.4 + 192 + 50) x 500
  ],
  [
    'OpenAI, read and written at once',
    'gpt-6-sol',
    {
      input_tokens: 3000,
      input_tokens_details: { cached_tokens: 1024, cache_write_tokens: 1000 },
      output_tokens: 10,
    },
    2_378_400, // (976 x 2 + 1,024 x 0.2 + 1,000 x 2.5 + 10 x 10) x 500 = (1,952 + 204.8 + 2,500 + 100) x 500
  ],
  [
    'OpenAI, half a nanodollar up from the cache',
    'gpt-5-nano',
    { input_tokens: 1, input_tokens_details: { cached_tokens: 1 }, output_tokens: 0 },
    3, // 1 x 0.005 x 500 = 2.5
  ],
  [
    'OpenAI, the longest prompt of the cheaper tier',
    'gpt-5.4',
    { input_tokens: 272_000, output_tokens: 1000 },
    347_500_000, // (272,000 x 2.5 + 1,000 x 15) x 500 = 695,000 x 500
  ],
  [
    'OpenAI, one token more reprices all of it, the output too',
    'gpt-5.4',
    { input_tokens: 272_001, output_tokens: 1000 },
    691_252_500, // (272,001 x 5 + 1,000 x 22.5) x 500 = (1,360,005 + 22,500) x 500
  ],
  [
    'OpenAI, a long prompt from the cache',
    'gpt-5.4',
    { input_tokens: 272_001, input_tokens_details: { cached_tokens: 272_000 }, output_tokens: 1000 },
    79_252_500, // (1 x 5 + 272,000 x 0.5 + 1,000 x 22.5) x 500 = (5 + 136,000 + 22,500) x 500
  ],
  [
    'OpenAI, nothing for nulls',
    'gpt-6-luna',
    {
      input_tokens: 10,
      input_tokens_details: null,
      output_tokens: 0,
      output_tokens_details: null,
    },
    500, // 10 x 0.1 x 500
  ],
  [
    'OpenAI, more cached than there was is not less than nothing',
    'gpt-4.1',
    { input_tokens: 100, input_tokens_details: { cached_tokens: 128 }, output_tokens: 0 },
    32_000, // 128 x 0.5 x 500
  ],

  // Gemini: the prompt includes what was cached; the output does not include what was thought.
  [
    'Gemini, thoughts are not among the candidates (vercel/ai#6082)',
    'gemini-3.5-flash',
    { promptTokenCount: 8, candidatesTokenCount: 11, totalTokenCount: 848, thoughtsTokenCount: 829 },
    3_786_000, // (8 x 1.5 + (11 + 829) x 9) x 500 = (12 + 7,560) x 500
  ],
  [
    'Gemini, without thoughts',
    'gemini-3.5-flash-lite',
    { promptTokenCount: 1000, candidatesTokenCount: 100, totalTokenCount: 1100 },
    275_000, // (1,000 x 0.3 + 100 x 2.5) x 500 = 550 x 500
  ],
  [
    'Gemini, counts of 0 are left out',
    'gemini-3.5-flash-lite',
    { promptTokenCount: 1000, totalTokenCount: 1000 },
    150_000, // 1,000 x 0.3 x 500
  ],
  [
    'Gemini, cached tokens are taken off the prompt, and not halved',
    'gemini-3.5-flash',
    { promptTokenCount: 10_000, cachedContentTokenCount: 9000, candidatesTokenCount: 10 },
    2_145_000, // (1,000 x 1.5 + 10 x 9) x 500 + 9,000 x 0.15 x 1,000 = 795,000 + 1,350,000
  ],
  [
    'Gemini, the longest prompt of the cheaper tier',
    'gemini-2.5-pro',
    { promptTokenCount: 200_000, candidatesTokenCount: 100, thoughtsTokenCount: 900 },
    130_000_000, // (200,000 x 1.25 + 1,000 x 10) x 500 = 260,000 x 500
  ],
  [
    'Gemini, one token more reprices all of it',
    'gemini-2.5-pro',
    { promptTokenCount: 200_001, candidatesTokenCount: 100, thoughtsTokenCount: 900 },
    257_501_250, // (200,001 x 2.5 + 1,000 x 15) x 500 = (500,002.5 + 15,000) x 500
  ],
  [
    'Gemini, a token of each',
    'gemini-3.6-flash',
    { promptTokenCount: 1, candidatesTokenCount: 1 },
    2_250, // (0.75 + 3.75) x 500
  ],
  [
    'Gemini, on the last day of an introductory price',
    'gemini-4-argon',
    { promptTokenCount: 1000, candidatesTokenCount: 100, thoughtsTokenCount: 100 },
    2_000_000, // (1,000 x 2 + 200 x 10) x 500
    '2026-11-30',
  ],
  [
    'Gemini, on the first day after it',
    'gemini-4-argon',
    { promptTokenCount: 1000, candidatesTokenCount: 100, thoughtsTokenCount: 100 },
    4_000_000, // (1,000 x 4 + 200 x 20) x 500
    '2026-12-01',
  ],
  [
    'Gemini, cached, after an introductory price',
    'gemini-3.8-flash',
    { promptTokenCount: 1000, cachedContentTokenCount: 1000, candidatesTokenCount: 100 },
    525_000, // 1,000 x 0.15 x 1,000 + 100 x 7.5 x 500 = 150,000 + 375,000
    '2027-01-01',
  ],

  // Prices that a person has set.
  [
    'half a picodollar a token, of which two make one',
    'gpt-6-luna',
    { input_tokens: 999, output_tokens: 0 },
    0, // 999 x 1 pico x 0.5 = 499.5 pico
    NOVEMBER,
    ODD,
  ],
  [
    'a thousand halves of a picodollar, half a nanodollar, up',
    'gpt-6-luna',
    { input_tokens: 1000, output_tokens: 0 },
    1, // 1,000 x 1 pico x 0.5 = 500 pico
    NOVEMBER,
    ODD,
  ],
  [
    'classes are summed before anything is rounded',
    'gpt-6-luna',
    {
      input_tokens: 600,
      input_tokens_details: { cached_tokens: 200, cache_write_tokens: 100 },
      output_tokens: 133,
    },
    0, // (300 + 200 + 100) x 1 pico x 0.5 + 133 x 3 pico x 0.5 = 300 + 199.5 = 499.5 pico
    NOVEMBER,
    ODD,
  ],
  [
    'without a discount in batches',
    'gpt-4.1',
    { input_tokens: 1000, output_tokens: 100 },
    1_200_000, // (1,000 x 1 + 100 x 2) x 1,000
    NOVEMBER,
    ODD,
  ],
];

describe('What a row costs', () => {
  for (const [what, name, payload, expected, day = NOVEMBER, prices = registry] of PAYLOADS)
    it(`${what} (${name})`, () => {
      const model = prices.modelConfig(name);
      const usage = usageIn[model.provider]?.(payload);
      assert.ok(usage !== undefined);
      assert.equal(costNanoUsd(model, usage, Date.parse(day)), expected);
      const bound = { inputTokens: inputTokensOf(usage), maxTokens: usage.output, cache: true };
      assert.ok(expected <= worstCostNanoUsd(model, bound, Date.parse(day)));
    });

  it('is worked out for no fewer than thirty payloads', () => {
    assert.ok(PAYLOADS.length >= 30);
  });

  it('is not nothing where a payload does not say: then it is unknown (b-7)', () => {
    for (const [provider, payloads] of Object.entries({
      anthropic: [{}, { input_tokens: 5 }, { output_tokens: 5 }, { input_tokens: null, output_tokens: 5 }],
      openai: [{}, { input_tokens: 5 }, { output_tokens: 5 }, { prompt_tokens: 5, completion_tokens: 5 }],
      gemini: [{}, { candidatesTokenCount: 5 }, { totalTokenCount: 5 }],
    }))
      for (const payload of payloads)
        assert.equal(usageIn[provider]?.(payload), undefined, `${provider} ${JSON.stringify(payload)}`);
  });
});

const MODELS = registry.listModels().filter(({ provider }) => provider !== 'offline');
const SOME_DAY = fc.integer({ min: Date.UTC(2026, 10, 1), max: Date.UTC(2027, 2, 1) });
const TOKENS = fc.nat({ max: 1_000_000 });
const USAGE: fc.Arbitrary<Usage> = fc.record({
  input: TOKENS,
  cacheRead: TOKENS,
  cacheWrite: TOKENS,
  cacheWrite1h: TOKENS,
  output: fc.nat({ max: 128_000 }),
});

describe('What rows cost', () => {
  it('is never less than nothing, and a whole number of nanodollars', () => {
    fc.assert(
      fc.property(fc.constantFrom(...MODELS), USAGE, SOME_DAY, (model, usage, at) => {
        const cost = costNanoUsd(model, usage, at);
        assert.ok(Number.isSafeInteger(cost) && cost >= 0);
        if (inputTokensOf(usage) > 10 || usage.output > 10) assert.ok(cost > 0);
      }),
    );
  });

  it('can be counted exactly of the most tokens that a line can tell', () => {
    const all = { input: MOST_TOKENS, cacheRead: MOST_TOKENS, cacheWrite: MOST_TOKENS, output: MOST_TOKENS };
    for (const model of MODELS) assert.ok(costNanoUsd(model, all, Date.parse(NOVEMBER)) > 0, model.name);
  });

  it('adds up, but for what each is rounded by', () => {
    // Within one tier: a longer prompt may reprice all of it.
    const oneTier = MODELS.filter(({ prices }) => prices.every(({ tiers }) => tiers.length === 1));
    assert.ok(oneTier.length > 20);
    fc.assert(
      fc.property(fc.constantFrom(...oneTier), USAGE, USAGE, SOME_DAY, (model, a, b, at) => {
        const together = costNanoUsd(model, sum(a, b), at);
        assert.ok(Math.abs(together - costNanoUsd(model, a, at) - costNanoUsd(model, b, at)) <= 1);
      }),
    );
  });

  it('never falls with more tokens of any class, also over a tier', () => {
    fc.assert(
      fc.property(fc.constantFrom(...MODELS), USAGE, USAGE, SOME_DAY, (model, a, more, at) => {
        assert.ok(costNanoUsd(model, sum(a, more), at) >= costNanoUsd(model, a, at));
      }),
    );
  });

  it('is never more than what was reserved, whatever the bound was used for, answered up to two days later (P3)', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...MODELS),
        USAGE,
        fc.boolean(),
        SOME_DAY,
        fc.nat({ max: 2 * 86_400_000 }),
        fc.nat({ max: 1000 }),
        (model, given, cache, at, later, slack) => {
          const usage = reachable(model, given, cache);
          const bound = { inputTokens: inputTokensOf(usage) + slack, maxTokens: usage.output, cache };
          assert.ok(costNanoUsd(model, usage, at + later) <= worstCostNanoUsd(model, bound, at));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is reserved at no class that cannot be reached: without the cache, Anthropic’s rows at the plain input', () => {
    const haiku = registry.modelConfig('claude-haiku-5-5');
    const bound = { inputTokens: 1000, maxTokens: 100 };
    const at = Date.parse(NOVEMBER);
    // (1,000 x 0.1 + 100 x 0.5) x 500; with the cache an hour's writes, (1,000 x 0.2 + 50) x 500
    assert.equal(worstCostNanoUsd(haiku, { ...bound, cache: undefined }, at), 75_000);
    assert.equal(worstCostNanoUsd(haiku, { ...bound, cache: false }, at), 75_000);
    assert.equal(worstCostNanoUsd(haiku, { ...bound, cache: true }, at), 125_000);
    // OpenAI's newer models write unasked: (1,000 x 0.125 + 50) x 500. Its older ones do not: (1,000 x 2 + 800) x 500
    assert.equal(
      worstCostNanoUsd(registry.modelConfig('gpt-6-luna'), { ...bound, cache: false }, at),
      87_500,
    );
    assert.equal(
      worstCostNanoUsd(registry.modelConfig('gpt-4.1'), { ...bound, cache: false }, at),
      1_400_000,
    );
  });

  it('is known to be billed for cache writes unasked of the models of OpenAI from 5.6 on, and of no others', () => {
    const unasked = MODELS.filter(({ cachesUnasked }) => cachesUnasked === true).map(({ name }) => name);
    assert.deepEqual(unasked.toSorted(), [
      'gpt-5.6-luna',
      'gpt-5.6-sol',
      'gpt-5.6-terra',
      'gpt-6-astra',
      'gpt-6-luna',
      'gpt-6-sol',
      'gpt-6.1-sol',
      'gpt-6.1-terra',
    ]);
  });
});

function sum(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    cacheRead: (a.cacheRead ?? 0) + (b.cacheRead ?? 0),
    cacheWrite: (a.cacheWrite ?? 0) + (b.cacheWrite ?? 0),
    cacheWrite1h: (a.cacheWrite1h ?? 0) + (b.cacheWrite1h ?? 0),
    output: a.output + b.output,
  };
}

/** The part of a usage that a service can report of such a request. */
function reachable({ provider, cachesUnasked }: ModelConfig, usage: Usage, cache: boolean): Usage {
  const { cacheWrite = 0, cacheWrite1h = 0, ...rest } = usage;
  if (provider === 'anthropic') return cache ? usage : rest;
  return cachesUnasked === true ? { ...rest, cacheWrite: cacheWrite + cacheWrite1h } : rest;
}
