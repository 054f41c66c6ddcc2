import { formatUsd, usdFromNano } from '../core/money.ts';
import type { JobPlan } from './planJobFile.ts';
import { costLines, count, number, safeText, secretLines, sendingLines, shorten } from './planText.ts';
import type { PlanSummary } from './summarizePlan.ts';

/** Lines shown of each list of what is not sent. */
const SHOWN_LEFT_OUT = 5;

/** What would be sent, where to, and what it may cost: the text that the person agrees to, in window and terminal alike. */
export function describePlan(plan: JobPlan): string {
  const { summary, meta } = plan;
  return safeText([
    meta.jobFile === undefined ? meta.title : `${meta.title} (${meta.jobFile.path})`,
    // First of all: whoever reads no further has read this.
    ...secretLines(plan.likelySecrets, '--leave-out PATH leaves one out'),
    `  Rows    ${describeRows(summary)}`,
    ...(summary.rowsToSend > 0
      ? [...sendingLines(summary, plan.sources), ...costLines(summary, summary.limitNanoUsd)]
      : []),
    ...(summary.earlierNanoUsd > 0
      ? [`  So far  ${formatUsd(summary.earlierNanoUsd)} spent on this job file`]
      : []),
    ...describeLeftOut(plan),
    ...plan.notices.map((notice) => `  Note: ${notice}`),
    ...plan.warnings.filter(({ about }) => about !== 'leftOut').map(({ message }) => `  Warning: ${message}`),
  ]);
}

function describeRows({ rows, rowsToSend, rowsReused, pilot }: PlanSummary): string {
  const first = pilot > 0 && pilot < rowsToSend ? `, ${String(pilot)} of them first as a pilot` : '';
  if (rowsToSend === 0) return `${number(rows)}, all answered already: nothing is sent`;
  if (rowsReused === 0) return `${number(rows)} to send${first}`;
  return `${number(rowsToSend)} to send${first}, ${number(rowsReused)} answered already`;
}

/** Each input once, whatever the number of its cells. */
function describeLeftOut({ leftOut }: JobPlan): string[] {
  return [...Map.groupBy(leftOut, ({ why }) => why)].flatMap(([why, files]) => {
    const paths = [...new Set(files.map(({ path }) => path))];
    return [
      `  Left out: ${count(paths.length, 'file')}, ${paths.length === 1 ? 'which' : 'each of which'} ${why}`,
      ...shorten(
        paths.map((path) => `            ${path}`),
        SHOWN_LEFT_OUT,
      ),
    ];
  });
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
