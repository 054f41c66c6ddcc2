/** Runs something later; returns the way to call it off. `setTimeout` in one. */
export type Later = (ms: number, action: () => void) => () => void;

/** One check at a time, of the newest version, a while after the last change; results of older versions are dropped. */
export class DebouncedCheck<T> {
  readonly #check: () => Promise<T>;
  readonly #show: (result: T) => void;
  readonly #fail: (error: unknown) => void;
  readonly #later: Later;
  #callOff: (() => void) | undefined;
  #running = false;
  #version = 0;
  #disposed = false;

  constructor(options: {
    readonly check: () => Promise<T>;
    readonly show: (result: T) => void;
    readonly fail: (error: unknown) => void;
    readonly later: Later;
  }) {
    this.#check = options.check;
    this.#show = options.show;
    this.#fail = options.fail;
    this.#later = options.later;
  }

  /** Something has changed: checks `ms` after the last of these calls. */
  trigger(ms: number): void {
    if (this.#disposed) return;
    this.#version += 1;
    this.#callOff?.();
    this.#callOff = this.#later(ms, () => {
      this.#callOff = undefined;
      if (!this.#running) void this.#run();
    });
  }

  /** Whoever waits for a pause waits no longer. */
  hasten(): void {
    if (this.#callOff !== undefined) this.trigger(0);
  }

  /** No result is shown any more. */
  dispose(): void {
    this.#disposed = true;
    this.#version += 1;
    this.#callOff?.();
    this.#callOff = undefined;
  }

  async #run(): Promise<void> {
    this.#running = true;
    const version = this.#version;
    try {
      const result = await this.#check();
      if (version === this.#version) this.#show(result);
    } catch (error) {
      if (version === this.#version) this.#fail(error);
    } finally {
      this.#running = false;
      // A change that came meanwhile found this check running, and its time is over.
      if (version !== this.#version && this.#callOff === undefined) this.trigger(0);
    }
  }
}
