import { ValidationError } from '../core/errors.ts';
import type { Access, ServiceAccess } from '../core/serviceAccess.ts';

/** A batch service: where it is and where its key comes from. Facts checked November 2026. */
export interface Service {
  readonly name: string;
  readonly title: string;
  /** As the service's own SDK has it, without a trailing slash. */
  readonly baseUrl: string;
  /** Environment variables of the key, the first that is set counts. */
  readonly keyVariables: readonly string[];
  /** Environment variable of another base URL, as the service's own SDK reads it. */
  readonly baseUrlVariable: string;
  /** How keys of the service begin; one that begins otherwise is probably another service's. */
  readonly keyPrefixes: readonly string[];
  /** Where a person gets a key. */
  readonly keysPage: string;
}

/** Every service that takes a key. */
export const SERVICES = [
  {
    name: 'anthropic',
    title: 'Anthropic',
    baseUrl: 'https://api.anthropic.com',
    keyVariables: ['ANTHROPIC_API_KEY'],
    baseUrlVariable: 'ANTHROPIC_BASE_URL',
    keyPrefixes: ['sk-ant-'],
    keysPage: 'https://console.anthropic.com/settings/keys',
  },
  {
    name: 'openai',
    title: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    keyVariables: ['OPENAI_API_KEY'],
    baseUrlVariable: 'OPENAI_BASE_URL',
    keyPrefixes: ['sk-proj-', 'sk-svcacct-', 'sk-'],
    keysPage: 'https://platform.openai.com/api-keys',
  },
  {
    name: 'gemini',
    title: 'Gemini',
    baseUrl: 'https://generativelanguage.googleapis.com',
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
export function serviceNamed(name: string): Service {
  const service = SERVICES.find((one) => one.name === name);
  if (service === undefined) {
    const known = SERVICES.map((one) => one.name).join(', ');
    throw new ValidationError('usage', `There is no service "${name}". Known: ${known}.`);
  }
  return service;
}

/**
 * Where a service is reached.
 *
 * @param configured A base URL that was set, or empty for the vendor's own.
 * @param setBy The setting or variable that set it, for the message.
 * @throws ValidationError `usage` for an address that a key must not be sent to: not https (but for this very machine),
 *   with a user name, a query or a fragment.
 */
export function addressOf(service: Service, configured: string, setBy: string): Address {
  const vendor = new URL(service.baseUrl);
  if (configured.trim() === '') return { baseUrl: service.baseUrl, origin: vendor.origin, isVendor: true };
  const refuse = (why: string): ValidationError =>
    new ValidationError(
      'usage',
      `The address of ${service.title} cannot be used: ${setBy} ${why}. Nothing was sent; correct it, or empty it for ${service.baseUrl}.`,
    );
  const url = URL.parse(configured.trim());
  if (url === null || url.host === '') throw refuse('is no URL');
  const here = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && here))
    throw refuse('is not https, and a key would travel in the open');
  if (url.username !== '' || url.password !== '') throw refuse('names a user');
  if (url.search !== '' || url.hash !== '') throw refuse('has a query or a fragment');
  const baseUrl = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  return { baseUrl, origin: url.origin, isVendor: url.origin === vendor.origin };
}

/** Where the environment says that a service is. @throws ValidationError as `addressOf`. */
export function environmentAddress(service: Service, env: Environment): Address {
  return addressOf(service, env[service.baseUrlVariable] ?? '', service.baseUrlVariable);
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
export function environmentAccess(env: Environment): ServiceAccess {
  return {
    accessTo: (name) => {
      const service = serviceNamed(name);
      const address = environmentAddress(service, env);
      const apiKey = environmentKey(service, env, address.origin);
      const keySource = apiKey === undefined ? undefined : 'environment';
      return Promise.resolve({ ...address, apiKey, keySource });
    },
  };
}
