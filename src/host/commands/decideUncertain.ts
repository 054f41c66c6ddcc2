import { l10n, window, type QuickPickItem } from 'vscode';
import { isBatchbookError } from '../../core/errors.ts';
import { formatUsd } from '../../core/money.ts';
import type { LedgerBatch } from '../../core/runLedger.ts';
import type { RunReader } from '../../core/stateManager.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import { candidateInWords, number } from '../words.ts';
import { askDriver, type DecideDeps } from './askDriver.ts';
import { showError } from '../notify.ts';

/**
 * Asks what becomes of a batch of which nobody knows whether it arrived: wait, take one at the provider for it, or send
 * its rows again at a stated price. One that cannot be it is refused with the reason, and the question comes again.
 */
export async function decideUncertain(
  deps: DecideDeps,
  run: RunView,
  reader: RunReader,
  batch: LedgerBatch,
): Promise<void> {
  for (;;) {
    const choice = await chooseFor(batch);
    if (choice === undefined || choice === 'wait') return;
    if (choice === 'resend') {
      await askDriver(deps, run, { kind: 'resend', nonce: batch.nonce });
      return;
    }
    try {
      const { adoptBatch } = await import('../../workspace/adoptBatch.ts');
      const root = deps.roots.at(run.root);
      await askDriver(deps, run, () => adoptBatch(root, reader, batch.nonce, choice.id));
      return;
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
      await showError(error.userMessage, { modal: true });
    }
  }
}

async function chooseFor(
  batch: LedgerBatch,
): Promise<'wait' | 'resend' | { readonly id: string } | undefined> {
  const price = formatUsd(batch.reservedNanoUsd);
  const wait: QuickPickItem = {
    label: l10n.t('Wait and Look Again'),
    detail: l10n.t('Costs nothing. The provider may show it later, or its end tell whose it is.'),
  };
  const found = batch.candidates.map((candidate) => ({
    label: l10n.t('It Is {0}', candidate.batchId),
    description: candidateInWords(candidate, batch.intendedAt),
    detail: l10n.t('Take this batch of the provider as ours and collect its results.'),
    id: candidate.batchId,
  }));
  const other: QuickPickItem = {
    label: l10n.t('It Has Another Id…'),
    detail: l10n.t("As the provider's own page shows it."),
  };
  const resend: QuickPickItem = {
    label: l10n.t('Send Its Rows Again…'),
    detail: l10n.t(
      'If it did arrive, its {0} rows are paid twice: up to {1} more.',
      number(batch.rows.length),
      price,
    ),
  };
  const choice = await window.showQuickPick([wait, ...found, other, resend], {
    title: l10n.t(
      'Did this batch reach {0}? {1} rows of {2}, sent {3}, at most {4}',
      batch.provider,
      number(batch.rows.length),
      batch.model,
      new Date(batch.intendedAt).toLocaleString(),
      price,
    ),
    ignoreFocusOut: true,
  });
  if (choice === wait) return 'wait';
  if (choice === resend) return 'resend';
  const named = found.find((item) => item === choice);
  if (named !== undefined) return { id: named.id };
  if (choice !== other) return undefined;
  const id = (await window.showInputBox({ title: l10n.t('Id of the batch') }))?.trim() ?? '';
  return id === '' ? undefined : { id };
}
