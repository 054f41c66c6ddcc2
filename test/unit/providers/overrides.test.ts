import assert from 'node:assert/strict';
import { costNanoUsd } from '../../../src/core/modelConfig.ts';
import { createProviderRegistry } from '../../../src/providers/registry.ts';

const USAGE = { input: 1_000_000, output: 1_000_000 };

function registryWith(
  modelOverrides: Readonly<Record<string, unknown>>,
): ReturnType<typeof createProviderRegistry> {
  return createProviderRegistry({ offlineDirectory: '/nowhere', modelOverrides });
}

describe('Models that a person has set', () => {
  it('have the prices that were set, halved in a batch', () => {
    const model = registryWith({ 'gpt-6-luna': { input: 4, output: 8 } }).modelConfig('gpt-6-luna');
    assert.equal(costNanoUsd(model, USAGE, Date.now()), 6_000_000_000);
    assert.equal(model.maxOutputTokens, 128_000);
  });

  it('may be new ones of a service that is there', async () => {
    const registry = registryWith({
      'gpt-7': { provider: 'openai', input: 2, output: 10, maxOutputTokens: 5_000 },
    });
    assert.equal(registry.modelConfig('gpt-7').maxOutputTokens, 5_000);
    assert.equal((await registry.providerOf('gpt-7')).name, 'openai');
    assert.ok((await registry.providerOf('gpt-7')).models.some(({ name }) => name === 'gpt-7'));
  });

  it('are refused with the reason where they are incomplete or wrong', () => {
    for (const [override, says] of [
      [{ 'gpt-7': { provider: 'openai', input: 2 } }, /"gpt-7".*prices/],
      [{ 'gpt-7': { input: 2, output: 3 } }, /"gpt-7".*provider/],
      [{ 'gpt-6-luna': { input: 0 } }, /input.*gpt-6-luna/],
      [{ 'gpt-6-luna': { prize: 1 } }, /gpt-6-luna.*prize/],
      [{ 'gpt-6-luna': 3 }, /gpt-6-luna/],
    ] as const)
      assert.throws(() => registryWith(override), { code: 'usage', message: says });
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
