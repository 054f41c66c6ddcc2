import { ValidationError } from '../core/errors.ts';
import type { Access, ServiceAccess } from '../core/serviceAccess.ts';

/** A batch service: where it is and where its key comes from. Facts checked November 2026. */
export interface Service {
  readonly name: string;
  readonly title: string;
  /** As the service's own SDK has it, without a trailing slash. */
  readonly baseUrl: string;
  /** Whether `baseUrl` is known here as the vendor's own; false where a person has set it. */
  readonly isVendor: boolean;
  /** Environment variables of the key, the first that is set counts. */
  readonly keyVariables: readonly string[];
  /** Environment variable of another base URL, as the service's own SDK reads it; absent: none. */
  readonly baseUrlVariable?: string;
  /** How keys of the service begin; one that begins otherwise is probably another service's. Empty: not known. */
  readonly keyPrefixes: readonly string[];
  /** Where a person gets a key; absent: not known. */
  readonly keysPage?: string;
}

/** The services that are built in. */
export const SERVICES = [
  {
    name: 'anthropic',
    title: 'Anthropic',
    baseUrl: 'https://api.anthropic.com',
    isVendor: true,
    keyVariables: ['ANTHROPIC_API_KEY'],
    baseUrlVariable: 'ANTHROPIC_BASE_URL',
    keyPrefixes: ['sk-ant-'],
    keysPage: 'https://console.anthropic.com/settings/keys',
  },
  {
    name: 'openai',
    title: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    isVendor: true,
    keyVariables: ['OPENAI_API_KEY'],
    baseUrlVariable: 'OPENAI_BASE_URL',
    keyPrefixes: ['sk-proj-', 'sk-svcacct-', 'sk-'],
    keysPage: 'https://platform.openai.com/api-keys',
  },
  {
    name: 'gemini',
    title: 'Gemini',
    baseUrl: 'https://generativelanguage.googleapis.com',
    isVendor: true,
    keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    baseUrlVariable: 'GOOGLE_GEMINI_BASE_URL',
    keyPrefixes: ['AIza', 'AQ.'],
    keysPage: 'https://aistudio.google.com/apikey',
  },
] as const satisfies readonly Service[];

/** Where a service is reached, without its key. */
export type Address = Pick<Access, 'baseUrl' | 'origin' | 'isVendor'>;

/** Variables of a process, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ValidationError `usage` where there is no such service. */
export function serviceNamed(name: string, services: readonly Service[]): Service {
  const service = services.find((one) => one.name === name);
  if (service === undefined) {
    const known = services.map((one) => one.name).join(', ');
    throw new ValidationError('usage', `There is no service "${name}". Known: ${known}.`);
  }
  return service;
}

/** An address that a key may be sent to, or why it must not. `why` ends a sentence that begins with the address. */
export function parseAddress(text: string): { readonly url: URL } | { readonly why: string } {
  const url = URL.parse(text.trim());
  if (url === null || url.host === '') return { why: 'is no URL' };
  const here = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && here))
    return { why: 'is not https, and a key would travel in the open' };
  if (url.username !== '' || url.password !== '') return { why: 'names a user' };
  if (url.search !== '' || url.hash !== '') return { why: 'has a query or a fragment' };
  return { url };
}

/** Origin and path of an address, without a trailing slash. */
export function baseUrlOf(url: URL): string {
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/**
 * Where a service is reached.
 *
 * @param configured A base URL that was set, or empty for the service's own.
 * @param setBy The setting or variable that set it, for the message.
 * @throws ValidationError `usage` for an address that a key must not be sent to: not https (but for this very machine),
 *   with a user name, a query or a fragment.
 */
export function addressOf(service: Service, configured: string, setBy: string): Address {
  const { baseUrl, isVendor, title } = service;
  const own = new URL(baseUrl);
  if (configured.trim() === '') return { baseUrl, origin: own.origin, isVendor };
  const parsed = parseAddress(configured);
  if ('why' in parsed)
    throw new ValidationError(
      'usage',
      `The address of ${title} cannot be used: ${setBy} ${parsed.why}. Nothing was sent; correct it, or empty it for ${baseUrl}.`,
    );
  const { url } = parsed;
  return { baseUrl: baseUrlOf(url), origin: url.origin, isVendor: isVendor && url.origin === own.origin };
}

/** Where the environment says that a service is. @throws ValidationError as `addressOf`. */
export function environmentAddress(service: Service, env: Environment): Address {
  const { baseUrlVariable } = service;
  return addressOf(
    service,
    baseUrlVariable === undefined ? '' : (env[baseUrlVariable] ?? ''),
    baseUrlVariable ?? '',
  );
}

/**
 * The environment's key for an origin. It is meant for the address that the environment itself names, and is given for
 * no other: a setting that leads elsewhere needs a key of its own (promise P6).
 */
export function environmentKey(service: Service, env: Environment, origin: string): string | undefined {
  if (environmentAddress(service, env).origin !== origin) return undefined;
  return service.keyVariables.map((name) => env[name]?.trim()).find((key) => key !== undefined && key !== '');
}

/** Services as an environment has them: all that the command line and the library go by. */
export function environmentAccess(
  env: Environment,
  services: () => readonly Service[] = () => SERVICES,
): ServiceAccess {
  return {
    accessTo: (name) => {
      const service = serviceNamed(name, services());
      const address = environmentAddress(service, env);
      const apiKey = environmentKey(service, env, address.origin);
      const keySource = apiKey === undefined ? undefined : 'environment';
      return Promise.resolve({ ...address, apiKey, keySource });
    },
  };
}
