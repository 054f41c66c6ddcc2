import type { ComparePlace, ExportedSoFar } from '../../workspace/compare/compareSession.ts';
import type { RemoteComparison } from '../../workspace/results/workerMessages.ts';
import { startSessionThread } from './sessionThread.ts';

/** A comparison on a thread of its own, until it is ended. */
export interface CompareThread {
  readonly session: RemoteComparison;
  /** Calls that have no answer yet fail. */
  readonly end: () => void;
}

/** @param file The bundle of the thread, absolute. */
export function startCompareThread(
  file: string,
  place: ComparePlace,
  onExported: (soFar: ExportedSoFar) => void,
): CompareThread {
  const thread = startSessionThread(file, { kind: 'comparison', ...place }, (value) => {
    onExported(value as ExportedSoFar);
  });
  const call = <K extends keyof RemoteComparison>(method: K): RemoteComparison[K] =>
    // The rest parameters are those of the method, which the message only carries.
    ((...args: readonly unknown[]) => thread.call(method, args)) as RemoteComparison[K];
  return {
    session: {
      facts: call('facts'),
      ask: call('ask'),
      swap: call('swap'),
      lines: call('lines'),
      pairsAt: call('pairsAt'),
      placeOf: call('placeOf'),
      detail: call('detail'),
      export: call('export'),
      stopExport: call('stopExport'),
    },
    end: () => {
      thread.end();
    },
  };
}
