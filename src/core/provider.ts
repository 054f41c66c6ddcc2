import type { RowRanges } from './rowRanges.ts';
import type { Citation, Job, RowError, Usage } from './job.ts';
import type { ModelConfig } from './modelConfig.ts';
import type { ProviderBatchState } from './vocabulary.ts';

/** What a service allows in one batch. */
export interface BatchLimits {
  readonly maxRows: number;
  /** Encoded bytes of the whole body, framing included. */
  readonly maxBytes: number;
  /** Estimated prompt tokens in one batch; absent: no such limit. */
  readonly maxEnqueuedTokens?: number;
}

/** How encoded rows become one body: `head + rows joined by separator + tail`. */
export interface PayloadFraming {
  readonly head: string;
  readonly separator: string;
  readonly tail: string;
}

/** A tokens estimate made on this machine; nothing is sent for it. */
export interface TokenEstimate {
  /** Expected input tokens. */
  readonly expected: number;
  /** The bound that money is reserved for: `expected` plus the stated margin, or an exact count. */
  readonly upperBound: number;
}

/** Something about a job that a model cannot take. */
export interface JobIssue {
  /** The parameter at fault, such as `temperature` or `file`. */
  readonly parameter: string;
  readonly message: string;
}

/** A request body spooled to disk, ready to be sent. */
export interface BatchPayload {
  /** Absolute path of the body. */
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
  readonly model: string;
}

export interface CreateOptions {
  /** Goes where the service has a place for it, and is the head of every custom id. */
  readonly nonce: string;
  /** The rows of the run that the batch holds; they go where the service has a place for them. */
  readonly rows: RowRanges;
  readonly signal: AbortSignal;
}

/** What is looked for at the service when nobody knows whether a create call arrived. */
export interface BatchIntent {
  readonly nonce: string;
  readonly model: string;
  readonly rows: number;
  /** Epoch milliseconds at which it was intended. */
  readonly intendedAt: number;
  /** Epoch milliseconds at which its call had ended: what was created well after that is another. */
  readonly endedAt: number;
  /** Ids of batches that are known to be others; they are not looked into again. */
  readonly except: ReadonlySet<string>;
}

/** A batch at the service that may be the intended one. */
export interface BatchCandidate {
  readonly batchId: string;
  /** True when the nonce was found on it, so that it is ours beyond doubt. */
  readonly certain: boolean;
  /** Epoch milliseconds, by the service's clock; absent where it does not say. */
  readonly createdAt?: number;
  /** Absent where the service does not say, or not yet. */
  readonly rows?: number;
  readonly state: ProviderBatchState;
}

/** What was found for an intent. */
export interface BatchSearch {
  readonly candidates: readonly BatchCandidate[];
  /** Ids of batches that had to be looked into and carry another nonce: candidates no more. */
  readonly ruledOut: readonly string[];
}

/** What tells whose a batch is, found on it or in its custom ids. */
export interface BatchMark {
  readonly nonce: string;
  /** The rows of the run that it holds, where that is short enough to be said. */
  readonly rows?: RowRanges;
}

/** A batch as its service describes it. */
export interface ServiceBatch {
  readonly batchId: string;
  readonly state: ProviderBatchState;
  /** Epoch milliseconds, by the service's clock; absent where it does not say. */
  readonly createdAt?: number;
  /** Absent where the service does not say, or not yet. */
  readonly rows?: number;
  /** Absent where the service does not say. */
  readonly model?: string;
  /** `undefined`: nobody can tell (yet) whose it is. `foreign`: this program did not make it. */
  readonly mark?: BatchMark | 'foreign';
}

/** Something that a service keeps of what this program has sent there, or that it may have sent. */
export interface Artifact {
  /** As the service names it. */
  readonly id: string;
  /** `batch`: a batch with everything that belongs to it; `id` is the batch's. */
  readonly kind: 'upload' | 'results' | 'batch';
  /** The batch that it belongs to, and what it is known by here; where neither is known it is nobody's. */
  readonly batchId?: string;
  readonly nonce?: string;
  /** Absent where the service does not say. */
  readonly bytes?: number;
  /** Epoch milliseconds, by the service's clock; absent where it does not say. */
  readonly createdAt?: number;
}

/** Which batches of a service are asked for. */
export interface BatchQuery {
  /** Made since then; epoch milliseconds. */
  readonly since: number;
  /** Ids of batches that are known already; they are neither looked into nor returned. */
  readonly except: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** What the service says of a batch. */
export interface BatchSnapshot extends ServiceBatch {
  /** The service's own word for the state. */
  readonly rawState: string;
  /** Result lines that a complete download has, once terminal; absent where the service does not say. */
  readonly expectedLines?: number;
  /** Rows done so far, where the service tells. */
  readonly completed?: number;
  /** Why a `failed` batch failed. `queueFull` uses up no attempt. */
  readonly failure?: { readonly code: 'queueFull' | 'rejected' | 'failed'; readonly message: string };
  /** When the service gives up on it, epoch milliseconds. */
  readonly expiresAt?: number;
  /** When its work ended, by the service's clock, epoch milliseconds; absent before, or where it does not say. */
  readonly endedAt?: number;
  /** Whether the service documents that rows without a usage in this state cost nothing. */
  readonly unreportedIsFree: boolean;
}

/** One line of a batch's results, parsed but not yet matched to a row. */
export interface RowResult {
  /** As the service returned it; `undefined` where the line has none, which no row can accept (promise P4). */
  readonly customId: string | undefined;
  readonly outcome:
    | 'ok'
    | 'truncated'
    | 'contextFull'
    | 'refused'
    | 'invalid'
    | 'transient'
    | 'permanent'
    | 'expired'
    | 'cancelled';
  readonly response?: string;
  /** The parsed answer of a job with a schema. */
  readonly parsedResponse?: unknown;
  readonly citations?: readonly Citation[];
  readonly stopReason?: string;
  /** Absent: the service did not say, see `BatchSnapshot.unreportedIsFree`. */
  readonly usage?: Usage;
  readonly error?: RowError;
}

/**
 * A batch service. Implementations keep no run state: everything they need is in the arguments.
 * Every method may throw `ProviderError`; `createBatch` throws `ambiguous` whenever the batch may exist.
 */
export interface Provider {
  readonly name: string;
  /** What people call it, such as `Anthropic`; absent: `name`. */
  readonly title?: string;
  /** Where requests go, such as `https://api.anthropic.com`; `undefined` for a provider on this machine. */
  readonly origin: string | undefined;
  /** Whether `origin` is where the service's vendor has it; absent is yes. Any other is shown before something is sent. */
  readonly isVendor?: boolean;
  /** False where it needs a key and has none; absent is yes. */
  readonly hasKey?: boolean;
  readonly models: readonly ModelConfig[];
  readonly limits: BatchLimits;
  readonly framing: PayloadFraming;
  /** True where a batch that `findBatches` does not return certainly does not exist; then nobody has to be asked. */
  readonly findsEveryBatch: boolean;
  /**
   * True where `findBatches` tells batches apart by their number of rows until they have ended; absent is no. Then no two
   * batches whose creation is open have equally many.
   */
  readonly findsBySize?: boolean;
  /**
   * Where the beginning that requests share can be kept for them: what it must have at least, and for how long it is kept
   * after each use. Absent: there is nothing to ask for.
   */
  readonly cachePrefix?: { readonly minTokens: number; readonly lifeMs: number };
  /** True where a batch that is cancelled brings nothing of what it has done; absent is no. */
  readonly losesCancelledWork?: boolean;
  /** How long results are kept from a batch's creation on at the least, in milliseconds; absent: nobody says. */
  readonly resultsKeptMs?: number;
  /** SHA-256 of the key, first 8 hex digits; `undefined` where there is no key (promise P6). */
  readonly keyFingerprint: string | undefined;

  /** What this model cannot take of this job; empty when it can be sent. Sends nothing. */
  validateJob(job: Job): readonly JobIssue[];
  /** Tokens of one job, estimated on this machine. Sends nothing (promise P7). */
  estimateTokens(job: Job): TokenEstimate;
  /**
   * Input tokens of one job as the service itself counts them, free of charge. Sends the job's content, so it is called
   * after the person's consent only (promise P7). Absent: the service does not count.
   */
  countTokens?(job: Job, signal: AbortSignal): Promise<number>;
  /** The job as one encoded row. May read and convert the input (a PDF to text), hence asynchronous. */
  encodeRow(job: Job, customId: string): Promise<string>;
  /** Creates one batch, never retrying by itself. Reached only through `core/submission.ts`. */
  createBatch(payload: BatchPayload, options: CreateOptions): Promise<{ readonly batchId: string }>;
  /** Looks for a batch whose creation is open. Sends no content. */
  findBatches(intent: BatchIntent): Promise<BatchSearch>;
  /**
   * Batches of this key that this program has made, or may have made as far as can be told before their end. Sends
   * nothing and changes nothing. Absent: what it has is on this machine.
   */
  listBatches?(query: BatchQuery): Promise<readonly ServiceBatch[]>;
  getBatch(batchId: string, signal: AbortSignal): Promise<BatchSnapshot>;
  /** All result lines of a terminal batch, in any order. Throws `truncatedDownload` if the stream broke off. */
  results(batchId: string, signal: AbortSignal): AsyncIterable<RowResult>;
  /** Asks the service to cancel; the batch stays live until `getBatch` says otherwise. */
  cancelBatch(batchId: string): Promise<void>;
  /** Removes what was uploaded for this batch and the results kept at the service. */
  deleteArtifacts(batchId: string): Promise<void>;
  /** What the service keeps for this key that may be of this program. Absent: it keeps nothing beside its batches here. */
  listArtifacts?(signal: AbortSignal): Promise<readonly Artifact[]>;
  /** Removes one of them; nothing happens where it is gone already. Present where `listArtifacts` is. */
  deleteArtifact?(artifact: Artifact): Promise<void>;
  /** Whether the key is good, by a free call that sends nothing of the person's; the error says why not. Absent: no key. */
  checkAccess?(signal: AbortSignal): Promise<void>;
}

/** Finds the provider of a model. */
export interface ProviderRegistry {
  /** Names of all providers there are, without loading any. */
  readonly providerNames: readonly string[];
  /** Every model that may be shown to a person, without loading a provider's code. */
  listModels(): readonly ModelConfig[];
  /** @throws ValidationError `unknownModel`, naming the nearest known model. */
  modelConfig(model: string): ModelConfig;
  /** Loads the provider's module on first use. @throws ValidationError `unknownModel`. */
  providerOf(model: string): Promise<Provider>;
  /** By name, for a run whose models are known no more. */
  providerNamed(name: string): Promise<Provider>;
}
