import { assertNever } from './errors.ts';
import { toRanges, type RunEvent } from './events.ts';
import type { PendingRequest, RunWriter } from './stateManager.ts';

/** What is left for the driver itself to do after a request was journalled. */
export type AfterRequest = 'stop' | 'nudge' | 'none';

/**
 * Journals a request as handled together with its effect, then removes it. A request that was journalled before (the
 * process died in between) is only removed. One that fits nothing any more is handled without an effect.
 */
export async function handleRequest(
  writer: RunWriter,
  request: PendingRequest,
  now: number,
): Promise<AfterRequest> {
  if (writer.ledger.handledRequests.has(request.id)) {
    await writer.removeRequest(request.id);
    return 'none'; // a stop was meant for the process that died
  }
  const handled = { e: 'requestHandled', at: now, id: request.id, kind: request.kind } as const;
  await writer.append(...effects(writer, request, now), handled);
  await writer.removeRequest(request.id);
  if (request.kind === 'stop' || (request.kind === 'handOver' && request.epoch === writer.epoch))
    return 'stop';
  return request.kind === 'cancel' ? 'nudge' : 'none';
}

function effects({ ledger }: RunWriter, request: PendingRequest, at: number): RunEvent[] {
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
      if (batch?.state !== 'uncertain' || known) return [];
      return [{ e: 'batchAccepted', at, nonce: request.nonce, batchId: request.batchId, adopted: true }];
    }
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
