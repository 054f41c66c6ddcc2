import type { AnswerCheck } from './answerCheck.ts';
import { withCache } from './caching.ts';
import type { ReadSource } from './citations.ts';
import type { Clock } from './clock.ts';
import type { RandomBytes } from './ids.ts';
import type { PlannedCell, OutputWriter, RowLoader } from './plan.ts';
import type { ProviderRegistry } from './provider.ts';
import type { RunMeta, RunWriter } from './stateManager.ts';
import { BatchbookError } from './errors.ts';
import type { LedgerRow } from './runLedger.ts';

/** What the parts of the engine share while one run is driven. */
export interface EngineContext {
  readonly writer: RunWriter;
  readonly registry: ProviderRegistry;
  readonly loader: RowLoader;
  /** Absent where a run writes no outputs. */
  readonly outputs: OutputWriter | undefined;
  /** Absent where providers check answers themselves. */
  readonly checkAnswer: AnswerCheck | undefined;
  /** Absent where no citation is verified. */
  readonly readSource: ReadSource | undefined;
  /** Ids of all batches that other runs of this root know of. */
  readonly otherRunsBatches: () => Promise<readonly string[]>;
  /** Whether what is uploaded for a batch, and its results, stay at the service after they were read. */
  readonly keepsArtifacts: boolean;
  readonly clock: Clock;
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number;
  readonly randomBytes: RandomBytes;
  /** Aborts when this process is to drive no more: every wait ends, nothing new is submitted. */
  readonly stop: AbortSignal;
  /** Aborts a little after `stop`: calls still on the wire are given up and become uncertain. */
  readonly giveUp: AbortSignal;
  /** Aborts `stop` now, and `giveUp` after a grace. */
  readonly requestStop: () => void;
}

/** The cell of a row, with the parameters that all its rows share. */
export function cellOf(context: Pick<EngineContext, 'writer'>, row: LedgerRow): PlannedCell {
  return cellIn(context.writer.meta, row);
}

/**
 * The same, of a run that this process may only read. Rows that were moved to another model are a cell of their own, with
 * what depends on the model: nothing is packed, cached or tried again together with the others.
 */
export function cellIn({ cells }: Pick<RunMeta, 'cells'>, row: LedgerRow): PlannedCell {
  const cell = cells.find((c) => c.id === row.planned.cell);
  if (cell === undefined)
    throw new BatchbookError('corruptState', `Row ${row.planned.id} belongs to no cell of its run.`);
  if (row.movedTo === undefined) return cell;
  const { model, provider, maxTokens, retry } = row.movedTo;
  const parameters = withCache({ ...cell.parameters, model, maxTokens }, false);
  return { id: `${cell.id}@${model}`, model, provider, parameters, retry };
}
