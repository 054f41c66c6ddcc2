import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BatchRun, type BatchRunOptions } from '../core/batchRun.ts';
import type { Clock } from '../core/clock.ts';
import { JobFileError, StateError, isBatchbookError } from '../core/errors.ts';
import type { Confirmation } from '../core/events.ts';
import { sortableId } from '../core/ids.ts';
import type { RowLoader } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';
import type { ServiceAccess } from '../core/serviceAccess.ts';
import type {
  Attachment,
  HolderInfo,
  HolderKind,
  RunReader,
  RunRequest,
  StateManager,
} from '../core/stateManager.ts';
import { runStatus, type RunStatus } from '../core/status.ts';
import { DurationHistory } from '../core/usualDurations.ts';
import { createAnswerCheck } from '../jobfile/answerCheck.ts';
import { readSourceText } from '../providers/text/sourceText.ts';
import { createJobFileLoader } from '../jobfile/loader.ts';
import { createJobFileOutputs } from '../jobfile/outputWriter.ts';
import { parseJobFile } from '../jobfile/parse.ts';
import { configureProviders, type ProviderSettings } from '../providers/configured/configure.ts';
import { createProviderRegistry, type RenewableRegistry } from '../providers/registry.ts';
import { realDisk } from '../state/disk.ts';
import { FileStateManager } from '../state/fileStateManager.ts';
import { runLayout } from '../state/layout.ts';
import { claimTelling } from '../state/tellOnce.ts';
import { assertHasKeys } from './access.ts';
import type { AgreedRuns, RunPlace } from './agreedRuns.ts';
import { completeJobFile, type DescribedCompletion } from './completeJobFile.ts';
import { planCleanUp, type CleanUpPlan } from './cleanUp.ts';
import { confirmationOf, consentTo, type AskConsent } from './consent.ts';
import { describePlan } from './describePlan.ts';
import { EarlierRuns } from './earlierRuns.ts';
import { findRun, openRunOf, relativeTo, type FindContext, type OpenRunOptions } from './findRuns.ts';
import { inspectJobFile, type JobFileInspection } from './inspectJobFile.ts';
import { planJobFile, type JobPlan, type PlanOptions } from './planJobFile.ts';
import { RunIndex } from './runIndex.ts';
import { DeletedRuns } from '../state/deletedRuns.ts';
import { snapshotOf } from './runSnapshot.ts';

export interface WorkspaceOptions {
  /** Absolute path of the root: what all paths of job files and results are relative to. */
  readonly root: string;
  readonly clock: Clock;
  readonly kind: HolderKind;
  /** Where services are reached and with which key. */
  readonly access: ServiceAccess;
  /** What the person has set of services and models, as it is at that moment. */
  readonly settings?: () => ProviderSettings;
  /** What this person has agreed to on this machine. */
  readonly agreed: AgreedRuns;
  readonly extraProviders?: readonly Provider[];
}

export interface DriveOptions {
  readonly takeOver?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (status: RunStatus) => void;
}

export interface ResumeOptions extends DriveOptions {
  readonly askConsent: AskConsent;
}

export interface StartOptions extends DriveOptions, OpenRunOptions {
  /** Id of the open run of the same job file that the person knows of, and wants another one beside. */
  readonly beside?: string;
  /** Batches at services that hold rows of it already; see `attachmentToPlan`. */
  readonly attach?: readonly Attachment[];
}

const HANDLED_WITHIN_MS = 10_000;

/** One root with its runs: what the command line and the window share. */
export class Workspace implements FindContext {
  readonly root: string;
  readonly stateDir: string;
  readonly state: StateManager;
  readonly index: RunIndex;
  readonly access: ServiceAccess;
  readonly registry: RenewableRegistry;
  readonly #options: WorkspaceOptions;
  readonly clock: Clock;
  /** How long batches took in the runs that were read so far. */
  readonly durations = new DurationHistory();
  /** Requests that this process has left, by run and id. */
  readonly #left = new Map<string, Map<string, RunRequest>>();

  constructor(options: WorkspaceOptions) {
    this.root = options.root;
    this.stateDir = path.join(options.root, '.batchbook');
    this.clock = options.clock;
    this.access = options.access;
    this.#options = options;
    this.state = new FileStateManager({ dir: this.stateDir, disk: realDisk, clock: options.clock });
    this.registry = createProviderRegistry({
      offlineDirectory: path.join(this.stateDir, 'offline'),
      access: options.access,
      configured: () => configureProviders(options.settings?.()),
      extraProviders: options.extraProviders ?? [],
    });
    this.index = new RunIndex(this.state, new DeletedRuns(this.stateDir));
  }

  /** Plans a job file. Sends nothing and writes nothing. @throws JobFileError, ValidationError, StateError. */
  async plan(jobFile: string, options: PlanOptions): Promise<JobPlan> {
    const registry = this.#renewed();
    const absolute = path.resolve(jobFile);
    const earlier = await EarlierRuns.of(this.index, relativeTo(this.root, absolute));
    const now = this.clock.now();
    return planJobFile(
      {
        root: this.root,
        jobFile: absolute,
        registry,
        earlier,
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
    assertHasKeys(plan.summary.destinations, this.registry.services);
    const { jobFile, runId } = plan.meta;
    if (jobFile === undefined) return this.#create(plan, by, options);
    const turn = createHash('sha256').update(jobFile.path).digest('hex').slice(0, 16);
    return this.state.exclusively(`start-${turn}`, async () => {
      const open = await openRunOf(this, jobFile.path, options);
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
    const since = (await this.index.all()).runs.find(
      (run) =>
        run.jobFile === meta.jobFile?.path &&
        ![meta.runId, beside].includes(run.runId) &&
        run.lastOkAt > meta.createdAt,
    );
    if (since === undefined) return;
    throw new StateError(
      'runOpen',
      `${meta.jobFile?.path ?? ''} has got answers by run ${since.runId} since this was planned; nothing was sent. Run it again to send what is left.`,
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
    await this.#options.agreed.add(this.#placeOf(meta.runId));
    // Whoever drives a run looks at what is asked of it before anything is sent.
    for (const attachment of attach) await this.request(meta.runId, { kind: 'attach', ...attachment });
    return this.#drive(await this.read(meta.runId), {
      ...options,
      reuse: plan.reuse,
      confirmation: confirmationOf(summary, { by, shown: describePlan(plan) }),
    });
  }

  /** Whether a person has agreed on this machine to what the run, as it is, sends. */
  isAgreed(runId: string): Promise<boolean> {
    return this.#options.agreed.has(this.#placeOf(runId));
  }

  /**
   * Goes on with a run as it was planned. One that nobody has agreed to on this machine, since it came with its folder,
   * is looked at first: where anything of it may be sent, the person is asked, and a no is `undefined`.
   * @throws StateError `leaseHeld` when another process drives it; `corruptState` where it does not fit its job file.
   */
  async resume(runId: string, options: ResumeOptions): Promise<BatchRun | undefined> {
    this.#renewed();
    const run = await this.read(runId);
    const { askConsent, ...drive } = options;
    if (await this.isAgreed(runId)) return this.#drive(run, drive);
    if (drive.takeOver !== true && (await this.isDriven(run)))
      throw new StateError('leaseHeld', `Run ${runId} is being driven by another process.`);
    const { root, registry } = this;
    const context = { root, registry, services: registry.services, now: this.clock.now() };
    const takingIn = await consentTo(run, this.#left.get(runId) ?? new Map(), context, askConsent);
    if (takingIn === undefined) return undefined;
    const driven = await this.#drive(run, { ...drive, takingIn });
    // Only now: until it is in the journal, what was agreed to is asked about again.
    if (takingIn.agreement !== undefined) await this.#options.agreed.add(this.#placeOf(runId));
    return driven;
  }

  read(runId: string): Promise<RunReader> {
    return this.state.readRun(runId);
  }

  async request(runId: string, request: RunRequest): Promise<string> {
    const id = await this.state.request(runId, request);
    this.#left.set(runId, (this.#left.get(runId) ?? new Map<string, RunRequest>()).set(id, request));
    return id;
  }

  /** Whether some process drives the run, as far as can be told from here. */
  async isDriven(run: RunReader): Promise<boolean> {
    return isDriving(await run.holder());
  }

  /** Whether it is for this process, of all that look at the run, to tell the person of the end that it has come to. */
  claimTelling({ runId, epoch }: { readonly runId: string; readonly epoch: number }): Promise<boolean> {
    return claimTelling(runLayout(this.stateDir, runId).leases, epoch);
  }

  async statusOf(run: RunReader): Promise<RunStatus> {
    const { usual } = this.durations;
    const holder = await run.holder();
    const { offlineSince } = holder ?? {};
    return runStatus(run, { driven: isDriving(holder), now: this.clock.now(), usual, offlineSince });
  }

  /** Every run that can be read, oldest first. */
  async readableRuns(): Promise<readonly RunReader[]> {
    return (await this.#everyRun()).readable;
  }

  /** The statuses of all runs, oldest first, and what cannot be read with the reason. */
  async allStatuses(): Promise<{
    statuses: RunStatus[];
    unreadable: readonly { runId: string; reason: string }[];
  }> {
    const { readable, unreadable } = await this.#everyRun();
    return { statuses: await Promise.all(readable.map((run) => this.statusOf(run))), unreadable };
  }

  /** As `findRun` of `findRuns.ts`. */
  findRun(named: string | undefined): Promise<RunReader> {
    return findRun(this, named);
  }

  /** As `openRunOf` of `findRuns.ts`. @param jobFile Absolute, or relative to the current folder. */
  openRunOf(jobFile: string, options?: OpenRunOptions): Promise<RunReader | undefined> {
    return openRunOf(this, relativeTo(this.root, path.resolve(jobFile)), options);
  }

  /** What a job file whose text may be unsaved comes to, without reading its inputs. @param jobFile Absolute. */
  inspect(jobFile: string, text: string): Promise<JobFileInspection> {
    const name = relativeTo(this.root, jobFile);
    const { root, registry } = this;
    return inspectJobFile({ root, name, registry, writtenBefore: () => this.index.written() }, text);
  }

  /** What may be written at an offset of a job file that may be half written; see `completionsAt`. */
  complete(text: string, offset: number): Promise<readonly DescribedCompletion[]> {
    return completeJobFile({ root: this.root, models: this.registry.listModels() }, text, offset);
  }

  /** The cells of a job file that have rows. @throws JobFileError where it cannot be parsed. */
  async cellsOf(jobFile: string): Promise<readonly { id: string; kind: string; prompt: string }[]> {
    const parsed = parseJobFile(
      await readFile(jobFile, 'utf8'),
      relativeTo(this.root, path.resolve(jobFile)),
    );
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

  /** What finished batches have left here and at the services. Changes nothing. */
  async planCleanUp(): Promise<CleanUpPlan> {
    const { readable } = await this.#everyRun();
    return planCleanUp(readable, {
      registry: this.#renewed(),
      stateDir: this.stateDir,
      isDriven: (run) => this.isDriven(run),
      isAgreed: (runId) => this.isAgreed(runId),
    });
  }

  /** Reads inputs of a run as its driver does. @throws StateError where only a program has them. */
  loaderOf({ meta }: RunReader): RowLoader {
    const { root, registry } = this;
    const { jobFile } = snapshotOf(meta);
    return createJobFileLoader({ root, jobFile, modelConfig: (model) => registry.modelConfig(model) });
  }

  /** Every run that can be read, oldest first, with its rows. */
  async #everyRun(): Promise<{ readable: RunReader[]; unreadable: { runId: string; reason: string }[] }> {
    const readable: RunReader[] = [];
    const unreadable: { runId: string; reason: string }[] = [];
    for (const runId of await this.state.listRuns()) {
      try {
        const { reader } = await this.index.reader(runId);
        this.durations.note(reader);
        readable.push(reader);
      } catch (error) {
        if (!isBatchbookError(error)) throw error;
        if (error.code !== 'state') unreadable.push({ runId, reason: error.userMessage }); // else a plan that was never completed
      }
    }
    return { readable, unreadable };
  }

  async #drive(
    run: RunReader,
    options: DriveOptions & Pick<BatchRunOptions, 'reuse' | 'confirmation' | 'takingIn'>,
  ): Promise<BatchRun> {
    const { root } = this;
    const registry = this.registry.asOfNow();
    const { path: jobFilePath, jobFile } = snapshotOf(run.meta);
    const { runId } = run.meta;
    return BatchRun.start({
      ...options,
      state: this.state,
      runId,
      registry,
      loader: createJobFileLoader({ root, jobFile, modelConfig: (model) => registry.modelConfig(model) }),
      outputs: createJobFileOutputs({
        root,
        jobFile,
        runId,
        jobFilePath,
        rows: run.ledger.rows.map((row) => row.planned),
        writtenBefore: await this.index.written(),
      }),
      checkAnswer: createAnswerCheck(),
      readSource: readSourceText,
      clock: this.clock,
      random: Math.random,
      randomBytes,
      kind: this.#options.kind,
      usual: this.durations.usual,
      keepArtifacts: this.#options.settings?.().keepProviderFiles === true,
    });
  }

  /** A key or an address may have been set since the last plan. */
  #renewed(): RenewableRegistry {
    const { registry } = this;
    registry.renew();
    return registry;
  }

  #placeOf(runId: string): RunPlace {
    return { root: this.root, stateDir: this.stateDir, runId };
  }
}

function isDriving(holder: HolderInfo | undefined): boolean {
  return holder !== undefined && (holder.liveness === 'alive' || holder.liveness === 'unproved');
}
