import { l10n, ProgressLocation, window } from 'vscode';
import { formatUsd } from '../../core/money.ts';
import { fromRanges } from '../../core/events.ts';
import type { StrayBatch } from '../../workspace/batchesAtProviders.ts';
import type { Workspace } from '../../workspace/workspace.ts';
import { maySend } from '../trust.ts';
import { batchInWords, number } from '../words.ts';
import { agreed, askDriver, type DecideDeps } from './askDriver.ts';

/** A batch at a provider, seen from one of the window's roots. */
interface Seen {
  readonly root: Workspace;
  readonly batch: StrayBatch;
}

/**
 * *Show Batches at the Providers…*: what is there that this program made and no run here knows. One of the same plan as a
 * run is attached to it, one that a run sent without hearing of it is adopted. Looking sends no content.
 */
export async function showAtProviders(deps: DecideDeps): Promise<void> {
  if (!maySend()) return;
  const seen = await look(deps);
  if (seen === undefined) return;
  const picked = await window.showQuickPick(
    seen.map((one) => ({
      label: one.batch.batchId,
      description: batchInWords(one.batch, Date.now()),
      detail: whose(one.batch),
      seen: one,
    })),
    {
      title: l10n.t('At the providers, and known to no run here'),
      placeHolder: l10n.t('Choose one to take it over'),
      matchOnDescription: true,
      matchOnDetail: true,
    },
  );
  if (picked !== undefined) await takeOver(deps, picked.seen);
}

/** `undefined` where there is nothing, which the person is told. */
async function look(deps: DecideDeps): Promise<readonly Seen[] | undefined> {
  const { batchesAtProviders } = await import('../../workspace/batchesAtProviders.ts');
  const listings = await window.withProgress(
    { location: ProgressLocation.Notification, title: l10n.t('Looking at the providers'), cancellable: true },
    async (_, token) => {
      const cancelled = new AbortController();
      token.onCancellationRequested(() => {
        cancelled.abort();
      });
      const roots = await deps.roots.all();
      const { signal } = cancelled;
      return Promise.all(
        roots.map(async (root) => ({ root, listing: await batchesAtProviders(root, { signal }) })),
      );
    },
  );
  const failures = listings.flatMap(({ listing }) => listing.failures);
  if (failures.length > 0)
    void window.showWarningMessage(
      l10n.t('Not every provider could be asked: {0}', failures.map(({ reason }) => reason).join(' ')),
    );
  const withoutKey = new Set(listings.flatMap(({ listing }) => listing.withoutKey));
  const all = listings.flatMap(({ root, listing }) => listing.batches.map((batch) => ({ root, batch })));
  const known = all.filter(({ batch, root }) => !isKnownElsewhere(all, batch, root));
  if (known.length > 0) return known;
  void window.showInformationMessage(
    withoutKey.size === 0
      ? l10n.t('There is nothing at the providers that no run here knows.')
      : l10n.t(
          'There is nothing at the providers that no run here knows. Not asked, for want of a key: {0}.',
          [...withoutKey].join(', '),
        ),
  );
  return undefined;
}

/** In a window of several roots what belongs to one of them is no stray of the others. */
function isKnownElsewhere(all: readonly Seen[], batch: StrayBatch, root: Workspace): boolean {
  const roots = all.filter((one) => one.batch.batchId === batch.batchId);
  const [first] = roots.filter((one) => belongs(one.batch));
  return (first ?? roots[0])?.root !== root;
}

function belongs({ attachableTo, uncertainIn }: StrayBatch): boolean {
  return attachableTo.length > 0 || uncertainIn !== undefined;
}

function whose({ mark, attachableTo, uncertainIn }: StrayBatch): string {
  if (uncertainIn !== undefined) return l10n.t('Sent by a run here that does not know that it arrived');
  if (mark === undefined) return l10n.t('May be yours: its end will tell');
  if (attachableTo.length > 0) return l10n.t('Of the same plan as a run here: it can be attached');
  return l10n.t('Sent elsewhere, or by a run that is gone');
}

async function takeOver(deps: DecideDeps, { root, batch }: Seen): Promise<void> {
  const runId = batch.uncertainIn ?? batch.attachableTo[0];
  if (runId === undefined) {
    void window.showInformationMessage(
      batch.mark === undefined
        ? l10n.t('Whose batch {0} is can be told once it has ended.', batch.batchId)
        : l10n.t(
            'No open run here has the plan of batch {0}. In a terminal: batchbook run FILE --attach {0}',
            batch.batchId,
          ),
    );
    return;
  }
  await deps.model.refresh();
  const run = deps.model.find(runId);
  if (run === undefined) return;
  const reader = await root.read(runId);
  if (batch.uncertainIn !== undefined) {
    const { adoptBatch } = await import('../../workspace/adoptBatch.ts');
    const nonce = batch.mark === undefined || batch.mark === 'foreign' ? '' : batch.mark.nonce;
    const question = l10n.t('Take batch {0} for the one that {1} has sent?', batch.batchId, run.title);
    if (await agreed(question, l10n.t('Adopt It')))
      await askDriver(deps, run, () => adoptBatch(root, reader, nonce, batch.batchId), 'resume');
    return;
  }
  const { attachmentsToRun } = await import('../../workspace/attachBatches.ts');
  for (const attachment of await attachmentsToRun(root, reader, [batch.batchId])) {
    const rows = fromRanges(attachment.rows);
    const price = rows.reduce((sum, row) => sum + reader.ledger.row(row).estimate.reservedNanoUsd, 0);
    const question = l10n.t(
      'Attach batch {0} to {1}? {2} rows that wait are in it. They are not sent again; its results are collected onto them, and up to {3} is set aside for what they cost.',
      batch.batchId,
      run.title,
      number(rows.length),
      formatUsd(price),
    );
    if (await agreed(question, l10n.t('Attach It')))
      await askDriver(deps, run, { kind: 'attach', ...attachment }, 'resume');
  }
}
