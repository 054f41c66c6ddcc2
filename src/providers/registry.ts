import { BatchbookError, ValidationError } from '../core/errors.ts';
import { undatedName, type ModelConfig } from '../core/modelConfig.ts';
import type { Provider, ProviderRegistry } from '../core/provider.ts';
import type { ServiceAccess } from '../core/serviceAccess.ts';
import { ANTHROPIC_MODELS, GEMINI_MODELS, OPENAI_MODELS } from './models/modelTable.ts';
import { withOverrides } from './models/overrides.ts';
import { OFFLINE_MODELS } from './offline/model.ts';
import { environmentAccess } from './services.ts';

/** What the providers need from whoever assembles the program. */
export interface ProviderRegistryOptions {
  /** Folder in which the offline provider keeps its batches. */
  readonly offlineDirectory: string;
  /** Where services are reached and with which key; default: as the environment of this process has them. */
  readonly access?: ServiceAccess;
  /** Models with other prices or limits, and new ones, as a person has set them; see `withOverrides`. */
  readonly modelOverrides?: Readonly<Record<string, unknown>>;
  /** Further providers that are loaded already, such as a mock with `mock-*` models. */
  readonly extraProviders?: readonly Provider[];
}

/** One provider of the table: its models as data, its code behind `load`. */
interface ProviderModule {
  readonly name: string;
  readonly models: readonly ModelConfig[];
  readonly load: (
    options: ProviderRegistryOptions & { readonly access: ServiceAccess },
    models: readonly ModelConfig[],
  ) => Promise<Provider>;
}

/** Every provider there is, one entry each. Importing this table loads no provider's code. */
const PROVIDERS: readonly ProviderModule[] = [
  {
    name: 'offline',
    models: OFFLINE_MODELS,
    load: async ({ offlineDirectory }) =>
      (await import('./offline/provider.ts')).createOfflineProvider({ directory: offlineDirectory }),
  },
  {
    name: 'anthropic',
    models: ANTHROPIC_MODELS,
    load: async ({ access }, models) =>
      (await import('./anthropic/provider.ts')).createAnthropicProvider(
        await access.accessTo('anthropic'),
        models,
      ),
  },
  {
    name: 'openai',
    models: OPENAI_MODELS,
    load: async ({ access }, models) =>
      (await import('./openai/provider.ts')).createOpenAIProvider(await access.accessTo('openai'), models),
  },
  {
    name: 'gemini',
    models: GEMINI_MODELS,
    load: async ({ access }, models) =>
      (await import('./gemini/provider.ts')).createGeminiProvider(await access.accessTo('gemini'), models),
  },
];

export interface RenewableRegistry extends ProviderRegistry {
  /** Providers are made anew when they are next asked for, with the address and key of that moment. */
  renew(): void;
}

/**
 * Finds the provider of a model.
 *
 * @throws BatchbookError `internal` where two providers have a model of the same name.
 */
export function createProviderRegistry(given: ProviderRegistryOptions): RenewableRegistry {
  const options = { ...given, access: given.access ?? environmentAccess(process.env) };
  const extras = (options.extraProviders ?? []).map((provider) => ({
    name: provider.name,
    models: provider.models,
    load: () => Promise.resolve(provider),
  }));
  const overrides = given.modelOverrides ?? {};
  const known = withOverrides(
    PROVIDERS.flatMap(({ models }) => models),
    overrides,
    'the setting batchbook.models',
  );
  const own = PROVIDERS.map((module) => ({
    ...module,
    models: known.filter(({ provider }) => provider === module.name),
  }));
  const modules: readonly ProviderModule[] = [...own, ...extras];
  const byModel = indexByModel(modules);
  const listed = [...byModel.values()].map(({ model }) => model).filter((model) => !isHidden(model));
  const loaded = new Map<string, Promise<Provider>>();

  const entryOf = (model: string): ModelEntry => {
    const entry = byModel.get(model) ?? datedEntry(byModel, model);
    if (entry === undefined) throw unknownModel(model, listed);
    return entry;
  };
  const load = (module: ProviderModule): Promise<Provider> => {
    const running = loaded.get(module.name) ?? module.load(options, module.models);
    loaded.set(module.name, running);
    // An address that cannot be used may be mended before the next attempt.
    running.catch(() => loaded.delete(module.name));
    return running;
  };

  return {
    renew: () => {
      loaded.clear();
    },
    providerNames: modules.map(({ name }) => name),
    listModels: () => listed,
    modelConfig: (model) => entryOf(model).model,
    providerOf: async (model) => load(entryOf(model).module),
    providerNamed: async (name) => {
      const module = modules.find((candidate) => candidate.name === name);
      if (module === undefined) {
        const known = PROVIDERS.map((provider) => provider.name).join(', ');
        throw new ValidationError('unknownModel', `There is no provider "${name}". Known: ${known}.`);
      }
      return load(module);
    },
  };
}

interface ModelEntry {
  readonly model: ModelConfig;
  readonly module: ProviderModule;
}

function indexByModel(modules: readonly ProviderModule[]): ReadonlyMap<string, ModelEntry> {
  const byModel = new Map<string, ModelEntry>();
  for (const module of modules) {
    for (const model of module.models) {
      const other = byModel.get(model.name);
      if (other !== undefined) {
        throw new BatchbookError(
          'internal',
          `The model "${model.name}" is claimed by two providers, ${other.module.name} and ${module.name}.`,
        );
      }
      byModel.set(model.name, { model, module });
    }
  }
  return byModel;
}

/** A known model with a date behind its name, such as `gpt-6-luna-2026-10-01`, is that model as it was that day. */
function datedEntry(byModel: ReadonlyMap<string, ModelEntry>, name: string): ModelEntry | undefined {
  const entry = byModel.get(undatedName(name));
  return entry === undefined ? undefined : { ...entry, model: { ...entry.model, name } };
}

function isHidden(model: ModelConfig): boolean {
  return model.hidden === true || model.name.startsWith('mock-');
}

function unknownModel(name: string, listed: readonly ModelConfig[]): ValidationError {
  const nearest = nearestOf(
    name,
    listed.map((model) => model.name),
  );
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  return new ValidationError(
    'unknownModel',
    `There is no model "${name}".${hint} List them with: batchbook models`,
  );
}

function nearestOf(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Infinity;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/** Insertions, deletions and replacements that turn one name into the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
