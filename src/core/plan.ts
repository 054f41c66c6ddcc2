import type { Job, JobResult, RequestParameters } from './job.ts';
import type { ModelConfig } from './modelConfig.ts';

/** What a row is expected to need, computed on this machine when the run was planned. */
export interface RowEstimate {
  /** Bytes of the input that would leave the machine. */
  readonly bytes: number;
  /** Expected input tokens. */
  readonly inputTokens: number;
  /** The most it can cost, in nanodollars: what is reserved before it is sent (promise P3). */
  readonly reservedNanoUsd: number;
  /** What it is expected to cost, in nanodollars. */
  readonly expectedNanoUsd: number;
}

/** One row as planned. Its ordinal is its place in the plan. */
export interface PlannedRow {
  /** Unique in the run and the same in every run of the same input. */
  readonly id: string;
  /** Id of the cell it comes from; `job` for library jobs. */
  readonly cell: string;
  /** Path of the input relative to the root, or `path#key` of a data row, or empty. */
  readonly source: string;
  /** Hash over file bytes, rendered prompt, schema, model and parameters. */
  readonly inputHash: string;
  readonly estimate: RowEstimate;
}

/** Parameters and prices that all rows of a cell share, kept in `run.json`. */
export interface PlannedCell {
  readonly id: string;
  readonly model: string;
  readonly provider: string;
  readonly parameters: RequestParameters;
  readonly retry: RetryPolicy;
  /** Tokens that all rows begin with, where the service is asked to cache them; see `planCaching`. */
  readonly prefixTokens?: number;
  /** Whether one row goes before the others, to see whether the service takes it; see `planProbe`. */
  readonly probe?: true;
}

/** How many further attempts each kind of ending gets; 0 switches off. */
export interface RetryPolicy {
  readonly truncated: number;
  readonly invalid: number;
  readonly transient: number;
  readonly missing: number;
}

export const DEFAULT_RETRY: RetryPolicy = { truncated: 1, invalid: 1, transient: 3, missing: 2 };

/** For each kind of ending what the first of the wishes says that says something, else the default. */
export function mergeRetry(
  ...wishes: readonly ({ readonly [K in keyof RetryPolicy]?: number | undefined } | undefined)[]
): RetryPolicy {
  const pick = (key: keyof RetryPolicy): number =>
    wishes.find((wish) => wish?.[key] !== undefined)?.[key] ?? DEFAULT_RETRY[key];
  return {
    truncated: pick('truncated'),
    invalid: pick('invalid'),
    transient: pick('transient'),
    missing: pick('missing'),
  };
}

/** A re-ask of a truncated answer only helps where the answer may grow. */
export function effectiveRetry(
  policy: RetryPolicy,
  parameters: RequestParameters,
  model: ModelConfig,
): RetryPolicy {
  return parameters.maxTokens >= model.maxOutputTokens ? { ...policy, truncated: 0 } : policy;
}

/** Reads a planned row's input again, when it is about to be sent. */
export interface RowLoader {
  /**
   * The job with its content as it is now, and the hash over that content; or why there is none.
   * @param model Another one than that of the row's cell, as whose row it is loaded.
   */
  load(row: PlannedRow, model?: string): Promise<LoadedRow>;
}

export type LoadedRow =
  | { readonly ok: true; readonly job: Job; readonly inputHash: string }
  | { readonly ok: false; readonly code: 'gone' | 'unreadable' | 'tooLarge'; readonly message: string };

/** Puts the answer of an ok row where its job file asks for it. */
export interface OutputWriter {
  /**
   * Makes the folder that everything is written below, before anything is sent; absent: it is there.
   * @throws BatchbookError `disk` where it cannot be made or written.
   */
  readonly prepare?: () => Promise<void>;
  /**
   * Writes the row's output, creating folders, never replacing a file that is not ours (promise P5).
   * Resolves to what was written, or why nothing was.
   */
  write(request: OutputRequest): Promise<OutputOutcome>;
}
export interface OutputRequest {
  readonly ordinal: number;
  readonly row: PlannedRow;
  readonly result: JobResult;
  /** What we wrote there before, if anything. */
  readonly previousSha256: string | undefined;
}
export type OutputOutcome =
  | { readonly kind: 'none' }
  | { readonly kind: 'written'; readonly path: string; readonly sha256: string }
  | { readonly kind: 'leftAlone'; readonly path: string; readonly reason: string };
