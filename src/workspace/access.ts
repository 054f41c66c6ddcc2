import { ProviderError } from '../core/errors.ts';
import type { Access, ServiceAccess } from '../core/serviceAccess.ts';
import {
  SERVICES,
  addressOf,
  environmentAddress,
  environmentKey,
  serviceNamed,
  type Environment,
  type Service,
} from '../providers/services.ts';

/** Where addresses and keys come from. The command line and the library have the environment alone. */
export interface AccessSources {
  readonly env: Environment;
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
export function listServices(): readonly Service[] {
  return SERVICES;
}

async function accessTo({ env, configured, storedKey }: AccessSources, name: string): Promise<Access> {
  const service = serviceNamed(name);
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
  readonly origin: string | undefined;
  readonly hasKey: boolean;
}

/** @throws ProviderError `auth` where rows would go to a service that there is no key for; nothing was sent. */
export function assertHasKeys(destinations: readonly KeyedDestination[]): void {
  const keyless = destinations.find(({ hasKey }) => !hasKey);
  if (keyless === undefined) return;
  const service = SERVICES.find(({ name }) => name === keyless.provider);
  const variable = service?.keyVariables[0] ?? 'its key variable';
  throw new ProviderError(
    'auth',
    keyless.provider,
    `There is no key of ${service?.title ?? keyless.provider} for ${keyless.origin ?? 'it'}, so nothing was sent. Set one: in the window with "Batchbook: Set API Key…", in a terminal with ${variable}.`,
  );
}
