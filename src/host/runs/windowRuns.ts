import { EventEmitter, type Disposable, type Event } from 'vscode';
import type { BatchRun } from '../../core/batchRun.ts';
import type { AskConsent } from '../../workspace/consent.ts';
import type { JobPlan } from '../../workspace/planJobFile.ts';
import type { Workspace } from '../../workspace/workspace.ts';
import type { RunsModel } from './runsModel.ts';

/** A run that this window drove and that ended with an error. */
export interface FailedRun {
  readonly runId: string;
  readonly error: unknown;
}

/** The runs that this window drives. */
export class WindowRuns implements Disposable {
  readonly #model: RunsModel;
  readonly #askConsent: AskConsent;
  readonly #driven = new Map<string, BatchRun>();
  /** Runs that are being taken up, so that nobody is asked twice about one. */
  readonly #resuming = new Map<string, Promise<boolean>>();
  readonly #failed = new EventEmitter<FailedRun>();
  readonly #letGo = new Set<string>();
  /** Breaks off starts that wait for a run's former holder. */
  readonly #closing = new AbortController();

  /** @param askConsent Asks about a run that nobody has agreed to on this machine, before anything of it is sent. */
  constructor(model: RunsModel, askConsent: AskConsent) {
    this.#model = model;
    this.#askConsent = askConsent;
  }

  /** Fires when a run could not be driven on: its state cannot be written, or another process has taken it. */
  get onDidFail(): Event<FailedRun> {
    return this.#failed.event;
  }

  /**
   * Creates the run of a plan that the person has agreed to and drives it.
   * @param beside Id of the open run of the same job file that the person wants it beside.
   * @throws StateError when it cannot be created; nothing was sent.
   */
  async start(workspace: Workspace, plan: JobPlan, beside?: string): Promise<void> {
    const { runId } = plan.meta;
    this.#drive(
      runId,
      await workspace.start(plan, 'window', {
        ...this.#options(),
        ...(beside === undefined ? {} : { beside }),
      }),
    );
  }

  /**
   * Goes on with a run. Resolves to whether it does: where nobody has agreed on this machine to what the run sends, the
   * person is asked first, and may say no.
   * @param takeOver Ask the process that drives it to hand over.
   * @throws StateError `leaseHeld` when another process drives it.
   */
  resume(workspace: Workspace, runId: string, takeOver = false): Promise<boolean> {
    if (this.#driven.has(runId)) return Promise.resolve(true);
    const under = this.#resuming.get(runId) ?? this.#resume(workspace, runId, takeOver);
    this.#resuming.set(runId, under);
    return under;
  }

  async #resume(workspace: Workspace, runId: string, takeOver: boolean): Promise<boolean> {
    try {
      const askConsent = this.#askConsent;
      const run = await workspace.resume(runId, { ...this.#options(), askConsent, takeOver });
      if (run !== undefined) this.#drive(runId, run);
      return run !== undefined;
    } finally {
      this.#resuming.delete(runId);
    }
  }

  /**
   * Whether this window drove the run and came to an end with it: it was stopped, or handed over to a window that asked
   * for it. It is not this window's to take up again, until another process has driven it and died.
   */
  hasLetGo(runId: string): boolean {
    return this.#letGo.has(runId);
  }

  /** Whether this window drives the run, or was the last that it knows to have. */
  drove(runId: string): boolean {
    return this.#driven.has(runId) || this.#letGo.has(runId);
  }

  /** Another process drives the run now. */
  seenElsewhere(runId: string): void {
    this.#letGo.delete(runId);
  }

  /** Stops driving all of them: nothing new is sent, journals are flushed, leases released. */
  async shutdown(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#driven.values()].map((run) => run.shutdown()));
  }

  dispose(): void {
    this.#failed.dispose();
  }

  #options(): { readonly signal: AbortSignal; readonly onProgress: () => void } {
    return { signal: this.#closing.signal, onProgress: () => this.#model.touch() };
  }

  #drive(runId: string, run: BatchRun): void {
    this.#driven.set(runId, run);
    this.#letGo.delete(runId);
    if (this.#closing.signal.aborted) void run.shutdown();
    run
      .finished()
      .then(
        () => {
          this.#letGo.add(runId);
        },
        (error: unknown) => {
          this.#failed.fire({ runId, error });
        },
      )
      .finally(() => {
        this.#driven.delete(runId);
        this.#model.touch();
      });
    this.#model.touch();
  }
}
