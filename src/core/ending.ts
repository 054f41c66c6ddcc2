import type { BatchbookError } from './errors.ts';
import { formatUsd } from './money.ts';
import { describePilot, pilotReport } from './pilot.ts';
import { needsDecision } from './undecided.ts';
import type { LedgerRow, RunLedger } from './runLedger.ts';
import type { ErrorCode, RunState } from './vocabulary.ts';

/** How a run ended, as far as its driver takes it. */
export interface RunEnding {
  readonly state: RunState;
  /** What that means here and what to do next. */
  readonly reason?: string;
  readonly code?: ErrorCode;
}

/** What a driver that can go no further knows beside the ledger. */
export interface EndingFacts {
  /** It was told to stop, or to submit nothing more. */
  readonly stopped: boolean;
  /** The service would not have us. */
  readonly refusal: BatchbookError | undefined;
  /** Rows that might be sent, were there money; none while a pilot waits for the person. */
  readonly candidates: readonly number[];
  readonly pilot: ReadonlySet<number> | undefined;
  /** Why rows that wait are not among the candidates: the service will not have them. */
  readonly refusedRows: string | undefined;
  /** What the next attempt of a row would reserve. */
  readonly reservationOf: (ordinal: number) => number;
}

/** Why a run goes no further by itself: the first reason that applies. */
export function endingOf(ledger: RunLedger, facts: EndingFacts): RunEnding {
  const pending = ledger.pendingRows().length;
  const open = ledger.openBatches();
  const undecided = open.filter(needsDecision);
  if (pending === 0 && open.length === 0) return { state: 'finished' };
  if (facts.refusal !== undefined) {
    return { state: 'stopped', reason: facts.refusal.userMessage, code: facts.refusal.code };
  }
  if (facts.stopped) return { state: 'stopped', reason: goesOn(open.length, pending) };
  if (ledger.confirmation === undefined) {
    return { state: 'planned', reason: 'Nobody has agreed yet to what would be sent.', code: 'notConfirmed' };
  }
  if (ledger.overspentRow !== undefined) {
    const reason = `Row ${nameOf(ledger.row(ledger.overspentRow))} cost more than was reserved for it, so nothing more is sent until you have looked.`;
    return { state: 'needsDecision', reason };
  }
  if (undecided.length > 0) {
    const which = undecided.map(
      (b) =>
        `${b.nonce}: ${String(b.rows.length)} row${b.rows.length === 1 ? '' : 's'}, at most ${formatUsd(b.reservedNanoUsd)}`,
    );
    const many = undecided.length === 1 ? 'a batch' : `${String(undecided.length)} batches`;
    const reason = `Nobody can tell whether ${many} reached the service (${which.join('; ')}). Wait, adopt a batch, or send the rows again.`;
    return { state: 'needsDecision', reason };
  }
  if (facts.candidates.length === 0 && facts.refusedRows !== undefined) {
    return { state: 'waiting', reason: facts.refusedRows, code: 'invalidRequest' };
  }
  if (facts.candidates.length === 0 && facts.pilot !== undefined) {
    return { state: 'waiting', reason: describePilot(pilotReport(ledger, facts.pilot)) };
  }
  if (facts.candidates.length === 0) return { state: 'stopped', reason: goesOn(open.length, pending) };
  return { state: 'stoppedByLimit', reason: limitReason(ledger, facts) };
}

function limitReason(ledger: RunLedger, { candidates, reservationOf }: EndingFacts): string {
  const needs = candidates.map((ordinal) => ({ ordinal, reserved: reservationOf(ordinal) }));
  const smallest = needs.reduce((a, b) => (b.reserved < a.reserved ? b : a));
  const { spentNanoUsd, unconfirmedNanoUsd, inFlightNanoUsd, limitNanoUsd } = ledger.money;
  const needed = spentNanoUsd + unconfirmedNanoUsd + inFlightNanoUsd + smallest.reserved;
  return `The cost limit of ${formatUsd(limitNanoUsd ?? 0)} leaves no room for the ${candidates.length === 1 ? 'row that waits' : `${String(candidates.length)} rows that wait`}. ${candidates.length === 1 ? 'It' : 'The smallest'} is ${nameOf(ledger.row(smallest.ordinal))}, for which ${formatUsd(smallest.reserved)} must be set aside: it needs a limit of ${formatUsd(needed)}.`;
}

function nameOf({ planned }: LedgerRow): string {
  return planned.source || planned.id;
}

function goesOn(open: number, pending: number): string {
  return `Stopped. ${String(open)} ${open === 1 ? 'batch goes' : 'batches go'} on at the service; ${String(pending)} ${pending === 1 ? 'row waits' : 'rows wait'}. Resume to go on.`;
}
