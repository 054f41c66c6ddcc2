import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endedResults } from '../../src/core/assembleResult.ts';
import { BatchRun, type BatchRunOptions } from '../../src/core/batchRun.ts';
import type { Clock } from '../../src/core/clock.ts';
import { estimateRow } from '../../src/core/estimate.ts';
import type { Confirmation } from '../../src/core/events.ts';
import { sortableId } from '../../src/core/ids.ts';
import { hashInput } from '../../src/core/inputHash.ts';
import type { Job } from '../../src/core/job.ts';
import { DEFAULT_RETRY, type PlannedCell, type PlannedRow, type RowLoader } from '../../src/core/plan.ts';
import type { ServiceAccess } from '../../src/core/serviceAccess.ts';
import { STATE_FORMAT, type RunSettings, type StateManager } from '../../src/core/stateManager.ts';
import type { RunStatus } from '../../src/core/status.ts';
import { MockProvider, type MockProviderOptions } from '../../src/providers/mock/mockProvider.ts';
import type { MockServiceOptions } from '../../src/providers/mock/mockOptions.ts';
import { MockService } from '../../src/providers/mock/mockService.ts';
import { inProcess } from '../../src/providers/mock/mockTransport.ts';
import { createProviderRegistry } from '../../src/providers/registry.ts';
import { readSourceText } from '../../src/providers/text/sourceText.ts';
import { realDisk, type Disk } from '../../src/state/disk.ts';
import { FileStateManager } from '../../src/state/fileStateManager.ts';
import { FakeClock } from '../../src/testing/fakeClock.ts';

/** A seeded stream of numbers in [0, 1): mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const CONFIRMATION: Confirmation = {
  by: 'flag',
  rows: 0,
  bytes: 0,
  expectedNanoUsd: 0,
  worstNanoUsd: 0,
  destinations: ['mock'],
};

export interface WorldOptions {
  readonly rows?: number;
  readonly model?: string;
  /** Models of a mixed run, one cell each; rows go to them in turn. Instead of `model`. */
  readonly models?: readonly string[];
  /** Where services that are no pretence, or their fakes, are reached. */
  readonly access?: ServiceAccess;
  readonly service?: MockServiceOptions;
  readonly provider?: Partial<MockProviderOptions>;
  readonly settings?: Partial<RunSettings>;
  readonly cell?: Partial<PlannedCell>;
  readonly disk?: Disk;
  readonly seed?: number;
  /** A folder that is there already, with the run in it if there is one. */
  readonly dir?: string;
  readonly runId?: string;
  readonly clock?: Clock;
  /** The prompt of a row; may change over time. */
  readonly prompt?: (ordinal: number) => string | undefined;
}

/**
 * A run of prompts against a pretend service in this process, with time that jumps: everything a test of the engine
 * needs, on a real disk in a folder of its own.
 */
export class World {
  readonly dir: string;
  readonly clock: Clock;
  readonly service: MockService;
  readonly provider: MockProvider;
  readonly options: WorldOptions;
  readonly runId: string;
  readonly registry;
  readonly loader: RowLoader;
  readonly #random: () => number;

  private constructor(dir: string, options: WorldOptions) {
    this.dir = dir;
    this.options = options;
    this.clock = options.clock ?? new FakeClock({ autoAdvance: true });
    this.#random = seededRandom(options.seed ?? 1);
    this.service = new MockService({ runningMs: 60_000, ...options.service }, this.clock);
    this.provider = new MockProvider({ transport: inProcess(this.service), ...options.provider });
    this.registry = createProviderRegistry({
      offlineDirectory: path.join(dir, 'offline'),
      extraProviders: [this.provider],
      ...(options.access === undefined ? {} : { access: options.access }),
    });
    this.runId = options.runId ?? sortableId(this.clock.now(), this.randomBytes);
    this.loader = {
      load: (row, model) => {
        const ordinal = Number(row.source);
        const prompt = this.#prompt(ordinal);
        if (prompt === undefined) return Promise.resolve({ ok: false, code: 'gone', message: 'It is gone.' });
        const job = { ...this.#job(ordinal, prompt), ...(model === undefined ? {} : { model }) };
        return Promise.resolve({ ok: true, job, inputHash: hashInput(job) });
      },
    };
  }

  static async make(options: WorldOptions = {}): Promise<World> {
    return new World(options.dir ?? (await mkdtemp(path.join(tmpdir(), 'batchbook-test-'))), options);
  }

  get randomBytes(): (count: number) => Uint8Array {
    return (count) => Uint8Array.from({ length: count }, () => Math.floor(this.#random() * 256));
  }

  get stateDir(): string {
    return path.join(this.dir, '.batchbook');
  }

  state(disk: Disk = this.options.disk ?? realDisk, clock: Clock = this.clock): StateManager {
    return new FileStateManager({ dir: this.stateDir, disk, clock });
  }

  async plan(state: StateManager = this.state()): Promise<string> {
    const plan = await Promise.all(
      Array.from({ length: this.options.rows ?? 10 }, async (_, ordinal): Promise<PlannedRow> => {
        const job = this.#job(ordinal, this.#prompt(ordinal) ?? '');
        const provider = await this.registry.providerOf(job.model);
        return {
          id: job.id,
          cell: this.#cellOf(ordinal),
          source: String(ordinal),
          inputHash: hashInput(job),
          estimate: estimateRow(provider, this.registry.modelConfig(job.model), job, this.clock.now()),
        };
      }),
    );
    await state.createRun({
      meta: {
        format: STATE_FORMAT,
        runId: this.runId,
        createdAt: this.clock.now(),
        title: 'Test',
        cells: this.#models.map((model, i) => ({
          id: this.#cellOf(i),
          model,
          provider: this.registry.modelConfig(model).provider,
          parameters: { model, maxTokens: 100 },
          retry: DEFAULT_RETRY,
          ...this.options.cell,
        })),
        settings: {
          maxConcurrent: 10,
          jobsPerBatch: 'auto',
          pilot: 0,
          resultsDir: 'results',
          ...this.options.settings,
        },
      },
      plan,
    });
    return this.runId;
  }

  start(options: Partial<BatchRunOptions> = {}): Promise<BatchRun> {
    return BatchRun.start({ ...this.#driving(), confirmation: CONFIRMATION, ...options });
  }

  /** Drives a planned run to which nobody has agreed. */
  startUnconfirmed(): Promise<BatchRun> {
    return BatchRun.start(this.#driving());
  }

  #driving(): BatchRunOptions {
    return {
      state: this.state(),
      runId: this.runId,
      registry: this.registry,
      loader: this.loader,
      clock: this.clock,
      random: this.#random,
      randomBytes: this.randomBytes,
      kind: 'library',
      readSource: readSourceText,
    };
  }

  /** Plans and drives the run to where it goes no further by itself. */
  async run(options: Partial<BatchRunOptions> = {}): Promise<RunStatus> {
    await this.plan();
    return this.resume(options);
  }

  async resume(options: Partial<BatchRunOptions> = {}): Promise<RunStatus> {
    return (await this.start(options)).finished();
  }

  /** Results as they are compared: without what depends on how often the run was interrupted. */
  async comparableResults(): Promise<string> {
    const reader = await this.state().readRun(this.runId);
    return [...endedResults(reader)]
      .map(({ finishedAt: _finishedAt, batchId: _batchId, attempts: _attempts, ...rest }) =>
        JSON.stringify(rest),
      )
      .sort()
      .join('\n');
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }

  #prompt(ordinal: number): string | undefined {
    return this.options.prompt === undefined ? `Prompt ${String(ordinal)}` : this.options.prompt(ordinal);
  }

  get #models(): readonly string[] {
    return this.options.models ?? [this.options.model ?? 'mock-small'];
  }

  #cellOf(ordinal: number): string {
    return this.options.models === undefined ? 'cell' : `cell${String(ordinal % this.#models.length)}`;
  }

  #job(ordinal: number, prompt: string): Job {
    return {
      id: `${this.#cellOf(ordinal)}-${String(ordinal).padStart(26, '0')}`,
      prompt,
      model: this.#models[ordinal % this.#models.length] ?? '',
      maxTokens: 100,
      ...this.options.cell?.parameters,
    };
  }
}
