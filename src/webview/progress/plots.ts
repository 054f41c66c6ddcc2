import * as l10n from '@vscode/l10n';
import type { SeriesState } from '../../protocol/progressSurface.ts';

/** One moment of a plot; a value that is not known there is `null`. */
export interface PlotPoint {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The line: what is done. */
  readonly done: number | null;
  /** Upper edge of the band above it: what is under way on top. */
  readonly top: number | null;
  /** The dotted line: what is expected. */
  readonly expected: number | null;
}

/** A plot, ready to be drawn and to be read. */
export interface PlotModel {
  readonly kind: 'rows' | 'money';
  readonly title: string;
  readonly keys: { readonly done: string; readonly top: string; readonly expected: string };
  readonly points: readonly PlotPoint[];
  readonly now: number;
  /** Whether what is expected is known. */
  readonly goesOn: boolean;
  /** The end of the scale that must be seen. */
  readonly most: number;
  readonly limit: number | null;
  readonly format: (value: number) => string;
}

/** So many times what is reached is far above. */
const FAR = 12;

const whole = new Intl.NumberFormat();
const dollars = new Intl.NumberFormat(undefined, {
  style: 'currency',
  currency: 'USD',
  currencyDisplay: 'narrowSymbol',
});
const small = new Intl.NumberFormat(undefined, {
  style: 'currency',
  currency: 'USD',
  currencyDisplay: 'narrowSymbol',
  maximumSignificantDigits: 2,
});

/** Rows finished, at the service, and expected. */
export function rowsPlot(series: SeriesState): PlotModel {
  const points = pointsOf(
    series,
    ({ finished, submitted }) => [finished, finished + submitted],
    ({ finished }) => finished,
  );
  return {
    kind: 'rows',
    title: l10n.t('Rows over time'),
    keys: { done: l10n.t('finished'), top: series.atService, expected: l10n.t('expected') },
    points,
    now: series.now,
    goesOn: series.expected.length > 0,
    most: series.totalRows,
    limit: null,
    format: (value) => whole.format(value),
  };
}

/** Money spent, in flight at most, and expected, below the limit. */
export function moneyPlot(series: SeriesState): PlotModel {
  const points = pointsOf(
    series,
    ({ spentUsd, heldUsd }) => [spentUsd, spentUsd + heldUsd],
    ({ spentUsd }) => spentUsd,
  );
  const most = Math.max(0, ...points.map(({ top, expected }) => Math.max(top ?? 0, expected ?? 0)));
  return {
    kind: 'money',
    title: l10n.t('Money over time'),
    keys: { done: l10n.t('spent'), top: l10n.t('in flight, at most'), expected: l10n.t('expected') },
    points,
    now: series.now,
    goesOn: series.expected.length > 0,
    // A limit that is far above would press everything else to the ground.
    most:
      series.limitUsd !== null && (most === 0 || series.limitUsd < FAR * most)
        ? Math.max(most, series.limitUsd)
        : most * 1.2,
    limit: series.limitUsd,
    format: (value) => (value > 0 && value < 0.01 ? small.format(value) : dollars.format(value)),
  };
}

/** A moment in words: "10:31, 1,020 finished, 1,000 at Anthropic". */
export function pointInWords(model: PlotModel, point: PlotPoint): string {
  const { keys, format } = model;
  const { at, done, top, expected } = point;
  return [
    clockIn(model, at),
    ...(done === null ? [] : [`${format(done)} ${keys.done}`]),
    ...(top === null || done === null || top === done ? [] : [`${format(top - done)} ${keys.top}`]),
    ...(expected === null || done !== null ? [] : [`${format(expected)} ${keys.expected}`]),
  ].join(', ');
}

/** "10:31": with seconds in a plot of minutes, with the day in one of days. */
export function clockIn({ points }: PlotModel, at: number): string {
  const span = (points.at(-1)?.at ?? at) - (points[0]?.at ?? at);
  const time = { hour: 'numeric', minute: '2-digit' } as const;
  if (span > 20 * 3_600_000) return new Date(at).toLocaleString(undefined, { weekday: 'short', ...time });
  return new Date(at).toLocaleTimeString(undefined, span < 600_000 ? { ...time, second: '2-digit' } : time);
}

function pointsOf(
  { past, expected, now }: SeriesState,
  valuesOf: (point: SeriesState['past'][number]) => readonly [done: number, top: number],
  expectedOf: (point: SeriesState['expected'][number]) => number,
): PlotPoint[] {
  const before = past.map((point): PlotPoint => {
    const [done, top] = valuesOf(point);
    return { at: point.at, done, top, expected: null };
  });
  const last = before.at(-1);
  if (last === undefined) return [];
  // It stands now as the last event has left it.
  const here = {
    ...last,
    at: Math.max(last.at + 1, now),
    expected: expected.length > 0 ? last.done : null,
  };
  const after = expected
    .filter(({ at }) => at > here.at)
    .map((point): PlotPoint => ({ at: point.at, done: null, top: null, expected: expectedOf(point) }));
  return [...before, here, ...after];
}
