import { examineBatch } from './adoption.ts';
import { CostLimitError, ProviderError, ValidationError } from './errors.ts';
import type { RunEvent } from './events.ts';
import { ordinalOf, planDigits, planOf } from './ids.ts';
import { undatedName } from './modelConfig.ts';
import { formatUsd } from './money.ts';
import type { PlannedCell } from './plan.ts';
import type { BatchMark, Provider, ServiceBatch } from './provider.ts';
import { fromRanges, toRanges, type RowRanges } from './rowRanges.ts';
import type { LedgerRow, RunLedger } from './runLedger.ts';
import type { Attachment } from './stateManager.ts';
import { TERMINAL_BATCH_STATES } from './vocabulary.ts';

/** The run that a batch is to be attached to. */
export interface AttachTarget {
  readonly ledger: RunLedger;
  readonly cellOf: (row: LedgerRow) => PlannedCell;
  /** What the next attempt of a row would reserve, in nanodollars. */
  readonly reservationOf: (ordinal: number) => number;
}

/**
 * Finds out which rows that wait a batch at the service holds. It must say of itself that it was made from the same plan,
 * and which rows it has, or have ended so that its results say so: an answer that might be to another question is not
 * taken (promise P4). Rows that are answered or in a batch here already are left out of it. Reads only.
 * @throws ValidationError `usage` that says why it cannot be attached; CostLimitError where the limit leaves no room for
 *   what it may cost; ProviderError, `notFound` where the service has no such batch.
 */
export async function attachmentOf(
  target: AttachTarget,
  provider: Provider,
  batchId: string,
  signal: AbortSignal,
): Promise<Attachment> {
  const found = await examineBatch(provider, batchId, signal);
  const title = provider.title ?? provider.name;
  const { mark } = found;
  if (mark === undefined)
    throw refusal(batchId, `${title} tells whose it is only once it has ended. Try again then`);
  if (mark === 'foreign') throw refusal(batchId, 'it was not made by this program');
  assertSamePlan(target.ledger, batchId, mark.nonce);
  const ended = TERMINAL_BATCH_STATES.has(found.state);
  const rows = ended ? await rowsInResults(provider, found, mark, signal) : mark.rows;
  if (rows === undefined)
    throw refusal(batchId, 'which rows it has can be told only once it has ended. Try again then');
  const held = fromRanges(mark.rows ?? rows);
  if (found.rows !== undefined && found.rows !== held.length)
    throw refusal(
      batchId,
      `it has ${String(found.rows)} rows, of which ${String(held.length)} can be told. Which the others are nobody knows`,
    );
  const waiting = held.filter((ordinal) => target.ledger.rows[ordinal]?.status === 'pending');
  if (waiting.length === 0) throw refusal(batchId, 'none of its rows waits here');
  const attachment = {
    provider: provider.name,
    batchId,
    nonce: mark.nonce,
    rows: toRanges(waiting),
    ...(found.createdAt === undefined ? {} : { createdAt: found.createdAt }),
  };
  assertAttachable(target, attachment, found.model);
  return attachment;
}

/** Of a batch that has ended every result line says whose it is; where they are gone there is nothing to attach. */
async function rowsInResults(
  provider: Provider,
  { batchId }: ServiceBatch,
  { nonce }: BatchMark,
  signal: AbortSignal,
): Promise<RowRanges> {
  const ordinals = new Set<number>();
  try {
    for await (const { customId } of provider.results(batchId, signal)) {
      const ordinal = customId === undefined ? undefined : ordinalOf(nonce, customId);
      if (ordinal !== undefined) ordinals.add(ordinal);
    }
  } catch (error) {
    if (!(error instanceof ProviderError) || error.code !== 'notFound') throw error;
    throw refusal(batchId, 'its results are not there any more');
  }
  if (ordinals.size === 0) throw refusal(batchId, 'it has brought no results');
  return toRanges([...ordinals].sort((a, b) => a - b));
}

function assertSamePlan(ledger: RunLedger, batchId: string, nonce: string): void {
  if (planOf(nonce) === planDigits(ledger.rows)) return;
  throw refusal(
    batchId,
    'nobody can prove that it was made from the same plan as this run: other rows, inputs, models or parameters would get its answers',
  );
}

/**
 * That a batch may be taken over: of the same plan, not known here, and with rows that wait. Asked by whoever wants it,
 * and again by the driver.
 * @param model The model that the service names, where it does.
 * @throws ValidationError `usage`; CostLimitError.
 */
export function assertAttachable(
  { ledger, cellOf, reservationOf }: AttachTarget,
  { provider, batchId, nonce, rows }: Attachment,
  model?: string,
): void {
  assertSamePlan(ledger, batchId, nonce);
  if (ledger.batches.has(nonce) || [...ledger.batches.values()].some((b) => b.batchId === batchId))
    throw refusal(batchId, 'it is one of this run already');
  for (const ordinal of fromRanges(rows)) {
    const row = ledger.rows[ordinal];
    if (row === undefined) throw refusal(batchId, `the run has no row ${String(ordinal)}`);
    const name = row.planned.source || row.planned.id;
    if (row.status !== 'pending') throw refusal(batchId, `its row ${name} is ${row.status} here already`);
    const cell = cellOf(row);
    if (cell.provider !== provider || undatedName(model ?? cell.model) !== undatedName(cell.model))
      throw refusal(batchId, `its row ${name} is for ${cell.model} of ${cell.provider}`);
  }
  const reserved = reservedFor(rows, reservationOf);
  const { money } = ledger;
  if (money.fits(reserved)) return;
  const needed = money.spentNanoUsd + money.unconfirmedNanoUsd + money.inFlightNanoUsd + reserved;
  throw new CostLimitError(
    'costLimit',
    `Batch ${batchId} may cost up to ${formatUsd(reserved)}, for which the limit of ${formatUsd(money.limitNanoUsd ?? 0)} leaves no room. It needs a limit of ${formatUsd(needed)}.`,
  );
}

/** What is set aside for the rows of a batch that is attached, in nanodollars. */
export function reservedFor(rows: RowRanges, reservationOf: (ordinal: number) => number): number {
  return fromRanges(rows).reduce((sum, ordinal) => sum + reservationOf(ordinal), 0);
}

/** The batch as if it had been sent from here: reserved, intended and accepted. */
export function attachmentEvents(
  { ledger, cellOf, reservationOf }: AttachTarget,
  { provider, batchId, nonce, rows, createdAt }: Attachment,
  at: number,
): RunEvent[] {
  const held = fromRanges(rows);
  const model = held[0] === undefined ? '' : cellOf(ledger.row(held[0])).model;
  return [
    {
      e: 'batchIntended',
      at,
      nonce,
      provider,
      model,
      rows,
      payloadHash: '',
      bytes: 0,
      reservedNanoUsd: reservedFor(rows, reservationOf),
      reservations: held.map(reservationOf),
    },
    {
      e: 'batchAccepted',
      at,
      nonce,
      batchId,
      adopted: true,
      ...(createdAt === undefined ? {} : { createdAt }),
    },
  ];
}

function refusal(batchId: string, why: string): ValidationError {
  return new ValidationError('usage', `Batch ${batchId} cannot be attached: ${why}.`);
}
