import assert from 'node:assert/strict';
import { costNanoUsd, worstCostNanoUsd } from '../../../src/core/modelConfig.ts';
import {
  configureProviders,
  type ConfiguredProviders,
  type ProviderSettings,
} from '../../../src/providers/configured/configure.ts';
import { createProviderRegistry, type RenewableRegistry } from '../../../src/providers/registry.ts';
import { createServiceAccess } from '../../../src/workspace/access.ts';

const MODEL = { input: 1, output: 2, batchMultiplier: 0.5, maxInputTokens: 30_000, maxOutputTokens: 4_000 };
const ENTRY = {
  baseUrl: 'https://llm.example/v1',
  keyVariable: 'ACME_API_KEY',
  models: { 'acme/large': MODEL },
};

function settings(providers: unknown): ProviderSettings {
  return {
    providers,
    setBy: { providers: 'the setting batchbook.providers', models: 'the setting batchbook.models' },
  };
}

function configured(providers: unknown): ConfiguredProviders {
  return configureProviders(settings(providers));
}

function registryWith(providers: () => unknown): RenewableRegistry {
  return createProviderRegistry({
    offlineDirectory: '/nowhere',
    access: createServiceAccess({ env: { ACME_API_KEY: 'k' }, settings: () => settings(providers()) }),
    configured: () => configured(providers()),
  });
}

const BOUND = { inputTokens: 1_000_000, maxTokens: 1_000_000, cache: false };

describe('A service that a person has set', () => {
  it('has its own name, address, key and prices, beside the services that are built in', async () => {
    const registry = registryWith(() => ({ acme: { ...ENTRY, title: 'Acme' } }));
    assert.deepEqual(
      registry.services.map(({ name }) => name),
      ['anthropic', 'openai', 'gemini', 'acme'],
    );
    assert.ok(registry.listModels().some(({ name }) => name === 'acme/large'));
    const provider = await registry.providerOf('acme/large');
    assert.deepEqual(
      [provider.name, provider.title, provider.origin, provider.isVendor, provider.hasKey],
      ['acme', 'Acme', 'https://llm.example', false, true],
    );
    assert.deepEqual(
      provider.models.map(({ name }) => name),
      ['acme/large'],
    );
    assert.deepEqual(
      (await registry.providerNamed('openai')).models.map(({ name }) => name).includes('acme/large'),
      false,
    );
  });

  it('takes what is not said of a price as dear as it can be, and does without what is not said of a model', () => {
    const { batchMultiplier, ...undiscounted } = MODEL;
    const model = registryWith(() => ({ acme: { ...ENTRY, models: { m: undiscounted } } })).modelConfig('m');
    const usage = { input: 1_000_000, cacheRead: 1_000_000, cacheWrite: 1_000_000, output: 1_000_000 };
    assert.equal(costNanoUsd(model, usage, Date.now()), 5_000_000_000);
    assert.equal(worstCostNanoUsd(model, BOUND, Date.now()), 3_000_000_000);
    const { supportsImages, supportsFiles, supportsStructuredOutput, supportsTemperature, fileTypes } = model;
    assert.deepEqual(
      [supportsImages, supportsFiles, supportsStructuredOutput, supportsTemperature, fileTypes],
      [false, false, false, true, []],
    );
  });

  it('may be free where the person says so', () => {
    const model = registryWith(() => ({
      acme: { ...ENTRY, models: { m: { ...MODEL, input: 0, output: 0 } } },
    })).modelConfig('m');
    assert.equal(worstCostNanoUsd(model, BOUND, Date.now()), 0);
  });

  const WRONG: readonly (readonly [what: string, name: string, change: unknown, says: RegExp])[] = [
    ['the name of a built-in service', 'openai', {}, /"openai".*the name is taken/],
    ['the name of the offline provider', 'offline', {}, /the name is taken/],
    ['the name of the mock', 'mock', {}, /the name is taken/],
    ['a name with signs', 'Acme Inc', {}, /small letters/],
    ['a name that is a path', '../x', {}, /small letters/],
    ['no address', 'acme', { baseUrl: undefined }, /"baseUrl"/],
    ['an address without https', 'acme', { baseUrl: 'http://llm.example/v1' }, /"baseUrl" is not https/],
    ['a user in its address', 'acme', { baseUrl: 'https://u:p@llm.example/v1' }, /"baseUrl" names a user/],
    ['a query in its address', 'acme', { baseUrl: 'https://llm.example/v1?k=1' }, /"baseUrl" has a query/],
    ['no URL', 'acme', { baseUrl: 'llm.example' }, /"baseUrl" is no URL/],
    [
      'the address of one call',
      'acme',
      { baseUrl: 'https://llm.example/v1/chat/completions' },
      /Leave out "\/chat\/completions"/,
    ],
    ['the key of OpenAI', 'acme', { keyVariable: 'OPENAI_API_KEY' }, /key of OpenAI.*https:\/\/llm\.example/],
    ['the key of Google in small letters', 'acme', { keyVariable: 'google_api_key' }, /key of Gemini/],
    ['a key where a variable’s name should be', 'acme', { keyVariable: 'sk-1234' }, /environment variable/],
    ['no variable', 'acme', { keyVariable: undefined }, /"keyVariable"/],
    ['the title of a vendor', 'acme', { title: 'openai' }, /"title" is that of OpenAI/],
    ['a title that turns the writing round', 'acme', { title: 'A\u202ecme' }, /"title"/],
    ['an endpoint that is none', 'acme', { endpoint: '/v1/embeddings' }, /"endpoint"/],
    [
      'a misspelt key',
      'acme',
      { baseURL: 'https://x' },
      /"baseURL" is no key of it\. Did you mean "baseUrl"\?/,
    ],
    ['no models', 'acme', { models: undefined }, /"models"/],
  ];
  for (const [what, name, change, says] of WRONG)
    it(`with ${what} is named with the reason, and takes nothing from the others`, async () => {
      const entry = { ...ENTRY, ...(change as object) };
      const other = { ...ENTRY, keyVariable: 'OTHER_KEY', models: { other: MODEL } };
      const registry = registryWith(() => ({ [name]: entry, fine: other }));
      assert.equal(registry.problems.length, 1, JSON.stringify(registry.problems));
      const message = registry.problems[0]?.message ?? '';
      assert.match(message, says);
      assert.ok(message.startsWith(`Provider "${name}" in the setting batchbook.providers: `), message);
      assert.ok(!message.includes('undefined'), message);
      assert.equal((await registry.providerOf('other')).name, 'fine');
      assert.equal((await registry.providerOf('gpt-6-luna')).name, 'openai');
      if ('models' in (change as object)) return;
      // Whoever asks for what the entry was to be is told what is wrong with it.
      assert.throws(() => registry.modelConfig('acme/large'), { code: 'unknownModel', message: says });
    });

  it('that is no object, or in no object, is named', () => {
    assert.match(configured({ acme: 3 }).problems[0]?.message ?? '', /Provider "acme".*must be an object/);
    assert.match(configured([ENTRY]).problems[0]?.message ?? '', /batchbook\.providers must be an object/);
    assert.match(configured('acme').problems[0]?.message ?? '', /batchbook\.providers must be an object/);
    assert.deepEqual(configured(undefined).problems, []);
    assert.deepEqual(configured(null).problems, []);
  });

  it('loses only the models that are wrong', () => {
    const { problems, models } = configured({
      acme: {
        ...ENTRY,
        models: {
          good: MODEL,
          cheap: { ...MODEL, input: -1 },
          endless: { ...MODEL, maxOutputTokens: undefined },
          'two words': MODEL,
          'mock-x': MODEL,
          generous: { ...MODEL, batchMultiplier: 1.5 },
          misspelt: { ...MODEL, suportsImages: true },
        },
      },
    });
    assert.deepEqual(
      models.filter(({ provider }) => provider === 'acme').map(({ name }) => name),
      ['good'],
    );
    assert.deepEqual(
      problems.map(({ models: named }) => named),
      [['cheap'], ['endless'], ['two words'], ['mock-x'], ['generous'], ['misspelt']],
    );
    for (const { message } of problems)
      assert.match(message, /^Model ".+" of provider "acme" in the setting batchbook\.providers: /);
  });

  it('never takes a model from another: the first that has a name keeps it, with the dates behind it', () => {
    const registry = registryWith(() => ({
      acme: { ...ENTRY, models: { 'gpt-6-luna': MODEL, 'gpt-6-sol-2026-10-01': MODEL, shared: MODEL } },
      other: { ...ENTRY, models: { shared: MODEL, 'offline-extractive': MODEL } },
    }));
    for (const [model, owner] of [
      ['gpt-6-luna', 'openai'],
      ['gpt-6-sol-2026-10-01', 'openai'],
      ['shared', 'acme'],
      ['offline-extractive', 'offline'],
    ] as const)
      assert.equal(registry.modelConfig(model).provider, owner, model);
    assert.equal(registry.problems.length, 4);
    assert.match(
      registry.problems[0]?.message ?? '',
      /"gpt-6-luna" of provider "acme".*openai has one of this name/,
    );
    assert.match(registry.problems[1]?.message ?? '', /openai has "gpt-6-sol"/);
    assert.match(registry.problems[2]?.message ?? '', /"shared" of provider "other".*acme/);
  });

  it('shares the variable of its key with no other address (P6)', () => {
    const shared = { ...ENTRY, models: { b: MODEL } };
    assert.deepEqual(configured({ a: ENTRY, b: shared }).problems, []);
    const { problems, services } = configured({
      a: ENTRY,
      b: { ...shared, baseUrl: 'https://other.example/v1' },
    });
    assert.match(problems[0]?.message ?? '', /Provider "b".*"keyVariable" is also that of "a"/);
    assert.ok(!services.some(({ name }) => name === 'b'));
  });

  it('is there as soon as it is set, and a run that goes on is not disturbed by it', async () => {
    let providers: unknown = { acme: ENTRY };
    const registry = registryWith(() => providers);
    const running = registry.asOfNow();
    await running.providerNamed('acme');
    providers = {
      acme: { ...ENTRY, models: { 'acme/large': { ...MODEL, input: 7 } } },
      b: { ...ENTRY, models: { b: MODEL } },
    };
    assert.throws(() => registry.modelConfig('b'));
    registry.renew();
    assert.equal((await registry.providerOf('b')).name, 'b');
    assert.equal(registry.modelConfig('acme/large').prices[0]?.tiers[0]?.input, 7);
    assert.equal(running.modelConfig('acme/large').prices[0]?.tiers[0]?.input, 1);
    providers = {};
    registry.renew();
    await assert.rejects(registry.providerNamed('acme'), {
      code: 'unknownModel',
      message: /batchbook\.providers/,
    });
    assert.equal((await running.providerNamed('acme')).name, 'acme');
  });

  it('has the key of its own variable, for its own address only (P6)', async () => {
    const access = createServiceAccess({
      env: { ACME_API_KEY: ' k ', OPENAI_API_KEY: 'o', OPENAI_BASE_URL: 'https://proxy.example' },
      settings: () => settings({ acme: ENTRY }),
      storedKey: (service, origin) =>
        Promise.resolve(service === 'acme' && origin === 'https://elsewhere.example' ? 's' : undefined),
    });
    assert.deepEqual(await access.accessTo('acme'), {
      baseUrl: 'https://llm.example/v1',
      origin: 'https://llm.example',
      isVendor: false,
      apiKey: 'k',
      keySource: 'environment',
    });
  });
});
