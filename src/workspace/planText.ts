import { formatUsd } from '../core/money.ts';
import type { Destination, PlanSummary } from './summarizePlan.ts';

/** Lines of a list shown before "and N more". */
const SHOWN = 10;
/** How far beyond the expected tokens money is set aside (promise P3), as the providers estimate. */
const ESTIMATE_MARGINS = 'estimated tokens plus 25 % for text, 60 % for PDF and images; longest answers';

/** Lines of a text that a person agrees to, as terminals and editors may show them. */
export function safeText(lines: readonly string[]): string {
  return lines.map(withoutControls).join('\n');
}

/** A file's name may hold what moves the cursor, turns the writing round, or begins a line of its own. */
function withoutControls(line: string): string {
  return line.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** Inputs that look as if they held secrets. @param remedy What to do about one. */
export function secretLines(
  likelySecrets: readonly { readonly source: string; readonly what: string }[],
  remedy: string,
): string[] {
  if (likelySecrets.length === 0) return [];
  const inputs =
    likelySecrets.length === 1
      ? '1 input looks as if it held secrets'
      : `${number(likelySecrets.length)} inputs look as if they held secrets`;
  return [
    `  Caution ${inputs} (${remedy}):`,
    ...shorten(likelySecrets.map(({ source, what }) => `            ${source}  ${what}`)),
  ];
}

/** How much goes out, of what, and where to. @param shown Sources named at most. */
export function sendingLines(
  summary: PlanSummary,
  sources: readonly { readonly source: string; readonly bytes: number }[],
  shown = SHOWN,
): string[] {
  return [
    `  Input   ${formatBytes(summary.bytes)}, about ${count(summary.inputTokens, 'token')} in, up to ${number(summary.outputTokensAtMost)} out, ${describeBatches(summary)}`,
    ...shorten(
      sources.map(({ source, bytes }) => `            ${source}  ${formatBytes(bytes)}`),
      shown,
    ),
    ...summary.destinations.map(
      (to, i) =>
        `  ${i === 0 ? 'To' : '  '}      ${describeDestination(to, summary.destinations.length > 1)}`,
    ),
  ];
}

function describeBatches({ batches, batchesAreExact }: PlanSummary): string {
  if (batches === 0) return 'none of which the limit leaves room for';
  const made = batches === 1 ? '1 batch' : `${number(batches)} batches`;
  return batchesAreExact ? `in ${made}` : `in about ${made}`;
}

function describeDestination(to: Destination, many: boolean): string {
  const { origin, provider, isVendor, model, caveat, rows } = to;
  const whose = isVendor ? provider : `${provider}, not a vendor's own address`;
  const where = origin === undefined ? 'this machine, nothing leaves it' : `${origin} (${whose})`;
  return `${where}: ${model}${caveat === undefined ? '' : `, ${caveat}`}${many ? `, ${count(rows, 'row')}` : ''}`;
}

/**
 * What it may cost. The most that it can counts every answer at its full length, and the margins of the estimate.
 * @param spentNanoUsd Of the limit, already.
 */
export function costLines(
  { expectedNanoUsd, worstNanoUsd, cacheSavingNanoUsd, pricesAsOf, waves }: PlanSummary,
  limitNanoUsd: number | undefined,
  spentNanoUsd = 0,
): string[] {
  if (worstNanoUsd === 0) return ['  Cost    nothing'];
  const spent = spentNanoUsd === 0 ? '' : ` (${formatUsd(spentNanoUsd)} of it spent)`;
  const limit = limitNanoUsd === undefined ? 'no cost limit' : `limit ${formatUsd(limitNanoUsd)}${spent}`;
  const dated = pricesAsOf === undefined ? '' : `, prices of ${pricesAsOf}`;
  return [
    `  Cost    about ${formatUsd(expectedNanoUsd)}, at most ${formatUsd(worstNanoUsd)}; ${limit}${dated}`,
    `          (at most: ${ESTIMATE_MARGINS})`,
    ...(cacheSavingNanoUsd === 0
      ? []
      : [
          `          Prompt caching saves about ${formatUsd(cacheSavingNanoUsd)} of that; one row of each cell that caches goes first, alone.`,
        ]),
    ...(waves > 1
      ? [`          The limit cuts the run into ${number(waves)} waves, one after the other.`]
      : []),
  ];
}

/** The first lines of a list and how many there are besides. */
export function shorten(lines: readonly string[], shown = SHOWN): string[] {
  if (lines.length <= shown) return [...lines];
  return [...lines.slice(0, shown), `            and ${number(lines.length - shown)} more`];
}

/** "1 file", "3,000 files". */
export function count(n: number, what: string): string {
  return `${number(n)} ${what}${n === 1 ? '' : 's'}`;
}

export function number(n: number): string {
  return n.toLocaleString('en-US');
}

/** `830 B`, `18.2 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${String(bytes)} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
