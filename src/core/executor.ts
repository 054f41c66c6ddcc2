import pLimit from 'p-limit';

/**
 * Runs at most `maxConcurrent` tasks at a time; here a task is the life of one batch, from submission to its results on
 * disk, so that the number of batches in flight is bounded over all services.
 *
 * @example
 * ```ts
 * const executor = new ConcurrentExecutor(10);
 * if (executor.hasRoom) void executor.run(() => request.run());
 * await executor.nextDone();
 * ```
 */
export class ConcurrentExecutor {
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #maxConcurrent: number;
  readonly #running = new Set<Promise<void>>();

  /** @param maxConcurrent A positive integer. */
  constructor(maxConcurrent: number) {
    this.#maxConcurrent = maxConcurrent;
    this.#limit = pLimit(maxConcurrent);
  }

  get running(): number {
    return this.#running.size;
  }

  /** Whether another task would start at once. */
  get hasRoom(): boolean {
    return this.#running.size < this.#maxConcurrent;
  }

  /** Starts a task now or when there is room. A task must handle its own errors: one that rejects rejects here. */
  run(task: () => Promise<void>): Promise<void> {
    const done = this.#limit(task).finally(() => {
      this.#running.delete(done);
    });
    this.#running.add(done);
    return done;
  }

  /** Resolves when one of the running tasks ends, at once without any. */
  async nextDone(): Promise<void> {
    if (this.#running.size > 0) await Promise.race(this.#running);
  }

  /** Resolves when all have ended. */
  async allDone(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
