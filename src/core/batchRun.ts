import { LazyResults, hasEnded, jobResultOf } from './assembleResult.ts';
import type { AnswerCheck } from './answerCheck.ts';
import type { ReadSource } from './citations.ts';
import type { Clock } from './clock.ts';
import type { CostTracker } from './costTracker.ts';
import { Driver, type MakeBatchTask } from './driver.ts';
import type { RunEnding } from './ending.ts';
import type { EngineContext } from './engineContext.ts';
import type { Confirmation } from './events.ts';
import type { RandomBytes } from './ids.ts';
import type { JobResult } from './job.ts';
import type { OutputWriter, RowLoader } from './plan.ts';
import type { ProviderRegistry } from './provider.ts';
import type { RunLedger } from './runLedger.ts';
import type { HolderKind, RunMeta, RunWriter, StateManager } from './stateManager.ts';
import { batchesOfOtherRuns } from './otherRuns.ts';
import { carryOver, type ReusedRow } from './reuse.ts';
import { takeIn, type TakingIn } from './takingIn.ts';
import { runStatus, type RunStatus } from './status.ts';
import { describeStatus } from './describeStatus.ts';
import type { UsualDurations } from './usualDurations.ts';

/** How long calls on the wire may still take after a stop, before they are given up and become uncertain. */
const GRACE_MS = 10_000;

export interface BatchRunOptions {
  readonly state: StateManager;
  readonly runId: string;
  readonly registry: ProviderRegistry;
  readonly loader: RowLoader;
  readonly outputs?: OutputWriter;
  /** Checks answers that were asked to fit a schema, where the provider has not. */
  readonly checkAnswer?: AnswerCheck;
  /** Absent: no citation is verified. */
  readonly readSource?: ReadSource;
  readonly clock: Clock;
  readonly random: () => number;
  readonly randomBytes: RandomBytes;
  readonly kind: HolderKind;
  readonly takeOver?: boolean;
  readonly signal?: AbortSignal;
  readonly money?: CostTracker;
  readonly makeTask?: MakeBatchTask;
  /** Rows that earlier runs have answered, of a run that is new. */
  readonly reuse?: readonly ReusedRow[];
  /** What the person agreed to; nothing is submitted of a run that has none (promise P7). */
  readonly confirmation?: Confirmation;
  /** Set for a run that nobody has agreed to on this machine. */
  readonly takingIn?: TakingIn;
  readonly onProgress?: (status: RunStatus) => void;
  /** Leave uploads and results at the services after they were read; default false. */
  readonly keepArtifacts?: boolean;
  /** How long batches usually take here, for the status; absent: nobody knows. */
  readonly usual?: UsualDurations;
}

/**
 * An execution of a batch job, driven by this process from the moment it is started.
 *
 * @example
 * ```ts
 * const run = await new Batch({ stateFile: './state' }).addJob({ prompt: 'Hello', model: 'offline-extractive' }).run();
 * for await (const result of run.stream()) console.log(result.jobId, result.response);
 * await run.shutdown({ waitForActive: true });
 * ```
 */
export class BatchRun {
  readonly #writer: RunWriter;
  readonly #clock: Clock;
  readonly #usual: UsualDurations | undefined;
  readonly #stop = new AbortController();
  readonly #giveUp = new AbortController();
  readonly #drain = new AbortController();
  readonly #done: Promise<RunEnding>;
  #listenerError: { readonly error: unknown } | undefined;
  #ended = false;

  private constructor(writer: RunWriter, options: BatchRunOptions) {
    this.#writer = writer;
    this.#clock = options.clock;
    this.#usual = options.usual;
    const context: EngineContext = {
      writer,
      registry: options.registry,
      loader: options.loader,
      outputs: options.outputs,
      checkAnswer: options.checkAnswer,
      readSource: options.readSource,
      otherRunsBatches: () => batchesOfOtherRuns(options.state, options.runId),
      keepsArtifacts: options.keepArtifacts ?? false,
      clock: options.clock,
      random: options.random,
      randomBytes: options.randomBytes,
      stop: this.#stop.signal,
      giveUp: this.#giveUp.signal,
      requestStop: () => {
        this.#stopNow();
      },
    };
    const { onProgress } = options;
    if (onProgress !== undefined)
      writer.onChange(() => {
        try {
          onProgress(this.status());
        } catch (error) {
          this.#listenerError ??= { error }; // never the journal's failure: the event is on disk
          this.#stopNow();
        }
      });
    if (options.takingIn !== undefined && options.takingIn.agreement === undefined) this.#drain.abort();
    this.#done = this.#drive(new Driver(context, this.#drain.signal, options.makeTask));
    this.#done.catch(() => undefined); // whoever waits for the end sees it
  }

  /**
   * Takes the run's lease and starts driving it.
   * @throws StateError `leaseHeld` when another process drives it.
   */
  static async start(options: BatchRunOptions): Promise<BatchRun> {
    const writer = await options.state.driveRun(options.runId, {
      kind: options.kind,
      ...(options.takeOver === undefined ? {} : { takeOver: options.takeOver }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.money === undefined ? {} : { money: options.money }),
    });
    try {
      if (options.reuse !== undefined) await carryOver(writer, options.reuse, options.clock.now());
      if (options.confirmation !== undefined && writer.ledger.confirmation === undefined) {
        await writer.append({ e: 'confirmed', at: options.clock.now(), ...options.confirmation });
      }
      if (options.takingIn !== undefined) await takeIn(writer, options.takingIn, options.clock.now());
      return new BatchRun(writer, options);
    } catch (error) {
      await writer.release();
      throw error;
    }
  }

  get runId(): string {
    return this.#writer.meta.runId;
  }

  /** What is fixed of the run, and what the journal says of it; both for reading. */
  get meta(): RunMeta {
    return this.#writer.meta;
  }
  get ledger(): RunLedger {
    return this.#writer.ledger;
  }

  /** Whether every row has ended. */
  get isComplete(): boolean {
    return this.#writer.ledger.rows.every((row) => hasEnded(row.status));
  }

  /** Where the run stands now. With `print` it is also written to standard output, for people. */
  status(options: { readonly print?: boolean } = {}): RunStatus {
    const status = runStatus(this.#writer, {
      driven: !this.#ended,
      now: this.#clock.now(),
      offlineSince: this.#writer.offlineSince,
      ...(this.#usual === undefined ? {} : { usual: this.#usual }),
    });
    if (options.print === true) process.stdout.write(`${describeStatus(status)}\n`);
    return status;
  }

  /** Results of the rows that have ended so far, by job id; each is read from disk when it is asked for. */
  results(): ReadonlyMap<string, JobResult> {
    return new LazyResults(this.#writer);
  }

  /** Results as they arrive, those that are there first; ends when the run does. @throws what the run ended with. */
  async *stream(): AsyncGenerator<JobResult, undefined> {
    const seen = new Set<number>();
    for (;;) {
      const changed = Promise.withResolvers<undefined>();
      const unsubscribe = this.#writer.onChange(() => {
        changed.resolve(undefined);
      });
      try {
        for (const [ordinal, row] of this.#writer.ledger.rows.entries()) {
          if (!hasEnded(row.status) || seen.has(ordinal)) continue;
          seen.add(ordinal);
          yield jobResultOf(this.#writer, ordinal);
        }
        if ((await Promise.race([changed.promise, this.#done])) !== undefined && this.#allSeen(seen)) return;
      } finally {
        unsubscribe();
      }
    }
  }

  /**
   * Resolves when this process drives the run no more: finished, or waiting for a person.
   * @throws StateError when it was taken over, or its state could not be written.
   */
  async finished(): Promise<RunStatus> {
    await this.#done;
    return this.status();
  }

  /**
   * Stops driving: nothing new is submitted, the journal is flushed, the lease released. Batches in flight go on at the
   * service; a later resume collects them. With `waitForActive` they are first followed to their end.
   */
  async shutdown(options: { readonly waitForActive?: boolean } = {}): Promise<void> {
    this.#drain.abort();
    if (options.waitForActive !== true) this.#stopNow();
    await this.#done.catch(() => undefined); // `finished` tells how it ended
  }

  #stopNow(): void {
    this.#stop.abort();
    void this.#clock.sleep(GRACE_MS, this.#giveUp.signal).then(() => {
      this.#giveUp.abort();
    });
  }

  #allSeen(seen: ReadonlySet<number>): boolean {
    return this.#writer.ledger.rows.every((row, ordinal) => !hasEnded(row.status) || seen.has(ordinal));
  }

  async #drive(driver: Driver): Promise<RunEnding> {
    try {
      const ending = await driver.drive();
      if (this.#listenerError !== undefined) throw this.#listenerError.error;
      return ending;
    } finally {
      this.#ended = true;
      this.#giveUp.abort();
      await this.#writer.release();
    }
  }
}
