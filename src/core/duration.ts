const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A duration as people say it, in its largest fitting unit: `17 s`, `40 min`, `6 h`, `3 d`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${String(seconds)} s`;
  if (ms < 90 * MINUTE_MS) return `${String(Math.round(ms / MINUTE_MS))} min`;
  if (ms < 48 * HOUR_MS) return `${String(Math.round(ms / HOUR_MS))} h`;
  return `${String(Math.round(ms / (24 * HOUR_MS)))} d`;
}

/** A point in time for messages that are kept: `2026-11-26 07:14 UTC`. @param at Epoch milliseconds. */
export function formatTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
