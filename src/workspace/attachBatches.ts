import { describeUnknown } from '../core/adoption.ts';
import { attachmentEvents, attachmentOf, type AttachTarget } from '../core/attachment.ts';
import { cellIn } from '../core/engineContext.ts';
import { ProviderError, ValidationError } from '../core/errors.ts';
import { nextAttempt } from '../core/packing.ts';
import { DEFAULT_RETRY } from '../core/plan.ts';
import { RunLedger } from '../core/runLedger.ts';
import type { Attachment, RunMeta, RunReader } from '../core/stateManager.ts';
import { assertOfNoRun } from './adoptBatch.ts';
import type { JobPlan } from './planJobFile.ts';
import type { Workspace } from './workspace.ts';

/** How long a service may take to describe a batch and to give its results. */
const EXAMINE_MS = 600_000;

/**
 * What of a run batches hold that were made from the same plan elsewhere. Of rows that several have, the first named one
 * counts. Reads only.
 *
 * @param limitNanoUsd Cost limit to come, instead of the run's own.
 * @throws ValidationError `usage` with the reason where one cannot be attached, CostLimitError, ProviderError.
 */
export async function attachmentsToRun(
  workspace: Workspace,
  { meta }: Pick<RunReader, 'meta'>,
  batchIds: readonly string[],
  limitNanoUsd?: number,
): Promise<Attachment[]> {
  const { ledger } = await workspace.read(meta.runId); // a reading of its own, on which they are tried out
  if (limitNanoUsd !== undefined) ledger.money.setLimit(limitNanoUsd);
  return attachmentsTo(workspace, meta, ledger, batchIds);
}

/** The same of a run that is only planned: the rows that the batches hold are never sent from here. */
export async function attachmentsToPlan(
  workspace: Workspace,
  { meta, rows, reuse }: JobPlan,
  batchIds: readonly string[],
): Promise<Attachment[]> {
  const ledger = new RunLedger({
    plan: rows,
    limitNanoUsd: meta.settings.limitNanoUsd,
    retryOf: () => DEFAULT_RETRY,
  });
  const answered = reuse.map(({ ordinal }) => [ordinal, 0, 0, 0] as const);
  ledger.apply({ e: 'rowsReused', at: meta.createdAt, run: meta.runId, rows: answered }, 0);
  return attachmentsTo(workspace, meta, ledger, batchIds);
}

async function attachmentsTo(
  workspace: Workspace,
  meta: RunMeta,
  ledger: RunLedger,
  batchIds: readonly string[],
): Promise<Attachment[]> {
  const { registry, clock } = workspace;
  registry.renew(); // a key may have been set since
  const target: AttachTarget = {
    ledger,
    cellOf: (row) => cellIn(meta, row),
    reservationOf: (ordinal) => {
      const row = ledger.row(ordinal);
      const cell = cellIn(meta, row);
      return nextAttempt(row, ordinal, cell, registry.modelConfig(cell.model), clock.now()).reservedNanoUsd;
    },
  };
  const attachments: Attachment[] = [];
  for (const batchId of batchIds) {
    await assertOfNoRun(workspace, batchId);
    const attachment = await findAttachment(workspace, meta, target, batchId);
    for (const event of attachmentEvents(target, attachment, clock.now())) ledger.apply(event, ledger.epoch);
    attachments.push(attachment);
  }
  return attachments;
}

/** Asks the services of the run, one of which has the batch if any. */
async function findAttachment(
  { registry }: Workspace,
  meta: RunMeta,
  target: AttachTarget,
  batchId: string,
): Promise<Attachment> {
  const failures: ProviderError[] = [];
  for (const name of new Set(meta.cells.map(({ provider }) => provider))) {
    try {
      const provider = await registry.providerNamed(name);
      return await attachmentOf(target, provider, batchId, AbortSignal.timeout(EXAMINE_MS));
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      failures.push(
        error.code === 'notFound'
          ? new ProviderError('notFound', name, describeUnknown(batchId, error), { cause: error })
          : error,
      );
    }
  }
  // One that could not be asked may be the one that has it.
  const failure = failures.find(({ code }) => code !== 'notFound') ?? failures[0];
  throw failure ?? new ValidationError('usage', `Run ${meta.runId} has no service that could have a batch.`);
}
