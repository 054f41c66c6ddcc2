import type { ProviderBatchState } from '../../core/vocabulary.ts';

/** The part of a batch, which is a long-running operation, that tells where it stands. */
export interface OperationState {
  readonly done?: boolean;
  readonly error?: { readonly code?: number };
  readonly metadata?: { readonly state?: string };
}

/** google.rpc CANCELLED. */
const CANCELLED = 1;

/** Where a batch stands: by its state, or where that is a word nobody knows, by whether the operation is done and how. */
export function stateOf({ metadata, done, error }: OperationState): ProviderBatchState {
  const state = stateOfWord(metadata?.state);
  if (state !== 'unknown' || done !== true) return state;
  if (error == null) return 'ended';
  return error.code === CANCELLED ? 'cancelled' : 'failed';
}

/** What a state means: `BATCH_STATE_` on the wire, `JOB_STATE_` in the SDK (3.1.0), which knows some more of Vertex AI. */
export function stateOfWord(word: string | undefined): ProviderBatchState {
  switch (word?.replace(/^(?:BATCH|JOB)_STATE_/, '')) {
    case 'QUEUED':
    case 'PENDING':
      return 'validating';
    case 'RUNNING':
    case 'UPDATING':
    case 'PAUSED':
      return 'running';
    case 'SUCCEEDED':
    case 'PARTIALLY_SUCCEEDED':
      return 'ended';
    case 'FAILED':
      return 'failed';
    case 'CANCELLING':
      return 'cancelling';
    case 'CANCELLED':
      return 'cancelled';
    case 'EXPIRED':
      return 'expired';
    default:
      return 'unknown';
  }
}
