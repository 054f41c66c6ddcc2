import type { RowStatus } from '../../core/vocabulary.ts';

/** The icon of each status and where it takes its colour from; always beside a word. */
export const STATUS_ICONS: { readonly [S in RowStatus]: readonly [icon: string, color: string] } = {
  ok: ['pass', 'testing.iconPassed'],
  truncated: ['warning', 'testing.iconQueued'],
  refused: ['circle-slash', 'charts.purple'],
  invalid: ['bracket-error', 'charts.orange'],
  error: ['error', 'testing.iconFailed'],
  cancelled: ['stop-circle', 'testing.iconSkipped'],
  submitted: ['cloud', 'charts.blue'],
  pending: ['circle-large', 'testing.iconUnset'],
};
