/** Time as the engine sees it. Everything that waits or measures takes one, so that tests own time. */
export interface Clock {
  /** Wall clock, epoch milliseconds: for what is written down. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary origin: for durations. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when the signal aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.max(ms, 0), 2 ** 31 - 1));
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/**
 * A clock on which every wait takes `factor` times as long (`--poll-interval S` is a factor of S/5). The engine keeps
 * counting in its nominal times: durations measured on this clock are scaled back, the wall clock is untouched.
 */
export function scaledClock(base: Clock, factor: number): Clock {
  return {
    now: () => base.now(),
    monotonic: () => base.monotonic() / factor,
    sleep: (ms, signal) => base.sleep(ms * factor, signal),
  };
}
