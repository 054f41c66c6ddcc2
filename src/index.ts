/** The library: build a `Batch`, run it, read its results. Nothing here needs an editor. */
import { randomBytes } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { BatchBuilder, type BatchDependencies, type BatchOptions } from './core/batch.ts';
import { assertFits, batchOptionsSchema } from './core/batchInput.ts';
import { systemClock } from './core/clock.ts';
import { readSourceText } from './providers/text/sourceText.ts';
import { BatchbookError, ValidationError, describeCause } from './core/errors.ts';
import { createAnswerCheck, schemaProblem } from './jobfile/answerCheck.ts';
import { createOutputWriter } from './jobfile/outputWriter.ts';
import { safeSegment } from './jobfile/outputPaths.ts';
import { makeFolders } from './jobfile/placeFile.ts';
import type { ProviderSetting } from './providers/configured/compatible.ts';
import { configureProviders } from './providers/configured/configure.ts';
import type { ModelSetting } from './providers/configured/modelOverrides.ts';
import { createProviderRegistry } from './providers/registry.ts';
import { realDisk } from './state/disk.ts';
import { FileStateManager } from './state/fileStateManager.ts';
import type { OutputWriter } from './core/plan.ts';

/** What a `Batch` takes beside the options of its builder. */
export interface LibraryOptions extends BatchOptions {
  /** Further services with OpenAI's Files and Batches, by name; as in the configuration file (docs/services.md). */
  readonly providers?: Readonly<Record<string, ProviderSetting>>;
  /** Models of the built-in services by name: other prices or limits, or new ones; as in the configuration file. */
  readonly models?: Readonly<Record<string, ModelSetting>>;
}

const libraryOptionsSchema = batchOptionsSchema.extend({
  // Checked by what they configure.
  providers: z.unknown().optional(),
  models: z.unknown().optional(),
});

/**
 * Builds a batch job and runs it; see `BatchBuilder` for what each call does.
 *
 * @example
 * ```ts
 * const run = await new Batch({ stateFile: './state', resultsDir: './output' })
 *   .defaults({ model: 'offline-extractive', maxTokens: 500 })
 *   .addCostLimit({ usd: 15 })
 *   .addJob({ file: 'report.md', prompt: 'Summarize in three sentences.' })
 *   .run({ wait: true });
 * ```
 */
export class Batch extends BatchBuilder {
  /**
   * @param dependencies Stand-ins for parts of the engine, as `batchbook/testing` has them.
   * @throws ValidationError where an option is missing, unknown or out of bounds; `usage` where `providers` or `models`
   *   say something wrong.
   */
  constructor(options: LibraryOptions, dependencies: Partial<BatchDependencies> = {}) {
    assertFits(libraryOptionsSchema, options, 'The options of a batch');
    const { providers, models } = options;
    const configured = configureProviders({
      providers,
      models,
      setBy: { providers: 'the option "providers"', models: 'the option "models"' },
    });
    if (configured.problems.length > 0)
      throw new ValidationError('usage', configured.problems.map(({ message }) => message).join('\n'));
    const dir = path.resolve(options.stateFile);
    const clock = dependencies.clock ?? systemClock;
    super(options, {
      state: new FileStateManager({ dir, disk: realDisk, clock }),
      registry: createProviderRegistry({
        offlineDirectory: path.join(dir, 'offline'),
        configured: () => configured,
      }),
      outputs: options.resultsDir === undefined ? undefined : resultFiles(path.resolve(options.resultsDir)),
      checkAnswer: createAnswerCheck(),
      schemaProblem,
      readSource: readSourceText,
      random: Math.random,
      randomBytes,
      ...dependencies,
    });
  }
}

/** One `<job id>.json` an ok job; files that are not ours are left alone. */
function resultFiles(root: string): OutputWriter {
  const writer = createOutputWriter({
    root,
    protectedPaths: new Map(),
    writtenBefore: new Map(),
    outputOf: (row) =>
      Promise.resolve({ path: `${safeSegment(row.id)}.json`, overwrite: false, hasSchema: false }),
  });
  return {
    ...writer,
    prepare: async () => {
      try {
        await makeFolders(root);
        await access(root, constants.W_OK);
      } catch (error) {
        throw new BatchbookError(
          'disk',
          `The folder ${root} for the results cannot be made or written: ${describeCause(error)}. Nothing was sent. Name another resultsDir, or make room for this one.`,
          { cause: error },
        );
      }
    },
  };
}

export { BatchRun } from './core/batchRun.ts';
export { ConcurrentExecutor } from './core/executor.ts';
export { CostTracker } from './core/costTracker.ts';
export { createProviderRegistry, type ProviderRegistryOptions } from './providers/registry.ts';
export {
  configureProviders,
  type ConfiguredProviders,
  type ProviderSettings,
} from './providers/configured/configure.ts';
export type { ModelSetting } from './providers/configured/modelOverrides.ts';
export type { ProviderSetting } from './providers/configured/compatible.ts';
export { FileStateManager } from './state/fileStateManager.ts';
export {
  BatchbookError,
  CostLimitError,
  JobFileError,
  ProviderError,
  StateError,
  ValidationError,
  isBatchbookError,
  type Problem,
} from './core/errors.ts';
export {
  BATCH_STATES,
  ERROR_CODES,
  EXIT_CODES,
  ROW_ERROR_CODES,
  ROW_OUTCOMES,
  RUN_STATES,
  type BatchState,
  type ErrorCode,
  type RowErrorCode,
  type RowOutcome,
  type RunState,
} from './core/vocabulary.ts';
export type { BatchDependencies, BatchOptions, JobDefaults, JobInput } from './core/batch.ts';
export type { Clock } from './core/clock.ts';
export type { Citation, Job, JobResult, Message, Usage } from './core/job.ts';
export type { ModelConfig, PricePeriod, PriceTier } from './core/modelConfig.ts';
export type { RetryPolicy } from './core/plan.ts';
export type * from './core/provider.ts';
export type { ResponseModel } from './core/responseModel.ts';
export type { RunReader, RunWriter, StateManager } from './core/stateManager.ts';
export type { RunStatus } from './core/status.ts';
