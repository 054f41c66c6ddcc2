import * as z from 'zod';
import { ValidationError } from '../../core/errors.ts';
import type { ModelConfig } from '../../core/modelConfig.ts';
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
  const like = known ?? models.filter(({ provider }) => provider === override.provider).at(-1);
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
  const first = like.prices[0]?.tiers[0];
  const prices =
    input === undefined && output === undefined
      ? like.prices
      : [
          {
            tiers: [
              {
                inputTokensAbove: 0,
                input: input ?? first?.input ?? 0,
                output: output ?? first?.output ?? 0,
                // What is not said is taken to be as dear as it can be.
                cacheRead: override.cacheRead ?? input ?? first?.cacheRead ?? 0,
                cacheWrite: override.cacheWrite ?? 1.25 * (input ?? first?.input ?? 0),
                cacheWrite1h: override.cacheWrite1h ?? 2 * (input ?? first?.input ?? 0),
              },
            ],
          },
        ];
  return {
    ...like,
    name,
    prices,
    ...(override.batchMultiplier === undefined ? {} : { batchDiscount: override.batchMultiplier }),
    ...(override.maxInputTokens === undefined ? {} : { maxInputTokens: override.maxInputTokens }),
    ...(override.maxOutputTokens === undefined ? {} : { maxOutputTokens: override.maxOutputTokens }),
    ...(override.supportsTemperature === undefined
      ? {}
      : { supportsTemperature: override.supportsTemperature }),
  };
}
