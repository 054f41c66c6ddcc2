import { describeAge } from '../core/describeStatus.ts';
import { ValidationError, isBatchbookError } from '../core/errors.ts';
import type { RunReader } from '../core/stateManager.ts';
import { withdrawBatch, withdrawalOf } from '../workspace/withdrawBatch.ts';
import { describeWithdrawal } from './batchWords.ts';
import { ask, confirmed } from './prompt.ts';
import type { Session } from './session.ts';

export interface WithdrawOptions {
  readonly moveTo?: string;
  readonly yes?: boolean;
}

/**
 * Has a batch cancelled, and what it does not answer sent again, after showing what that means. To another model only
 * with the person's word (promise P7).
 * @throws ValidationError `usage` with the reason where it cannot be done, `notConfirmed`.
 */
export async function withdraw(
  session: Session,
  run: RunReader,
  batchId: string,
  { moveTo, yes = false }: WithdrawOptions,
): Promise<void> {
  const { workspace, output } = session;
  const withdrawal = await withdrawalOf(workspace, run, nonceOfLive(run, batchId), moveTo);
  const text = describeWithdrawal(withdrawal);
  output.note(text);
  if (moveTo !== undefined && !yes) await agree(session, withdrawal.rows);
  await withdrawBatch(workspace, run, withdrawal, text);
}

async function agree({ output }: Session, rows: number): Promise<void> {
  if (!output.interactive || output.json)
    throw new ValidationError(
      'notConfirmed',
      'Nothing was cancelled: nobody can be asked here. Say yes beforehand with --yes.',
    );
  if (!(await confirmed(`Cancel it and send up to ${String(rows)} rows there?`)))
    throw new ValidationError('notConfirmed', 'Nothing was cancelled.');
}

/** Asks about every batch that takes longer than usual: wait, or cancel it and send the rest again, here or elsewhere. */
export async function decideLate(session: Session, run: RunReader): Promise<void> {
  const { workspace, output } = session;
  for (const batch of (await workspace.statusOf(run)).batches.filter(({ late }) => late)) {
    const question =
      `Batch ${batch.id}: ${String(batch.rows)} rows of ${batch.model}, ${describeAge(batch)}.\n` +
      '[k]eep waiting, [c]ancel it and send the rest again, or the name of a model to send the rest to: ';
    const answer = (await ask(question)).trim();
    if (answer === '' || answer === 'k') continue;
    try {
      const moveTo = answer === 'c' ? {} : { moveTo: answer };
      await withdraw(session, run, batch.id, moveTo);
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
      output.note(error.userMessage); // and it is waited for
    }
  }
}

function nonceOfLive(run: RunReader, batchId: string): string {
  const batch = run.ledger.openBatches().find((one) => one.batchId === batchId || one.nonce === batchId);
  if (batch !== undefined) return batch.nonce;
  throw new ValidationError(
    'usage',
    `Run ${run.meta.runId} has no open batch ${batchId}. See them with: batchbook status ${run.meta.runId}`,
  );
}
