import type { PlannedRow } from '../core/plan.ts';
import type { ReusedRow } from '../core/reuse.ts';
import type { RunReader } from '../core/stateManager.ts';
import { LeaveOut } from '../jobfile/leaveOut.ts';

/** What earlier runs of this root know that a new plan needs. */
export class EarlierRuns {
  /** Files that runs have written: path → SHA-256 of what was written last. */
  readonly written: ReadonlyMap<string, string>;
  /** What this job file has cost so far, in nanodollars. */
  readonly spentNanoUsd: number;
  readonly #answers: ReadonlyMap<string, Omit<ReusedRow, 'ordinal'>>;

  /** @param runs All readable runs, oldest first. @param jobFile The one whose answers count, relative to the root. */
  constructor(runs: readonly RunReader[], jobFile: string) {
    const written = new Map<string, string>();
    const answers = new Map<string, Omit<ReusedRow, 'ordinal'>>();
    let spent = 0;
    for (const run of runs) {
      const same = run.meta.jobFile?.path === jobFile;
      if (same) spent += run.ledger.money.spentNanoUsd;
      for (const [fromOrdinal, row] of run.ledger.rows.entries()) {
        if (row.written?.path != null) written.set(row.written.path, row.written.sha256);
        if (same && row.status === 'ok') answers.set(row.inputHash, { from: run, fromOrdinal });
      }
    }
    this.written = written;
    this.spentNanoUsd = spent;
    this.#answers = answers;
  }

  /** The rows of a plan that have an answer already: same content, prompt, schema, model and parameters. */
  answers(rows: readonly PlannedRow[]): ReusedRow[] {
    return rows.flatMap((row, ordinal) => {
      const answer = this.#answers.get(row.inputHash);
      return answer === undefined ? [] : [{ ordinal, ...answer }];
    });
  }
}

/** The first input of a run that is one of these, named as in `PlanOptions.leaveOut`. */
export function inputAmong({ ledger }: RunReader, names: readonly string[]): string | undefined {
  const wanted = new LeaveOut(names);
  return ledger.rows.map(({ planned }) => planned.source || planned.id).find((name) => wanted.has(name));
}
