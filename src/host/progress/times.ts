import { l10n } from 'vscode';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** "10:31", with the date where that is not the day of `now`, and the year where that is another. */
export function clockTime(at: number, now: number): string {
  const [date, today] = [new Date(at), new Date(now)];
  const time = { hour: 'numeric', minute: '2-digit' } as const;
  if (date.toDateString() === today.toDateString()) return date.toLocaleTimeString(undefined, time);
  const year = date.getFullYear() === today.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return date.toLocaleString(undefined, { day: 'numeric', month: 'short', ...year, ...time });
}

/** "17 s", "43 min", "1 h 9 min", "3 d". */
export function lengthInWords(ms: number): string {
  if (ms < MINUTE_MS) return l10n.t('{0} s', Math.round(ms / 1_000));
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 60) return l10n.t('{0} min', minutes);
  if (ms >= 2 * DAY_MS) return l10n.t('{0} d', Math.round(ms / DAY_MS));
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return rest === 0 ? l10n.t('{0} h', hours) : l10n.t('{0} h {1} min', hours, rest);
}
