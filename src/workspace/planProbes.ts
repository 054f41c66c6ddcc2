import { kindOf, planProbe, type ProbeSetting } from '../core/probing.ts';
import type { PlannedCell, PlannedRow } from '../core/plan.ts';
import type { ProviderRegistry } from '../core/provider.ts';
import type { PlannedCells } from './planRows.ts';

export interface ProbeParts {
  readonly registry: ProviderRegistry;
  readonly setting: ProbeSetting;
  /** Kinds of requests that were answered before, see `kindOf`. */
  readonly proven: ReadonlySet<string>;
  /** Whether a pilot goes first, which is a probe already. */
  readonly hasPilot: boolean;
}

/** The cells, each with whether one of its rows goes first to see whether the service takes it. */
export async function planProbes(
  cells: PlannedCells['cells'],
  toSend: readonly PlannedRow[],
  { registry, setting, proven, hasPilot }: ProbeParts,
): Promise<PlannedCells> {
  const rowsOf = Map.groupBy(toSend, ({ cell }) => cell);
  const planned = new Map<string, PlannedCell>();
  const notices: { cell: string; message: string }[] = [];
  for (const [id, cell] of cells) {
    const rows = rowsOf.get(id)?.length ?? 0;
    const provider = await registry.providerOf(cell.model);
    const probe = planProbe(provider, rows, { setting, isProven: proven.has(kindOf(cell)) });
    planned.set(id, probe ? { ...cell, probe } : cell);
    if (!probe || hasPilot) continue;
    const message = `One row goes first, alone, to see whether ${provider.title ?? provider.name} takes it; the other ${String(rows - 1)} follow, or wait for your word if it is refused.`;
    notices.push({ cell: id, message });
  }
  return { cells: planned, notices };
}
