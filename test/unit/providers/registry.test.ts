import assert from 'node:assert/strict';
import os from 'node:os';
import { FREE, type ModelConfig } from '../../../src/core/modelConfig.ts';
import type { Provider } from '../../../src/core/provider.ts';
import { createOfflineProvider } from '../../../src/providers/offline/provider.ts';
import { OFFLINE_MODELS } from '../../../src/providers/offline/model.ts';
import { createProviderRegistry } from '../../../src/providers/registry.ts';

const offlineDirectory = os.tmpdir();

function standIn(name: string, ...models: readonly string[]): Provider {
  const [template] = OFFLINE_MODELS;
  assert.ok(template !== undefined);
  const configs = models.map((model): ModelConfig => ({
    ...template,
    name: model,
    provider: name,
    prices: FREE,
  }));
  return { ...createOfflineProvider({ directory: offlineDirectory }), name, models: configs };
}

describe('the provider registry', () => {
  it('lists the models of every provider, never a mock', async () => {
    const mock = standIn('mock', 'mock-fast', 'mock-slow');
    const registry = createProviderRegistry({ offlineDirectory, extraProviders: [mock] });
    assert.deepEqual(
      registry
        .listModels()
        .map((model) => model.name)
        .filter((name) => /mock|offline/.test(name)),
      ['offline-extractive'],
    );
    assert.equal(registry.modelConfig('mock-fast').provider, 'mock');
    assert.equal(await registry.providerOf('mock-fast'), mock);
    assert.equal(await registry.providerNamed('mock'), mock);
  });

  it('loads a provider once', async () => {
    const registry = createProviderRegistry({ offlineDirectory });
    const [first, second] = await Promise.all([
      registry.providerOf('offline-extractive'),
      registry.providerNamed('offline'),
    ]);
    assert.equal(first, second);
    assert.equal(first.name, 'offline');
  });

  it('gives each provider the models that its table shows', async () => {
    const registry = createProviderRegistry({ offlineDirectory });
    for (const model of registry.listModels().filter(({ provider }) => provider === 'offline')) {
      const provider = await registry.providerOf(model.name);
      assert.equal(provider.name, model.provider);
      assert.ok(provider.models.includes(model));
    }
  });

  it('names the nearest model for an unknown one, never a mock', async () => {
    const registry = createProviderRegistry({
      offlineDirectory,
      extraProviders: [standIn('mock', 'mock-extractive')],
    });
    const unknown = {
      code: 'unknownModel',
      message: /no model "oflin-extractive".*Did you mean "offline-extractive"\?/i,
    };
    assert.throws(() => registry.modelConfig('oflin-extractive'), unknown);
    await assert.rejects(registry.providerOf('oflin-extractive'), unknown);
    assert.throws(
      () => registry.modelConfig('mock-extractiv'),
      (error: unknown) => error instanceof Error && !error.message.includes('"mock-extractive"'),
    );
    await assert.rejects(registry.providerNamed('nobody'), { code: 'unknownModel', message: /"nobody"/ });
  });

  it('refuses two providers with one model', () => {
    const extraProviders = [standIn('other', 'offline-extractive')];
    assert.throws(() => createProviderRegistry({ offlineDirectory, extraProviders }), { code: 'internal' });
  });
});
