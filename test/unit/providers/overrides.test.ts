import assert from 'node:assert/strict';
import { costNanoUsd, worstCostNanoUsd } from '../../../src/core/modelConfig.ts';
import { configureProviders } from '../../../src/providers/configured/configure.ts';
import { createProviderRegistry, type RenewableRegistry } from '../../../src/providers/registry.ts';

const USAGE = { input: 1_000_000, output: 1_000_000 };

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

  it('are as dear as they can be in what was not said, whichever price was set', () => {
    const cached = registryWith({ 'gpt-6-luna': { cacheRead: 0.05 } }).modelConfig('gpt-6-luna');
    // The dearest tier of gpt-6-luna: 0.2 in, 0.75 out.
    assert.equal(costNanoUsd(cached, { ...USAGE, cacheRead: 1_000_000 }, Date.now()), 500_000_000);
    const input = registryWith({ 'gpt-6-luna': { input: 4 } }).modelConfig('gpt-6-luna');
    assert.equal(costNanoUsd(input, USAGE, Date.now()), 2_375_000_000);
  });

  it('may be new ones of a service that is there', async () => {
    const registry = registryWith({
      'gpt-7': { provider: 'openai', input: 2, output: 10, maxOutputTokens: 5_000 },
    });
    assert.equal(registry.modelConfig('gpt-7').maxOutputTokens, 5_000);
    assert.equal((await registry.providerOf('gpt-7')).name, 'openai');
    assert.ok((await registry.providerOf('gpt-7')).models.some(({ name }) => name === 'gpt-7'));
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
      assert.ok(worstCostNanoUsd(registry.modelConfig('gpt-6-sol'), 1, 1, Date.now()) > 0);
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

  it('whose price has run out are accounted at the last one, and are not sent any more', () => {
    const model = registryWith({}).modelConfig('gemini-3.8-flash');
    const later = Date.parse('2027-06-01');
    assert.ok(costNanoUsd(model, USAGE, later) > 0);
    assert.equal(model.prices.at(-1)?.until, '2027-01-01');
  });
});
