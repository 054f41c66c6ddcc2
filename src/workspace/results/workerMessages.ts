import type { ErrorCode } from '../../core/vocabulary.ts';
import type { ComparePlace, CompareSession } from '../compare/compareSession.ts';
import type { ResultsSession, ResultsSessionOptions } from './resultsSession.ts';

/** What a session that lives on a thread of its own is opened with. */
export type SessionPlace = Pick<ResultsSessionOptions, 'root' | 'stateDir' | 'runId' | 'models'>;

/** What the thread is started with: one session, of this kind. */
export type ThreadStart =
  ({ readonly kind: 'results' } & SessionPlace) | ({ readonly kind: 'comparison' } & ComparePlace);

/** Methods that can be called from another thread, all of them answered later. */
export type Remote<Session> = {
  readonly [K in keyof Session]: Session[K] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};

/** The methods of a session that can be called from another thread. */
export type RemoteSession = Remote<
  Pick<
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
>;

/** The methods of a comparison that can be. */
export type RemoteComparison = Remote<
  Pick<
    CompareSession,
    'facts' | 'ask' | 'swap' | 'lines' | 'pairsAt' | 'placeOf' | 'detail' | 'export' | 'stopExport'
  >
>;

export interface CallMessage {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What comes back. `told` is what a session says by itself. An error keeps its code, by which it is known on the other side. */
export type WorkerMessage =
  | { readonly t: 'told'; readonly value: unknown }
  | { readonly t: 'result'; readonly id: number; readonly value: unknown }
  | { readonly t: 'error'; readonly id: number; readonly code: ErrorCode; readonly message: string };
