import * as z from 'zod';
import { EFFORTS } from '../../core/job.ts';
import type { ModelConfig } from '../../core/modelConfig.ts';
import { SERVICES, baseUrlOf, parseAddress, type Service } from '../services.ts';
import { wordsOf, type SettingProblem } from './problem.ts';

/** What the requests of a batch are sent to, as OpenAI names it. */
export const BATCH_ENDPOINTS = ['/v1/responses', '/v1/chat/completions'] as const;
export type BatchEndpoint = (typeof BATCH_ENDPOINTS)[number];

/** A service that has OpenAI's Files and Batches, as a person has set it. */
export interface CompatibleService extends Service {
  readonly endpoint: BatchEndpoint;
  /** How requests to `/v1/chat/completions` say the most tokens of an answer; older services know `max_tokens` only. */
  readonly maxTokensParameter: 'max_completion_tokens' | 'max_tokens';
}

/** USD per million tokens at the standard rate. 0 is a person's word for a service of their own, never a default. */
const price = z.number().min(0);
const flag = z.boolean().default(false);

const modelSchema = z.strictObject({
  input: price,
  output: price,
  cacheRead: price.optional(),
  cacheWrite: price.optional(),
  /** Factor on every price in a batch. What is not said is taken to be as dear as it can be: no discount. */
  batchMultiplier: z.number().positive().max(1).default(1),
  maxInputTokens: z.int().positive(),
  maxOutputTokens: z.int().positive(),
  supportsImages: flag,
  supportsFiles: flag,
  supportsStructuredOutput: flag,
  supportsTemperature: z.boolean().default(true),
  efforts: z.array(z.enum(EFFORTS)).default([]),
});

const providerSchema = z.strictObject({
  title: z
    .string()
    .regex(/^[^\p{C}]{1,60}$/u, 'must be 1 to 60 plain characters')
    .optional(),
  baseUrl: z.string(),
  keyVariable: z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of an environment variable'),
  endpoint: z.enum(BATCH_ENDPOINTS).default('/v1/chat/completions'),
  maxTokensParameter: z.enum(['max_completion_tokens', 'max_tokens']).default('max_completion_tokens'),
  keysPage: z.url({ protocol: /^https$/, error: 'must be an https address' }).optional(),
  models: z.record(z.string(), z.unknown()),
});

/** An entry of the setting `batchbook.providers`. */
export type ProviderSetting = Omit<z.input<typeof providerSchema>, 'models'> & {
  readonly models: Readonly<Record<string, z.input<typeof modelSchema>>>;
};

/** Keys of an entry and of its models, for the manifest's test. */
export const PROVIDER_KEYS = Object.keys(providerSchema.shape);
export const PROVIDER_MODEL_KEYS = Object.keys(modelSchema.shape);

/** Names that mean something else in a registry. */
const RESERVED = new Set([...SERVICES.map(({ name }) => name), 'offline', 'mock']);
/** Secrets that belong to a service that is built in: an entry that names one would send it elsewhere (promise P6). */
const OTHERS_SECRETS = new Map<string, string>([
  ...SERVICES.flatMap(({ title, keyVariables }) =>
    keyVariables.map((name): [string, string] => [name, title]),
  ),
  ['ANTHROPIC_AUTH_TOKEN', 'Anthropic'],
  ['OPENAI_ADMIN_KEY', 'OpenAI'],
]);

export type CompatibleEntry =
  | {
      readonly service: CompatibleService;
      readonly models: readonly ModelConfig[];
      readonly problems: readonly SettingProblem[];
    }
  | { readonly service: undefined; readonly problems: readonly [SettingProblem] };

/**
 * One entry of the setting `batchbook.providers`. A model that is wrong is left out; whatever else is wrong leaves out
 * the service.
 *
 * @param name The service's name, as the person has given it.
 * @param setBy What set it, for messages.
 * @param others Services that there are already: no secret is read for two origins.
 */
export function readCompatible(
  name: string,
  entry: unknown,
  setBy: string,
  others: readonly Service[],
): CompatibleEntry {
  const parsed = providerSchema.safeParse(entry);
  const wrong = (what: string): CompatibleEntry => ({
    service: undefined,
    problems: [
      { message: `Provider "${name}" in ${setBy}: ${what}`, provider: name, models: modelNamesIn(entry) },
    ],
  });
  if (RESERVED.has(name)) return wrong('the name is taken. Give it another.');
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name))
    return wrong('a name is of small letters, digits and "-", and begins with a letter.');
  if (!parsed.success) return wrong(wordsOf(parsed.error, entry, PROVIDER_KEYS));
  const { data } = parsed;
  const address = parseAddress(data.baseUrl);
  if ('why' in address) return wrong(`"baseUrl" ${address.why}.`);
  const endpoint = /\/(?:chat\/completions|responses|batches|files|models)\/?$/.exec(
    address.url.pathname,
  )?.[0];
  if (endpoint !== undefined)
    return wrong(`"baseUrl" names one call of it. Leave out "${endpoint}", so that it ends as in ".../v1".`);
  const owner = OTHERS_SECRETS.get(data.keyVariable.toUpperCase());
  if (owner !== undefined)
    return wrong(
      `"keyVariable" is where the key of ${owner} is, which would be sent to ${address.url.origin}. Name another.`,
    );
  const title = data.title ?? name;
  const namesake = SERVICES.find((one) => one.title.toLowerCase() === title.toLowerCase());
  if (namesake !== undefined) return wrong(`"title" is that of ${namesake.title}. Give it another.`);
  const sharing = others.find(
    ({ keyVariables, baseUrl }) =>
      keyVariables.some((variable) => variable.toUpperCase() === data.keyVariable.toUpperCase()) &&
      new URL(baseUrl).origin !== address.url.origin,
  );
  if (sharing !== undefined)
    return wrong(
      `"keyVariable" is also that of "${sharing.name}", which is at another address. Name one of its own.`,
    );
  const service: CompatibleService = {
    name,
    title,
    baseUrl: baseUrlOf(address.url),
    isVendor: false,
    keyVariables: [data.keyVariable],
    keyPrefixes: [],
    ...(data.keysPage === undefined ? {} : { keysPage: data.keysPage }),
    endpoint: data.endpoint,
    maxTokensParameter: data.maxTokensParameter,
  };
  const models: ModelConfig[] = [];
  const problems: SettingProblem[] = [];
  for (const [model, given] of Object.entries(data.models)) {
    const read = readModel(model, given, service);
    if (typeof read === 'string')
      problems.push({
        message: `Model "${model}" of provider "${name}" in ${setBy}: ${read}`,
        models: [model],
      });
    else models.push(read);
  }
  return { service, models, problems };
}

/** @returns What is wrong, where it cannot be used. */
function readModel(name: string, given: unknown, service: CompatibleService): ModelConfig | string {
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._:/@+-]{0,199}$/u.test(name))
    return 'a name is one word of letters, digits and . _ : / @ + -';
  if (name.startsWith('mock-')) return 'names that begin with "mock-" are for tests.';
  const parsed = modelSchema.safeParse(given);
  if (!parsed.success) return wordsOf(parsed.error, given, PROVIDER_MODEL_KEYS);
  const { input, output, cacheRead = input, cacheWrite = input, ...model } = parsed.data;
  return {
    name,
    provider: service.name,
    maxInputTokens: model.maxInputTokens,
    maxOutputTokens: model.maxOutputTokens,
    batchDiscount: model.batchMultiplier,
    prices: [
      { tiers: [{ inputTokensAbove: 0, input, output, cacheRead, cacheWrite, cacheWrite1h: cacheWrite }] },
    ],
    supportsImages: model.supportsImages,
    supportsFiles: model.supportsFiles,
    supportsCitations: false,
    supportsStructuredOutput: model.supportsStructuredOutput,
    supportsTemperature: model.supportsTemperature,
    efforts: model.efforts,
    fileTypes: [
      ...(model.supportsFiles ? ['pdf'] : []),
      ...(model.supportsImages ? ['png', 'jpg', 'jpeg', 'webp', 'gif'] : []),
    ],
  };
}

/** As far as an entry that is wrong can be read. */
function modelNamesIn(entry: unknown): readonly string[] {
  const models = (entry as { readonly models?: unknown } | null | undefined)?.models;
  return typeof models === 'object' && models !== null ? Object.keys(models) : [];
}
