import * as z from 'zod';
import { ValidationError } from '../../core/errors.ts';
import type { ModelConfig, PricePeriod, PriceTier } from '../../core/modelConfig.ts';
import { SERVICES } from '../services.ts';

const price = z.number().positive();

/** What a person may say of a model, in USD per million tokens at the standard rate. */
const overrideSchema = z.strictObject({
  provider: z.enum(SERVICES.map(({ name }) => name)).optional(),
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
type Override = z.infer<typeof overrideSchema>;

const NO_PRICE = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cacheWrite1h: 0 };

/**
 * Models with what a person has set: a known one with other prices or limits, or a new one that works like the newest
 * of its service.
 *
 * @param overrides By model name, as the setting has them.
 * @param setBy What set them, for messages.
 * @throws ValidationError `usage` that names the model and what is wrong.
 */
export function withOverrides(
  models: readonly ModelConfig[],
  overrides: Readonly<Record<string, unknown>>,
  setBy: string,
): readonly ModelConfig[] {
  const byName = new Map(models.map((model) => [model.name, model]));
  for (const [name, given] of Object.entries(overrides)) {
    const parsed = overrideSchema.safeParse(given);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const where = issue?.path.length ? `"${issue.path.join('.')}" of ` : '';
      throw new ValidationError(
        'usage',
        `${where}model "${name}" in ${setBy}: ${issue?.message ?? 'is wrong'}.`,
      );
    }
    byName.set(name, overridden(name, parsed.data, byName.get(name), models, setBy));
  }
  return [...byName.values()];
}

function overridden(
  name: string,
  override: Override,
  known: ModelConfig | undefined,
  models: readonly ModelConfig[],
  setBy: string,
): ModelConfig {
  if (known !== undefined && override.provider !== undefined && override.provider !== known.provider)
    throw new ValidationError(
      'usage',
      `Model "${name}" in ${setBy} is one of ${known.provider}, not of ${override.provider}.`,
    );
  const like = known ?? newestOf(models, override.provider);
  if (like === undefined)
    throw new ValidationError(
      'usage',
      `Model "${name}" in ${setBy} is new: say its "provider" (${SERVICES.map((one) => one.name).join(', ')}).`,
    );
  const { input, output } = override;
  if (known === undefined && (input === undefined || output === undefined))
    throw new ValidationError(
      'usage',
      `Model "${name}" in ${setBy} is new: say its prices, "input" and "output".`,
    );
  const prices = pricesWith(override, like);
  return {
    ...like,
    name,
    prices,
    // Newer models of OpenAI fill their cache, and bill that, without being asked.
    ...(known === undefined && like.provider === 'openai' ? { cachesUnasked: true } : {}),
    ...(override.batchMultiplier === undefined ? {} : { batchDiscount: override.batchMultiplier }),
    ...(override.maxInputTokens === undefined ? {} : { maxInputTokens: override.maxInputTokens }),
    ...(override.maxOutputTokens === undefined ? {} : { maxOutputTokens: override.maxOutputTokens }),
    ...(override.supportsTemperature === undefined
      ? {}
      : { supportsTemperature: override.supportsTemperature }),
  };
}

/** Tables are in the order of names, in which OpenAI's older reasoning models (`o3`) come last. */
function newestOf(models: readonly ModelConfig[], service: string | undefined): ModelConfig | undefined {
  return models.findLast(({ name, provider }) => provider === service && !/^o\d/.test(name));
}

/**
 * The prices of a model with those that were set: where both input and output were, they hold for any day and length of
 * prompt, else each takes the place of the one it names in every period and tier.
 */
function pricesWith(override: Override, model: ModelConfig): readonly PricePeriod[] {
  const changed = (tier: PriceTier): PriceTier => tierWith(override, tier, model);
  if (override.input !== undefined && override.output !== undefined)
    return [{ tiers: [changed({ ...NO_PRICE, ...model.prices[0]?.tiers[0], inputTokensAbove: 0 })] }];
  return model.prices.map((period) => ({ ...period, tiers: period.tiers.map(changed) }));
}

/** What is not said beside a new price of the input is taken to be as dear as it can be. */
function tierWith(override: Override, tier: PriceTier, { provider, batchDiscount }: ModelConfig): PriceTier {
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
