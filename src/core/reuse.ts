import type { JobResult } from './job.ts';
import { jobResultOf } from './assembleResult.ts';
import type { RunReader, RunWriter, StoredResult } from './stateManager.ts';

/** A row of a new run that an earlier run has answered already. */
export interface ReusedRow {
  /** In the new run. */
  readonly ordinal: number;
  readonly from: RunReader;
  /** In the earlier run. */
  readonly fromOrdinal: number;
}

/** Rows carried over in one write. */
const CHUNK = 200;

/**
 * Copies the answers of earlier runs into a new one, so that it stands on its own; they cost nothing there. Comes before
 * the run's confirmation: a run without one was interrupted here and is planned anew.
 */
export async function carryOver(writer: RunWriter, reused: readonly ReusedRow[], at: number): Promise<void> {
  const byRun = Map.groupBy(reused, (row) => row.from);
  for (const [from, rows] of byRun) {
    for (let i = 0; i < rows.length; i += CHUNK) {
      const part = rows.slice(i, i + CHUNK);
      const locations = await writer.appendResults(
        part.map((row) => toStored(row.ordinal, jobResultOf(from, row.fromOrdinal))),
      );
      await writer.syncResults();
      await writer.append({
        e: 'rowsReused',
        at,
        run: from.meta.runId,
        rows: part.flatMap((row, k) =>
          locations[k] === undefined ? [] : [[row.ordinal, ...locations[k]] as const],
        ),
      });
    }
  }
}

function toStored(row: number, result: JobResult): StoredResult {
  return {
    row,
    outcome: 'ok',
    ...(result.response === undefined ? {} : { response: result.response }),
    ...(result.parsedResponse === undefined ? {} : { parsedResponse: result.parsedResponse }),
    ...(result.citations.length === 0 ? {} : { citations: result.citations }),
    ...(result.stopReason === undefined ? {} : { stopReason: result.stopReason }),
    usage: result.usage,
    origin: { provider: result.provider, model: result.model, batchId: result.batchId },
  };
}
