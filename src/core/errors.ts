import { ERROR_CODES, type ErrorCode } from './vocabulary.ts';

/** A place in a file, for the Problems panel and the command line alike. Lines and columns count from 1. */
export interface SourceRange {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** One thing that is wrong in a job file, with where it stands. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** What is wrong and what to do, in one sentence or two. */
  readonly message: string;
  /** The job file, relative to the root with `/`, or as the person named it. */
  readonly file: string;
  /** JSON path, such as `cells[0].files`; empty for the whole file. */
  readonly path: string;
  readonly range: SourceRange;
  /** Set where it tells of files that are left out, which a plan also lists. */
  readonly about?: 'leftOut';
  /** What would make it right, where that is likely enough to be offered. */
  readonly fixes?: readonly ProblemFix[];
}

/** One replacement of text that makes a problem go away. */
export interface ProblemFix {
  /** Named by its result, such as `Use claude-haiku-5-5`. */
  readonly title: string;
  readonly range: SourceRange;
  /** What stands there afterwards, as it is written in the file. */
  readonly text: string;
}

export interface ErrorOptions {
  readonly cause?: unknown;
  /** Overrides the table's default, where the service said otherwise. */
  readonly retryable?: boolean;
}

/**
 * The root of every error that this project throws on purpose. Tell kinds apart by `code`, never by `instanceof`
 * (two bundles have two classes) and never by the message.
 *
 * @example
 * ```ts
 * try { await batch.run(); } catch (error) { if (isBatchbookError(error) && error.code === 'costLimit') raiseLimit(); }
 * ```
 */
export class BatchbookError extends Error {
  override readonly name: string = 'BatchbookError';
  readonly code: ErrorCode;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** What happened, to which file or row, and what to do next; fit to show to a person. */
  readonly userMessage: string;

  constructor(code: ErrorCode, userMessage: string, options: ErrorOptions = {}) {
    super(userMessage, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.userMessage = userMessage;
    this.retryable = options.retryable ?? ERROR_CODES[code].retryable;
  }
}

/** A job, a parameter or a call that cannot be carried out as given; nothing was sent. */
export class ValidationError extends BatchbookError {
  override readonly name = 'ValidationError';
}

export type ProviderErrorCode = Extract<
  ErrorCode,
  | 'auth'
  | 'providerRefused'
  | 'rateLimit'
  | 'queueFull'
  | 'notFound'
  | 'network'
  | 'unavailable'
  | 'ambiguous'
  | 'invalidRequest'
  | 'truncatedDownload'
>;

/** What a batch service answered, or failed to answer. */
export class ProviderError extends BatchbookError {
  override readonly name = 'ProviderError';
  declare readonly code: ProviderErrorCode;
  /** Name of the provider, such as `openai`. */
  readonly provider: string;
  /** What the service asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ProviderErrorCode,
    provider: string,
    userMessage: string,
    options: ErrorOptions & { readonly retryAfterMs?: number } = {},
  ) {
    super(code, userMessage, options);
    this.provider = provider;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The cost limit leaves no room for what should be sent next. */
export class CostLimitError extends BatchbookError {
  override readonly name = 'CostLimitError';
}

/** The state on disk cannot be used as it is: held by somebody else, corrupt, newer, or of other jobs. */
export class StateError extends BatchbookError {
  override readonly name = 'StateError';
}

/** A job file with at least one error; nothing was sent and the file was not touched. */
export class JobFileError extends BatchbookError {
  override readonly name = 'JobFileError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options: ErrorOptions = {}) {
    super('jobFile', problems.map(formatProblem).join('\n'), options);
    this.problems = problems;
  }
}

/** `file:line:column: message`, the form that terminals and editors make into a link. */
export function formatProblem(problem: Problem): string {
  return `${problem.file}:${String(problem.range.line)}:${String(problem.range.column)}: ${problem.message}`;
}

/** True for every error of this family, also one that another copy of this code has thrown. */
export function isBatchbookError(error: unknown): error is BatchbookError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code in ERROR_CODES &&
    'userMessage' in error
  );
}

/** The text of anything thrown, for a message that wraps it. */
export function describeCause(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** For the `default` of a switch that must be exhaustive. */
export function assertNever(value: never): never {
  throw new BatchbookError('internal', `Unexpected value ${JSON.stringify(value)}.`);
}
