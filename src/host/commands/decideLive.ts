import { l10n, window, type QuickPickItem } from 'vscode';
import { formatUsd } from '../../core/money.ts';
import type { BatchStatus } from '../../core/status.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import type { Withdrawal } from '../../workspace/withdrawBatch.ts';
import type { Workspace } from '../../workspace/workspace.ts';
import type { RunsModel } from '../runs/runsModel.ts';
import { isLive } from '../tree/nodes.ts';
import { maySend } from '../trust.ts';
import { ageInWords, batchWord, number } from '../words.ts';
import { askDriver, type DecideDeps } from './askDriver.ts';
import { chooseRun } from './chooseRun.ts';
import { showInformation, showWarning, withNotification } from '../notify.ts';

/** *Cancel or Move Batch…*: of the batch that was clicked, or one that the person picks. */
export async function decideBatch(deps: DecideDeps, argument: unknown): Promise<void> {
  if (!maySend()) return;
  const chosen = await chooseBatch(deps.model, argument);
  if (chosen !== undefined) await decideLive(deps, chosen.run, chosen.batch);
}

/**
 * Asks what becomes of a batch that takes long: wait, or cancel it and send what it has not answered again, to the same
 * model or another. What that means is shown before anything is done (promise P7).
 */
export async function decideLive(deps: DecideDeps, run: RunView, batch: BatchStatus): Promise<void> {
  const wait: QuickPickItem = {
    label: l10n.t('Keep Waiting'),
    detail: l10n.t('Costs nothing. Providers promise an answer within 24 hours.'),
  };
  const resend: QuickPickItem = {
    label: l10n.t('Cancel It and Send the Rest Again…'),
    detail: l10n.t('To {0}, once the provider says that it has ended.', batch.model),
  };
  const move: QuickPickItem = {
    label: l10n.t('Cancel It and Move the Rest to Another Model…'),
    detail: l10n.t('Also to another provider. You see the price first.'),
  };
  const choice = await window.showQuickPick([wait, resend, move], {
    title: l10n.t(
      '{0} rows of {1}, {2} {3}',
      number(batch.rows),
      batch.model,
      batchWord(batch.state),
      ageInWords(batch, Date.now()),
    ),
    ignoreFocusOut: true,
  });
  if (choice === resend) await withdraw(deps, run, batch, undefined);
  if (choice !== move) return;
  const model = await chooseModel(deps.roots.at(run.root), batch.model);
  if (model !== undefined) await withdraw(deps, run, batch, model);
}

async function withdraw(
  deps: DecideDeps,
  run: RunView,
  { nonce }: BatchStatus,
  model: string | undefined,
): Promise<void> {
  const { withdrawalOf, withdrawBatch } = await import('../../workspace/withdrawBatch.ts');
  const root = deps.roots.at(run.root);
  const reader = await root.read(run.runId);
  const withdrawal = await withNotification({ title: l10n.t('Working out what that would cost') }, () =>
    withdrawalOf(root, reader, nonce, model),
  );
  const detail = withdrawalInWords(withdrawal);
  const go = l10n.t('Cancel It and Send');
  const question = l10n.t('Cancel this batch at {0}?', withdrawal.title);
  if ((await showWarning(question, { modal: true, detail }, go)) !== go) return;
  const shown = `${question}\n${detail}`;
  await askDriver(deps, run, () => withdrawBatch(root, reader, withdrawal, shown), 'resume');
}

/** What the person agrees to. */
function withdrawalInWords({
  batch,
  title,
  rows,
  worstNanoUsd,
  reservedNanoUsd,
  losesWork,
  destination,
}: Withdrawal): string {
  const price = worstNanoUsd === 0 ? l10n.t('free') : formatUsd(worstNanoUsd);
  return [
    losesWork
      ? l10n.t(
          '{0} gives no results of a cancelled batch: what it has done is lost, and may be paid, up to {1}.',
          title,
          formatUsd(reservedNanoUsd),
        )
      : l10n.t('What it has done is kept, and paid.'),
    destination === undefined
      ? l10n.t(
          'Up to {0} rows that it has not answered are sent to {1} again, for at most {2}.',
          number(rows),
          batch.model,
          price,
        )
      : l10n.t(
          'Up to {0} rows that it has not answered are sent to {1} at {2} ({3}), for at most {4}.',
          number(rows),
          destination.model,
          destination.origin ?? l10n.t('this machine'),
          destination.isVendor
            ? destination.title
            : l10n.t('{0}, not its vendor’s own address', destination.title),
          price,
        ),
    ...(destination?.caveat === undefined ? [] : [destination.caveat]),
    ...(destination?.notSent ?? []).map(({ source, why }) => l10n.t('Not sent: {0}. {1}', source, why)),
  ].join('\n');
}

async function chooseModel(root: Workspace, now: string): Promise<string | undefined> {
  const models = root.registry.listModels().filter(({ name }) => name !== now);
  const picked = await window.showQuickPick(
    models.map(({ name, provider, caveat }) => ({
      label: name,
      description: provider,
      ...(caveat === undefined ? {} : { detail: caveat }),
    })),
    { title: l10n.t('Which model answers the rest?'), matchOnDescription: true, ignoreFocusOut: true },
  );
  return picked?.label;
}

async function chooseBatch(
  model: RunsModel,
  argument: unknown,
): Promise<{ readonly run: RunView; readonly batch: BatchStatus } | undefined> {
  const run = await chooseRun(model, argument, 'open');
  if (run === undefined) return undefined;
  const live = run.status.batches.filter(isLive);
  const clicked = live.find(({ nonce }) => nonce === nonceOf(argument));
  if (clicked !== undefined) return { run, batch: clicked };
  if (live.length === 0) {
    void showInformation(l10n.t('No batch of {0} is at a provider.', run.title));
    return undefined;
  }
  const picked = await window.showQuickPick(
    live.map((batch) => ({
      label: batch.id,
      description: l10n.t('{0} rows', number(batch.rows)),
      detail: `${batch.model}, ${batchWord(batch.state)} ${ageInWords(batch, Date.now())}`,
      batch,
    })),
    { title: l10n.t('Which batch?') },
  );
  return picked === undefined ? undefined : { run, batch: picked.batch };
}

/** Of the line of a batch in the tree. */
function nonceOf(line: unknown): unknown {
  const batch: unknown =
    typeof line === 'object' && line !== null && 'batch' in line ? line.batch : undefined;
  return typeof batch === 'object' && batch !== null && 'nonce' in batch ? batch.nonce : undefined;
}
