import { ProviderError } from '../core/errors.ts';
import type { Access, ServiceAccess } from '../core/serviceAccess.ts';
import { configureProviders, type ProviderSettings } from '../providers/configured/configure.ts';
import {
  addressOf,
  environmentAddress,
  environmentKey,
  serviceNamed,
  type Environment,
  type Service,
} from '../providers/services.ts';

export type { ProviderSettings };

/** Where addresses and keys come from. The command line and the library have the environment alone. */
export interface AccessSources {
  readonly env: Environment;
  /** What the person has set of services, as it is at that moment. */
  readonly settings?: () => ProviderSettings;
  /** A base URL that the person set, and what they set it with; empty: none. */
  readonly configured?: (service: string) => { readonly baseUrl: string; readonly setBy: string };
  /** The stored key of this very origin. */
  readonly storedKey?: (service: string, origin: string) => Promise<string | undefined>;
}

/** Services as the sources have them: a setting before the environment, a stored key before the environment's. */
export function createServiceAccess(sources: AccessSources): ServiceAccess {
  return { accessTo: (name) => accessTo(sources, name) };
}

/** Every service that takes a key, for a person to choose from. */
export function listServices(settings?: ProviderSettings): readonly Service[] {
  return configureProviders(settings).services;
}

async function accessTo(sources: AccessSources, name: string): Promise<Access> {
  const { env, settings, configured, storedKey } = sources;
  const service = serviceNamed(name, listServices(settings?.()));
  const set = configured?.(name);
  const address =
    set === undefined || set.baseUrl.trim() === ''
      ? environmentAddress(service, env)
      : addressOf(service, set.baseUrl, set.setBy);
  const stored = await storedKey?.(name, address.origin);
  if (stored !== undefined) return { ...address, apiKey: stored, keySource: 'stored' };
  const apiKey = environmentKey(service, env, address.origin);
  return { ...address, apiKey, keySource: apiKey === undefined ? undefined : 'environment' };
}

/** What a plan says of where its rows go, as far as keys are concerned. */
interface KeyedDestination {
  readonly provider: string;
  readonly title: string;
  readonly origin: string | undefined;
  readonly hasKey: boolean;
}

/** @throws ProviderError `auth` where rows would go to a service that there is no key for; nothing was sent. */
export function assertHasKeys(destinations: readonly KeyedDestination[], services: readonly Service[]): void {
  const keyless = destinations.find(({ hasKey }) => !hasKey);
  if (keyless === undefined) return;
  const service = services.find(({ name }) => name === keyless.provider);
  throw new ProviderError(
    'auth',
    keyless.provider,
    `There is no key of ${keyless.title} for ${keyless.origin ?? 'it'}, so nothing was sent. ${howToSetKey(service)}`,
  );
}

/** What a person does to give a service another key. */
export function howToSetKey(service: Service | undefined): string {
  const variable = service?.keyVariables.join(' or ') ?? 'its key variable';
  const page = service?.keysPage === undefined ? '' : ` Keys are made at ${service.keysPage}.`;
  return `Set one: in the window with "Batchbook: Set API Key…", in a terminal with ${variable}.${page}`;
}
