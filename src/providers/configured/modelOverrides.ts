import * as z from 'zod';
import type { ModelConfig, PricePeriod, PriceTier } from '../../core/modelConfig.ts';
import { SERVICES } from '../services.ts';
import { wordsOf, type SettingProblem } from './problem.ts';

const price = z.number().positive();
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
  const like = known ?? models.filter(({ provider }) => provider === override.provider).at(-1);
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
    ...(batchMultiplier === undefined ? {} : { batchDiscount: batchMultiplier }),
    ...(maxInputTokens === undefined ? {} : { maxInputTokens }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(supportsTemperature === undefined ? {} : { supportsTemperature }),
  };
}

/**
 * One price for prompts of any length, where any part of it is set; `undefined`: none is. What is not said is taken to
 * be as dear as it can be.
 */
function pricesOf(like: ModelConfig, override: ModelSetting): readonly PricePeriod[] | undefined {
  const { input, output, cacheRead, cacheWrite, cacheWrite1h } = override;
  const said = [input, output, cacheRead, cacheWrite, cacheWrite1h];
  if (said.every((price) => price === undefined)) return undefined;
  const tiers = like.prices.flatMap((period) => period.tiers);
  const dearest = (of: (tier: PriceTier) => number): number => Math.max(0, ...tiers.map(of));
  const fullInput = input ?? dearest((tier) => tier.input);
  return [
    {
      tiers: [
        {
          inputTokensAbove: 0,
          input: fullInput,
          output: output ?? dearest((tier) => tier.output),
          cacheRead: cacheRead ?? fullInput,
          cacheWrite: cacheWrite ?? 1.25 * fullInput,
          cacheWrite1h: cacheWrite1h ?? 2 * fullInput,
        },
      ],
    },
  ];
}
