import type { RunStatus } from '../core/status.ts';
import { formatDuration } from '../core/duration.ts';
import { formatUsd, nanoFromUsd } from '../core/money.ts';

const BAR_CELLS = 24;
const PLAIN_EVERY_MS = 5_000;
/** Of a terminal that does not tell how wide it is. */
const WIDTH = 80;

/** Shows how a run goes on standard error: a bar that redraws on a terminal, else a line now and then. */
export interface ProgressView {
  update(status: RunStatus): void;
  /** Ends the bar's line. */
  close(): void;
}

export function createProgressView(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? barView(stream) : plainView(stream);
}

/** `37/120 rows · 20 at the service · 2 not ok · $0.42 of $5.00 · about 3 min left`. */
export function progressLine(status: RunStatus): string {
  const { counts, costUsd } = status;
  const failed = counts.error + counts.invalid + counts.refused + counts.truncated + counts.cancelled;
  const spent = formatUsd(nanoFromUsd(costUsd.spent));
  return [
    `${String(status.completed)}/${String(status.total)} rows`,
    ...(counts.submitted > 0 ? [`${String(counts.submitted)} at the service`] : []),
    ...(failed > 0 ? [`${String(failed)} not ok`] : []),
    costUsd.limit === null ? spent : `${spent} of ${formatUsd(nanoFromUsd(costUsd.limit))}`,
    ...(costUsd.nearLimit === true ? ['near the limit'] : []),
    ...status.fullQueues.map(({ provider }) => `waiting for room in the queue of ${provider}`),
    ...timeLeft(status),
    ...(status.state === 'cancelling' ? ['cancelling'] : []),
  ].join(' · ');
}

function timeLeft({ etaMs, offlineSince }: RunStatus): readonly string[] {
  if (offlineSince !== undefined) return ['waiting, offline'];
  return etaMs === null || etaMs < 1_000 ? [] : [`about ${formatDuration(etaMs)} left`];
}

function barView(stream: NodeJS.WriteStream): ProgressView {
  let drawn = false;
  return {
    update: (status) => {
      const share = status.total === 0 ? 1 : status.completed / status.total;
      const full = Math.round(share * BAR_CELLS);
      const text = `[${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}] ${progressLine(status)}`;
      stream.write(`\r\x1b[2K${text.slice(0, Math.max(20, (stream.columns || WIDTH) - 1))}`);
      drawn = true;
    },
    close: () => {
      if (drawn) stream.write('\n');
      drawn = false;
    },
  };
}

/** A line at once, then at most one every few seconds; what came meanwhile is written when that time is over. */
function plainView(stream: NodeJS.WritableStream): ProgressView {
  let last = '';
  let at = -Infinity;
  let waiting: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === undefined || waiting === last) return;
    stream.write(`${waiting}\n`);
    last = waiting;
    at = performance.now();
  };
  return {
    update: (status) => {
      waiting = progressLine(status);
      const wait = at + PLAIN_EVERY_MS - performance.now();
      if (wait <= 0) flush();
      else timer ??= setTimeout(flush, wait).unref();
    },
    close: flush,
  };
}
