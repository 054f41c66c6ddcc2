import { nanoFromUsd } from '../core/money.ts';
import type { RunReader } from '../core/stateManager.ts';
import { attachmentsToRun } from '../workspace/attachBatches.ts';
import { describeAttachment } from './batchWords.ts';
import type { Session } from './session.ts';

/** Batches that were sent elsewhere, from the same plan: what they hold is not sent from here. */
export async function attachTo(
  { workspace, output }: Session,
  run: RunReader,
  batchIds: readonly string[],
  limitUsd: number | undefined,
): Promise<void> {
  const limit = limitUsd === undefined ? undefined : nanoFromUsd(limitUsd);
  for (const attachment of await attachmentsToRun(workspace, run, batchIds, limit)) {
    await workspace.request(run.meta.runId, { kind: 'attach', ...attachment });
    output.note(describeAttachment(attachment));
  }
}
