import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BatchRun } from '../core/batchRun.ts';
import type { Clock } from '../core/clock.ts';
import { JobFileError, StateError, ValidationError, isBatchbookError, type Problem } from '../core/errors.ts';
import type { Confirmation } from '../core/events.ts';
import { sortableId } from '../core/ids.ts';
import type { OutputWriter, RowLoader } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';
import type { ServiceAccess } from '../core/serviceAccess.ts';
import type { Attachment, HolderKind, RunReader, RunRequest, StateManager } from '../core/stateManager.ts';
import { runStatus, type RunStatus } from '../core/status.ts';
import { DurationHistory } from '../core/usualDurations.ts';
import { createAnswerCheck } from '../jobfile/answerCheck.ts';
import { readSourceText } from '../providers/text/sourceText.ts';
import { createJobFileLoader } from '../jobfile/loader.ts';
import { createJobFileOutputs } from '../jobfile/outputWriter.ts';
import { parseJobFile } from '../jobfile/parse.ts';
import { createProviderRegistry, type RenewableRegistry } from '../providers/registry.ts';
import { realDisk } from '../state/disk.ts';
import { FileStateManager } from '../state/fileStateManager.ts';
import { describePlan } from './describePlan.ts';
import { assertHasKeys } from './access.ts';
import { checkJobFile } from './checkJobFile.ts';
import { cleanUp, type CleanUpReport } from './cleanUp.ts';
import { EarlierRuns } from './earlierRuns.ts';
import { planJobFile, type JobPlan, type PlanOptions } from './planJobFile.ts';

export interface WorkspaceOptions {
  /** Absolute path of the root: what all paths of job files and results are relative to. */
  readonly root: string;
  readonly clock: Clock;
  readonly kind: HolderKind;
  /** Where services are reached and with which key. */
  readonly access: ServiceAccess;
  readonly modelOverrides?: Readonly<Record<string, unknown>>;
  readonly extraProviders?: readonly Provider[];
}

export interface ResumeOptions {
  readonly takeOver?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (status: RunStatus) => void;
}

export interface StartOptions extends ResumeOptions {
  /** Id of the open run of the same job file that the person knows of, and wants another one beside. */
  readonly beside?: string;
  /** The person wants it although a run that cannot be read may be an open one of the same job file. */
  readonly despiteUnreadable?: boolean;
  /** Batches at services that hold rows of it already; see `attachmentToPlan`. */
  readonly attach?: readonly Attachment[];
}

const HANDLED_WITHIN_MS = 10_000;

/** One root with its runs: what the command line and the window share. */
export class Workspace {
  readonly root: string;
  readonly stateDir: string;
  readonly state: StateManager;
  readonly registry: RenewableRegistry;
  readonly access: ServiceAccess;
  readonly clock: Clock;
  /** How long batches took in the runs that were read so far. */
  readonly durations = new DurationHistory();
  readonly #kind: HolderKind;

  constructor(options: WorkspaceOptions) {
    this.root = options.root;
    this.stateDir = path.join(options.root, '.batchbook');
    this.clock = options.clock;
    this.#kind = options.kind;
    this.access = options.access;
    this.state = new FileStateManager({ dir: this.stateDir, disk: realDisk, clock: options.clock });
    this.registry = createProviderRegistry({
      offlineDirectory: path.join(this.stateDir, 'offline'),
      access: options.access,
      modelOverrides: options.modelOverrides ?? {},
      extraProviders: options.extraProviders ?? [],
    });
  }

  /** Plans a job file. Sends nothing and writes nothing. @throws JobFileError, ValidationError, StateError. */
  async plan(jobFile: string, options: PlanOptions): Promise<JobPlan> {
    this.registry.renew(); // a key or an address may have been set since
    const absolute = path.resolve(jobFile);
    const { readable } = await this.#readAll();
    const now = this.clock.now();
    return planJobFile(
      {
        root: this.root,
        jobFile: absolute,
        registry: this.registry,
        earlier: new EarlierRuns(readable, this.#relative(absolute)),
        runId: sortableId(now, randomBytes),
        now,
      },
      options,
    );
  }

  /**
   * Creates the run of a plan and starts driving it. Called again after a failure to start, it goes on with the same run.
   * @throws StateError `runOpen` where the job file has an open run that is not `beside`, also one that began a moment ago
   * elsewhere, or has got answers since it was planned: nothing was sent, and the caller begins anew. `corruptState` as
   * `openRunOf`.
   */
  async start(plan: JobPlan, by: Confirmation['by'], options: StartOptions = {}): Promise<BatchRun> {
    assertHasKeys(plan.summary.destinations);
    const { jobFile, runId } = plan.meta;
    if (jobFile === undefined) return this.#create(plan, by, options);
    const turn = createHash('sha256').update(jobFile.path).digest('hex').slice(0, 16);
    return this.state.exclusively(`start-${turn}`, async () => {
      const open = await this.openRunOf(path.join(this.root, jobFile.path), options);
      if (open !== undefined && ![runId, options.beside].includes(open.meta.runId)) {
        const message = `${jobFile.path} has an open run already, ${open.meta.runId}; nothing was sent. Go on with that one, or start another beside it.`;
        throw new StateError('runOpen', message);
      }
      await this.#assertStillToSend(plan, options.beside);
      return this.#create(plan, by, options);
    });
  }

  /** What another run has answered meanwhile must not be sent, and paid, again. */
  async #assertStillToSend({ meta }: JobPlan, beside: string | undefined): Promise<void> {
    const { readable } = await this.#readAll();
    const since = readable.find(
      (run) =>
        run.meta.jobFile?.path === meta.jobFile?.path &&
        ![meta.runId, beside].includes(run.meta.runId) &&
        run.ledger.rows.some((row) => row.status === 'ok' && row.finishedAt > meta.createdAt),
    );
    if (since === undefined) return;
    throw new StateError(
      'runOpen',
      `${meta.jobFile?.path ?? ''} has got answers by run ${since.meta.runId} since this was planned; nothing was sent. Run it again to send what is left.`,
    );
  }

  async #create(
    plan: JobPlan,
    by: Confirmation['by'],
    { attach = [], ...options }: StartOptions,
  ): Promise<BatchRun> {
    const { meta, summary } = plan;
    if (!(await this.state.listRuns()).includes(meta.runId))
      await this.state.createRun({ meta, plan: plan.rows });
    // Whoever drives a run looks at what is asked of it before anything is sent.
    for (const attachment of attach) await this.request(meta.runId, { kind: 'attach', ...attachment });
    return this.#drive(await this.read(meta.runId), {
      ...options,
      reuse: plan.reuse,
      confirmation: {
        by,
        rows: summary.rowsToSend,
        bytes: summary.bytes,
        expectedNanoUsd: summary.expectedNanoUsd,
        worstNanoUsd: summary.worstNanoUsd,
        destinations: summary.destinations.map(({ origin }) => origin ?? 'this machine'),
        shown: describePlan(plan),
      },
    });
  }

  /** Goes on with a run as it was planned. @throws StateError `leaseHeld` when another process drives it. */
  async resume(runId: string, options: ResumeOptions = {}): Promise<BatchRun> {
    this.registry.renew();
    return this.#drive(await this.read(runId), options);
  }

  read(runId: string): Promise<RunReader> {
    return this.state.readRun(runId);
  }

  request(runId: string, request: RunRequest): Promise<string> {
    return this.state.request(runId, request);
  }

  /** Whether some process drives the run, as far as can be told from here. */
  async isDriven(run: RunReader): Promise<boolean> {
    const holder = await run.holder();
    return holder !== undefined && (holder.liveness === 'alive' || holder.liveness === 'unproved');
  }

  async statusOf(run: RunReader): Promise<RunStatus> {
    const { usual } = this.durations;
    return runStatus(run, { driven: await this.isDriven(run), now: this.clock.now(), usual });
  }

  /** Every run that can be read, oldest first. */
  async readableRuns(): Promise<readonly RunReader[]> {
    return (await this.#readAll()).readable;
  }

  /** The statuses of all runs, oldest first, and what cannot be read with the reason. */
  async allStatuses(): Promise<{ statuses: RunStatus[]; unreadable: { runId: string; reason: string }[] }> {
    const { readable, unreadable } = await this.#readAll();
    return { statuses: await Promise.all(readable.map((run) => this.statusOf(run))), unreadable };
  }

  /**
   * The run that a person names: its id, the end of one, a job file (its newest run), or nothing (the newest of all). One
   * that nobody has agreed to, left by a process that died while it began, comes last.
   * @throws ValidationError `usage` where there is none, or more than one.
   */
  async findRun(named: string | undefined): Promise<RunReader> {
    const { readable } = await this.#readAll();
    const newest = newestOf(readable);
    if (named === undefined) {
      if (newest !== undefined) return newest;
      throw new ValidationError(
        'usage',
        `There are no runs in ${this.root}. Start one with: batchbook run FILE`,
      );
    }
    const byId = readable.filter((run) => run.meta.runId.endsWith(named.toLowerCase()));
    if (byId[0] !== undefined && byId.length === 1) return byId[0];
    const jobFile = this.#relative(path.resolve(named));
    const ofFile = newestOf(readable.filter((run) => run.meta.jobFile?.path === jobFile));
    if (ofFile !== undefined) return ofFile;
    // The reason why a run of that very id cannot be read is a better answer than that there is none.
    if ((await this.state.listRuns()).includes(named)) return this.read(named);
    const which =
      byId.length > 1
        ? `${String(byId.length)} runs: ${byId.map((run) => run.meta.runId).join(', ')}. Give more of the id.`
        : `no run in ${this.root}. List them with: batchbook status`;
    throw new ValidationError('usage', `"${named}" names ${which}`);
  }

  /**
   * The run of a job file that is confirmed and not finished, if there is one.
   * @throws StateError `corruptState` where a run that cannot be read may be one: nobody can tell what it has sent.
   */
  async openRunOf(
    jobFile: string,
    options: Pick<StartOptions, 'despiteUnreadable'> = {},
  ): Promise<RunReader | undefined> {
    const { readable, unreadable } = await this.#readAll();
    const relative = this.#relative(path.resolve(jobFile));
    for (const { runId, reason } of options.despiteUnreadable === true ? [] : unreadable) {
      if (!(await this.#mayBeOf(runId, relative))) continue;
      throw new StateError(
        'corruptState',
        `Run ${runId} may be an open run of ${relative}, and cannot be read: ${reason} Mend or move its folder, or start another run with --new.`,
      );
    }
    return readable.findLast(
      (run) =>
        run.meta.jobFile?.path === relative &&
        run.ledger.confirmation !== undefined &&
        run.ledger.phase !== 'finished',
    );
  }

  /** What is wrong in a job file whose text may be unsaved, without reading its inputs. @param jobFile Absolute. */
  check(jobFile: string, text: string): Promise<readonly Problem[]> {
    const name = this.#relative(jobFile);
    const writtenBefore = async (): Promise<ReadonlyMap<string, string>> =>
      new EarlierRuns((await this.#readAll()).readable, name).written;
    return checkJobFile({ root: this.root, name, registry: this.registry, writtenBefore }, text);
  }

  /** The cells of a job file that have rows. @throws JobFileError where it cannot be parsed. */
  async cellsOf(jobFile: string): Promise<readonly { id: string; kind: string; prompt: string }[]> {
    const parsed = parseJobFile(await readFile(jobFile, 'utf8'), this.#relative(path.resolve(jobFile)));
    if (!parsed.ok) throw new JobFileError(parsed.problems);
    return parsed.jobFile.cells.flatMap((cell) => {
      if (cell.kind === 'markdown') return [];
      const prompt = cell.kind === 'messages' ? (cell.messages.at(-1)?.content ?? '') : cell.prompt;
      return [{ id: cell.id, kind: cell.kind, prompt }];
    });
  }

  /** Whether the job file is another than the one that the run follows. A file that is gone has changed. */
  async jobFileChanged(run: RunReader): Promise<boolean> {
    if (run.meta.jobFile === undefined) return false;
    const text = await readFile(path.join(this.root, run.meta.jobFile.path)).catch(() => undefined);
    return text === undefined || createHash('sha256').update(text).digest('hex') !== run.meta.jobFile.sha256;
  }

  /**
   * Waits until the driver has journalled the request as handled. `false`: nobody drives the run (any more), so whoever
   * drives it next will find the request. @throws StateError `leaseHeld` when the driver does not answer in time.
   */
  async untilHandled(run: RunReader, requestId: string): Promise<boolean> {
    const until = this.clock.monotonic() + HANDLED_WITHIN_MS;
    for (;;) {
      const driven = await this.isDriven(run);
      await run.refresh();
      if (run.ledger.handledRequests.has(requestId)) return true;
      if (!driven) return false;
      if (this.clock.monotonic() > until) {
        throw new StateError(
          'leaseHeld',
          `The process that drives run ${run.meta.runId} has not answered. The request stays and is carried out as soon as somebody drives the run.`,
        );
      }
      await this.clock.sleep(200);
    }
  }

  async cleanUp(): Promise<CleanUpReport> {
    const { readable } = await this.#readAll();
    return cleanUp(readable, {
      registry: this.registry,
      stateDir: this.stateDir,
      isDriven: (run) => this.isDriven(run),
    });
  }

  async #drive(
    run: RunReader,
    options: ResumeOptions & Pick<Parameters<typeof BatchRun.start>[0], 'reuse' | 'confirmation'>,
  ): Promise<BatchRun> {
    const { loader, outputs } = await this.#sources(run);
    return BatchRun.start({
      ...options,
      state: this.state,
      runId: run.meta.runId,
      registry: this.registry,
      loader,
      outputs,
      checkAnswer: createAnswerCheck(),
      readSource: readSourceText,
      clock: this.clock,
      random: Math.random,
      randomBytes,
      kind: this.#kind,
      usual: this.durations.usual,
    });
  }

  /** Reads inputs of a run as its driver does. @throws StateError where only a program has them. */
  async loaderOf(run: RunReader): Promise<RowLoader> {
    return (await this.#sources(run)).loader;
  }

  /** Inputs and outputs by the run's own snapshot of its job file. */
  async #sources({ meta, ledger }: RunReader): Promise<{ loader: RowLoader; outputs: OutputWriter }> {
    if (meta.jobFile === undefined) {
      throw new StateError(
        'state',
        `Run ${meta.runId} was started by a program, which alone has its jobs. Resume it there.`,
      );
    }
    const parsed = parseJobFile(meta.jobFile.text, meta.jobFile.path);
    if (!parsed.ok)
      throw new StateError(
        'corruptState',
        `The job file kept with run ${meta.runId} cannot be read any more.`,
      );
    const parts = { root: this.root, jobFile: parsed.jobFile };
    return {
      loader: createJobFileLoader({ ...parts, modelConfig: (model) => this.registry.modelConfig(model) }),
      outputs: createJobFileOutputs({
        ...parts,
        runId: meta.runId,
        jobFilePath: meta.jobFile.path,
        rows: ledger.rows.map((row) => row.planned),
        writtenBefore: new EarlierRuns((await this.#readAll()).readable, meta.jobFile.path).written,
      }),
    };
  }

  /** Every run that can be read, oldest first; one that cannot is no reason to keep quiet about the others. */
  async #readAll(): Promise<{ readable: RunReader[]; unreadable: { runId: string; reason: string }[] }> {
    const readable: RunReader[] = [];
    const unreadable: { runId: string; reason: string }[] = [];
    for (const runId of await this.state.listRuns()) {
      try {
        const run = await this.read(runId);
        this.durations.note(run);
        readable.push(run);
      } catch (error) {
        if (!isBatchbookError(error)) throw error;
        if (error.code !== 'state') unreadable.push({ runId, reason: error.userMessage }); // else a plan that was never completed
      }
    }
    return { readable, unreadable };
  }

  /** Whether a run that cannot be read is of this job file, as far as its run.json tells. */
  async #mayBeOf(runId: string, jobFile: string): Promise<boolean> {
    try {
      const text = await readFile(path.join(this.stateDir, 'runs', runId, 'run.json'), 'utf8');
      const meta = JSON.parse(text) as { readonly jobFile?: { readonly path?: unknown } };
      return meta.jobFile?.path === jobFile;
    } catch {
      return true;
    }
  }

  #relative(absolute: string): string {
    return path.relative(this.root, absolute).split(path.sep).join('/').normalize('NFC');
  }
}

/** The newest run that somebody has agreed to, else the newest. @param runs Oldest first. */
function newestOf(runs: readonly RunReader[]): RunReader | undefined {
  return runs.findLast((run) => run.ledger.confirmation !== undefined) ?? runs.at(-1);
}
