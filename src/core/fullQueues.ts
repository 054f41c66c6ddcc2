import { cellIn } from './engineContext.ts';
import type { LedgerBatch } from './runLedger.ts';
import type { RunReader } from './stateManager.ts';

/** Rows that wait because a service takes no more of their model for now. */
export interface FullQueue {
  readonly provider: string;
  readonly model: string;
  /** Rows that wait to be sent. */
  readonly rows: number;
  /** When the service first said so, epoch milliseconds. */
  readonly since: number;
}

/**
 * Which queues are full, as the journal tells it: the service has refused a batch for want of room, and has begun with
 * none since.
 */
export function fullQueues({ ledger, meta }: Pick<RunReader, 'ledger' | 'meta'>): readonly FullQueue[] {
  const since = new Map<string, number>();
  for (const batch of ledger.batches.values()) {
    const group = JSON.stringify([batch.provider, batch.model]);
    if (batch.queueFullAt !== undefined) since.set(group, since.get(group) ?? batch.queueFullAt);
    else if (hasBegun(batch)) since.delete(group);
  }
  if (since.size === 0) return [];
  const waiting = new Map<string, number>();
  for (const ordinal of ledger.pendingRows()) {
    const { provider, model } = cellIn(meta, ledger.row(ordinal));
    const group = JSON.stringify([provider, model]);
    waiting.set(group, (waiting.get(group) ?? 0) + 1);
  }
  return [...since].flatMap(([group, at]) => {
    const rows = waiting.get(group);
    const [provider = '', model = ''] = JSON.parse(group) as string[];
    return rows === undefined ? [] : [{ provider, model, rows, since: at }];
  });
}

function hasBegun({ reported }: LedgerBatch): boolean {
  return reported !== undefined && reported !== 'validating' && reported !== 'failed';
}
