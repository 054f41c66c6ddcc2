import type { ModelConfig } from '../../../src/core/modelConfig.ts';
import type { Provider } from '../../../src/core/provider.ts';
import type { Access } from '../../../src/core/serviceAccess.ts';
import { createAnthropicProvider } from '../../../src/providers/anthropic/provider.ts';
import { createGeminiProvider } from '../../../src/providers/gemini/provider.ts';
import { ANTHROPIC_MODELS, GEMINI_MODELS, OPENAI_MODELS } from '../../../src/providers/models/modelTable.ts';
import { createOpenAIProvider } from '../../../src/providers/openai/provider.ts';
import type { FakeName } from './fakeServer.ts';

/** A service with a fake, as tests that hold for all three go through them. */
export interface FakeService {
  readonly name: FakeName;
  /** A model that it has. */
  readonly model: string;
  /** What its base URL has behind the origin. */
  readonly path: string;
  /** How long a batch may take. */
  readonly lifeMs: number;
  /** Names of the operations, in the order in which they come, that bring a payload to the service. */
  readonly uploads: readonly string[];
  readonly provider: (access: Access, models: readonly ModelConfig[]) => Provider;
  readonly models: readonly ModelConfig[];
}

const DAY_MS = 86_400_000;

export const FAKE_SERVICES: readonly FakeService[] = [
  {
    name: 'anthropic',
    model: 'claude-haiku-5-5',
    path: '',
    lifeMs: DAY_MS,
    uploads: [],
    provider: createAnthropicProvider,
    models: ANTHROPIC_MODELS,
  },
  {
    name: 'openai',
    model: 'gpt-6-luna',
    path: '/v1',
    lifeMs: DAY_MS,
    uploads: ['upload'],
    provider: createOpenAIProvider,
    models: OPENAI_MODELS,
  },
  {
    name: 'gemini',
    model: 'gemini-3.5-flash-lite',
    path: '',
    lifeMs: 2 * DAY_MS,
    uploads: ['startUpload', 'upload'],
    provider: createGeminiProvider,
    models: GEMINI_MODELS,
  },
];

/** @throws Error where there is no such service. */
export function fakeService(name: FakeName): FakeService {
  const service = FAKE_SERVICES.find((one) => one.name === name);
  if (service === undefined) throw new Error(`There is no fake of ${name}.`);
  return service;
}

/** How a fake at an origin is reached. */
export function fakeAccess({ path }: FakeService, origin: string, apiKey: string): Access {
  return { baseUrl: `${origin}${path}`, origin, isVendor: false, apiKey, keySource: 'environment' };
}

/** The provider of a service, with its own SDK, at a fake. */
export function providerAt(
  service: FakeService,
  fake: { readonly origin: string; readonly key: string },
): Provider {
  return service.provider(fakeAccess(service, fake.origin, fake.key), service.models);
}
