import { nanoFromPico, picoUsdPerToken } from './money.ts';
import { ValidationError } from './errors.ts';
import { inputTokensOf, type Effort, type Usage } from './job.ts';

/** Prices of one period and prompt length, in USD per million tokens at the standard (not batch) rate. */
export interface PriceTier {
  /** The tier holds for prompts of more than this many input tokens; it reprices the whole request. */
  readonly inputTokensAbove: number;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWrite1h: number;
}

/** Prices that hold during a period. */
export interface PricePeriod {
  /** First day (ISO date, UTC) on which these prices hold; absent: since ever. */
  readonly from?: string;
  /** First day on which they hold no more; absent: until further notice. */
  readonly until?: string;
  /** In rising order of `inputTokensAbove`; the first has 0. */
  readonly tiers: readonly PriceTier[];
}

/** What a model can do and what it costs. */
export interface ModelConfig {
  readonly name: string;
  readonly provider: string;
  readonly maxInputTokens: number;
  readonly maxOutputTokens: number;
  /** Factor on every price in a batch: 0.5 is half the price. */
  readonly batchDiscount: number;
  /** Empty: the price is unknown, which blocks submission (promise P3). Free is a tier of zeros. */
  readonly prices: readonly PricePeriod[];
  /** Whether it writes prompts into its cache, and bills that, without being asked; absent is no. */
  readonly cachesUnasked?: boolean;
  /** Day (ISO date) on which `prices` were looked up; absent where there are none to look up. */
  readonly pricesAsOf?: string;
  readonly supportsImages: boolean;
  readonly supportsFiles: boolean;
  readonly supportsCitations: boolean;
  readonly supportsStructuredOutput: boolean;
  readonly supportsTemperature: boolean;
  /** Whether it writes into its answer what a prompt tells it to, see `core/echo.ts`; absent is yes. */
  readonly supportsEcho?: boolean;
  /** Levels of thinking that can be asked for; absent or empty: none. */
  readonly efforts?: readonly Effort[];
  /** Lower-case extensions without dot of the files it takes beyond plain text; `*` for any. */
  readonly fileTypes: readonly string[];
  /** Left out of every list shown to people. */
  readonly hidden?: boolean;
  /** What must be said wherever the model is shown. */
  readonly caveat?: string;
}

/** A model's name without the date behind it, such as that of `gpt-6-luna-2026-10-01`. */
export function undatedName(model: string): string {
  return /^(.+)-(?:\d{8}|\d{4}-\d{2}-\d{2})$/.exec(model)?.[1] ?? model;
}

/** A tier of zeros, for models that cost nothing. */
export const FREE: readonly PricePeriod[] = [
  { tiers: [{ inputTokensAbove: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cacheWrite1h: 0 }] },
];

/**
 * What `usage` costs in a batch on the day `at`, in nanodollars, rounded half up once.
 *
 * @param at Epoch milliseconds of the time the request was answered. Where the known prices ended before, the last ones
 *   count: what was answered must be accounted for, and nothing new is sent at a price that nobody knows.
 * @throws ValidationError `unknownPrice` where no price was ever known.
 */
export function costNanoUsd(model: ModelConfig, usage: Usage, at: number): number {
  const promptTokens = inputTokensOf(usage);
  const tier = tierFor(periodFor(model, at), promptTokens);
  const standardPico =
    usage.input * picoUsdPerToken(tier.input) +
    (usage.cacheRead ?? 0) * picoUsdPerToken(tier.cacheRead) +
    (usage.cacheWrite ?? 0) * picoUsdPerToken(tier.cacheWrite) +
    (usage.cacheWrite1h ?? 0) * picoUsdPerToken(tier.cacheWrite1h) +
    usage.output * picoUsdPerToken(tier.output);
  return nanoFromPico(standardPico * model.batchDiscount);
}

/** What decides the most that a request can cost. */
export interface RequestBound {
  /** Upper bound of the prompt in tokens: the estimate with its margin, or an exact count. */
  readonly inputTokens: number;
  /** Most tokens of the answer. */
  readonly maxTokens: number;
  /** Whether the service is asked to keep the prompt, or a part of it, in its cache. */
  readonly cache: boolean | undefined;
}

/**
 * The most that a request can cost (promise P3): every input token at the dearest class and tier it can reach, and the
 * whole of `maxTokens`, times the batch multiplier. Cache writes can be reached by asking for them, or with a model that
 * makes them unasked. All periods from `at` on count, since a batch may be answered later.
 *
 * @returns Nanodollars.
 * @throws ValidationError `unknownPrice` where no price is known for that day.
 */
export function worstCostNanoUsd(
  model: ModelConfig,
  { inputTokens, maxTokens, cache }: RequestBound,
  at: number,
): number {
  periodAt(model, at);
  const writes = cache === true || model.cachesUnasked === true;
  let worstPico = 0;
  for (const period of model.prices) {
    if (period.until !== undefined && Date.parse(period.until) <= at) continue;
    // A batch runs for up to two days: a price that starts later than that cannot meet this request.
    if (period.from !== undefined && Date.parse(period.from) > at + 2 * 86_400_000) continue;
    for (const tier of period.tiers) {
      if (tier.inputTokensAbove >= inputTokens && tier.inputTokensAbove > 0) continue;
      const classes = [tier.input, tier.cacheRead, ...(writes ? [tier.cacheWrite, tier.cacheWrite1h] : [])];
      worstPico = Math.max(
        worstPico,
        (inputTokens * picoUsdPerToken(Math.max(...classes)) + maxTokens * picoUsdPerToken(tier.output)) *
          model.batchDiscount,
      );
    }
  }
  return nanoFromPico(worstPico);
}

function periodAt(model: ModelConfig, at: number): PricePeriod {
  const period = model.prices.find(
    (p) =>
      (p.from === undefined || Date.parse(p.from) <= at) &&
      (p.until === undefined || Date.parse(p.until) > at),
  );
  if (period === undefined) {
    throw new ValidationError(
      'unknownPrice',
      `No price is known for model "${model.name}" on ${new Date(at).toISOString().slice(0, 10)}, so no limit could hold. Choose another model.`,
    );
  }
  return period;
}

function periodFor(model: ModelConfig, at: number): PricePeriod {
  const begun = model.prices.filter(({ from }) => from === undefined || Date.parse(from) <= at);
  const last = begun.at(-1);
  const hasEnded = last?.until !== undefined && Date.parse(last.until) <= at;
  return hasEnded ? last : periodAt(model, at);
}

function tierFor(period: PricePeriod, promptTokens: number): PriceTier {
  const tier = period.tiers.findLast((t) => t.inputTokensAbove < promptTokens) ?? period.tiers[0];
  if (tier === undefined) throw new ValidationError('unknownPrice', 'A price period without a tier.');
  return tier;
}

/** What a model costs in a batch, by its first tier: `$0.5 in, $2.5 out per million tokens`. */
export function priceInWords({ prices, batchDiscount }: ModelConfig): string {
  const tier = prices[0]?.tiers[0];
  if (tier === undefined) return 'unknown';
  if (tier.input === 0 && tier.output === 0) return 'free';
  return `$${String(tier.input * batchDiscount)} in, $${String(tier.output * batchDiscount)} out per million tokens`;
}
