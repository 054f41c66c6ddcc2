import type { ErrorCode } from '../../core/vocabulary.ts';
import type { ResultsView } from './resultsSearch.ts';
import type { ResultsSession, ResultsSessionOptions } from './resultsSession.ts';

/** What a session that lives on a thread of its own is opened with. */
export type SessionPlace = Pick<ResultsSessionOptions, 'root' | 'stateDir' | 'runId' | 'models'>;

/** The methods of a session that can be called from another thread, all of them answered later. */
export type RemoteSession = {
  readonly [
    K in keyof Pick<
      ResultsSession,
      | 'facts'
      | 'refresh'
      | 'ask'
      | 'lines'
      | 'rowsAt'
      | 'placeOf'
      | 'notOkFrom'
      | 'detail'
      | 'slice'
      | 'citedPlace'
      | 'source'
      | 'sourcePart'
      | 'standing'
      | 'prompt'
      | 'writtenPlace'
      | 'jobFilePlace'
      | 'copy'
    >
  ]: (...args: Parameters<ResultsSession[K]>) => Promise<Awaited<ReturnType<ResultsSession[K]>>>;
};

export interface CallMessage {
  readonly id: number;
  readonly method: keyof RemoteSession;
  readonly args: readonly unknown[];
}

/** What comes back. An error keeps its code, by which it is known on the other side. */
export type WorkerMessage =
  | { readonly t: 'view'; readonly view: ResultsView }
  | { readonly t: 'result'; readonly id: number; readonly value: unknown }
  | { readonly t: 'error'; readonly id: number; readonly code: ErrorCode; readonly message: string };
