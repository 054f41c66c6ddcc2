import { cellIn } from '../core/engineContext.ts';
import { ValidationError } from '../core/errors.ts';
import type { MoveTarget } from '../core/events.ts';
import { undatedName } from '../core/modelConfig.ts';
import { tryMove } from '../core/moving.ts';
import { nextAttempt } from '../core/packing.ts';
import type { Provider } from '../core/provider.ts';
import type { LedgerBatch } from '../core/runLedger.ts';
import type { RunReader } from '../core/stateManager.ts';
import { assertWithdrawable, unansweredRows } from '../core/withdrawal.ts';
import { assertHasKeys } from './access.ts';
import type { Workspace } from './workspace.ts';

/** What becomes of a batch that is cancelled at its service, and of the rows that it does not answer; nothing is done yet. */
export interface Withdrawal {
  readonly batch: LedgerBatch;
  /** What people call the service of the batch. */
  readonly title: string;
  /** Rows that it has not answered as far as is known: so many at most are sent again. */
  readonly rows: number;
  /** The most that sending them again costs, in nanodollars. */
  readonly worstNanoUsd: number;
  /** What the batch itself may still cost, in nanodollars. */
  readonly reservedNanoUsd: number;
  /** Whether what the batch has done so far is lost. */
  readonly losesWork: boolean;
  /** Where they go instead of to the same model; absent: to the same. */
  readonly destination?: Destination;
}

/** Another model to which rows are moved. */
export interface Destination {
  readonly model: string;
  readonly provider: string;
  readonly title: string;
  /** `undefined`: this machine. */
  readonly origin: string | undefined;
  readonly isVendor: boolean;
  /** What must be said wherever the model is shown. */
  readonly caveat: string | undefined;
  /** Rows that cannot be sent any more, and why: their inputs are gone or have changed. */
  readonly notSent: readonly { readonly source: string; readonly why: string }[];
}

/**
 * Works out what cancelling a batch and sending what is left of it again would mean. Every row that might be moved to
 * another model is held against what that model can take. Reads only.
 *
 * @param model To which the rows go; absent: to the same one.
 * @throws ValidationError `usage` where the batch cannot be cancelled, or a row cannot be taken by the model;
 *   `unknownModel`, `unknownPrice`; ProviderError `auth` where there is no key.
 */
export async function withdrawalOf(
  workspace: Workspace,
  run: RunReader,
  nonce: string,
  model?: string,
): Promise<Withdrawal> {
  const { registry, clock } = workspace;
  registry.renew(); // a key may have been set since
  const batch = run.ledger.batch(nonce);
  assertWithdrawable(batch);
  const provider = await registry.providerNamed(batch.provider);
  const rows = unansweredRows(batch);
  const facts = {
    batch,
    title: provider.title ?? provider.name,
    losesWork: provider.losesCancelledWork === true,
    reservedNanoUsd: rows.reduce((sum, row) => sum + run.ledger.money.reservedFor(row), 0),
  };
  if (model !== undefined) return { ...facts, ...(await moveOf(workspace, run, batch, rows, model)) };
  const worstNanoUsd = rows.reduce((sum, ordinal) => {
    const row = run.ledger.row(ordinal);
    const cell = cellIn(run.meta, row);
    const config = registry.modelConfig(cell.model);
    return sum + nextAttempt(row, ordinal, cell, config, clock.now()).reservedNanoUsd;
  }, 0);
  return { ...facts, rows: rows.length, worstNanoUsd };
}

/**
 * Leaves word for the driver. Nothing is cancelled or sent by this itself.
 * @param shown The very text that the person agreed to.
 * @returns Id of the request.
 */
export function withdrawBatch(
  workspace: Workspace,
  run: RunReader,
  { batch, destination, worstNanoUsd }: Withdrawal,
  shown: string,
): Promise<string> {
  const moveTo: MoveTarget | undefined =
    destination === undefined
      ? undefined
      : {
          model: destination.model,
          provider: destination.provider,
          origin: destination.origin ?? null,
          worstNanoUsd,
          shown,
        };
  const { nonce } = batch;
  const request = { kind: 'withdraw', nonce } as const;
  return workspace.request(run.meta.runId, moveTo === undefined ? request : { ...request, moveTo });
}

async function moveOf(
  workspace: Workspace,
  run: RunReader,
  batch: LedgerBatch,
  ordinals: readonly number[],
  name: string,
): Promise<Pick<Withdrawal, 'rows' | 'worstNanoUsd'> & { readonly destination: Destination }> {
  const { registry, clock } = workspace;
  const model = registry.modelConfig(name);
  if (undatedName(name) === undatedName(batch.model))
    throw new ValidationError(
      'usage',
      `Batch ${batch.batchId ?? ''} is at ${name} already. Name another model.`,
    );
  const provider = await registry.providerOf(name);
  const { origin, hasKey = true, title = provider.name } = provider;
  const destination = { provider: provider.name, title, origin, hasKey };
  assertHasKeys([destination], registry.services);
  const loader = workspace.loaderOf(run);
  const parts = { meta: run.meta, loader, provider, model, now: clock.now() };
  const notSent: { source: string; why: string }[] = [];
  let worstNanoUsd = 0;
  for (const ordinal of ordinals) {
    const row = run.ledger.row(ordinal);
    const tried = await tryMove(parts, ordinal, row);
    const source = row.planned.source || row.planned.id;
    if (tried.ok) worstNanoUsd += tried.reservedNanoUsd;
    else if (!tried.refused) notSent.push({ source, why: tried.message });
    else
      throw new ValidationError(
        'usage',
        `Nothing was cancelled: ${name} cannot take ${source}. ${tried.message} Choose another model.`,
      );
  }
  return {
    rows: ordinals.length - notSent.length,
    worstNanoUsd,
    destination: { ...about(provider), model: name, caveat: model.caveat, notSent },
  };
}

function about(provider: Provider): Pick<Destination, 'provider' | 'title' | 'origin' | 'isVendor'> {
  const { name, title = name, origin, isVendor = true } = provider;
  return { provider: name, title, origin, isVendor };
}
