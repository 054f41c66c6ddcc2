import type { Citation, RowError, Usage } from './job.ts';
import type { MoveTarget, ResultLocation, RunEvent } from './events.ts';
import type { PlannedCell, PlannedRow } from './plan.ts';
import type { CostTracker } from './costTracker.ts';
import type { RowRanges } from './rowRanges.ts';
import type { RunLedger } from './runLedger.ts';
import type { AttemptOutcome } from './vocabulary.ts';

/** Number of the on-disk format. A run of a higher one is refused. */
export const STATE_FORMAT = 1;

/** What `run.json` holds: all that is fixed when a run is created. */
export interface RunMeta {
  readonly format: number;
  readonly runId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly title: string;
  readonly jobFile?: {
    /** Relative to the root. */
    readonly path: string;
    readonly sha256: string;
    /** The file's text as it was: what *Resume* follows. */
    readonly text: string;
  };
  /** The one cell that was asked for, if not all. */
  readonly onlyCell?: string;
  readonly cells: readonly PlannedCell[];
  readonly settings: RunSettings;
}

export interface RunSettings {
  readonly limitNanoUsd?: number;
  /** Batches in flight over all services. */
  readonly maxConcurrent: number;
  readonly jobsPerBatch: number | 'auto';
  /** Rows to send before waiting for the person; 0 is no pilot. */
  readonly pilot: number;
  readonly resultsDir: string;
}

/** One line of `results.jsonl`: what an attempt brought. Cost, attempt and times are in the journal. */
export interface StoredResult {
  readonly row: number;
  readonly outcome: AttemptOutcome;
  readonly response?: string;
  readonly parsedResponse?: unknown;
  readonly citations?: readonly Citation[];
  readonly stopReason?: string;
  readonly usage?: Usage;
  readonly error?: RowError;
  /** Of an answer taken over from an earlier run. */
  readonly origin?: {
    readonly provider: string;
    readonly model: string;
    readonly batchId: string | undefined;
  };
}

export type HolderKind = 'window' | 'cli' | 'library';

/** Who drives a run, as others see it. */
export interface HolderInfo {
  readonly epoch: number;
  readonly kind: HolderKind;
  readonly host: string;
  readonly pid: number;
  /** `dead` and `released` are certain; `unproved` may be alive elsewhere. */
  readonly liveness: 'alive' | 'dead' | 'released' | 'unproved';
  /** Since when it cannot reach a service of the run, epoch milliseconds; absent while it can. */
  readonly offlineSince?: number;
}

/** A batch at a service that was made from the same plan elsewhere, to be taken over by a run. */
export interface Attachment {
  readonly provider: string;
  readonly batchId: string;
  readonly nonce: string;
  /** The rows that it holds. */
  readonly rows: RowRanges;
  /** When the service made it, epoch milliseconds; absent where it does not say. */
  readonly createdAt?: number;
}

/** What somebody else wants of the driver. */
export type RunRequest =
  | { readonly kind: 'stop' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'setLimit'; readonly limitNanoUsd: number | null }
  | { readonly kind: 'continue' }
  | { readonly kind: 'retry'; readonly rows?: readonly number[] }
  | { readonly kind: 'adopt'; readonly nonce: string; readonly batchId: string }
  | { readonly kind: 'resend'; readonly nonce?: string }
  | ({ readonly kind: 'attach' } & Attachment)
  /** Cancel a batch at its service and send what it does not answer again, to another model if one is named. */
  | { readonly kind: 'withdraw'; readonly nonce: string; readonly moveTo?: MoveTarget }
  | { readonly kind: 'writeOff'; readonly nanoUsd: number }
  /** Meant for the holder of this epoch alone: one that follows it is not asked. */
  | { readonly kind: 'handOver'; readonly epoch: number };
export type PendingRequest = RunRequest & { readonly id: string };

/** A run as any process may read it. */
export interface RunReader {
  readonly meta: RunMeta;
  readonly ledger: RunLedger;
  /** Applies what was appended since; resolves to whether anything was. */
  refresh(): Promise<boolean>;
  holder(): Promise<HolderInfo | undefined>;
  /** @throws StateError `corruptState` where the bytes do not match. */
  readResult(location: ResultLocation): StoredResult;
}

/** A run as its one driver writes it. Every method throws `StateError` `leaseLost` once somebody else has taken it over. */
export interface RunWriter {
  readonly meta: RunMeta;
  readonly ledger: RunLedger;
  readonly epoch: number;
  /**
   * Appends events, then applies them to the ledger. When one of them is durable (`DURABLE_EVENTS`) it resolves only
   * after the journal is on disk.
   */
  append(...events: readonly RunEvent[]): Promise<void>;
  /** Appends result lines; not on disk before `syncResults`. */
  appendResults(results: readonly StoredResult[]): Promise<readonly ResultLocation[]>;
  syncResults(): Promise<void>;
  readResult(location: ResultLocation): StoredResult;
  /** @throws StateError `leaseLost`. */
  assertHolder(): Promise<void>;
  /**
   * Lets whoever looks at the run see since when its services cannot be reached; `undefined`: they can. It is of this
   * moment only, so the journal has nothing of it. Calls back as a change does. Never throws.
   */
  tellOffline(since: number | undefined): void;
  /** What was told last. */
  readonly offlineSince: number | undefined;
  /** Opens the spool file of a batch. */
  openPayload(nonce: string): Promise<PayloadSpool>;
  removePayload(nonce: string): Promise<void>;
  /** Requests that wait, oldest first. */
  pendingRequests(): Promise<readonly PendingRequest[]>;
  /** Removes a request that was journalled as handled. */
  removeRequest(id: string): Promise<void>;
  /** Calls back after events were applied to the ledger, or the network was told of; returns the way to stop. */
  onChange(listener: () => void): () => void;
  /** Calls back when a request may have come; returns the way to stop. */
  onWake(listener: () => void): () => void;
  /** Gives up the lease. Never throws: correctness does not depend on it. */
  release(): Promise<void>;
}

/** A request body being spooled. */
export interface PayloadSpool {
  readonly path: string;
  write(text: string): Promise<void>;
  /** Closes the file; resolves to its size and hash. */
  finish(): Promise<{ readonly bytes: number; readonly sha256: string }>;
}

export interface NewRun {
  readonly meta: RunMeta;
  /** The rows in order, streamed so that a plan of any size fits. */
  readonly plan: Iterable<PlannedRow>;
}

export interface DriveOptions {
  readonly kind: HolderKind;
  /** Take the run from a holder that is not proved dead, after it has shown no heartbeat for five minutes. */
  readonly takeOver?: boolean;
  readonly signal?: AbortSignal;
  readonly money?: CostTracker;
}

/** Keeps runs on disk. The journal it writes is the one source of truth. */
export interface StateManager {
  /** Writes a planned run durably. Nothing was sent; a folder without `runCreated` is an abandoned plan. */
  createRun(run: NewRun): Promise<void>;
  /** Ids of the runs there are, oldest first. */
  listRuns(): Promise<readonly string[]>;
  /** Bytes of a run's journal: they grow whenever something happens in the run. 0 where there is none yet. */
  journalBytes(runId: string): Promise<number>;
  readRun(runId: string): Promise<RunReader>;
  /**
   * Does something while no other process does something of the same name on this state; waits for its turn. A process
   * that died in the middle does not stand in the way.
   * @param name Letters, digits and dashes.
   * @throws StateError `state` when its turn does not come within two minutes; `disk` when it cannot be taken.
   */
  exclusively<T>(name: string, work: () => Promise<T>): Promise<T>;
  /**
   * Takes the lease, repairs torn ends, and opens the run for writing.
   * @throws StateError `leaseHeld` when somebody else drives it or may do so.
   */
  driveRun(runId: string, options: DriveOptions): Promise<RunWriter>;
  /** Leaves a request for the driver. */
  request(runId: string, request: RunRequest): Promise<string>;
}
