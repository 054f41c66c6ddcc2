/**
 * The one typed table of the words that cross a boundary: row outcomes, run states, batch states, error codes and
 * exit codes. The command line, the tree, the documentation and the schemas derive from it.
 */

/** How a row may end. Every row of a finished run is exactly one of these (promise P1). */
export const ROW_OUTCOMES = ['ok', 'truncated', 'refused', 'invalid', 'error', 'cancelled'] as const;
export type RowOutcome = (typeof ROW_OUTCOMES)[number];

/** Where a row stands: not sent, in a live batch, or ended. */
export const ROW_STATUSES = ['pending', 'submitted', ...ROW_OUTCOMES] as const;
export type RowStatus = (typeof ROW_STATUSES)[number];

/** Where a run stands, as `status --json` prints it. */
export const RUN_STATES = [
  'planned',
  'running',
  'waiting',
  'needsDecision',
  'stoppedByLimit',
  'stopped',
  'cancelling',
  'finished',
] as const;
export type RunState = (typeof RUN_STATES)[number];

/**
 * Where a batch stands. `submitting`: intended, no answer yet. `uncertain`: the service may or may not have it.
 * `closed`: its results are on disk. The others are what the service says; `unknown` is a word of the service that we
 * do not know, polled as if running.
 */
export const BATCH_STATES = [
  'submitting',
  'uncertain',
  'validating',
  'running',
  'cancelling',
  'ended',
  'failed',
  'expired',
  'cancelled',
  'unknown',
  'closed',
  'rejected',
  'abandoned',
] as const;
export type BatchState = (typeof BATCH_STATES)[number];

/** The states that a provider may report. */
export type ProviderBatchState = Exclude<
  BatchState,
  'submitting' | 'uncertain' | 'closed' | 'rejected' | 'abandoned'
>;

/** The reported states after which a batch changes no more and its results can be read. */
export const TERMINAL_BATCH_STATES: ReadonlySet<BatchState> = new Set([
  'ended',
  'failed',
  'expired',
  'cancelled',
]);

/** The reported states in which the service is at work on a batch; `unknown` may be one of them. */
export const LIVE_BATCH_STATES: ReadonlySet<BatchState> = new Set([
  'validating',
  'running',
  'cancelling',
  'unknown',
]);

/** Why a single row did not end well, in words for a person. */
export const ROW_ERROR_CODES = {
  transient: 'The service failed on this row; another attempt may succeed.',
  expired: 'The batch window closed before the service reached this row.',
  missing: 'The service returned no result for this row.',
  permanent: 'The service rejected this row; it must change before it can succeed.',
  changed: 'The input changed after it was confirmed, and the new content was not sent.',
  gone: 'The input file no longer exists.',
  tooLarge: 'The input is larger than one request of this model may be.',
  unreadable: 'The input could not be read as this model needs it.',
  invalid:
    'The answer is not what was asked for: it breaks its schema, has no text, or lacks the token of its row.',
} as const;
export type RowErrorCode = keyof typeof ROW_ERROR_CODES;

/**
 * How one attempt may end: what the row becomes if no further attempt opens, and the retry budget that a further one
 * draws on (`never`: it is final at once).
 */
export const ATTEMPT_OUTCOMES = {
  ok: { status: 'ok', budget: 'never' },
  truncated: { status: 'truncated', budget: 'truncated' },
  /** It fills all that the model can hold: room for more tokens helps nothing. */
  contextFull: { status: 'truncated', budget: 'never' },
  refused: { status: 'refused', budget: 'never' },
  invalid: { status: 'invalid', budget: 'invalid' },
  cancelled: { status: 'cancelled', budget: 'never' },
  /** Somebody cancelled the batch at the service, and it was not us. */
  cancelledElsewhere: { status: 'cancelled', budget: 'transient' },
  /** The person took it back from a batch that took too long, to send it again. */
  withdrawn: { status: 'cancelled', budget: 'always' },
  transient: { status: 'error', budget: 'transient' },
  expired: { status: 'error', budget: 'transient' },
  missing: { status: 'error', budget: 'missing' },
  permanent: { status: 'error', budget: 'never' },
  changed: { status: 'error', budget: 'never' },
  gone: { status: 'error', budget: 'never' },
  tooLarge: { status: 'error', budget: 'never' },
  unreadable: { status: 'error', budget: 'never' },
} as const satisfies Record<string, { readonly status: RowOutcome; readonly budget: RetryBudget }>;
export type AttemptOutcome = keyof typeof ATTEMPT_OUTCOMES;
/** `never`: an ending is final; `always`: a further attempt draws on nothing. */
export type RetryBudget = 'never' | 'always' | 'truncated' | 'invalid' | 'transient' | 'missing';

/** Exit codes of the command line; the first that applies wins, in the order of `EXIT_PRECEDENCE`. */
export const EXIT_CODES = {
  ok: 0,
  someRowsNotOk: 1,
  usage: 2,
  stoppedByLimit: 3,
  credentials: 4,
  needsDecision: 5,
  interrupted: 130,
} as const;
export type ExitName = keyof typeof EXIT_CODES;

/** Every code an error of this project may carry, with whether trying again may help and the exit code it ends in. */
export const ERROR_CODES = {
  usage: { retryable: false, exit: 'usage' },
  notConfirmed: { retryable: false, exit: 'usage' },
  validation: { retryable: false, exit: 'usage' },
  jobFile: { retryable: false, exit: 'usage' },
  unknownModel: { retryable: false, exit: 'usage' },
  outputConflict: { retryable: false, exit: 'usage' },
  auth: { retryable: false, exit: 'credentials' },
  providerRefused: { retryable: false, exit: 'credentials' },
  rateLimit: { retryable: true, exit: 'someRowsNotOk' },
  queueFull: { retryable: true, exit: 'someRowsNotOk' },
  notFound: { retryable: false, exit: 'someRowsNotOk' },
  network: { retryable: true, exit: 'someRowsNotOk' },
  unavailable: { retryable: true, exit: 'someRowsNotOk' },
  ambiguous: { retryable: false, exit: 'needsDecision' },
  invalidRequest: { retryable: false, exit: 'someRowsNotOk' },
  truncatedDownload: { retryable: true, exit: 'someRowsNotOk' },
  costLimit: { retryable: false, exit: 'stoppedByLimit' },
  unknownPrice: { retryable: false, exit: 'usage' },
  state: { retryable: false, exit: 'usage' },
  runOpen: { retryable: false, exit: 'usage' },
  corruptState: { retryable: false, exit: 'usage' },
  newerFormat: { retryable: false, exit: 'usage' },
  leaseHeld: { retryable: true, exit: 'needsDecision' },
  leaseLost: { retryable: false, exit: 'interrupted' },
  disk: { retryable: true, exit: 'interrupted' },
  internal: { retryable: false, exit: 'someRowsNotOk' },
} as const satisfies Record<string, { readonly retryable: boolean; readonly exit: ExitName }>;
export type ErrorCode = keyof typeof ERROR_CODES;
