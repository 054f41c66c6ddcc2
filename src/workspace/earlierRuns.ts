import { isBatchbookError } from '../core/errors.ts';
import type { PlannedRow } from '../core/plan.ts';
import type { ReusedRow } from '../core/reuse.ts';
import type { RunReader } from '../core/stateManager.ts';
import { LeaveOut } from '../jobfile/leaveOut.ts';
import type { WrittenBefore } from '../jobfile/outputChecks.ts';
import type { RunFacts, RunIndex } from './runIndex.ts';
import { writtenFor } from './writtenFor.ts';

/** What earlier runs of this root know that a new plan needs. */
export class EarlierRuns {
  /** Files that runs have written, as `writtenFor` says. */
  readonly written: ReadonlyMap<string, WrittenBefore>;
  /** What this job file has cost so far, in nanodollars. */
  readonly spentNanoUsd: number;
  /** Kinds of requests that some run of this root had an answer to, see `kindOf`. */
  readonly proven: ReadonlySet<string>;
  readonly #index: RunIndex;
  /** Of this job file, oldest first. */
  readonly #runs: readonly RunFacts[];

  private constructor(
    index: RunIndex,
    { all, ofFile }: { readonly all: readonly RunFacts[]; readonly ofFile: readonly RunFacts[] },
    written: ReadonlyMap<string, WrittenBefore>,
  ) {
    this.#index = index;
    this.#runs = ofFile;
    this.written = written;
    this.proven = new Set(all.flatMap(({ answeredKinds }) => answeredKinds));
    this.spentNanoUsd = ofFile.reduce((sum, run) => sum + run.spentNanoUsd, 0);
  }

  /** @param jobFile The one whose answers and costs count, relative to the root. */
  static async of(index: RunIndex, root: string, jobFile: string): Promise<EarlierRuns> {
    const { runs } = await index.all();
    const ofFile = runs.filter((run) => run.jobFile === jobFile);
    return new EarlierRuns(index, { all: runs, ofFile }, await writtenFor(index, root, jobFile));
  }

  /**
   * The rows of a plan that have an answer already, the newest one: same content, prompt, schema, model and parameters.
   * No more runs are read than it takes.
   */
  async answers(rows: readonly PlannedRow[]): Promise<ReusedRow[]> {
    const wanted = new Set(rows.map(({ inputHash }) => inputHash));
    const found = new Map<string, Omit<ReusedRow, 'ordinal'>>();
    for (const { runId, lastOkAt } of this.#runs.toReversed()) {
      if (wanted.size === 0) break;
      const from = lastOkAt === 0 ? undefined : await this.#read(runId);
      for (const [fromOrdinal, row] of from?.ledger.rows.entries() ?? [])
        if (from !== undefined && row.status === 'ok' && wanted.delete(row.inputHash))
          found.set(row.inputHash, { from, fromOrdinal });
    }
    return rows.flatMap((row, ordinal) => {
      const answer = found.get(row.inputHash);
      return answer === undefined ? [] : [{ ordinal, ...answer }];
    });
  }

  /** `undefined` where it cannot be read any more. */
  async #read(runId: string): Promise<RunReader | undefined> {
    try {
      return (await this.#index.reader(runId)).reader;
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
      return undefined;
    }
  }
}

/** The first input of a run that is one of these, named as in `PlanOptions.leaveOut`. */
export function inputAmong({ ledger }: RunReader, names: readonly string[]): string | undefined {
  const wanted = new LeaveOut(names);
  return ledger.rows.map(({ planned }) => planned.source || planned.id).find((name) => wanted.has(name));
}
