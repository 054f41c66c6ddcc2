import type { ModelConfig } from '../../core/modelConfig.ts';
import { ANTHROPIC_MODELS, GEMINI_MODELS, OPENAI_MODELS } from '../models/modelTable.ts';
import { OFFLINE_MODELS } from '../offline/model.ts';
import { SERVICES, type Service } from '../services.ts';
import { readCompatible, type CompatibleService } from './compatible.ts';
import { withOverrides } from './modelOverrides.ts';
import { entriesOf, type SettingProblem } from './problem.ts';

/** What a person has set of services and models, not yet checked. */
export interface ProviderSettings {
  /** Further services by name; see docs/services.md. */
  readonly providers?: unknown;
  /** Models of the built-in services by name: other prices or limits, or new ones. */
  readonly models?: unknown;
  /** Uploads and results stay at the services after they were read, where this is true. */
  readonly keepProviderFiles?: unknown;
  /** What set them, for messages, such as `the setting batchbook.models`. */
  readonly setBy: Readonly<Record<'providers' | 'models', string>>;
  /** Why the settings could not be read at all: then no price can be relied on, and only what is free can be used. */
  readonly unreadable?: string;
}

/** Services and models, built in and as a person has set them. */
export interface ConfiguredProviders {
  /** Every service that takes a key, the built-in ones first. */
  readonly services: readonly Service[];
  /** Those of them that a person has set. */
  readonly compatible: readonly CompatibleService[];
  /** Every model of a service or of this machine. */
  readonly models: readonly ModelConfig[];
  /** What is wrong, an entry each; what it names cannot be used, everything else can. */
  readonly problems: readonly SettingProblem[];
}

const BUILT_IN = [...OFFLINE_MODELS, ...ANTHROPIC_MODELS, ...OPENAI_MODELS, ...GEMINI_MODELS];

/** Checks what a person has set. Never throws: a mistake in one entry takes nothing from the others. */
export function configureProviders(settings?: ProviderSettings): ConfiguredProviders {
  if (settings === undefined) return { services: SERVICES, compatible: [], models: BUILT_IN, problems: [] };
  const { setBy, unreadable } = settings;
  const problems: SettingProblem[] = unreadable === undefined ? [] : [{ message: unreadable, models: 'all' }];
  const notByName = (section: 'providers' | 'models'): SettingProblem => ({
    message: `${capitalized(setBy[section])} must be an object with an entry for each ${section === 'models' ? 'model' : 'provider'}, by its name.`,
    models: 'all',
  });

  const overrides = entriesOf(settings.models);
  if (overrides === undefined) problems.push(notByName('models'));
  const known = withOverrides(BUILT_IN, overrides ?? [], setBy.models);
  problems.push(...known.problems);

  const compatible: CompatibleService[] = [];
  const models = [...known.models];
  const entries = entriesOf(settings.providers);
  if (entries === undefined) problems.push(notByName('providers'));
  for (const [name, entry] of entries ?? []) {
    const read = readCompatible(name, entry, setBy.providers, [...SERVICES, ...compatible]);
    problems.push(...read.problems);
    if (read.service === undefined) continue;
    compatible.push(read.service);
    for (const model of read.models) {
      const other = models.find((one) => one.name === model.name || one.name === undated(model.name));
      if (other === undefined) models.push(model);
      else
        problems.push({
          message: `Model "${model.name}" of provider "${name}" in ${setBy.providers}: ${other.provider} has ${other.name === model.name ? 'one of this name' : `"${other.name}", of which it is the name on a day`} already, and that one is used.`,
          models: [],
        });
    }
  }
  return { services: [...SERVICES, ...compatible], compatible, models, problems };
}

/** A model's name without the date behind it, as in `gpt-6-luna-2026-10-01`. */
export function undated(name: string): string | undefined {
  return /^(.+)-(?:\d{8}|\d{4}-\d{2}-\d{2})$/.exec(name)?.[1];
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
