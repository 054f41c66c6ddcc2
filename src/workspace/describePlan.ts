import { formatUsd, usdFromNano } from '../core/money.ts';
import { LEFT_OUT_REASONS } from '../jobfile/files.ts';
import type { JobPlan } from './planJobFile.ts';

/** Lines of a list shown before "and N more". */
const SHOWN = 10;

/** What would be sent, where to, and what it may cost: the text that the person agrees to, in window and terminal alike. */
export function describePlan(plan: JobPlan): string {
  const { summary } = plan;
  const lines = [
    `${plan.meta.title}: ${count(summary.rows, 'row')}, ${String(summary.rowsToSend)} to send, ${String(summary.rowsReused)} already answered`,
  ];
  if (summary.rowsToSend > 0) {
    lines.push(
      `  To send: ${formatBytes(summary.bytes)}, about ${String(summary.inputTokens)} tokens`,
      ...shorten(plan.sources.map(({ source, bytes }) => `    ${source}  ${formatBytes(bytes)}`)),
      ...summary.destinations.map(
        (to) =>
          `  To: ${to.origin ?? 'this machine (nothing leaves it)'}: ${to.provider}, model ${to.model}${to.caveat === undefined ? '' : ` (${to.caveat})`}, ${count(to.rows, 'row')}`,
      ),
      `  Cost: about ${formatUsd(summary.expectedNanoUsd)}, at most ${formatUsd(summary.worstNanoUsd)}${summary.limitNanoUsd === undefined ? '; no cost limit' : `; limit ${formatUsd(summary.limitNanoUsd)}`}`,
      ...(summary.waves > 1
        ? [`  The limit cuts the run into ${String(summary.waves)} waves, one after the other.`]
        : []),
      ...(summary.pilot > 0 && summary.pilot < summary.rowsToSend
        ? [`  Pilot: ${count(summary.pilot, 'row')} first, then it waits for you.`]
        : []),
    );
  }
  if (summary.earlierNanoUsd > 0)
    lines.push(`  This job file has cost ${formatUsd(summary.earlierNanoUsd)} so far.`);
  if (plan.leftOut.length > 0) {
    lines.push(
      `  Left out: ${count(plan.leftOut.length, 'file')}`,
      ...shorten(plan.leftOut.map(({ path, reason }) => `    ${path}  ${LEFT_OUT_REASONS[reason]}`)),
    );
  }
  lines.push(
    ...plan.notices.map((notice) => `  Note: ${notice}`),
    ...plan.warnings.map((warning) => `  Warning: ${warning.message}`),
  );
  return lines.join('\n');
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
    notices: plan.notices,
    warnings: plan.warnings,
  };
}

function shorten(lines: readonly string[]): string[] {
  if (lines.length <= SHOWN) return [...lines];
  return [...lines.slice(0, SHOWN), `    and ${String(lines.length - SHOWN)} more`];
}

function count(n: number, what: string): string {
  return `${String(n)} ${what}${n === 1 ? '' : 's'}`;
}

function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${String(bytes)} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
