import { Worker } from 'node:worker_threads';
import { BatchbookError, describeCause } from '../../core/errors.ts';
import type { ResultsView } from '../../workspace/results/resultsSearch.ts';
import type {
  CallMessage,
  RemoteSession,
  SessionPlace,
  WorkerMessage,
} from '../../workspace/results/workerMessages.ts';

/** A session on a thread of its own, until it is ended. */
export interface ResultsThread {
  readonly session: RemoteSession;
  /** Calls that have no answer yet fail. */
  end(): void;
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** @param file The bundle of the thread, absolute. */
export function startResultsThread(
  file: string,
  place: SessionPlace,
  onView: (view: ResultsView) => void,
): ResultsThread {
  const worker = new Worker(file, { workerData: place });
  const waiting = new Map<number, Waiting>();
  let next = 0;
  let failure: BatchbookError | undefined;
  const fail = (error: BatchbookError): void => {
    failure ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('message', (message: WorkerMessage) => {
    if (message.t === 'view') {
      onView(message.view);
      return;
    }
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.t === 'result') call?.resolve(message.value as never);
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
  const call = <K extends keyof RemoteSession>(method: K): RemoteSession[K] =>
    // The rest parameters are those of the method, which the message only carries.
    ((...args: readonly unknown[]) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure);
          return;
        }
        const id = next++;
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, method, args } satisfies CallMessage);
      })) as RemoteSession[K];
  return {
    session: {
      facts: call('facts'),
      refresh: call('refresh'),
      ask: call('ask'),
      lines: call('lines'),
      rowsAt: call('rowsAt'),
      placeOf: call('placeOf'),
      notOkFrom: call('notOkFrom'),
      detail: call('detail'),
      slice: call('slice'),
      citedPlace: call('citedPlace'),
      source: call('source'),
      sourcePart: call('sourcePart'),
      standing: call('standing'),
      prompt: call('prompt'),
      writtenPlace: call('writtenPlace'),
      jobFilePlace: call('jobFilePlace'),
      copy: call('copy'),
    },
    end: () => {
      void worker.terminate();
    },
  };
}
