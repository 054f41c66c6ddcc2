import assert from 'node:assert/strict';
import { findProvider, type ModelPrice } from '@pydantic/genai-prices';
import {
  costNanoUsd,
  worstCostNanoUsd,
  type ModelConfig,
  type PriceTier,
} from '../../../src/core/modelConfig.ts';
import { ANTHROPIC_MODELS, GEMINI_MODELS, OPENAI_MODELS } from '../../../src/providers/models/modelTable.ts';
import { createProviderRegistry } from '../../../src/providers/registry.ts';

const ALL = [...ANTHROPIC_MODELS, ...OPENAI_MODELS, ...GEMINI_MODELS];
/** Days on which both tables are compared: when ours was looked up, and after every change that is announced. */
const DAYS = ['2026-11-10', '2027-01-15'] as const;

/**
 * Where our table and @pydantic/genai-prices 0.1.8 (data of 2026-09-23) differ, and why. Any other difference fails, and
 * so does one of these that is none any more.
 */
const KNOWN_DIFFERENCES: Readonly<Record<string, string>> = {
  'claude-sonnet-4-5':
    'Theirs has a tier above 200,000 tokens, which takes a beta header that we do not send; the window is 200,000.',
  'gpt-5.4': 'Their dearer tier begins at 272,000 tokens; the vendor says above them.',
  'gpt-5.4-pro': 'Their dearer tier begins at 272,000 tokens; the vendor says above them.',
  'gpt-5.5': 'Their dearer tier begins at 272,000 tokens; the vendor says above them.',
  'gpt-5.5-pro': 'Their dearer tier begins at 272,000 tokens; the vendor says above them.',
  'gpt-5.6-luna': 'Their dearer tier begins at 272,000 tokens; the vendor says above them.',
  'gpt-5.6-sol': 'Their dearer tier begins at 272,000 tokens; the vendor says above them.',
  'gpt-5.6-terra': 'Their dearer tier begins at 272,000 tokens; the vendor says above them.',
  'gpt-6-astra': 'Their dearer tier begins at 272,000 tokens; the vendor says above them.',
};

/** Models of ours that they do not have by this exact name: newer than their data, or names with a date. */
const NOT_THEIRS = [
  'claude-fable-5-2',
  'claude-haiku-4-5-20251001',
  'claude-haiku-5-5',
  'claude-opus-4-5-20251101',
  'claude-sonnet-4-5-20250929',
  'claude-sonnet-5-5',
  'gpt-4o-2024-08-06',
  'gpt-4o-2024-11-20',
  'gpt-6.1-sol',
  'gpt-6.1-terra',
  'gemini-3.1-flash-lite-preview',
  'gemini-4-argon',
];

const KEYS = {
  input: 'input_mtok',
  output: 'output_mtok',
  cacheRead: 'cache_read_mtok',
  cacheWrite: 'cache_write_mtok',
  cacheWrite1h: 'cache_write_1h_mtok',
} as const satisfies Partial<Record<keyof PriceTier, string>>;

/** Their price of a model on a day, by its exact id: their own look-up goes by the beginnings of names. */
function theirs({ name, provider }: ModelConfig, day: string): ModelPrice | undefined {
  const service = findProvider({ providerId: provider === 'gemini' ? 'google' : provider });
  const prices = service?.models.find(({ id }) => id === name)?.prices;
  if (!Array.isArray(prices)) return prices;
  return prices.findLast(
    ({ constraint }) =>
      constraint === undefined || (constraint.type === 'start_date' && constraint.start_date <= day),
  )?.prices;
}

type PriceRow = readonly (readonly [above: number, price: number])[];

function theirRow(price: ModelPrice[string]): PriceRow | undefined {
  if (price === undefined) return undefined;
  if (typeof price === 'number') return [[0, price]];
  return [[0, price.base], ...price.tiers.map(({ start, price: dearer }) => [start, dearer] as const)];
}

function ourTiers({ prices }: ModelConfig, day: string): readonly PriceTier[] {
  return prices.find(({ from = '', until = '9' }) => from <= day && day < until)?.tiers ?? [];
}

function differencesOf(model: ModelConfig): string[] {
  return DAYS.flatMap((day) => {
    const price = theirs(model, day);
    if (price === undefined) return [];
    return (Object.keys(KEYS) as (keyof typeof KEYS)[]).flatMap((kind) => {
      const their = theirRow(price[KEYS[kind]]);
      if (their === undefined) return []; // they do not say
      // Gemini's cache price is in our table so that a batch does not halve it.
      const factor = model.provider === 'gemini' && kind === 'cacheRead' ? model.batchDiscount : 1;
      const our = ourTiers(model, day).map((tier) => [tier.inputTokensAbove, tier[kind] * factor] as const);
      return JSON.stringify(our) === JSON.stringify(their)
        ? []
        : [`${day} ${kind}: ours ${JSON.stringify(our)}, theirs ${JSON.stringify(their)}`];
    });
  });
}

describe('The table of models', () => {
  it('has the prices of a second source, but for differences that are known', () => {
    const compared = ALL.filter((model) => DAYS.some((day) => theirs(model, day) !== undefined));
    assert.ok(compared.length >= 55, String(compared.length));
    const found = new Map(compared.map((model) => [model.name, differencesOf(model)]));
    const unknown = [...found].filter(([name, all]) => all.length > 0 && !(name in KNOWN_DIFFERENCES));
    assert.deepEqual(unknown, []);
    const gone = Object.keys(KNOWN_DIFFERENCES).filter((name) => (found.get(name) ?? []).length === 0);
    assert.deepEqual(gone, [], 'differences that are none any more');
  });

  it('is compared as a whole: what the second source does not have is listed', () => {
    const absent = ALL.filter((model) => DAYS.every((day) => theirs(model, day) === undefined));
    assert.deepEqual(absent.map(({ name }) => name).sort(), NOT_THEIRS.toSorted());
  });

  it('has the price of a name with a date where it has the one without', () => {
    for (const model of ALL) {
      const base = /^(.+)-(?:\d{8}|\d{4}-\d{2}-\d{2})$/.exec(model.name)?.[1];
      const plain = ALL.find(({ name }) => name === base);
      if (base === undefined || model.name === 'gpt-4o-2024-05-13') continue; // that one was dearer
      assert.deepEqual(model.prices, plain?.prices, model.name);
    }
  });

  it('has no price of nothing, no price that is dearer from the cache, and tiers in order', () => {
    for (const { name, prices } of ALL)
      for (const { tiers } of prices) {
        assert.equal(tiers[0]?.inputTokensAbove, 0, name);
        assert.deepEqual(
          tiers.map((tier) => tier.inputTokensAbove),
          tiers.map((tier) => tier.inputTokensAbove).toSorted((a, b) => a - b),
          name,
        );
        for (const tier of tiers) {
          const { input, output, cacheRead, cacheWrite, cacheWrite1h } = tier;
          for (const price of [input, output, cacheRead, cacheWrite, cacheWrite1h])
            assert.ok(price > 0, `${name}: a 0 in the source is a price that nobody knows`);
          assert.ok(cacheRead <= input && input <= cacheWrite && cacheWrite <= cacheWrite1h, name);
          assert.ok(input < output, name);
        }
      }
  });

  it('has periods that follow one another without a gap', () => {
    for (const { name, prices } of ALL) {
      assert.ok(prices.length > 0, name);
      assert.equal(prices[0]?.from, undefined, name);
      prices.slice(1).forEach((period, i) => {
        assert.equal(period.from, prices[i]?.until, name);
      });
      assert.equal(prices.at(-1)?.until, undefined, name);
    }
  });

  it('prices a request on the last day of a price and on the first of the next, and reserves the dearer before', () => {
    const argon = ALL.find(({ name }) => name === 'gemini-4-argon')!;
    const usage = { input: 1000, output: 100 };
    // (1,000 x 2 + 100 x 10) x 0.5 and (1,000 x 4 + 100 x 20) x 0.5 USD/M
    assert.equal(costNanoUsd(argon, usage, Date.parse('2026-11-30T23:59:59.999Z')), 1_500_000);
    assert.equal(costNanoUsd(argon, usage, Date.parse('2026-12-01')), 3_000_000);
    const bound = { inputTokens: 1000, maxTokens: 100, cache: false };
    // A batch that is sent two days before may be answered at the new price.
    assert.equal(worstCostNanoUsd(argon, bound, Date.parse('2026-11-28T23:59:59.999Z')), 1_500_000);
    assert.equal(worstCostNanoUsd(argon, bound, Date.parse('2026-11-29')), 3_000_000);
  });

  it('holds a price that has ended without another for what was answered, and sends nothing more at it', () => {
    const ended: ModelConfig = {
      ...ALL[0]!,
      prices: [{ until: '2026-12-01', tiers: ALL[0]!.prices[0]!.tiers }],
    };
    const after = Date.parse('2026-12-01');
    assert.ok(costNanoUsd(ended, { input: 1000, output: 100 }, after) > 0);
    assert.throws(() => worstCostNanoUsd(ended, { inputTokens: 1, maxTokens: 1, cache: false }, after), {
      code: 'unknownPrice',
    });
  });

  it('is looked up by exact names alone: a longer one of a newer model has no price of an older', () => {
    const registry = createProviderRegistry({ offlineDirectory: '/nowhere' });
    for (const { name } of ALL)
      for (const other of [`${name}-pro2`, `${name}.1`, `${name}-5`, `x${name}`, name.slice(0, -1)])
        if (!ALL.some((model) => model.name === other))
          assert.throws(() => registry.modelConfig(other), { code: 'unknownModel' }, other);
    assert.notDeepEqual(
      registry.modelConfig('claude-sonnet-5-5').prices,
      registry.modelConfig('claude-sonnet-5').prices,
    );
  });
});
