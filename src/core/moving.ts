import { endUnsent } from './submission.ts';
import { cellIn, type EngineContext } from './engineContext.ts';
import { ValidationError, isBatchbookError } from './errors.ts';
import { estimateRow } from './estimate.ts';
import type { MoveTarget, MovedRow } from './events.ts';
import type { ModelConfig } from './modelConfig.ts';
import { formatUsd } from './money.ts';
import { nextAttempt } from './packing.ts';
import { effectiveRetry, type RowEstimate, type RowLoader } from './plan.ts';
import type { Provider } from './provider.ts';
import type { LedgerRow, MovedTo } from './runLedger.ts';
import type { RunMeta } from './stateManager.ts';
import type { RowErrorCode } from './vocabulary.ts';

/** A journal line names so many rows at most. */
const CHUNK = 200;

/** A model to which rows may be moved, with what is needed to ask whether they can. */
export interface MoveParts {
  readonly meta: Pick<RunMeta, 'cells'>;
  readonly loader: RowLoader;
  readonly provider: Provider;
  readonly model: ModelConfig;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A row as the other model would be asked it. */
export interface MovableRow {
  readonly ok: true;
  readonly inputHash: string;
  readonly estimate: RowEstimate;
  readonly movedTo: MovedTo;
  /** What its next attempt would reserve there, in nanodollars. */
  readonly reservedNanoUsd: number;
}

/** `refused`: the model cannot take it; else why there is nothing to ask any more. */
export interface UnmovableRow {
  readonly ok: false;
  readonly code: RowErrorCode;
  readonly refused: boolean;
  readonly message: string;
}

/**
 * Whether another model can take a row, and at what price. The row must still be what it was when it was last agreed to;
 * sends nothing.
 * @throws ValidationError `unknownPrice`.
 */
export async function tryMove(
  parts: MoveParts,
  ordinal: number,
  row: LedgerRow,
): Promise<MovableRow | UnmovableRow> {
  const { meta, loader, provider, model, now } = parts;
  const before = await loader.load(row.planned, row.movedTo?.model);
  if (!before.ok) return { ...before, refused: false };
  if (before.inputHash !== row.inputHash) {
    const message =
      'The input changed after it was first sent. Run the job file again to send the new content.';
    return { ok: false, code: 'changed', refused: false, message };
  }
  const loaded = await loader.load(row.planned, model.name);
  if (!loaded.ok) return { ...loaded, refused: true };
  const { job, inputHash } = loaded;
  const issue = provider.validateJob(job)[0];
  if (issue !== undefined) return { ok: false, code: 'unreadable', refused: true, message: issue.message };
  const cell = cellIn(meta, { ...row, movedTo: undefined });
  const { maxTokens } = job;
  const movedTo = {
    model: model.name,
    provider: provider.name,
    maxTokens,
    retry: effectiveRetry(cell.retry, { ...cell.parameters, maxTokens }, model),
  };
  const estimate = estimateRow(provider, model, { ...job, cache: false }, now);
  const there = { ...row, movedTo, estimate, estimatedAt: now, outcome: undefined };
  const { reservedNanoUsd } = nextAttempt(there, ordinal, cellIn(meta, there), model, now);
  return { ok: true, inputHash, estimate, movedTo, reservedNanoUsd };
}

/**
 * Moves the rows that wait for it to the models that the person named for them. What that model cannot take, or has
 * changed since, ends with the reason. Where the rows would go to another address, or cost more, than the person saw,
 * none of them is moved: they end as cancelled, and the run says so (promise P7).
 */
export async function moveRows(
  context: EngineContext,
  providerNamed: (name: string) => Promise<Provider>,
): Promise<void> {
  const { ledger } = context.writer;
  const waiting = ledger.pendingRows().filter((ordinal) => ledger.row(ordinal).movingTo !== undefined);
  for (const [target, ordinals] of Map.groupBy(waiting, (ordinal) => ledger.row(ordinal).movingTo)) {
    if (target === undefined) continue;
    try {
      await moveTo(context, target, ordinals, await providerNamed(target.provider));
    } catch (error) {
      if (!isBatchbookError(error) || error.code === 'leaseLost' || error.code === 'disk') throw error;
      await giveUp(context, target, ordinals, error.userMessage);
    }
  }
}

async function moveTo(
  context: EngineContext,
  target: MoveTarget,
  ordinals: readonly number[],
  provider: Provider,
): Promise<void> {
  const { writer, loader, registry, clock, stop } = context;
  const model = registry.modelConfig(target.model);
  const parts = { meta: writer.meta, loader, provider, model, now: clock.now() };
  if ((provider.origin ?? null) !== target.origin)
    throw new ValidationError(
      'notConfirmed',
      `${target.provider} is reached at ${provider.origin ?? 'this machine'} now, and ${target.origin ?? 'this machine'} was agreed to.`,
    );
  const movable: (MovableRow & { readonly ordinal: number })[] = [];
  for (const ordinal of ordinals) {
    if (stop.aborted) return; // the next driver begins again
    const tried = await tryMove(parts, ordinal, writer.ledger.row(ordinal));
    if (tried.ok) movable.push({ ...tried, ordinal });
    else await endUnsent(context, [ordinal], tried.code, tried.message);
  }
  const worst = movable.reduce((sum, row) => sum + row.reservedNanoUsd, 0);
  if (worst > target.worstNanoUsd)
    throw new ValidationError(
      'notConfirmed',
      `They may cost ${formatUsd(worst)} by now, and at most ${formatUsd(target.worstNanoUsd)} was agreed to.`,
    );
  const cells = Map.groupBy(movable, ({ ordinal }) => writer.ledger.row(ordinal).planned.cell);
  for (const rows of cells.values())
    for (let i = 0; i < rows.length; i += CHUNK) {
      const part = rows.slice(i, i + CHUNK);
      const [first] = part;
      if (first === undefined) continue;
      await writer.append({ e: 'rowsMoved', at: clock.now(), ...first.movedTo, rows: part.map(toMoved) });
    }
}

function toMoved({ ordinal, inputHash, estimate }: MovableRow & { readonly ordinal: number }): MovedRow {
  const { bytes, inputTokens, reservedNanoUsd, expectedNanoUsd } = estimate;
  return [ordinal, inputHash, bytes, inputTokens, reservedNanoUsd, expectedNanoUsd];
}

async function giveUp(
  context: EngineContext,
  { model }: MoveTarget,
  ordinals: readonly number[],
  why: string,
): Promise<void> {
  const { writer, clock } = context;
  const waiting = ordinals.filter((ordinal) => writer.ledger.row(ordinal).movingTo !== undefined);
  await endUnsent(context, waiting, 'cancelled', '');
  const message = `${String(waiting.length)} rows were not moved to ${model}: ${why} They are cancelled; what is not ok can be sent again to the model that was planned.`;
  await writer.append({ e: 'notice', at: clock.now(), code: 'notMoved', message });
}
