import type { ProviderBatchState } from '../../core/vocabulary.ts';

/** What a batch's `status` means (SDK 7.57.0). */
export function stateOf(status: string): ProviderBatchState {
  switch (status) {
    case 'validating':
    case 'failed':
    case 'expired':
    case 'cancelling':
    case 'cancelled':
      return status;
    case 'in_progress':
    case 'finalizing':
      return 'running';
    case 'completed':
      return 'ended';
    default:
      return 'unknown';
  }
}
