import { FEWEST_ROWS, cacheSavingNanoUsd } from '../core/caching.ts';
import { answerTokens } from '../core/echo.ts';
import { countBatches, countWaves, groupOf, type BatchCount } from '../core/packing.ts';
import { spread } from '../core/pilot.ts';
import type { PlannedCell, PlannedRow } from '../core/plan.ts';
import { kindOf } from '../core/probing.ts';
import type { BatchLimits, ProviderRegistry } from '../core/provider.ts';

/** Where rows would go, and which rows. */
export interface Destination {
  readonly provider: string;
  /** What people call the provider. */
  readonly title: string;
  readonly model: string;
  /** `undefined`: this machine. */
  readonly origin: string | undefined;
  readonly caveat: string | undefined;
  /** Whether `origin` is where the service's own vendor has it. */
  readonly isVendor: boolean;
  /** False where the service needs a key and there is none for `origin`. */
  readonly hasKey: boolean;
  readonly rows: number;
}

/** What the person sees before anything is sent (promise P7). Bytes, tokens and money are of the rows to send. */
export interface PlanSummary {
  readonly rows: number;
  readonly rowsToSend: number;
  readonly rowsReused: number;
  readonly bytes: number;
  readonly inputTokens: number;
  readonly outputTokensAtMost: number;
  readonly expectedNanoUsd: number;
  readonly worstNanoUsd: number;
  /** What prompt caching is expected to save, and has been taken off `expectedNanoUsd`; 0 where nothing is cached. */
  readonly cacheSavingNanoUsd: number;
  /** The oldest day (ISO date) on which a price in these sums was looked up; absent where all is free. */
  readonly pricesAsOf: string | undefined;
  readonly limitNanoUsd: number | undefined;
  /** Batches that the rows will make when each is answered at the first attempt. */
  readonly batches: number;
  /** False where estimated sizes decide how many they are. */
  readonly batchesAreExact: boolean;
  /** Into how many waves the limit cuts the run. */
  readonly waves: number;
  readonly pilot: number;
  /** What this job file has cost over all earlier runs. */
  readonly earlierNanoUsd: number;
  readonly destinations: readonly Destination[];
}

export interface SummaryParts {
  readonly cells: ReadonlyMap<string, PlannedCell>;
  readonly registry: ProviderRegistry;
  readonly limitNanoUsd: number | undefined;
  readonly pilot: number;
  readonly jobsPerBatch: number | 'auto';
  readonly earlierNanoUsd: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What the rows to send come to. @param total All rows of the plan, those that have an answer included. */
export async function summarize(
  toSend: readonly PlannedRow[],
  total: number,
  parts: SummaryParts,
): Promise<PlanSummary> {
  const sum = (of: (row: PlannedRow) => number): number => toSend.reduce((all, row) => all + of(row), 0);
  const cellOf = (row: PlannedRow): PlannedCell | undefined => parts.cells.get(row.cell);
  const byModel = Map.groupBy(toSend, (row) => cellOf(row)?.model ?? '');
  const groups = await Promise.all(
    [...byModel].map(async ([model, rows]) => ({
      rows,
      config: parts.registry.modelConfig(model),
      provider: await parts.registry.providerOf(model),
    })),
  );
  const { batches, exact } = await countAll(toSend, parts);
  return {
    rows: total,
    rowsToSend: toSend.length,
    rowsReused: total - toSend.length,
    bytes: sum((row) => row.estimate.bytes),
    inputTokens: sum((row) => row.estimate.inputTokens),
    outputTokensAtMost: sum((row) => {
      const cell = cellOf(row);
      return cell === undefined ? 0 : answerTokens(cell.parameters, parts.registry.modelConfig(cell.model));
    }),
    expectedNanoUsd: sum((row) => row.estimate.expectedNanoUsd),
    worstNanoUsd: sum((row) => row.estimate.reservedNanoUsd),
    cacheSavingNanoUsd: cacheSaving(toSend, parts),
    pricesAsOf: groups.flatMap(({ config }) => config.pricesAsOf ?? []).sort()[0],
    limitNanoUsd: parts.limitNanoUsd,
    batches,
    batchesAreExact: exact,
    waves: countWaves(
      toSend.filter((row) => fits(row, parts)).map((row) => row.estimate.reservedNanoUsd),
      parts.limitNanoUsd,
    ),
    pilot: parts.pilot,
    earlierNanoUsd: parts.earlierNanoUsd,
    destinations: groups.map(({ rows, config, provider }) => ({
      provider: provider.name,
      title: provider.title ?? provider.name,
      model: config.name,
      origin: provider.origin,
      isVendor: provider.isVendor ?? true,
      hasKey: provider.hasKey ?? true,
      caveat: config.caveat,
      rows: rows.length,
    })),
  };
}

/** One row of a cell writes the prefix, and the others read it. */
function cacheSaving(toSend: readonly PlannedRow[], { cells, registry, at }: SummaryParts): number {
  const byCell = Map.groupBy(toSend, (row) => row.cell);
  return [...byCell].reduce((sum, [id, { length }]) => {
    const { model = '', prefixTokens } = cells.get(id) ?? {};
    if (prefixTokens === undefined) return sum;
    const usage = { input: 0, output: 0, cacheWrite1h: prefixTokens, cacheRead: prefixTokens * (length - 1) };
    return sum + cacheSavingNanoUsd(registry.modelConfig(model), usage, at);
  }, 0);
}

/** A row that the limit never leaves room for is not sent. */
function fits(row: PlannedRow, { limitNanoUsd }: SummaryParts): boolean {
  return limitNanoUsd === undefined || row.estimate.reservedNanoUsd <= limitNanoUsd;
}

/** The rows of a pilot are in batches of their own, before all others; without one, so is each row that goes first alone. */
async function countAll(toSend: readonly PlannedRow[], parts: SummaryParts): Promise<BatchCount> {
  const limitsOf = new Map<string, BatchLimits>();
  for (const { model } of parts.cells.values())
    limitsOf.set(model, (await parts.registry.providerOf(model)).limits);
  const first = new Set(parts.pilot < toSend.length ? spread(parts.pilot, toSend.length) : []);
  const leads = first.size > 0 ? new Set<PlannedRow>() : leadsOf(toSend, parts);
  const { pilot = [], rest = [] } = Object.groupBy(toSend, (_, i) => (first.has(i) ? 'pilot' : 'rest'));
  const others = rest.filter((row) => !leads.has(row));
  const counts = [pilot, ...[...leads].map((row) => [row]), others].map((rows) =>
    countBatches(
      rows.flatMap((row) => {
        const cell = parts.cells.get(row.cell);
        const limits = limitsOf.get(cell?.model ?? '');
        if (cell === undefined || limits === undefined || !fits(row, parts)) return [];
        return [{ group: groupOf(cell.provider, cell.model), limits, estimate: row.estimate }];
      }),
      parts,
    ),
  );
  return {
    batches: counts.reduce((sum, { batches }) => sum + batches, 0),
    exact: counts.every(({ exact }) => exact),
  };
}

/** The row of each cell that goes before its others, see `leadOf`: one a kind that is probed, and one a cell that caches. */
function leadsOf(toSend: readonly PlannedRow[], parts: SummaryParts): Set<PlannedRow> {
  const leads = new Map<string, PlannedRow>();
  for (const [id, rows] of Map.groupBy(toSend, ({ cell }) => cell)) {
    const cell = parts.cells.get(id);
    const lead = rows.find((row) => fits(row, parts));
    if (cell === undefined || lead === undefined) continue;
    if (cell.prefixTokens !== undefined && rows.length >= FEWEST_ROWS) leads.set(id, lead);
    else if (cell.probe === true && !leads.has(kindOf(cell))) leads.set(kindOf(cell), lead);
  }
  return new Set(leads.values());
}
