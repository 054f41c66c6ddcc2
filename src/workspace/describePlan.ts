import { formatUsd, usdFromNano } from '../core/money.ts';
import type { JobPlan } from './planJobFile.ts';
import type { Destination, PlanSummary } from './summarizePlan.ts';

/** Lines of a list shown before "and N more". */
const SHOWN = 10;
/** How far beyond the expected tokens money is set aside (promise P3), as the providers estimate. */
const ESTIMATE_MARGINS = 'estimated tokens plus 25 % for text and 60 % for PDF and images, longest answers';

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
  ].join('\n');
}

/** First of all: whoever reads no further has read this. */
function describeSecrets({ likelySecrets }: JobPlan): string[] {
  if (likelySecrets.length === 0) return [];
  const many = likelySecrets.length > 1;
  return [
    `  CAUTION ${count(likelySecrets.length, 'input')} ${many ? 'look' : 'looks'} as if ${many ? 'they' : 'it'} held secrets (--leave-out PATH leaves one out):`,
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
    `  Cost    ${describeCost(summary)}`,
    ...(summary.waves > 1
      ? [`          The limit cuts the run into ${number(summary.waves)} waves, one after the other.`]
      : []),
  ];
}

function describeBatches({ batches }: PlanSummary): string {
  return batches === 1 ? '1 batch' : `about ${number(batches)} batches`;
}

function describeDestination({ origin, provider, model, caveat, rows }: Destination, many: boolean): string {
  const where = origin === undefined ? 'this machine, nothing leaves it' : `${origin} (${provider})`;
  return `${where}: ${model}${caveat === undefined ? '' : `, ${caveat}`}${many ? `, ${count(rows, 'row')}` : ''}`;
}

/** The most that it can cost counts every answer at its full length, and the margins of the estimate. */
function describeCost({ expectedNanoUsd, worstNanoUsd, limitNanoUsd, pricesAsOf }: PlanSummary): string {
  if (worstNanoUsd === 0) return 'nothing';
  const limit = limitNanoUsd === undefined ? 'no cost limit' : `limit ${formatUsd(limitNanoUsd)}`;
  const dated = pricesAsOf === undefined ? '' : `, prices of ${pricesAsOf}`;
  return `about ${formatUsd(expectedNanoUsd)}, at most ${formatUsd(worstNanoUsd)}; ${limit}${dated}\n          (at most: ${ESTIMATE_MARGINS})`;
}

function describeLeftOut({ leftOut }: JobPlan): string[] {
  return [...Map.groupBy(leftOut, ({ why }) => why)].flatMap(([why, files]) => [
    `  Left out ${count(files.length, 'file')}: each ${why}`,
    ...shorten(files.map(({ path }) => `            ${path}`)),
  ]);
}

/** The same as a JSON document. */
export function planDocument(plan: JobPlan): unknown {
  const { expectedNanoUsd, worstNanoUsd, limitNanoUsd, earlierNanoUsd, ...summary } = plan.summary;
  return {
    title: plan.meta.title,
    ...summary,
    costUsd: {
      expected: usdFromNano(expectedNanoUsd),
      worst: usdFromNano(worstNanoUsd),
      limit: limitNanoUsd === undefined ? null : usdFromNano(limitNanoUsd),
      earlier: usdFromNano(earlierNanoUsd),
    },
    sources: plan.sources,
    leftOut: plan.leftOut,
    likelySecrets: plan.likelySecrets,
    notices: plan.notices,
    warnings: plan.warnings,
  };
}

function shorten(lines: readonly string[]): string[] {
  if (lines.length <= SHOWN) return [...lines];
  return [...lines.slice(0, SHOWN), `            and ${number(lines.length - SHOWN)} more`];
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
