import type { RunEvent } from './events.ts';
import { formatUsd } from './money.ts';
import type { RunLedger } from './runLedger.ts';

/** Share of the cost limit from which on people are warned. */
export const NEAR_LIMIT = 0.8;

/** Whether so much of the limit is used that the person should hear of it: what is spent, or may have been. */
export function isNearLimit({ money }: Pick<RunLedger, 'money'>): boolean {
  const { limitNanoUsd: limit, spentNanoUsd, unconfirmedNanoUsd } = money;
  return limit !== undefined && limit > 0 && spentNanoUsd + unconfirmedNanoUsd >= NEAR_LIMIT * limit;
}

/** The warning that is due, once for every limit; `undefined`: none is. */
export function nearLimitNotice(ledger: RunLedger, at: number): RunEvent | undefined {
  const { limitNanoUsd: limit, spentNanoUsd, unconfirmedNanoUsd, inFlightNanoUsd } = ledger.money;
  if (limit === undefined || ledger.warnedAtLimit === limit || !isNearLimit(ledger)) return undefined;
  const unconfirmed = unconfirmedNanoUsd === 0 ? '' : `, ${formatUsd(unconfirmedNanoUsd)} unconfirmed`;
  const inFlight = inFlightNanoUsd === 0 ? '' : `, at most ${formatUsd(inFlightNanoUsd)} more in flight`;
  const share = Math.floor((100 * (spentNanoUsd + unconfirmedNanoUsd)) / limit);
  const message = `${String(share)} % of the cost limit of ${formatUsd(limit)} is used: ${formatUsd(spentNanoUsd)} spent${unconfirmed}${inFlight}. Nothing is sent beyond the limit.`;
  return { e: 'notice', at, code: 'nearLimit', message };
}
