import { formatUsd, usdFromNano } from '../core/money.ts';
import type { JobPlan } from './planJobFile.ts';
import type { Destination, PlanSummary } from './summarizePlan.ts';

/** Lines of a list shown before "and N more", and of each list of what is not sent. */
const SHOWN = 10;
const SHOWN_LEFT_OUT = 5;
/** How far beyond the expected tokens money is set aside (promise P3), as the providers estimate. */
const ESTIMATE_MARGINS = 'estimated tokens plus 25 % for text, 60 % for PDF and images; longest answers';

/** What would be sent, where to, and what it may cost: the text that the person agrees to, in window and terminal alike. */
export function describePlan(plan: JobPlan): string {
  const { summary, meta } = plan;
  return [
    meta.jobFile === undefined ? meta.title : `${meta.title} (${meta.jobFile.path})`,
    ...describeSecrets(plan),
    `  Rows    ${describeRows(summary)}`,
    ...(summary.rowsToSend > 0 ? describeSending(plan) : []),
    ...(summary.earlierNanoUsd > 0
      ? [`  So far  ${formatUsd(summary.earlierNanoUsd)} spent on this job file`]
      : []),
    ...describeLeftOut(plan),
    ...plan.notices.map((notice) => `  Note: ${notice}`),
    ...plan.warnings.map((warning) => `  Warning: ${warning.message}`),
  ]
    .map(withoutControls)
    .join('\n');
}

/** A file's name may hold what moves the cursor, turns the writing round, or begins a line of its own. */
function withoutControls(line: string): string {
  return line.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** First of all: whoever reads no further has read this. */
function describeSecrets({ likelySecrets }: JobPlan): string[] {
  if (likelySecrets.length === 0) return [];
  const inputs =
    likelySecrets.length === 1
      ? '1 input looks as if it held secrets'
      : `${number(likelySecrets.length)} inputs look as if they held secrets`;
  return [
    `  Caution ${inputs} (--leave-out PATH leaves one out):`,
    ...shorten(likelySecrets.map(({ source, what }) => `            ${source}  ${what}`)),
  ];
}

function describeRows({ rows, rowsToSend, rowsReused, pilot }: PlanSummary): string {
  const first = pilot > 0 && pilot < rowsToSend ? `, ${String(pilot)} of them first as a pilot` : '';
  if (rowsToSend === 0) return `${number(rows)}, all answered already: nothing is sent`;
  if (rowsReused === 0) return `${number(rows)} to send${first}`;
  return `${number(rowsToSend)} to send${first}, ${number(rowsReused)} answered already`;
}

function describeSending({ summary, sources }: JobPlan): string[] {
  return [
    `  Input   ${formatBytes(summary.bytes)}, about ${number(summary.inputTokens)} tokens in, up to ${number(summary.outputTokensAtMost)} out, in ${describeBatches(summary)}`,
    ...shorten(sources.map(({ source, bytes }) => `            ${source}  ${formatBytes(bytes)}`)),
    ...summary.destinations.map(
      (to, i) =>
        `  ${i === 0 ? 'To' : '  '}      ${describeDestination(to, summary.destinations.length > 1)}`,
    ),
    ...describeCost(summary),
    ...(summary.waves > 1
      ? [`          The limit cuts the run into ${number(summary.waves)} waves, one after the other.`]
      : []),
  ];
}

function describeBatches({ batches, batchesAreExact }: PlanSummary): string {
  const made = batches === 1 ? '1 batch' : `${number(batches)} batches`;
  return batchesAreExact ? made : `about ${made}`;
}

function describeDestination(to: Destination, many: boolean): string {
  const { origin, provider, isVendor, model, caveat, rows } = to;
  const whose = isVendor ? provider : `${provider}, not a vendor's own address`;
  const where = origin === undefined ? 'this machine, nothing leaves it' : `${origin} (${whose})`;
  return `${where}: ${model}${caveat === undefined ? '' : `, ${caveat}`}${many ? `, ${count(rows, 'row')}` : ''}`;
}

/** The most that it can cost counts every answer at its full length, and the margins of the estimate. */
function describeCost(summary: PlanSummary): string[] {
  const { expectedNanoUsd, worstNanoUsd, limitNanoUsd, cacheSavingNanoUsd, pricesAsOf } = summary;
  if (worstNanoUsd === 0) return ['  Cost    nothing'];
  const limit = limitNanoUsd === undefined ? 'no cost limit' : `limit ${formatUsd(limitNanoUsd)}`;
  const dated = pricesAsOf === undefined ? '' : `, prices of ${pricesAsOf}`;
  return [
    `  Cost    about ${formatUsd(expectedNanoUsd)}, at most ${formatUsd(worstNanoUsd)}; ${limit}${dated}`,
    `          (at most: ${ESTIMATE_MARGINS})`,
    ...(cacheSavingNanoUsd === 0
      ? []
      : [
          `          Prompt caching saves about ${formatUsd(cacheSavingNanoUsd)} of that; one row of each cell that caches goes first, alone.`,
        ]),
  ];
}

function describeLeftOut({ leftOut }: JobPlan): string[] {
  return [...Map.groupBy(leftOut, ({ why }) => why)].flatMap(([why, files]) => [
    `  Left out: ${count(files.length, 'file')}, ${files.length === 1 ? 'which' : 'each of which'} ${why}`,
    ...shorten(
      files.map(({ path }) => `            ${path}`),
      SHOWN_LEFT_OUT,
    ),
  ]);
}

/** The same as a JSON document. */
export function planDocument(plan: JobPlan): unknown {
  const { expectedNanoUsd, worstNanoUsd, limitNanoUsd, earlierNanoUsd, cacheSavingNanoUsd, ...summary } =
    plan.summary;
  return {
    title: plan.meta.title,
    ...summary,
    costUsd: {
      expected: usdFromNano(expectedNanoUsd),
      worst: usdFromNano(worstNanoUsd),
      limit: limitNanoUsd === undefined ? null : usdFromNano(limitNanoUsd),
      earlier: usdFromNano(earlierNanoUsd),
      cacheSaving: usdFromNano(cacheSavingNanoUsd),
    },
    sources: plan.sources,
    leftOut: plan.leftOut,
    likelySecrets: plan.likelySecrets,
    notices: plan.notices,
    warnings: plan.warnings,
  };
}

function shorten(lines: readonly string[], shown = SHOWN): string[] {
  if (lines.length <= shown) return [...lines];
  return [...lines.slice(0, shown), `            and ${number(lines.length - shown)} more`];
}

function count(n: number, what: string): string {
  return `${number(n)} ${what}${n === 1 ? '' : 's'}`;
}

function number(n: number): string {
  return n.toLocaleString('en-US');
}

function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${String(bytes)} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
