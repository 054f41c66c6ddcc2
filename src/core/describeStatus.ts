import { formatDuration, formatTime } from './duration.ts';
import { formatUsd, nanoFromUsd } from './money.ts';
import type { BatchStatus, RunStatus } from './status.ts';
import { ROW_OUTCOMES } from './vocabulary.ts';

/** A run's status for people, in a few lines: how far, how much, anything wrong. */
export function describeStatus(status: RunStatus): string {
  const { counts, costUsd } = status;
  const usd = (value: number): string => formatUsd(nanoFromUsd(value));
  const outcomes = ROW_OUTCOMES.filter((outcome) => counts[outcome] > 0).map(
    (outcome) => `${String(counts[outcome])} ${outcome}`,
  );
  const waiting = [
    ...(counts.submitted > 0 ? [`${String(counts.submitted)} at the service`] : []),
    ...(counts.pending > 0 ? [`${String(counts.pending)} waiting`] : []),
  ];
  const money = [
    `${usd(costUsd.spent)} spent`,
    ...(costUsd.inFlight > 0 ? [`${usd(costUsd.inFlight)} at most in flight`] : []),
    ...(costUsd.unconfirmed > 0 ? [`${usd(costUsd.unconfirmed)} unconfirmed`] : []),
    ...(costUsd.cacheSaved === undefined ? [] : [`${usd(costUsd.cacheSaved)} saved by prompt caching`]),
    ...(costUsd.limit === null ? [] : [`limit ${usd(costUsd.limit)}`]),
  ];
  return [
    `${status.title}: ${status.state}, ${String(status.completed)}/${String(status.total)} rows (run ${status.runId})`,
    `  ${[...outcomes, ...waiting, ...(status.reused > 0 ? [`${String(status.reused)} reused`] : [])].join(', ') || 'no rows'}`,
    `  ${money.join(', ')}; ${String(status.tokens.input)} ${status.tokens.input === 1 ? 'token' : 'tokens'} in, ${String(status.tokens.output)} out`,
    ...(status.reason === undefined ? [] : [`  ${status.reason}`]),
    ...(status.offlineSince === undefined
      ? []
      : [
          `  Offline since ${formatTime(status.offlineSince)}: a service cannot be reached. It goes on by itself.`,
        ]),
    ...status.fullQueues.map(
      ({ provider, model, rows }) =>
        `  ${String(rows)} ${rows === 1 ? 'row waits' : 'rows wait'} for room in the queue of ${provider} (${model}). No attempt is used up.`,
    ),
    ...status.batches
      .filter(({ late }) => late)
      .map((batch) => `  Batch ${batch.id}: ${describeAge(batch)}.`),
    ...status.notices.map((notice) => `  Note: ${notice}`),
  ].join('\n');
}

/** Until when results that nobody has fetched yet are kept. Empty where they are here, or nobody knows. */
export function describeRetention({ keptUntil }: BatchStatus, now: number): string {
  if (keptUntil === undefined) return '';
  return now > keptUntil
    ? `its results were kept until ${formatTime(keptUntil)}`
    : `its results are kept until ${formatTime(keptUntil)} at the least, ${formatDuration(keptUntil - now)} from now`;
}

/** How long a batch takes, in a line: `running for 6 h; here they usually take 40 min`. Empty for one that nobody works on. */
export function describeAge({ state, ageMs, usualMs }: BatchStatus): string {
  if (ageMs === undefined) return '';
  const usually =
    usualMs === undefined ? 'they take up to 24 h' : `here they usually take ${formatDuration(usualMs)}`;
  return `${state} for ${formatDuration(ageMs)}; ${usually}`;
}
