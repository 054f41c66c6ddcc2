import type { EngineContext } from './engineContext.ts';
import type { CacheState } from './caching.ts';
import type { PlannedCell } from './plan.ts';
import type { Provider } from './provider.ts';
import { needsDecision } from './undecided.ts';
import type { LedgerRow, RunLedger } from './runLedger.ts';
import type { AttemptOutcome } from './vocabulary.ts';

/*
 * A parameter or a schema that a service refuses is refused for every row of a cell, and batch services say so only when
 * the whole batch has ended. So, before many rows of a kind that was never answered, one goes alone.
 */

/** Whether one row goes before the others: where there are many of a kind that was never answered, always, or never. */
export type ProbeSetting = 'auto' | boolean;

/** Fewest rows of a cell for which `auto` has one go first. */
const PROBE_FROM = 500;

/** Endings that show that the service takes requests of this kind. */
const ANSWERED: ReadonlySet<AttemptOutcome> = new Set([
  'ok',
  'truncated',
  'contextFull',
  'refused',
  'invalid',
]);

/**
 * What a service may refuse in a request, apart from what is asked: requests of one kind are taken or refused alike. The
 * system prompt is not part of it.
 */
export function kindOf({ provider, model, parameters }: Omit<PlannedCell, 'id' | 'retry'>): string {
  const { system: _text, ...rest } = parameters;
  return JSON.stringify([provider, model, Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/**
 * Whether one row of a cell is to go first. A provider on this machine is not asked.
 *
 * @param rows To send, of this cell.
 * @param isProven Whether a request of this kind was answered before.
 */
export function planProbe(
  provider: Pick<Provider, 'origin'>,
  rows: number,
  { setting, isProven }: { readonly setting: ProbeSetting; readonly isProven: boolean },
): boolean {
  if (provider.origin === undefined || setting === false || rows < 2) return false;
  return setting === true || (rows >= PROBE_FROM && !isProven);
}

/** Whether an attempt shows that the service takes requests of its kind. */
export function isAnswer({ outcome }: Pick<LedgerRow, 'outcome'>): boolean {
  return outcome !== undefined && ANSWERED.has(outcome);
}

/**
 * How the probe of a cell stands. `due`: one of its rows is to be sent, alone. `sent`: it is there. `refused`: the service
 * will not have rows of this kind, and nothing more of them goes without the person's word. `none`: all may go.
 */
export type ProbeState = 'none' | 'due' | 'sent' | 'refused';

/** @param isPilot Whether a pilot is under way, which is a probe of what it sends. */
export function probeState(
  ledger: RunLedger,
  cell: PlannedCell,
  { cells, isPilot }: { readonly cells: readonly PlannedCell[]; readonly isPilot: boolean },
): ProbeState {
  if (cell.probe !== true) return 'none';
  const kin = kinOf(cell, cells);
  if ([...kin].some((id) => ledger.sentAnyway.has(id))) return 'none';
  if (ledger.refusedCells.has(cell.id)) return 'refused';
  if (isPilot) return 'none';
  const rows = ledger.rows.filter(({ planned }) => kin.has(planned.cell));
  const tried = rows.filter((row) => row.lastBatch !== undefined || isAnswer(row));
  // However it ended but refused: what failed for now, expired or is missing was not found fault with.
  if (tried.some(({ outcome }) => outcome !== 'permanent')) return 'none';
  if (tried.some(({ status }) => status === 'error')) return 'refused';
  const live = [...new Set(rows.flatMap(({ liveIn }) => liveIn ?? []))].map((nonce) => ledger.batch(nonce));
  if (live.some(needsDecision)) return 'none'; // nobody will ever know, and the others wait for nothing
  return live.length > 0 ? 'sent' : 'due';
}

/** What the service has said of a refused cell, and how many rows wait for the person's word; `undefined`: none is refused. */
export function describeRefusals(
  { writer }: Pick<EngineContext, 'writer'>,
  stateOf: (cell: PlannedCell) => ProbeState,
): string | undefined {
  const { ledger, meta } = writer;
  const pending = ledger.pendingRows().map((ordinal) => ledger.row(ordinal).planned.cell);
  const refused = meta.cells.filter((cell) => pending.includes(cell.id) && stateOf(cell) === 'refused');
  if (refused.length === 0) return undefined;
  const lines = refused.map((cell) => {
    const waiting = pending.filter((id) => id === cell.id).length;
    const counted = ledger.refusedCells.get(cell.id);
    if (counted !== undefined)
      return `The service will not have the rows of cell "${cell.id}", as it said when it was asked to count some: ${counted} None of its ${String(waiting)} rows was sent.`;
    return `The service refused the first row of cell "${cell.id}" for good: ${messageOf(writer, cell)} The ${String(waiting)} others were not sent.`;
  });
  return `${lines.join(' ')} Change the cell and run the job file anew, or continue to send them all the same.`;
}

function messageOf(writer: EngineContext['writer'], cell: PlannedCell): string {
  const kin = kinOf(cell, writer.meta.cells);
  const row = writer.ledger.rows.find(
    ({ planned, outcome }) => kin.has(planned.cell) && outcome === 'permanent',
  );
  return (row?.location === undefined ? undefined : writer.readResult(row.location).error?.message) ?? '';
}

/** Ids of the cells whose requests are of the same kind, its own among them. */
function kinOf(cell: PlannedCell, cells: readonly PlannedCell[]): ReadonlySet<string> {
  const kind = kindOf(cell);
  return new Set(cells.filter((other) => kindOf(other) === kind).map(({ id }) => id));
}

/**
 * Whether one row of a cell goes before the others, alone, be it to see whether the service takes it or to fill its
 * cache: it is one and the same row. `none`: all may go. `due`: it is to be sent. `sent`: the others wait for it.
 */
export type Lead = 'none' | 'due' | 'sent';

export function leadOf(probe: ProbeState, cache: () => CacheState): Lead {
  if (probe === 'due' || probe === 'sent') return probe;
  const lead = { warm: 'none', cold: 'due', priming: 'sent' } as const;
  return lead[cache()];
}
