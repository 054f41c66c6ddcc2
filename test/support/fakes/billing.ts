import type { Usage } from '../../../src/core/job.ts';
import type { PriceTier } from '../../../src/core/modelConfig.ts';
import { ANTHROPIC_MODELS, GEMINI_MODELS, OPENAI_MODELS } from '../../../src/providers/models/modelTable.ts';

const MODELS = new Map(
  [...ANTHROPIC_MODELS, ...OPENAI_MODELS, ...GEMINI_MODELS].map((model) => [model.name, model]),
);

/**
 * What a row costs in a batch, in nanodollars rounded half up once: a second, slower reading of the price table than that
 * of the code under test, in whole picodollars without a fraction anywhere.
 *
 * @param at Epoch milliseconds.
 */
export function billedNanoUsd(name: string, usage: Usage, at: number): number {
  const model = MODELS.get(name);
  const day = new Date(at).toISOString();
  const period = model?.prices.find(({ from = '', until = '9' }) => from <= day && day < until);
  if (model === undefined || period === undefined) throw new Error(`No price is known of ${name}.`);
  const { input, cacheRead = 0, cacheWrite = 0, cacheWrite1h = 0, output } = usage;
  const prompt = input + cacheRead + cacheWrite + cacheWrite1h;
  const tier =
    period.tiers.filter(({ inputTokensAbove }) => prompt > inputTokensAbove).at(-1) ?? period.tiers[0];
  if (tier === undefined) throw new Error(`No price is known of ${name}.`);
  const classes: readonly (readonly [tokens: number, price: keyof PriceTier])[] = [
    [input, 'input'],
    [cacheRead, 'cacheRead'],
    [cacheWrite, 'cacheWrite'],
    [cacheWrite1h, 'cacheWrite1h'],
    [output, 'output'],
  ];
  let milliPico = 0n;
  for (const [tokens, price] of classes)
    milliPico += BigInt(tokens) * BigInt(Math.round(tier[price] * 1e6)) * BigInt(model.batchDiscount * 1000);
  return Number((milliPico + 500_000n) / 1_000_000n);
}
