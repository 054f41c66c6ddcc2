import { assertMayBe, describeUnknown, isMarkedAs } from './adoption.ts';
import { assertAttachable, attachmentEvents, type AttachTarget } from './attachment.ts';
import { ProviderError, assertNever, isBatchbookError } from './errors.ts';
import type { RunEvent } from './events.ts';
import type { ServiceBatch } from './provider.ts';
import { toRanges } from './rowRanges.ts';
import type { LedgerBatch } from './runLedger.ts';
import type { PendingRequest, RunRequest, RunWriter } from './stateManager.ts';
import { assertWithdrawable } from './withdrawal.ts';

/** What is left for the driver itself to do after a request was journalled. */
export type AfterRequest = 'stop' | 'nudge' | 'none';

export interface RequestContext {
  readonly writer: RunWriter;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Asks a service for a batch; see `examineBatch`. */
  readonly examine: (provider: string, batchId: string) => Promise<ServiceBatch>;
  /** The run, as batches from elsewhere are attached to it. */
  readonly target: AttachTarget;
}

/**
 * Journals a request as handled together with its effect, then removes it. A request that was journalled before (the
 * process died in between) is only removed. One that fits nothing any more is handled without an effect.
 */
export async function handleRequest(context: RequestContext, request: PendingRequest): Promise<AfterRequest> {
  const { writer, now } = context;
  if (writer.ledger.handledRequests.has(request.id)) {
    await writer.removeRequest(request.id);
    return 'none'; // a stop was meant for the process that died
  }
  const handled = { e: 'requestHandled', at: now, id: request.id, kind: request.kind } as const;
  const changes = await effects(context, request);
  await writer.append(...changes, handled);
  await writer.removeRequest(request.id);
  switch (request.kind) {
    case 'stop':
      return 'stop';
    case 'handOver':
      return request.epoch === writer.epoch ? 'stop' : 'none';
    case 'attach':
      // Rows that are somewhere already must not be sent because the batch they are in could not be taken over.
      return changes.some(({ e }) => e === 'notice') ? 'stop' : 'none';
    case 'cancel':
    case 'withdraw':
      return 'nudge';
    default:
      return 'none';
  }
}

async function effects(context: RequestContext, request: PendingRequest): Promise<RunEvent[]> {
  const { ledger } = context.writer;
  const at = context.now;
  switch (request.kind) {
    case 'stop':
    case 'handOver':
      return [];
    case 'cancel':
      return [{ e: 'cancelRequested', at }];
    case 'setLimit':
      return [{ e: 'limitSet', at, limitNanoUsd: request.limitNanoUsd }];
    case 'continue':
      return [{ e: 'continued', at }];
    case 'retry': {
      const rows = ledger.rows.flatMap((row, ordinal) =>
        row.status !== 'ok' && row.liveIn === undefined && (request.rows?.includes(ordinal) ?? true)
          ? [ordinal]
          : [],
      );
      return rows.length === 0 ? [] : [{ e: 'retryRequested', at, rows: toRanges(rows) }];
    }
    case 'adopt': {
      const batch = ledger.batches.get(request.nonce);
      const known = [...ledger.batches.values()].some((b) => b.batchId === request.batchId);
      return batch?.state === 'uncertain' && !known ? adoption(context, batch, request) : [];
    }
    case 'attach':
      return attachment(context, request);
    case 'withdraw':
      return withdrawal(context, request);
    case 'resend':
      return [...ledger.batches.values()]
        .filter((b) => b.state === 'uncertain' && (request.nonce === undefined || b.nonce === request.nonce))
        .map((b) => ({
          e: 'batchAbandoned',
          at,
          nonce: b.nonce,
          reason: 'The person chose to send its rows again.',
        }));
    case 'writeOff':
      return [{ e: 'writtenOff', at, nanoUsd: request.nanoUsd }];
    default:
      return assertNever(request);
  }
}

/** Asked again for a batch that is attached already, nothing happens; one whose attaching broke off is accepted. */
function attachment(
  { writer: { ledger }, target, now: at }: RequestContext,
  request: Extract<RunRequest, { kind: 'attach' }>,
): RunEvent[] {
  const there = ledger.batches.get(request.nonce);
  if (there?.batchId === request.batchId) return [];
  try {
    if (there === undefined) assertAttachable(target, request);
    return attachmentEvents(target, request, at).filter(
      ({ e }) => there === undefined || e === 'batchAccepted',
    );
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    const message = `${error.userMessage} The run was stopped, so that its rows are not sent a second time.`;
    return [{ e: 'notice', at, code: 'notAttached', message }];
  }
}

function withdrawal(
  { writer: { ledger }, now: at }: RequestContext,
  { nonce, moveTo }: Extract<RunRequest, { kind: 'withdraw' }>,
): RunEvent[] {
  const batch = ledger.batches.get(nonce);
  if (batch === undefined) return [];
  try {
    assertWithdrawable(batch);
    return [{ e: 'batchWithdrawn', at, nonce, ...(moveTo === undefined ? {} : { moveTo }) }];
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return [{ e: 'notice', at, code: 'notWithdrawn', message: error.userMessage }];
  }
}

/** A batch that cannot be the intended one is not adopted, as far as its service tells. */
async function adoption(
  { examine, now: at }: RequestContext,
  batch: LedgerBatch,
  { batchId }: Extract<RunRequest, { kind: 'adopt' }>,
): Promise<RunEvent[]> {
  const accepted = { e: 'batchAccepted', at, nonce: batch.nonce, batchId, adopted: true } as const;
  try {
    const found = await examine(batch.provider, batchId);
    assertMayBe(batch, found);
    const { createdAt } = found;
    return [
      {
        ...accepted,
        ...(createdAt === undefined ? {} : { createdAt }),
        ...(isMarkedAs(found, batch) ? {} : { unproved: true as const }),
      },
    ];
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    // A service that cannot be asked tells nothing: the person's word counts until the results say whose they are.
    if (error instanceof ProviderError && error.code !== 'notFound') return [{ ...accepted, unproved: true }];
    const message = error instanceof ProviderError ? describeUnknown(batchId, error) : error.userMessage;
    return [{ e: 'notice', at, code: 'notAdopted', message: `Nothing was adopted. ${message}` }];
  }
}
