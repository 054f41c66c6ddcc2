import { isBatchbookError } from './errors.ts';
import type { StateManager } from './stateManager.ts';

/** Ids of the batches at services that all runs but one know of. A run that cannot be read knows of none. */
export async function batchesOfOtherRuns(
  state: Pick<StateManager, 'listRuns' | 'readRun'>,
  runId: string,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const other of await state.listRuns()) {
    if (other === runId) continue;
    try {
      const { ledger } = await state.readRun(other);
      for (const { batchId } of ledger.batches.values()) if (batchId !== undefined) ids.push(batchId);
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
    }
  }
  return ids;
}
