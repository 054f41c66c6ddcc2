import { assertMayBe, describeUnknown, examineBatch } from '../core/adoption.ts';
import { ProviderError, ValidationError } from '../core/errors.ts';
import type { ServiceBatch } from '../core/provider.ts';
import type { RunReader } from '../core/stateManager.ts';
import type { Workspace } from './workspace.ts';

/** How long a service may take to describe a batch. */
const EXAMINE_MS = 120_000;

/**
 * Leaves word for the driver that a batch at the service is the one of which a run does not know whether it arrived.
 * Whatever speaks against it, as far as the service tells, is found before anything is written.
 *
 * @returns Id of the request.
 * @throws ValidationError `usage` where it cannot be that batch, or is one of another run here; ProviderError where the
 *   service does not have it, or cannot be asked.
 */
export async function adoptBatch(
  workspace: Workspace,
  run: RunReader,
  nonce: string,
  batchId: string,
): Promise<string> {
  const batch = run.ledger.batch(nonce);
  await assertOfNoRun(workspace, batchId);
  assertMayBe(batch, await examineAt(workspace, batch.provider, batchId));
  return workspace.request(run.meta.runId, { kind: 'adopt', nonce, batchId });
}

/** @throws ValidationError `usage` where a run here has the batch already. */
export async function assertOfNoRun(workspace: Workspace, batchId: string): Promise<void> {
  for (const { meta, ledger } of await workspace.readableRuns()) {
    if (![...ledger.batches.values()].some((batch) => batch.batchId === batchId)) continue;
    throw new ValidationError('usage', `Batch ${batchId} is one of run ${meta.runId} already.`);
  }
}

/** A batch as its service describes it. @throws ProviderError, with the id where the service has no such batch. */
export async function examineAt(
  workspace: Workspace,
  provider: string,
  batchId: string,
): Promise<ServiceBatch> {
  workspace.registry.renew(); // a key may have been set since
  try {
    return await examineBatch(
      await workspace.registry.providerNamed(provider),
      batchId,
      AbortSignal.timeout(EXAMINE_MS),
    );
  } catch (error) {
    if (!(error instanceof ProviderError) || error.code !== 'notFound') throw error;
    throw new ProviderError('notFound', provider, describeUnknown(batchId, error), { cause: error });
  }
}
