import assert from 'node:assert/strict';
import { costNanoUsd, worstCostNanoUsd } from '../../../src/core/modelConfig.ts';
import { configureProviders } from '../../../src/providers/configured/configure.ts';
import { createProviderRegistry, type RenewableRegistry } from '../../../src/providers/registry.ts';

const USAGE = { input: 1_000_000, output: 1_000_000 };
const NOW = Date.UTC(2026, 10, 20);

function registryWith(models: Readonly<Record<string, unknown>>): RenewableRegistry {
  const setBy = { providers: 'the setting batchbook.providers', models: 'the setting batchbook.models' };
  return createProviderRegistry({
    offlineDirectory: '/nowhere',
    configured: () => configureProviders({ models, setBy }),
  });
}

describe('Models that a person has set', () => {
  it('have the prices that were set, halved in a batch', () => {
    const model = registryWith({ 'gpt-6-luna': { input: 4, output: 8 } }).modelConfig('gpt-6-luna');
    assert.equal(costNanoUsd(model, USAGE, Date.now()), 6_000_000_000);
    assert.equal(model.maxOutputTokens, 128_000);
    assert.equal(model.pricesAsOf, undefined, 'nobody has looked these prices up on a day');
  });

  it('keep their days and lengths of prompt where one price alone was set', () => {
    const argon = registryWith({ 'gemini-4-argon': { output: 40 } }).modelConfig('gemini-4-argon');
    assert.deepEqual(
      argon.prices.map(({ from, tiers }) => [from, tiers[0]?.input, tiers[0]?.output]),
      [
        [undefined, 2, 40],
        ['2026-12-01', 4, 40],
      ],
    );
    const haiku = registryWith({ 'claude-haiku-5-5': { input: 1 } }).modelConfig('claude-haiku-5-5');
    assert.deepEqual(
      haiku.prices[0]?.tiers.map((tier) => [tier.inputTokensAbove, tier.input, tier.output, tier.cacheRead]),
      // What is not said of the cache is as dear as it can be.
      [
        [0, 1, 0.5, 1],
        [100_000, 1, 2.5, 1],
      ],
    );
  });

  it('have the price of the cache that was set, also where nothing else was', () => {
    const opus = registryWith({ 'claude-opus-5': { cacheRead: 0.25, cacheWrite1h: 9 } });
    const [tier] = opus.modelConfig('claude-opus-5').prices[0]?.tiers ?? [];
    assert.deepEqual(tier, {
      inputTokensAbove: 0,
      input: 5,
      output: 25,
      cacheRead: 0.25,
      cacheWrite: 6.25,
      cacheWrite1h: 9,
    });
    // Gemini's is not halved: 1,000,000 x 0.1 USD/M is 0.1 USD.
    const flash = registryWith({ 'gemini-3.5-flash': { cacheRead: 0.1 } }).modelConfig('gemini-3.5-flash');
    assert.equal(costNanoUsd(flash, { input: 0, cacheRead: 1_000_000, output: 0 }, NOW), 100_000_000);
  });

  it('may be new ones of a service that is there, which work like its newest', async () => {
    const registry = registryWith({
      'gpt-7': { provider: 'openai', input: 2, output: 10, maxOutputTokens: 5_000 },
    });
    const model = registry.modelConfig('gpt-7');
    assert.equal(model.maxOutputTokens, 5_000);
    assert.equal(model.maxInputTokens, registry.modelConfig('gpt-6.1-terra').maxInputTokens);
    assert.equal((await registry.providerOf('gpt-7')).name, 'openai');
    assert.ok((await registry.providerOf('gpt-7')).models.some(({ name }) => name === 'gpt-7'));
    // It may fill its cache unasked: 1,000,000 x 1.25 x 2 USD/M, halved.
    const bound = { inputTokens: 1_000_000, maxTokens: 0, cache: false };
    assert.equal(worstCostNanoUsd(model, bound, NOW), 1_250_000_000);
  });

  it('cannot be used where what is said of them is incomplete or wrong, and are the only ones that cannot', () => {
    for (const [override, says] of [
      [{ 'gpt-7': { provider: 'openai', input: 2 } }, /"gpt-7".*batchbook\.models.*prices/],
      [{ 'gpt-7': { input: 2, output: 3 } }, /"gpt-7".*"provider".*anthropic, openai, gemini/],
      [{ 'gpt-6-luna': { input: 0 } }, /"gpt-6-luna".*"input".*>0/],
      [{ 'gpt-6-luna': { prize: 1 } }, /"gpt-6-luna".*"prize" is no key/],
      [{ 'gpt-6-luna': { outptu: 1 } }, /"outptu" is no key of it\. Did you mean "output"\?/],
      [{ 'gpt-6-luna': { provider: 'gemini' } }, /"gpt-6-luna".*of openai/],
      [{ 'gpt-6-luna': 3 }, /"gpt-6-luna".*must be an object/],
    ] as const) {
      const registry = registryWith(override);
      const [name = ''] = Object.keys(override);
      assert.equal(registry.problems.length, 1);
      assert.match(registry.problems[0]?.message ?? '', says);
      // The built-in price must not count in place of one that a person has tried to set (promise P3).
      for (const asked of [name, `${name}-2026-10-01`])
        assert.throws(() => registry.modelConfig(asked), { code: 'unknownModel', message: says });
      assert.ok(
        worstCostNanoUsd(
          registry.modelConfig('gpt-6-sol'),
          { inputTokens: 1, maxTokens: 1, cache: false },
          NOW,
        ) > 0,
      );
    }
  });

  it('that are no list of models leave only what is free: nobody knows which prices were meant', () => {
    const registry = createProviderRegistry({
      offlineDirectory: '/nowhere',
      configured: () =>
        configureProviders({ models: ['gpt-6-luna'], setBy: { providers: 'A', models: 'the setting X' } }),
    });
    assert.throws(() => registry.modelConfig('gpt-6-luna'), {
      code: 'unknownModel',
      message: /The setting X must be/,
    });
    assert.equal(registry.modelConfig('offline-extractive').provider, 'offline');
  });

  it('are found by an exact name, or with a date behind it, and by nothing else', () => {
    const registry = registryWith({});
    assert.equal(registry.modelConfig('gpt-6-luna-2026-10-01').name, 'gpt-6-luna-2026-10-01');
    assert.equal(registry.modelConfig('claude-haiku-5-5-20261007').provider, 'anthropic');
    for (const name of ['gpt-6-lun', 'gpt-6-luna-pro', 'gpt-6-luna-', 'claude-sonnet'])
      assert.throws(() => registry.modelConfig(name), { code: 'unknownModel' });
  });
});
