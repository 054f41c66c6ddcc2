import { StateError, describeCause, isBatchbookError } from '../core/errors.ts';

/**
 * Does what needs the disk.
 * @param failed What it means for the person when that fails, as a sentence without its end: "The run cannot be kept".
 * @param then What was left undone and what to do next.
 * @throws StateError `disk`, with the cause; errors of our own pass.
 */
export async function onDisk<T>(failed: string, then: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isBatchbookError(error)) throw error;
    throw new StateError('disk', `${failed}: ${describeCause(error)}. ${then}`, { cause: error });
  }
}
