import type { ResultsView } from '../../workspace/results/resultsSearch.ts';
import type { RemoteSession, SessionPlace } from '../../workspace/results/workerMessages.ts';
import { startSessionThread } from './sessionThread.ts';

/** A session on a thread of its own, until it is ended. */
export interface ResultsThread {
  readonly session: RemoteSession;
  /** Calls that have no answer yet fail. */
  end(): void;
}

/** @param file The bundle of the thread, absolute. */
export function startResultsThread(
  file: string,
  place: SessionPlace,
  onView: (view: ResultsView) => void,
): ResultsThread {
  const thread = startSessionThread(file, { kind: 'results', ...place }, (value) => {
    onView(value as ResultsView);
  });
  const call = <K extends keyof RemoteSession>(method: K): RemoteSession[K] =>
    // The rest parameters are those of the method, which the message only carries.
    ((...args: readonly unknown[]) => thread.call(method, args)) as RemoteSession[K];
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
      thread.end();
    },
  };
}
