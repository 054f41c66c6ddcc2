import { Worker } from 'node:worker_threads';
import { BatchbookError, describeCause } from '../../core/errors.ts';
import type { CallMessage, ThreadStart, WorkerMessage } from '../../workspace/results/workerMessages.ts';

/** A thread with one session. */
export interface SessionThread {
  /** Calls a method of the session; which there are is known to the caller. */
  readonly call: (method: string, args: readonly unknown[]) => Promise<unknown>;
  /** Calls that have no answer yet fail. */
  end(): void;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * @param file The bundle of the thread, absolute.
 * @param onTold What the session says by itself.
 */
export function startSessionThread(
  file: string,
  start: ThreadStart,
  onTold: (value: unknown) => void,
): SessionThread {
  const worker = new Worker(file, { workerData: start });
  const waiting = new Map<number, Waiting>();
  let next = 0;
  let failure: BatchbookError | undefined;
  const fail = (error: BatchbookError): void => {
    failure ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('message', (message: WorkerMessage) => {
    if (message.t === 'told') {
      onTold(message.value);
      return;
    }
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.t === 'result') call?.resolve(message.value);
    else call?.reject(new BatchbookError(message.code, message.message));
  });
  worker.on('error', (error) => {
    fail(
      new BatchbookError('internal', `Reading the results failed: ${describeCause(error)}`, { cause: error }),
    );
  });
  worker.on('exit', () => {
    fail(new BatchbookError('internal', 'Reading the results has ended.'));
  });
  return {
    call: (method, args) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure);
          return;
        }
        const id = next++;
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, method, args } satisfies CallMessage);
      }),
    end: () => {
      void worker.terminate();
    },
  };
}
