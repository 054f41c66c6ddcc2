import type { RowOutcome, RowErrorCode } from './vocabulary.ts';

/** One turn of a conversation. */
export interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

export type Effort = 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';
export const EFFORTS = [
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max',
] as const satisfies readonly Effort[];

/** A JSON Schema, as data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What one answer is asked with. `undefined` is "not asked for": the service's own default holds. */
export interface RequestParameters {
  readonly model: string;
  /** Most tokens of the answer. */
  readonly maxTokens: number;
  readonly system?: string;
  readonly temperature?: number;
  readonly effort?: Effort;
  readonly enableCitations?: boolean;
  readonly cache?: boolean;
  /** Whether the answer is to give back a token of its row, which is checked and taken out again; see `core/echo.ts`. */
  readonly echo?: boolean;
  readonly responseSchema?: JsonSchema;
}

/** A file that goes with a request, read whole. */
export interface InputFile {
  /** Relative to the root, with `/`, NFC. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * One immutable AI task, ready to be encoded: either `messages`, or a `file` with a `prompt`, or a `prompt` alone
 * (one user message).
 */
export interface Job extends RequestParameters {
  readonly id: string;
  readonly messages?: readonly Message[];
  readonly prompt?: string;
  readonly file?: InputFile;
}

/** Tokens by the class they are billed in. Absent classes are 0. */
export interface Usage {
  /** Input at the full price, cached tokens not included. */
  readonly input: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly cacheWrite1h?: number;
  /** Output including thinking. */
  readonly output: number;
  /** The part of `output` that was thinking. */
  readonly thinking?: number;
}

/** All input tokens, cached ones included. */
export function inputTokensOf(usage: Usage): number {
  return usage.input + (usage.cacheRead ?? 0) + (usage.cacheWrite ?? 0) + (usage.cacheWrite1h ?? 0);
}

export const NO_USAGE: Usage = { input: 0, output: 0 };

/** Where an answer rests on its source. Exactly one of the source's ranges is set; ends are exclusive. */
export interface Citation {
  readonly file: string;
  readonly citedText: string;
  readonly charRange?: readonly [start: number, end: number];
  readonly pageRange?: readonly [start: number, end: number];
  readonly blockRange?: readonly [start: number, end: number];
  /** Whether `citedText` stands word for word in the source. */
  readonly verified: boolean;
  /** The part of the response that rests on it, in UTF-16 units. */
  readonly answerRange?: readonly [start: number, end: number];
  /** Fields of a structured answer that rest on it, as JSON paths such as `items[0].total`. */
  readonly fields?: readonly string[];
}

export interface RowError {
  readonly code: RowErrorCode;
  readonly message: string;
}

/** The outcome of one job: the last attempt's answer, and what all attempts cost. */
export interface JobResult {
  readonly jobId: string;
  readonly status: RowOutcome;
  /** The answer's text as it came; kept on every path, also of an answer that broke its schema. */
  readonly response: string | undefined;
  /** The parsed answer of a job with a schema, where it is valid. */
  readonly parsedResponse: unknown;
  readonly citations: readonly Citation[];
  /** All input tokens, cached ones included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly usage: Usage;
  /** USD over all attempts of this row in this run. */
  readonly costUsd: number;
  readonly attempts: number;
  readonly model: string;
  readonly provider: string;
  /** The provider's id of the batch; `undefined` where the row was never in one. */
  readonly batchId: string | undefined;
  readonly stopReason: string | undefined;
  readonly error?: RowError;
  /** Epoch milliseconds. */
  readonly finishedAt: number;
  /** The earlier run whose answer this is; then `costUsd` is 0. */
  readonly reusedFrom?: string;
}
