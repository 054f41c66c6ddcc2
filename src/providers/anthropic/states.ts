import type { ProviderBatchState } from '../../core/vocabulary.ts';

/** What a `processing_status` means (SDK 1.12.0). There is none for a batch that failed. */
export function stateOf(status: string): ProviderBatchState {
  switch (status) {
    case 'in_progress':
      return 'running';
    case 'canceling':
      return 'cancelling';
    case 'ended':
      return 'ended';
    default:
      return 'unknown';
  }
}
