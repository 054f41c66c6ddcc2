import { BatchbookError, ValidationError } from '../core/errors.ts';
import type { ModelConfig } from '../core/modelConfig.ts';
import { didYouMean } from '../core/nearest.ts';
import type { Provider, ProviderRegistry } from '../core/provider.ts';
import type { Access, ServiceAccess } from '../core/serviceAccess.ts';
import type { CompatibleService } from './configured/compatible.ts';
import { configureProviders, undated, type ConfiguredProviders } from './configured/configure.ts';
import type { SettingProblem } from './configured/problem.ts';
import { OFFLINE_PROVIDER } from './offline/model.ts';
import { environmentAccess, type SERVICES, type Service } from './services.ts';

/** What the providers need from whoever assembles the program. */
export interface ProviderRegistryOptions {
  /** Folder in which the offline provider keeps its batches. */
  readonly offlineDirectory: string;
  /** Where services are reached and with which key; default: as the environment of this process has them. */
  readonly access?: ServiceAccess;
  /** Services and models as a person has set them, asked for again at each `renew`; default: those that are built in. */
  readonly configured?: () => ConfiguredProviders;
  /** Further providers that are loaded already, such as a mock with `mock-*` models. */
  readonly extraProviders?: readonly Provider[];
}

/** One provider of the table: its models are data elsewhere, its code is behind `load`. */
interface ProviderModule {
  readonly name: string;
  readonly load: (models: readonly ModelConfig[]) => Promise<Provider>;
}

type BuiltIn = (typeof SERVICES)[number]['name'];
type Connect = (access: Access, models: readonly ModelConfig[]) => Promise<Provider>;

/** Makes the provider of each service that is built in. Importing this table loads no provider's code. */
const CONNECT: { readonly [Name in BuiltIn]: Connect } = {
  anthropic: async (access, models) =>
    (await import('./anthropic/provider.ts')).createAnthropicProvider(access, models),
  openai: async (access, models) =>
    (await import('./openai/provider.ts')).createOpenAIProvider(access, models),
  gemini: async (access, models) =>
    (await import('./gemini/provider.ts')).createGeminiProvider(access, models),
};

/** A registry whose settings, addresses and keys may change. */
export interface RenewableRegistry extends ProviderRegistry {
  /** Services that take a key, as they are set now. */
  readonly services: readonly Service[];
  /** What is wrong in what a person has set. */
  readonly problems: readonly SettingProblem[];
  /** Settings are read anew, and providers made anew when they are next asked for. */
  renew(): void;
  /** As it is now, for as long as a run goes on: what is set meanwhile changes neither its prices nor its addresses. */
  asOfNow(): ProviderRegistry;
}

/**
 * Finds the provider of a model. What a person has set wrongly is in `problems`, and only what it names cannot be used.
 *
 * @throws BatchbookError `internal` where two providers have a model of the same name.
 */
export function createProviderRegistry(options: ProviderRegistryOptions): RenewableRegistry {
  const configured = options.configured ?? configureProviders;
  let settings = configured();
  const access = options.access ?? environmentAccess(process.env, () => settings.services);
  let current = registryOf(settings, { ...options, access });
  return {
    get services() {
      return settings.services;
    },
    get problems() {
      return settings.problems;
    },
    renew: () => {
      settings = configured();
      current = registryOf(settings, { ...options, access });
    },
    asOfNow: () => current,
    get providerNames() {
      return current.providerNames;
    },
    listModels: () => current.listModels(),
    modelConfig: (model) => current.modelConfig(model),
    providerOf: (model) => current.providerOf(model),
    providerNamed: (name) => current.providerNamed(name),
  };
}

/** A registry of settings that change no more. */
function registryOf(
  settings: ConfiguredProviders,
  {
    access,
    offlineDirectory,
    extraProviders = [],
  }: ProviderRegistryOptions & { readonly access: ServiceAccess },
): ProviderRegistry {
  const { services, compatible, problems } = settings;
  const modules: readonly ProviderModule[] = [
    {
      name: OFFLINE_PROVIDER,
      load: async () =>
        (await import('./offline/provider.ts')).createOfflineProvider({ directory: offlineDirectory }),
    },
    ...services.map(({ name }) => ({
      name,
      load: async (models: readonly ModelConfig[]) =>
        connect(name, await access.accessTo(name), models, compatible),
    })),
    ...extraProviders.map((provider) => ({ name: provider.name, load: () => Promise.resolve(provider) })),
  ];
  const byModel = indexByModel([...settings.models, ...extraProviders.flatMap(({ models }) => models)]);
  const listed = [...byModel.values()].filter((model) => !isHidden(model));
  const loaded = new Map<string, Promise<Provider>>();

  const modelConfig = (name: string): ModelConfig => {
    const model = byModel.get(name) ?? datedModel(byModel, name);
    const problem = problems.find(({ models }) => concerns(models, name, model));
    if (problem !== undefined)
      throw new ValidationError('unknownModel', `The model "${name}" cannot be used. ${problem.message}`);
    if (model === undefined) throw unknownModel(name, listed);
    return model;
  };
  const providerNamed = (name: string): Promise<Provider> => {
    const module = modules.find((candidate) => candidate.name === name);
    if (module === undefined) return Promise.reject(unknownProvider(name, modules, problems));
    const models = [...byModel.values()].filter(({ provider }) => provider === name);
    const running = loaded.get(name) ?? module.load(models);
    loaded.set(name, running);
    // An address that cannot be used may be mended before the next attempt.
    running.catch(() => loaded.delete(name));
    return running;
  };
  return {
    providerNames: modules.map(({ name }) => name),
    listModels: () => listed,
    modelConfig,
    providerOf: async (model) => providerNamed(modelConfig(model).provider),
    providerNamed,
  };
}

/** Makes the provider of a service, built in or set by a person. */
async function connect(
  name: string,
  access: Access,
  models: readonly ModelConfig[],
  compatible: readonly CompatibleService[],
): Promise<Provider> {
  const service = compatible.find((one) => one.name === name);
  if (service !== undefined)
    return (await import('./openai/compatible.ts')).createCompatibleProvider(service, access, models);
  if (isBuiltIn(name)) return CONNECT[name](access, models);
  throw new BatchbookError('internal', `There is no code for the service "${name}".`);
}

function isBuiltIn(name: string): name is BuiltIn {
  return Object.hasOwn(CONNECT, name);
}

function indexByModel(models: readonly ModelConfig[]): ReadonlyMap<string, ModelConfig> {
  const byModel = new Map<string, ModelConfig>();
  for (const model of models) {
    const other = byModel.get(model.name);
    if (other !== undefined)
      throw new BatchbookError(
        'internal',
        `The model "${model.name}" is claimed by two providers, ${other.provider} and ${model.provider}.`,
      );
    byModel.set(model.name, model);
  }
  return byModel;
}

/** A known model with a date behind its name, such as `gpt-6-luna-2026-10-01`, is that model as it was that day. */
function datedModel(byModel: ReadonlyMap<string, ModelConfig>, name: string): ModelConfig | undefined {
  const model = byModel.get(undated(name) ?? '');
  return model === undefined ? undefined : { ...model, name };
}

/** Whether a problem leaves a model without a price that can be relied on. What runs on this machine costs nothing. */
function concerns(models: SettingProblem['models'], name: string, model: ModelConfig | undefined): boolean {
  if (models === 'all') return model !== undefined && model.provider !== OFFLINE_PROVIDER && !isHidden(model);
  return models.includes(name) || models.includes(undated(name) ?? name);
}

function isHidden(model: ModelConfig): boolean {
  return model.hidden === true || model.name.startsWith('mock-');
}

function unknownModel(name: string, listed: readonly ModelConfig[]): ValidationError {
  const hint = didYouMean(
    name,
    listed.map((model) => model.name),
  );
  return new ValidationError(
    'unknownModel',
    `There is no model "${name}".${hint} List them with: batchbook models`,
  );
}

function unknownProvider(
  name: string,
  modules: readonly ProviderModule[],
  problems: readonly SettingProblem[],
): ValidationError {
  const wrong = problems.find(({ provider }) => provider === name)?.message;
  const known = modules.map((module) => module.name).join(', ');
  return new ValidationError(
    'unknownModel',
    wrong ??
      `There is no provider "${name}". Known: ${known}. Others are set in batchbook.providers, or for the command line in its configuration file.`,
  );
}
