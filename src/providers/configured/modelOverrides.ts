import * as z from 'zod';
import type { ModelConfig, PricePeriod, PriceTier } from '../../core/modelConfig.ts';
import { SERVICES } from '../services.ts';
import { wordsOf, type SettingProblem } from './problem.ts';

const price = z.number().positive();
const NO_PRICE = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cacheWrite1h: 0 };
const SERVICE_NAMES = SERVICES.map(({ name }) => name);

/** What a person may say of a model, in USD per million tokens at the standard rate. */
const overrideSchema = z.strictObject({
  provider: z.enum(SERVICE_NAMES).optional(),
  input: price.optional(),
  output: price.optional(),
  cacheRead: price.optional(),
  cacheWrite: price.optional(),
  cacheWrite1h: price.optional(),
  /** Factor on every price in a batch. */
  batchMultiplier: z.number().positive().max(1).optional(),
  maxInputTokens: z.int().positive().optional(),
  maxOutputTokens: z.int().positive().optional(),
  supportsTemperature: z.boolean().optional(),
});
/** An entry of the setting `batchbook.models`. */
export type ModelSetting = z.infer<typeof overrideSchema>;

/**
 * Models with what a person has set: a known one with other prices or limits, or a new one that works like the newest
 * of its service. One of which something wrong is said is left as it was, and is not to be used: see `problems`.
 *
 * @param overrides By model name, as the setting has them.
 * @param setBy What set them, for messages.
 */
export function withOverrides(
  models: readonly ModelConfig[],
  overrides: readonly (readonly [name: string, override: unknown])[],
  setBy: string,
): { readonly models: readonly ModelConfig[]; readonly problems: readonly SettingProblem[] } {
  const byName = new Map(models.map((model) => [model.name, model]));
  const problems: SettingProblem[] = [];
  for (const [name, given] of overrides) {
    const parsed = overrideSchema.safeParse(given);
    const model = parsed.success
      ? overridden(name, parsed.data, byName.get(name), models)
      : wordsOf(parsed.error, given, Object.keys(overrideSchema.shape));
    if (typeof model === 'string')
      problems.push({ message: `Model "${name}" in ${setBy}: ${model}`, models: [name] });
    else byName.set(name, model);
  }
  return { models: [...byName.values()], problems };
}

/** @returns What is wrong, where it cannot be used. */
function overridden(
  name: string,
  override: ModelSetting,
  known: ModelConfig | undefined,
  models: readonly ModelConfig[],
): ModelConfig | string {
  const like = known ?? newestOf(models, override.provider);
  if (like === undefined)
    return `it is new: say its "provider" (${SERVICE_NAMES.join(', ')}). Models of another service are set together with it, in "providers".`;
  if (override.provider !== undefined && override.provider !== like.provider)
    return `it is a model of ${like.provider}: leave out "provider".`;
  const { input, output, batchMultiplier, maxInputTokens, maxOutputTokens, supportsTemperature } = override;
  const prices = pricesOf(like, override);
  const isPriced = input !== undefined && output !== undefined;
  if (!isPriced && known === undefined) return 'it is new: say its prices, "input" and "output".';
  if (!isPriced && prices !== undefined && like.prices.length === 0)
    return 'its prices are not known: say both, "input" and "output".';
  // Of prices that a person has set there is no day on which they were looked up.
  const { pricesAsOf, ...undatedLike } = like;
  return {
    ...(prices === undefined ? like : { ...undatedLike, prices }),
    name,
    // Newer models of OpenAI fill their cache, and bill that, without being asked.
    ...(known === undefined && like.provider === 'openai' ? { cachesUnasked: true } : {}),
    ...(batchMultiplier === undefined ? {} : { batchDiscount: batchMultiplier }),
    ...(maxInputTokens === undefined ? {} : { maxInputTokens }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(supportsTemperature === undefined ? {} : { supportsTemperature }),
  };
}

/** Tables are in the order of names, in which OpenAI's older reasoning models (`o3`) come last. */
function newestOf(models: readonly ModelConfig[], service: string | undefined): ModelConfig | undefined {
  return models.findLast(({ name, provider }) => provider === service && !/^o\d/.test(name));
}

/**
 * The prices of a model with those that were set; `undefined`: none was. Where both input and output were, they hold for
 * any day and length of prompt, else each takes the place of the one it names in every period and tier.
 */
function pricesOf(model: ModelConfig, override: ModelSetting): readonly PricePeriod[] | undefined {
  const { input, output, cacheRead, cacheWrite, cacheWrite1h } = override;
  const said = [input, output, cacheRead, cacheWrite, cacheWrite1h];
  if (said.every((price) => price === undefined)) return undefined;
  const changed = (tier: PriceTier): PriceTier => tierWith(override, tier, model);
  if (input !== undefined && output !== undefined)
    return [{ tiers: [changed({ ...NO_PRICE, ...model.prices[0]?.tiers[0], inputTokensAbove: 0 })] }];
  return model.prices.map((period) => ({ ...period, tiers: period.tiers.map(changed) }));
}

/** What is not said beside a new price of the input is taken to be as dear as it can be. */
function tierWith(
  override: ModelSetting,
  tier: PriceTier,
  { provider, batchDiscount }: ModelConfig,
): PriceTier {
  const input = override.input ?? tier.input;
  const own = override.input === undefined ? tier : undefined;
  // Whether Gemini takes the batch's discount off its cache price is not documented: counted as if it did not.
  const discount = provider === 'gemini' ? (override.batchMultiplier ?? batchDiscount) : 1;
  const cacheRead = override.cacheRead === undefined ? undefined : override.cacheRead / discount;
  const cacheWrite = override.cacheWrite ?? own?.cacheWrite ?? 1.25 * input;
  const longest = provider === 'anthropic' ? 2 * input : cacheWrite; // only Anthropic keeps it longer for more
  return {
    inputTokensAbove: tier.inputTokensAbove,
    input,
    output: override.output ?? tier.output,
    cacheRead: cacheRead ?? own?.cacheRead ?? input,
    cacheWrite,
    cacheWrite1h: override.cacheWrite1h ?? own?.cacheWrite1h ?? longest,
  };
}
