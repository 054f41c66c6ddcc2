import { BatchbookError } from './errors.ts';

/**
 * Money. Prices are integers in picodollars per token; a row's cost is summed in picodollars and rounded half up once,
 * to integer nanodollars. Numbers stay below 2^53 (9,007 USD a row, 9 million USD a run); more is an error, never a
 * silent loss of digits.
 */
export const PICO_PER_NANO = 1000;
export const NANO_PER_USD = 1_000_000_000;

/** USD per million tokens, as price lists print it, to integer picodollars per token. */
export function picoUsdPerToken(usdPerMillionTokens: number): number {
  return safe(Math.round(usdPerMillionTokens * 1_000_000));
}

/** A row's sum in picodollars, rounded half up to nanodollars. */
export function nanoFromPico(picoUsd: number): number {
  return safe(Math.floor((safe(picoUsd) + PICO_PER_NANO / 2) / PICO_PER_NANO));
}

/** USD as people write it, to integer nanodollars. */
export function nanoFromUsd(usd: number): number {
  return safe(Math.round(usd * NANO_PER_USD));
}

/** Nanodollars as a JSON number of USD with up to 9 decimals. */
export function usdFromNano(nanoUsd: number): number {
  return Number((nanoUsd / NANO_PER_USD).toFixed(9));
}

/** `$0.42`, or as many digits as a small amount needs to be told from zero. */
export function formatUsd(nanoUsd: number): string {
  const usd = nanoUsd / NANO_PER_USD;
  if (nanoUsd === 0 || Math.abs(usd) >= 0.01) return `$${usd.toFixed(2)}`;
  return `$${usd.toFixed(9).replace(/0+$/, '')}`;
}

function safe(value: number): number {
  if (!Number.isSafeInteger(Math.ceil(value))) {
    throw new BatchbookError(
      'internal',
      `An amount of money is outside the range that can be counted exactly: ${String(value)}.`,
    );
  }
  return value;
}
