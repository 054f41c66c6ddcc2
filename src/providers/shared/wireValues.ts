/**
 * Reading what came over a wire: whatever a service documents, any part of a line may be missing, null or of another
 * type, and none of that may throw or pass for something else.
 */

/** The value as an object; one without properties where it is none. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

/** The value as a list of objects, in which one without properties stands for what is none. */
export function recordsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}

/** The value as text that says something; `undefined` where it is none or empty. */
export function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A point in time as services write it, in epoch milliseconds; `undefined` where it is none. */
export function timeOf(value: unknown): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** No request has as many tokens; what they would cost can still be counted exactly. */
export const MOST_TOKENS = 10_000_000;

/** The value as a number of tokens, or of something else up to `most`; `undefined` where it is none. */
export function countOf(value: unknown, most = MOST_TOKENS): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
    ? value
    : undefined;
}

/**
 * Several numbers of tokens of which some may be left out, which is 0; `undefined` where one is there and counts nothing:
 * then none of them can be relied on.
 */
export function countsOf<const K extends string>(
  source: Readonly<Record<string, unknown>>,
  ...names: readonly K[]
): Readonly<Record<K, number>> | undefined {
  const counts: Partial<Record<K, number>> = {};
  for (const name of names) {
    const count = source[name] == null ? 0 : countOf(source[name]);
    if (count === undefined) return undefined;
    counts[name] = count;
  }
  return counts as Record<K, number>;
}
