import { l10n, window } from 'vscode';
import { formatUsd } from '../../core/money.ts';
import { fromRanges } from '../../core/rowRanges.ts';
import type { StrayBatch } from '../../workspace/batchesAtProviders.ts';
import type { Workspace } from '../../workspace/workspace.ts';
import type { Stray, Strays } from '../runs/strays.ts';
import { maySend } from '../trust.ts';
import { batchInWords, number, whoseInWords } from '../words.ts';
import { agreed, askDriver, type DecideDeps } from './askDriver.ts';
import { showInformation, showWarning, withNotification } from '../notify.ts';

export interface ProvidersDeps extends DecideDeps {
  /** Where what was found stays to be seen. */
  readonly strays: Strays;
}

/**
 * *Show Batches at the Providers…*: what is there that this program made and no run here knows. One of the same plan as a
 * run is attached to it, one that a run sent without hearing of it is adopted. Looking sends no content.
 */
export async function showAtProviders(deps: ProvidersDeps): Promise<void> {
  if (!maySend()) return;
  const seen = await look(deps);
  deps.strays.set(seen ?? []);
  if (seen === undefined) return;
  const picked = await window.showQuickPick(
    seen.map((one) => ({
      label: one.batch.batchId,
      description: batchInWords(one.batch, Date.now()),
      detail: whoseInWords(one.batch),
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

/** *Take Over Batch…*: of one that the tree lists; whatever else the command is called with does nothing. */
export async function takeOverBatch(deps: ProvidersDeps, line: unknown): Promise<void> {
  const stray =
    typeof line === 'object' && line !== null && 'stray' in line
      ? deps.strays.all.find((one) => one === line.stray)
      : undefined;
  if (stray !== undefined && maySend()) await takeOver(deps, stray);
}

/** `undefined` where there is nothing, which the person is told. */
async function look(deps: DecideDeps): Promise<readonly Stray[] | undefined> {
  const { batchesAtProviders } = await import('../../workspace/batchesAtProviders.ts');
  const listings = await withNotification(
    { title: l10n.t('Looking at the providers'), cancellable: true },
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
    void showWarning(
      l10n.t('Not every provider could be asked: {0}', failures.map(({ reason }) => reason).join(' ')),
    );
  const withoutKey = new Set(listings.flatMap(({ listing }) => listing.withoutKey));
  const all = listings.flatMap(({ root, listing }) => listing.batches.map((batch) => ({ root, batch })));
  const known = all.filter(({ batch, root }) => !isKnownElsewhere(all, batch, root));
  if (known.length > 0) return known;
  void showInformation(
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
function isKnownElsewhere(all: readonly Stray[], batch: StrayBatch, root: Workspace): boolean {
  const roots = all.filter((one) => one.batch.batchId === batch.batchId);
  const [first] = roots.filter((one) => belongs(one.batch));
  return (first ?? roots[0])?.root !== root;
}

function belongs({ attachableTo, uncertainIn }: StrayBatch): boolean {
  return attachableTo.length > 0 || uncertainIn !== undefined;
}

async function takeOver(deps: ProvidersDeps, { root, batch }: Stray): Promise<void> {
  const runId = batch.uncertainIn ?? batch.attachableTo[0];
  if (runId === undefined) {
    void showInformation(
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
    if (!(await agreed(question, l10n.t('Adopt It')))) return;
    await askDriver(deps, run, () => adoptBatch(root, reader, nonce, batch.batchId), 'resume');
    deps.strays.remove(batch);
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
    if (!(await agreed(question, l10n.t('Attach It')))) continue;
    await askDriver(deps, run, { kind: 'attach', ...attachment }, 'resume');
    deps.strays.remove(batch);
  }
}
