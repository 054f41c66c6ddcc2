import { ProviderError, describeCause, isBatchbookError } from './errors.ts';
import { askedAgain } from './askedAgain.ts';
import { answerTokens, echoToken, withEcho } from './echo.ts';
import { cellOf, type EngineContext } from './engineContext.ts';
import type { FinishedRow, RunEvent } from './events.ts';
import { customIdOf, newNonce, planDigits, planOf } from './ids.ts';
import type { Job } from './job.ts';
import type { ModelConfig } from './modelConfig.ts';
import type { Pack, PackedRow } from './packing.ts';
import { estimateRow } from './estimate.ts';
import type { LoadedRow } from './plan.ts';
import type { PayloadSpool, StoredResult } from './stateManager.ts';
import type { Provider } from './provider.ts';
import type { LedgerBatch, LedgerRow, RunLedger } from './runLedger.ts';
import { NO_USAGE } from './job.ts';
import { toRanges } from './rowRanges.ts';
import type { RowErrorCode } from './vocabulary.ts';

/** Rows that end without being sent are written together, this many a journal line. */
const UNSENT_CHUNK = 200;

/** A batch whose intent is on disk and whose body is spooled: it may be sent, once. */
export interface IntendedBatch {
  readonly nonce: string;
  readonly path: string;
  readonly bytes: number;
}

/**
 * Reserves and intends: encodes the rows of a pack into the spool, and writes `batchIntended` durably. Rows that cannot
 * be sent end here with a named error. `undefined` when no row was left to send.
 *
 * @param maySubmit Asked before every row and before the intent: whether anything may still be sent.
 */
export async function intendBatch(
  context: EngineContext,
  provider: Provider,
  pack: Pack,
  maySubmit: () => boolean,
): Promise<IntendedBatch | undefined> {
  const { writer } = context;
  const nonce = freshNonce(context);
  const spool = await writer.openPayload(nonce);
  const sent: PackedRow[] = [];
  try {
    let bytes = Buffer.byteLength(provider.framing.head + provider.framing.tail);
    await spool.write(provider.framing.head);
    for (const packed of pack.rows) {
      if (!maySubmit()) break;
      const encoded = await encodeRow(context, provider, packed, nonce);
      if (encoded === undefined) continue;
      const separator = sent.length === 0 ? '' : provider.framing.separator;
      const size = Buffer.byteLength(separator + encoded.text);
      if (bytes + size > provider.limits.maxBytes) {
        if (sent.length > 0) break; // the rest goes into the next batch
        await endUnsent(
          context,
          [packed.ordinal],
          'tooLarge',
          `It needs ${String(size)} bytes, and one request to ${provider.name} may have ${String(provider.limits.maxBytes)}.`,
        );
        continue;
      }
      if (
        !writer.ledger.money.fits(
          sent.reduce((sum, row) => sum + row.reservedNanoUsd, encoded.packed.reservedNanoUsd),
        )
      ) {
        if (encoded.replanned)
          await endUnsent(
            context,
            [packed.ordinal],
            'changed',
            'The input changed since it was confirmed, and its new size does not fit the cost limit.',
          );
        continue;
      }
      await spool.write(separator + encoded.text);
      sent.push(encoded.packed);
      bytes += size;
    }
    await spool.write(provider.framing.tail);
  } catch (error) {
    await discard(context, spool, nonce);
    throw error;
  }
  const { bytes, sha256 } = await spool.finish();
  const reservedNanoUsd = sent.reduce((sum, row) => sum + row.reservedNanoUsd, 0);
  // Looked at once more, after all the reading: a stop, a refusal or a row that cost too much may have come meanwhile.
  if (sent.length === 0 || !maySubmit() || !writer.ledger.money.fits(reservedNanoUsd)) {
    await writer.removePayload(nonce);
    return undefined;
  }
  if (planOf(nonce) !== planDigits(writer.ledger.rows)) {
    // An input has changed while it was read: what goes out must not say that it is of the plan of before.
    await writer.removePayload(nonce);
    return intendBatch(context, provider, { ...pack, rows: sent }, maySubmit);
  }
  if (takenSizes(writer.ledger, provider).has(sent.length)) {
    // Rows that could not be sent have made it as large as another that may have to be looked for.
    await writer.removePayload(nonce);
    return intendBatch(context, provider, { ...pack, rows: sent.slice(0, -1) }, maySubmit);
  }
  const asPlanned = sent.every(
    (row) => row.reservedNanoUsd === writer.ledger.row(row.ordinal).estimate.reservedNanoUsd,
  );
  await writer.append({
    e: 'batchIntended',
    at: context.clock.now(),
    nonce,
    provider: provider.name,
    model: pack.model,
    rows: toRanges(sent.map((row) => row.ordinal)),
    payloadHash: sha256,
    bytes,
    reservedNanoUsd,
    ...(provider.keyFingerprint === undefined ? {} : { keyFingerprint: provider.keyFingerprint }),
    ...(asPlanned ? {} : { reservations: sent.map((row) => row.reservedNanoUsd) }),
  });
  return { nonce, path: spool.path, bytes };
}

/** Numbers of rows that the next batch must not have, so that each can be found again by its own. */
export function takenSizes(ledger: RunLedger, provider: Provider): ReadonlySet<number> {
  return provider.findsBySize === true ? ledger.openSizes(provider.name) : new Set();
}

/**
 * Submits and accepts: the one POST of an intended batch, and what became of it, durably. A failure that leaves open
 * whether the batch exists makes it uncertain; it is never sent again by itself (promise P2).
 * Resolves to the error of a definite refusal.
 */
export async function submitIntended(
  context: EngineContext,
  provider: Provider,
  intended: IntendedBatch,
): Promise<ProviderError | undefined> {
  const { writer, clock } = context;
  const batch = writer.ledger.batch(intended.nonce);
  await writer.assertHolder();
  try {
    const payload = {
      path: intended.path,
      bytes: intended.bytes,
      rows: batch.rows.length,
      model: batch.model,
    };
    const { batchId } = await provider.createBatch(payload, {
      nonce: batch.nonce,
      rows: toRanges(batch.rows),
      signal: context.giveUp,
    });
    await accept(context, provider, batch, { batchId });
    return undefined;
  } catch (error) {
    if (isBatchbookError(error) && (error.code === 'leaseLost' || error.code === 'disk')) throw error;
    const refusal = error instanceof ProviderError && error.code !== 'ambiguous' ? error : undefined;
    if (refusal === undefined) {
      const message = `Nobody can tell yet whether the service has this batch: ${describeCause(error)}`;
      await writer.append({ e: 'batchUncertain', at: clock.now(), nonce: batch.nonce, message });
      return undefined;
    }
    await writer.append({
      e: 'batchRejected',
      at: clock.now(),
      nonce: batch.nonce,
      code: refusal.code,
      message: refusal.userMessage,
    });
    await writer.removePayload(batch.nonce);
    return refusal;
  }
}

/** Journals that a batch exists at the service, and what is known of it. */
export async function accept(
  context: EngineContext,
  provider: Provider,
  batch: LedgerBatch,
  facts: Pick<Extract<RunEvent, { e: 'batchAccepted' }>, 'batchId' | 'adopted' | 'createdAt'>,
): Promise<void> {
  const at = context.clock.now();
  const { resultsKeptMs } = provider;
  await context.writer.append({
    e: 'batchAccepted',
    at,
    nonce: batch.nonce,
    ...(resultsKeptMs === undefined ? {} : { keptUntil: (facts.createdAt ?? at) + resultsKeptMs }),
    ...(provider.keyFingerprint === undefined ? {} : { keyFingerprint: provider.keyFingerprint }),
    ...facts,
  });
}

/** Ends rows that were not sent, each with a result line that says why. */
export async function endUnsent(
  context: EngineContext,
  ordinals: readonly number[],
  outcome: RowErrorCode | 'cancelled',
  message: string,
): Promise<void> {
  const { writer, clock } = context;
  for (let i = 0; i < ordinals.length; i += UNSENT_CHUNK) {
    const part = ordinals.slice(i, i + UNSENT_CHUNK);
    const locations = await writer.appendResults(
      part.map((ordinal): StoredResult => {
        if (outcome === 'cancelled') return { row: ordinal, outcome, usage: NO_USAGE };
        const { planned } = writer.ledger.row(ordinal);
        const error = { code: outcome, message: `${planned.source || planned.id}: ${message}` };
        return { row: ordinal, outcome, usage: NO_USAGE, error };
      }),
    );
    await writer.syncResults();
    const rows = part.flatMap((ordinal, k): FinishedRow[] => {
      const location = locations[k];
      const { attempts } = writer.ledger.row(ordinal);
      return location === undefined ? [] : [[ordinal, attempts, outcome, ...location, 0, 0, 0]];
    });
    await writer.append({ e: 'rowsFinished', at: clock.now(), rows });
  }
}

interface EncodedRow {
  readonly text: string;
  readonly packed: PackedRow;
  readonly replanned: boolean;
}

/** Reads the input as it is now. Content that nobody confirmed is replanned, or not sent. */
async function encodeRow(
  context: EngineContext,
  provider: Provider,
  packed: PackedRow,
  nonce: string,
): Promise<EncodedRow | undefined> {
  const { writer, loader, registry } = context;
  const row = writer.ledger.row(packed.ordinal);
  const loaded = await loader.load(row.planned, row.movedTo?.model);
  if (!loaded.ok) {
    await endUnsent(context, [packed.ordinal], loaded.code, loaded.message);
    return undefined;
  }
  let current = packed;
  const replanned = loaded.inputHash !== row.inputHash;
  if (replanned) {
    if (row.attempts > 0) {
      await endUnsent(
        context,
        [packed.ordinal],
        'changed',
        'The input changed after it was first sent. Run the job file again to send the new content.',
      );
      return undefined;
    }
    current = await replan(context, provider, registry.modelConfig(loaded.job.model), packed, loaded);
  }
  const model = registry.modelConfig(loaded.job.model);
  const { maxInputTokens, name } = model;
  if (row.counted && row.estimate.inputTokens > maxInputTokens) {
    await endUnsent(
      context,
      [packed.ordinal],
      'tooLarge',
      `${provider.title ?? provider.name} counts ${String(row.estimate.inputTokens)} tokens, and ${name} reads at most ${String(maxInputTokens)}. Split it.`,
    );
    return undefined;
  }
  try {
    const cache = cellOf(context, row).parameters.cache === true;
    const { echo } = loaded.job;
    const maxTokens = answerTokens({ maxTokens: current.maxTokens, echo }, model);
    const job = askAgain(context, row, { ...loaded.job, cache, maxTokens });
    return {
      text: await provider.encodeRow(
        withEcho(job, echoToken(nonce, packed.ordinal)),
        customIdOf(nonce, packed.ordinal),
      ),
      packed: current,
      replanned,
    };
  } catch (error) {
    if (!isBatchbookError(error) || error.code !== 'validation') throw error;
    await endUnsent(context, [packed.ordinal], 'unreadable', error.userMessage);
    return undefined;
  }
}

async function replan(
  context: EngineContext,
  provider: Provider,
  model: ModelConfig,
  packed: PackedRow,
  loaded: Extract<LoadedRow, { ok: true }>,
): Promise<PackedRow> {
  const at = context.clock.now();
  const estimate = estimateRow(provider, model, loaded.job, at);
  const { planned } = context.writer.ledger.row(packed.ordinal);
  await context.writer.append(
    { e: 'rowReplanned', at, row: packed.ordinal, inputHash: loaded.inputHash, estimate },
    {
      e: 'notice',
      at,
      code: 'replanned',
      message: `${planned.source || planned.id} changed since the run was planned; its new content is sent.`,
    },
  );
  return { ...packed, reservedNanoUsd: estimate.reservedNanoUsd };
}

/** The re-ask of an invalid answer tells the model what was wrong with the last one. */
function askAgain(context: EngineContext, row: LedgerRow, job: Job): Job {
  if (row.outcome !== 'invalid' || row.location === undefined) return job;
  return askedAgain(job, context.writer.readResult(row.location).error?.message);
}

function freshNonce({ writer: { ledger }, randomBytes }: EngineContext): string {
  const plan = planDigits(ledger.rows);
  for (;;) {
    const nonce = newNonce(plan, randomBytes);
    if (!ledger.batches.has(nonce)) return nonce;
  }
}

async function discard(context: EngineContext, spool: PayloadSpool, nonce: string): Promise<void> {
  await spool.finish();
  await context.writer.removePayload(nonce);
}
