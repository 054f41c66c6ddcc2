import type { Confirmation, RunEvent } from './events.ts';
import type { RowEstimate } from './plan.ts';
import type { RunWriter } from './stateManager.ts';

/** A row as it is on this machine now, in place of what its plan says of it. */
export interface ReestimatedRow {
  readonly row: number;
  readonly inputHash: string;
  readonly estimate: RowEstimate;
}

/**
 * How a run is driven that nobody has agreed to on this machine, since its folder came from elsewhere: whatever that
 * folder says of consent, of reservations and of what somebody wants counts for nothing (promises P3 and P7).
 */
export interface TakingIn {
  /** Ids of the waiting requests that were left on this machine; the others are removed unheeded. */
  readonly requests: ReadonlySet<string>;
  /** What a person has agreed to here; without it this driver collects, and sends nothing. */
  readonly agreement?: {
    readonly confirmation: Confirmation;
    readonly rows: readonly ReestimatedRow[];
  };
}

/** Makes a run one of this machine, before anything of it is driven. */
export async function takeIn(
  writer: RunWriter,
  { requests, agreement }: TakingIn,
  at: number,
): Promise<void> {
  for (const { id } of await writer.pendingRequests()) if (!requests.has(id)) await writer.removeRequest(id);
  if (agreement === undefined) return;
  // A row that was sent meanwhile keeps the content that it was sent with.
  const rows = agreement.rows.filter(({ row, inputHash }) => {
    const now = writer.ledger.row(row);
    return inputHash === now.inputHash || now.status === 'pending';
  });
  await writer.append(...rows.map((row): RunEvent => ({ e: 'rowReplanned', at, ...row })), {
    e: 'confirmed',
    at,
    ...agreement.confirmation,
  });
}
