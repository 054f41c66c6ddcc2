/**
 * How long the headers of an answer ask to wait, in milliseconds: OpenAI's `retry-after-ms`, or `retry-after` in seconds
 * or as a date (RFC 9110). `undefined` where they do not say.
 */
export function retryAfterIn(headers: Headers): number | undefined {
  const milliseconds = Number(headers.get('retry-after-ms') ?? NaN);
  if (milliseconds >= 0) return milliseconds;
  const after = headers.get('retry-after');
  if (after === null) return undefined;
  const seconds = Number(after);
  const wait = Number.isNaN(seconds) ? Date.parse(after) - Date.now() : seconds * 1000;
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}
