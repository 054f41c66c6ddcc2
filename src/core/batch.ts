import type { AnswerCheck } from './answerCheck.ts';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BatchRun } from './batchRun.ts';
import { systemClock, type Clock } from './clock.ts';
import { StateError, ValidationError, describeCause } from './errors.ts';
import { assertFits, costLimitSchema, jobDefaultsSchema, jobInputSchema } from './batchInput.ts';
import { planCaching, withCache } from './caching.ts';
import type { ReadSource } from './citations.ts';
import { estimateRow } from './estimate.ts';
import type { Confirmation } from './events.ts';
import { sortableId, type RandomBytes } from './ids.ts';
import { hashInput } from './inputHash.ts';
import type { Effort, Job, JsonSchema, Message, RequestParameters } from './job.ts';
import { nanoFromUsd } from './money.ts';
import {
  effectiveRetry,
  mergeRetry,
  type OutputWriter,
  type PlannedCell,
  type PlannedRow,
  type RetryPolicy,
  type RowLoader,
} from './plan.ts';
import { planProbe, type ProbeSetting } from './probing.ts';
import type { ProviderRegistry } from './provider.ts';
import { toJsonSchema, type ResponseModel } from './responseModel.ts';
import { STATE_FORMAT, type RunMeta, type RunReader, type StateManager } from './stateManager.ts';
import type { RunStatus } from './status.ts';

export interface BatchOptions {
  /** Folder in which the run's state is kept; the same folder with the same jobs resumes the run. */
  readonly stateFile: string;
  /** Folder for one `<job id>.json` an ok job; absent: results are only in the state. */
  readonly resultsDir?: string;
  /** Batches in flight at a time, over all services. Default 10. */
  readonly maxConcurrent?: number;
  readonly jobsPerBatch?: number | 'auto';
  /**
   * Whether one job goes first, alone, and others with the same model and parameters once the service has taken it.
   * Default `auto`: where there are 500 of them or more.
   */
  readonly probe?: ProbeSetting;
  readonly retry?: Partial<RetryPolicy>;
}

/** Parameters for jobs that do not name their own. */
export interface JobDefaults {
  readonly model?: string;
  readonly system?: string;
  /** Default 0.7; left out for a model that refuses it. */
  readonly temperature?: number;
  /** Default 1000. */
  readonly maxTokens?: number;
  readonly effort?: Effort;
  readonly enableCitations?: boolean;
  /** Whether the service is asked to cache the system prompt where that pays; default no. */
  readonly cache?: boolean;
  /** Whether each answer is to give back a token of its row; one that does not is never ok. Default no. */
  readonly echo?: boolean;
}

/** One job as the caller gives it: `messages`, or a `prompt`, or a `file` with a `prompt`. */
export interface JobInput extends JobDefaults {
  /** Default: a hash of file path or messages, prompt and model. */
  readonly id?: string;
  readonly messages?: readonly Message[];
  /** Path of a file that goes with the prompt. */
  readonly file?: string;
  readonly prompt?: string;
  readonly responseModel?: ResponseModel;
}

/** What a `Batch` works with; injected, so that every part has a mock. */
export interface BatchDependencies {
  readonly state: StateManager;
  readonly registry: ProviderRegistry;
  readonly outputs: OutputWriter | undefined;
  readonly checkAnswer?: AnswerCheck;
  /** Why no answer can be checked by a schema, or `undefined`; asked before anything is sent. */
  readonly schemaProblem?: (schema: JsonSchema) => Promise<string | undefined>;
  readonly readSource?: ReadSource;
  readonly clock?: Clock;
  readonly random: () => number;
  readonly randomBytes: RandomBytes;
}

const DEFAULT_TEMPERATURE = 0.7;
const DEFAULT_MAX_TOKENS = 1000;
const DEFAULT_MAX_CONCURRENT = 10;

/** A job with its defaults filled in, before its file is read. */
interface PreparedJob {
  readonly id: string;
  readonly parameters: RequestParameters;
  readonly input: JobInput;
  readonly cell: string;
}

/**
 * Builds a batch job and runs it.
 *
 * @example
 * ```ts
 * const run = await new Batch({ stateFile: './state', maxConcurrent: 10 })
 *   .defaults({ model: 'offline-extractive', maxTokens: 500 })
 *   .addCostLimit({ usd: 15 })
 *   .addJob({ file: 'report.md', prompt: 'Summarize in three sentences.' })
 *   .run({ wait: true });
 * for (const [id, result] of run.results()) console.log(id, result.status, result.response);
 * ```
 */
export class BatchBuilder {
  readonly #options: BatchOptions;
  readonly #dependencies: BatchDependencies;
  #defaults: JobDefaults = {};
  #limitNanoUsd: number | undefined;
  #onProgress: ((status: RunStatus) => void) | undefined;
  readonly #jobs: JobInput[] = [];

  /** @param options Checked by the caller, with `batchOptionsSchema`. */
  constructor(options: BatchOptions, dependencies: BatchDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /**
   * Parameters for every job that does not name its own, also those added before.
   * @throws ValidationError for what is no parameter or out of bounds.
   */
  defaults(defaults: JobDefaults): this {
    assertFits(jobDefaultsSchema, defaults, 'The defaults');
    this.#defaults = { ...this.#defaults, ...defaults };
    return this;
  }

  /** @throws ValidationError unless `usd` is an amount above 0 and at most a million. */
  addCostLimit(limit: { readonly usd: number }): this {
    assertFits(costLimitSchema, limit, 'The cost limit');
    this.#limitNanoUsd = nanoFromUsd(limit.usd);
    return this;
  }

  /** Called after every change with the whole status; the calls of one run never overlap. */
  onProgress(listener: (status: RunStatus) => void): this {
    this.#onProgress = listener;
    return this;
  }

  /** @throws ValidationError unless the job has messages, or a prompt with or without a file, and parameters in bounds. */
  addJob(job: JobInput): this {
    assertFits(jobInputSchema, job, `Job ${String(this.#jobs.length + 1)}`);
    const hasMessages = job.messages !== undefined && job.messages.length > 0;
    if (hasMessages === (job.prompt !== undefined) || (hasMessages && job.file !== undefined)) {
      throw new ValidationError(
        'validation',
        `Job ${job.id ?? String(this.#jobs.length + 1)} needs either messages, or a prompt with or without a file.`,
      );
    }
    this.#jobs.push({ ...job }); // as it was checked, whatever becomes of the caller's
    return this;
  }

  /**
   * Plans the jobs and starts them, or resumes the run that the state folder holds for the same jobs. Nothing is sent
   * unless every job is valid.
   * @param options With `wait` it resolves when the run goes on by itself no more, else when it is planned and started.
   * @throws ValidationError for a job that its model cannot take, and without jobs; StateError when the folder holds a run of other jobs;
   *   BatchbookError `disk` where `resultsDir` cannot be made.
   */
  async run(options: { readonly wait?: boolean; readonly signal?: AbortSignal } = {}): Promise<BatchRun> {
    const { state, registry, clock = systemClock } = this.#dependencies;
    if (this.#jobs.length === 0)
      throw new ValidationError('validation', 'The batch has no jobs. Add them with addJob before it runs.');
    const prepared = this.#prepare();
    const loader = new JobLoader(prepared, (input, model) => this.#parameters(input, 0, model));
    const plan = await this.#plan(prepared, loader, clock.now());
    const there = await findRun(state, plan.rows);
    await this.#dependencies.outputs?.prepare?.();
    const runId = there?.meta.runId ?? (await this.#create(plan, clock.now()));
    const limitNanoUsd = this.#limitNanoUsd;
    if (there !== undefined && limitNanoUsd !== undefined && limitNanoUsd !== there.ledger.money.limitNanoUsd)
      await state.request(runId, { kind: 'setLimit', limitNanoUsd });
    const run = await BatchRun.start({
      state,
      runId,
      registry,
      loader,
      clock,
      random: this.#dependencies.random,
      randomBytes: this.#dependencies.randomBytes,
      kind: 'library',
      confirmation: plan.confirmation,
      ...(this.#dependencies.outputs === undefined ? {} : { outputs: this.#dependencies.outputs }),
      ...(this.#dependencies.checkAnswer === undefined
        ? {}
        : { checkAnswer: this.#dependencies.checkAnswer }),
      ...(this.#dependencies.readSource === undefined ? {} : { readSource: this.#dependencies.readSource }),
      ...(this.#onProgress === undefined ? {} : { onProgress: this.#onProgress }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    options.signal?.addEventListener('abort', () => void run.shutdown(), { once: true }); // it never rejects
    if (options.signal?.aborted === true) await run.shutdown();
    if (options.wait === true) await run.finished();
    return run;
  }

  #prepare(): PreparedJob[] {
    const cells = new Map<string, string>();
    const byId = new Map<string, number>();
    return this.#jobs.map((input, index) => {
      const parameters = this.#parameters(input, index);
      const key = JSON.stringify(parameters);
      const cell = cells.get(key) ?? `jobs-${String(cells.size + 1)}`;
      cells.set(key, cell);
      const id = input.id ?? derivedId(input, parameters.model);
      const earlier = byId.get(id);
      if (earlier !== undefined) {
        throw new ValidationError(
          'validation',
          `Jobs ${String(earlier + 1)} and ${String(index + 1)} have the same id "${id}". Give one of them an id of its own.`,
        );
      }
      byId.set(id, index);
      return { id, parameters, input, cell };
    });
  }

  /** @param other Another model than the one that the job names. */
  #parameters(input: JobInput, index: number, other?: string): RequestParameters {
    const model = other ?? input.model ?? this.#defaults.model;
    if (model === undefined) {
      throw new ValidationError(
        'validation',
        `Job ${input.id ?? String(index + 1)} names no model, and no default is set.`,
      );
    }
    const config = this.#dependencies.registry.modelConfig(model);
    // Asked for by the job itself, a refused temperature is an error found below; inherited, it is left out.
    const temperature =
      input.temperature ??
      (config.supportsTemperature ? (this.#defaults.temperature ?? DEFAULT_TEMPERATURE) : undefined);
    const system = input.system ?? this.#defaults.system;
    const effort = input.effort ?? this.#defaults.effort;
    const citations = input.enableCitations ?? this.#defaults.enableCitations;
    const cache = input.cache ?? this.#defaults.cache;
    const echo = input.echo ?? (config.supportsEcho === false ? undefined : this.#defaults.echo);
    return {
      model,
      maxTokens: input.maxTokens ?? this.#defaults.maxTokens ?? DEFAULT_MAX_TOKENS,
      ...(system === undefined ? {} : { system }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(effort === undefined ? {} : { effort }),
      ...(citations === undefined ? {} : { enableCitations: citations }),
      ...(cache === undefined ? {} : { cache }),
      ...(echo === undefined ? {} : { echo }),
      ...(input.responseModel === undefined ? {} : { responseSchema: toJsonSchema(input.responseModel) }),
    };
  }

  async #plan(prepared: readonly PreparedJob[], loader: JobLoader, at: number): Promise<LibraryPlan> {
    const { registry } = this.#dependencies;
    const rows: PlannedRow[] = [];
    const cells = new Map<string, PlannedCell>();
    const origins = new Set<string>();
    const rowsOf = Map.groupBy(prepared, ({ cell }) => cell);
    for (const job of prepared) {
      const provider = await registry.providerOf(job.parameters.model);
      const model = registry.modelConfig(job.parameters.model);
      const loaded = await loader.read(job);
      const issue = provider.validateJob(loaded)[0];
      if (issue !== undefined)
        throw new ValidationError('validation', `Job ${job.id}, ${issue.parameter}: ${issue.message}`);
      origins.add(provider.origin ?? 'this machine');
      const known = cells.get(job.cell);
      if (known === undefined) await this.#checkSchema(job);
      const alike = rowsOf.get(job.cell)?.length ?? 0;
      const { prefixTokens } = known ?? planCaching(provider, job.parameters, alike);
      const probe = planProbe(provider, alike, { setting: this.#options.probe ?? 'auto', isProven: false });
      const cached =
        prefixTokens === undefined ? undefined : { tokens: prefixTokens, writes: known === undefined };
      cells.set(job.cell, {
        id: job.cell,
        model: model.name,
        provider: provider.name,
        parameters: withCache(job.parameters, cached !== undefined),
        retry: effectiveRetry(mergeRetry(this.#options.retry), job.parameters, model),
        ...(prefixTokens === undefined ? {} : { prefixTokens }),
        ...(probe ? { probe } : {}),
      });
      rows.push({
        id: job.id,
        cell: job.cell,
        source: job.input.file ?? '',
        inputHash: hashInput(loaded),
        estimate: estimateRow(provider, model, { ...loaded, cache: cached !== undefined }, at, cached),
      });
    }
    const sum = (of: (row: PlannedRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
    return {
      rows,
      cells: [...cells.values()],
      confirmation: {
        by: 'library',
        rows: rows.length,
        bytes: sum((row) => row.estimate.bytes),
        expectedNanoUsd: sum((row) => row.estimate.expectedNanoUsd),
        worstNanoUsd: sum((row) => row.estimate.reservedNanoUsd),
        destinations: [...origins],
      },
    };
  }

  /** @throws ValidationError where the answers of a job could not be checked: better before they are paid for. */
  async #checkSchema({ id, parameters }: PreparedJob): Promise<void> {
    const { responseSchema } = parameters;
    if (responseSchema === undefined) return;
    const problem = await this.#dependencies.schemaProblem?.(responseSchema);
    if (problem !== undefined)
      throw new ValidationError('validation', `Job ${id}, responseModel: ${problem}`);
  }

  async #create(plan: LibraryPlan, now: number): Promise<string> {
    const meta: RunMeta = {
      format: STATE_FORMAT,
      runId: sortableId(now, this.#dependencies.randomBytes),
      createdAt: now,
      title: path.basename(this.#options.stateFile),
      cells: plan.cells,
      settings: {
        ...(this.#limitNanoUsd === undefined ? {} : { limitNanoUsd: this.#limitNanoUsd }),
        maxConcurrent: this.#options.maxConcurrent ?? DEFAULT_MAX_CONCURRENT,
        jobsPerBatch: this.#options.jobsPerBatch ?? 'auto',
        pilot: 0,
        resultsDir: this.#options.resultsDir ?? 'results',
      },
    };
    await this.#dependencies.state.createRun({ meta, plan: plan.rows });
    return meta.runId;
  }
}

interface LibraryPlan {
  readonly rows: readonly PlannedRow[];
  readonly cells: readonly PlannedCell[];
  readonly confirmation: Confirmation;
}

/** The newest run in the folder when it is of these jobs. @throws StateError when it is of others. */
async function findRun(state: StateManager, rows: readonly PlannedRow[]): Promise<RunReader | undefined> {
  const ids = new Set(rows.map(({ id }) => id));
  for (const runId of [...(await state.listRuns())].reverse()) {
    const run = await state.readRun(runId).catch((error: unknown) => {
      if (error instanceof StateError && error.code === 'state') return undefined; // a plan that was never completed
      throw error;
    });
    if (run === undefined) continue;
    const there = new Map(run.ledger.rows.map((row) => [row.planned.id, row.inputHash]));
    const added = rows.filter((row) => !there.has(row.id)).map((row) => row.id);
    const gone = [...there.keys()].filter((id) => !ids.has(id));
    const changed = rows
      .filter((row) => there.has(row.id) && there.get(row.id) !== row.inputHash)
      .map((row) => row.id);
    if (added.length + gone.length + changed.length === 0) return run;
    const parts = [list('new', added), list('not there any more', gone), list('changed', changed)].filter(
      (part) => part !== '',
    );
    throw new StateError(
      'state',
      `The state folder holds a run of other jobs (${parts.join('; ')}). Use another stateFile, or the same jobs to resume.`,
    );
  }
  return undefined;
}

function list(what: string, ids: readonly string[]): string {
  if (ids.length === 0) return '';
  return `${what}: ${ids.slice(0, 3).join(', ')}${ids.length > 3 ? ` and ${String(ids.length - 3)} more` : ''}`;
}

function derivedId(input: JobInput, model: string): string {
  const identity = JSON.stringify([input.file ?? null, input.messages ?? null, input.prompt ?? null, model]);
  return `job-${createHash('sha256').update(identity).digest('hex').slice(0, 26)}`;
}

/** Reads library jobs again when they are about to be sent. */
class JobLoader implements RowLoader {
  readonly #byId: ReadonlyMap<string, PreparedJob>;
  readonly #parametersFor: (input: JobInput, model: string) => RequestParameters;

  constructor(
    jobs: readonly PreparedJob[],
    parametersFor: (input: JobInput, model: string) => RequestParameters,
  ) {
    this.#byId = new Map(jobs.map((job) => [job.id, job]));
    this.#parametersFor = parametersFor;
  }

  /** @throws ValidationError where the file cannot be read. */
  async read({ id, parameters, input }: PreparedJob): Promise<Job> {
    const base = {
      ...parameters,
      id,
      ...(input.messages === undefined ? {} : { messages: input.messages }),
      ...(input.prompt === undefined ? {} : { prompt: input.prompt }),
    };
    if (input.file === undefined) return base;
    try {
      return { ...base, file: { path: input.file, bytes: await readFile(input.file) } };
    } catch (error) {
      throw new ValidationError(
        'validation',
        `Job ${id}: ${input.file} cannot be read: ${describeCause(error)}`,
        { cause: error },
      );
    }
  }

  async load(row: PlannedRow, model?: string): ReturnType<RowLoader['load']> {
    const prepared = this.#byId.get(row.id);
    if (prepared === undefined)
      return { ok: false, code: 'gone', message: 'The job is not part of this batch any more.' };
    try {
      const { input } = prepared;
      const parameters = model === undefined ? prepared.parameters : this.#parametersFor(input, model);
      const job = await this.read({ ...prepared, parameters });
      return { ok: true, job, inputHash: hashInput(job) };
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      return { ok: false, code: 'gone', message: error.userMessage };
    }
  }
}
