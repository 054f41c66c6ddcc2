import { examineBatch } from './adoption.ts';
import { BatchRequest, type BatchTask } from './batchRequest.ts';
import { cacheState } from './caching.ts';
import { TokenCounts } from './counting.ts';
import { endingOf, type RunEnding } from './ending.ts';
import { cellOf, type EngineContext } from './engineContext.ts';
import { BatchbookError, ProviderError, StateError, describeCause } from './errors.ts';
import { ConcurrentExecutor } from './executor.ts';
import { Holds } from './holds.ts';
import { moveRows } from './moving.ts';
import { writeOutputs } from './outputs.ts';
import { nearLimitNotice } from './nearLimit.ts';
import { describeOtherKey } from './otherKey.ts';
import { groupOf, nextAttempt, packNext, type PackingRules } from './packing.ts';
import { pilotRows } from './pilot.ts';
import type { PlannedCell } from './plan.ts';
import { Poller } from './poller.ts';
import { describeRefusals, leadOf, probeState, type Lead, type ProbeState } from './probing.ts';
import type { Provider, ServiceBatch } from './provider.ts';
import { Reachability } from './reachability.ts';
import { reconcile } from './reconcile.ts';
import type { LedgerBatch, LedgerRow } from './runLedger.ts';
import { handleRequest } from './requestHandling.ts';
import { endUnsent, intendBatch, takenSizes, type IntendedBatch } from './submission.ts';
import { needsDecision } from './undecided.ts';

/** How often the driver looks for requests by itself; a watcher and a socket usually tell it sooner. */
const TICK_MS = 2_000;

/** Makes the task of one batch; a test may put a `MockBatchRequest` here. */
export type MakeBatchTask = (
  context: EngineContext,
  provider: Provider,
  poller: Poller,
  nonce: string,
  intended?: IntendedBatch,
) => BatchTask;

const makeBatchRequest: MakeBatchTask = (...args) => new BatchRequest(...args);

/**
 * Drives one run to where it cannot go on by itself. All state is in the ledger: the driver only decides what comes
 * next, from what the journal says, and may be dropped at any moment and made anew.
 */
export class Driver {
  readonly #context: EngineContext;
  readonly #makeTask: MakeBatchTask;
  readonly #executor: ConcurrentExecutor;
  readonly #poller: Poller;
  readonly #holds: Holds;
  readonly #counts: TokenCounts;
  readonly #providers = new Map<string, Provider>();
  readonly #reachability: Reachability;
  /** Nonces that a task is working on. */
  readonly #active = new Set<string>();
  /** Nonces about which this driver can find out nothing more: the next one, or the person, may. */
  readonly #givenUp = new Set<string>();
  readonly #reconciling = new Set<Promise<void>>();
  /** By nonce: ends the looks for a batch that the person has decided about. */
  readonly #looks = new Map<string, AbortController>();
  readonly #drain: AbortSignal;
  #wake = Promise.withResolvers<undefined>();
  /** The service refused us in a way that waiting cannot mend: nothing more is submitted. */
  #refusal: BatchbookError | undefined;
  #fatal: Error | undefined;

  /** @param drain Aborts when nothing new is to be submitted, while what is in flight is still followed. */
  constructor(context: EngineContext, drain: AbortSignal, makeTask: MakeBatchTask = makeBatchRequest) {
    this.#context = context;
    this.#drain = drain;
    this.#makeTask = makeTask;
    this.#executor = new ConcurrentExecutor(context.writer.meta.settings.maxConcurrent);
    this.#poller = new Poller(context.clock, context.random);
    this.#reachability = new Reachability(context.clock, (since) => {
      // What a call says that our own stop has broken off says nothing of the network.
      if (!context.stop.aborted) context.writer.tellOffline(since);
      if (since === undefined) this.#holds.reached();
    });
    this.#holds = new Holds(context.clock, context.random);
    this.#counts = new TokenCounts(context, (name) => this.#provider(name));
  }

  /**
   * Resolves to how it ended, already journalled; the lease is still held.
   * @throws StateError when the run was taken over, or its state cannot be written any more.
   */
  async drive(): Promise<RunEnding> {
    const { writer, stop, clock } = this.#context;
    const unsubscribe = writer.onWake(() => {
      this.#wakeUp();
    });
    const wakeUp = (): void => {
      this.#wakeUp();
    };
    stop.addEventListener('abort', wakeUp, { once: true });
    this.#drain.addEventListener('abort', wakeUp, { once: true });
    try {
      await this.#recover();
      for (;;) {
        await this.#handleRequests();
        if (this.#stopping()) break;
        await this.#warnNearLimit();
        await this.#cancelPending();
        await moveRows(this.#context, (name) => this.#loadProvider(name));
        await this.#resumeOpenBatches();
        await this.#submitWhatFits();
        if (this.#idle()) break;
        await this.#nextEvent();
      }
      await this.#allQuiet();
      if (this.#fatal !== undefined) throw this.#fatal;
      const ending = this.#ending();
      await writer.append({ e: 'runEnded', at: clock.now(), ...ending });
      return ending;
    } catch (error) {
      // The lease is given up next: whatever is still on its way must have ended before.
      this.#context.requestStop();
      await this.#allQuiet();
      throw error;
    } finally {
      unsubscribe();
      stop.removeEventListener('abort', wakeUp);
      this.#drain.removeEventListener('abort', wakeUp);
    }
  }

  async #allQuiet(): Promise<void> {
    await Promise.all([this.#executor.allDone(), ...this.#reconciling]);
  }

  /** Intents of a driver that died are uncertain; outputs that it could not write are written. */
  async #recover(): Promise<void> {
    const { writer, clock } = this.#context;
    const moved = writer.ledger.rows.flatMap(({ movedTo }) => movedTo?.provider ?? []);
    for (const name of new Set([...writer.meta.cells.map(({ provider }) => provider), ...moved]))
      await this.#loadProvider(name);
    for (const batch of writer.ledger.openBatches()) {
      if (batch.state !== 'submitting') continue;
      const message = 'The process that sent it ended before the service answered.';
      await writer.append({ e: 'batchUncertain', at: clock.now(), nonce: batch.nonce, message });
    }
    await writeOutputs(this.#context, [...writer.ledger.rows.keys()]);
  }

  async #handleRequests(): Promise<void> {
    const { writer, clock, stop } = this.#context;
    const examine = (provider: string, batchId: string): Promise<ServiceBatch> =>
      examineBatch(this.#provider(provider), batchId, stop);
    const target = {
      ledger: writer.ledger,
      cellOf: (row: LedgerRow) => cellOf(this.#context, row),
      reservationOf: (ordinal: number) => this.#reservationOf(ordinal),
    };
    for (const request of await writer.pendingRequests()) {
      if (request.kind === 'adopt') this.#givenUp.delete(request.nonce);
      const after = await handleRequest({ writer, now: clock.now(), examine, target }, request);
      if (after === 'stop') this.#context.requestStop();
      if (after === 'nudge') this.#poller.nudge();
    }
    for (const [nonce, looks] of this.#looks)
      if (writer.ledger.batch(nonce).state !== 'uncertain') looks.abort();
  }

  #stopping(): boolean {
    return this.#context.stop.aborted || this.#fatal !== undefined;
  }

  /** After a cancel nothing more is sent: what waits ends as cancelled. */
  async #cancelPending(): Promise<void> {
    const { ledger } = this.#context.writer;
    if (!ledger.cancelRequested) return;
    await endUnsent(
      this.#context,
      ledger.pendingRows(),
      'cancelled',
      'The run was cancelled before this row was sent.',
    );
  }

  /**
   * Gives every open batch that nobody works on a task. One that only the person can decide about is looked for once by
   * every new driver: the service's list may have caught up, or the right key be there again.
   */
  async #resumeOpenBatches(): Promise<void> {
    for (const batch of this.#context.writer.ledger.openBatches()) {
      if (this.#active.has(batch.nonce) || this.#givenUp.has(batch.nonce)) continue;
      const provider = this.#provider(batch.provider);
      this.#active.add(batch.nonce);
      await this.#tellOtherKey(batch, provider);
      if (batch.batchId === undefined) {
        const looks = new AbortController();
        this.#looks.set(batch.nonce, looks);
        const looking = this.#guard(batch.nonce, async () => {
          await reconcile(this.#context, provider, batch, looks.signal);
          return undefined;
        });
        this.#reconciling.add(looking);
        void looking.finally(() => {
          this.#reconciling.delete(looking);
          this.#looks.delete(batch.nonce);
        });
      } else {
        const task = this.#makeTask(this.#context, provider, this.#poller, batch.nonce);
        void this.#executor.run(() => this.#guard(batch.nonce, () => task.run()));
      }
    }
  }

  /** Before anybody asks for the batch: another key may not show it, which is not its end. */
  async #tellOtherKey(batch: LedgerBatch, provider: Provider): Promise<void> {
    const { writer, clock } = this.#context;
    const message = describeOtherKey(batch, provider);
    if (message === undefined || writer.ledger.notices.some((notice) => notice.message === message)) return;
    await writer.append({ e: 'notice', at: clock.now(), code: 'otherKey', message });
  }

  async #warnNearLimit(): Promise<void> {
    const { writer, clock } = this.#context;
    const notice = nearLimitNotice(writer.ledger, clock.now());
    if (notice !== undefined) await writer.append(notice);
  }

  async #submitWhatFits(): Promise<void> {
    const { writer } = this.#context;
    while (this.#maySubmit() && this.#executor.hasRoom) {
      if (await this.#counts.refine(this.#rules().candidates)) {
        await this.#handleRequests(); // a stop does not wait for the rest of the counts
        continue;
      }
      const pack = packNext(writer.ledger, this.#rules());
      if (pack === undefined) return;
      const provider = this.#provider(pack.provider);
      const intended = await intendBatch(this.#context, provider, pack, () => this.#maySubmit());
      if (intended === undefined) continue;
      this.#active.add(intended.nonce);
      const task = this.#makeTask(this.#context, provider, this.#poller, intended.nonce, intended);
      void this.#executor.run(() => this.#guard(intended.nonce, () => task.run()));
    }
  }

  #maySubmit(): boolean {
    const { ledger } = this.#context.writer;
    return (
      !this.#stopping() &&
      !this.#drain.aborted &&
      ledger.confirmation !== undefined &&
      this.#refusal === undefined &&
      !ledger.cancelRequested &&
      ledger.overspentRow === undefined
    );
  }

  #rules(): PackingRules {
    const { writer, registry, clock } = this.#context;
    const pilot = pilotRows(writer.ledger, writer.meta.settings.pilot);
    const probeOf = this.#probeStates(pilot !== undefined);
    const candidates = writer.ledger
      .pendingRows()
      .filter((ordinal) => (pilot?.has(ordinal) ?? true) && !isMoving(writer.ledger.row(ordinal)))
      .filter((ordinal) => probeOf(cellOf(this.#context, writer.ledger.row(ordinal))) !== 'refused');
    return {
      candidates,
      leadOf: this.#leads(candidates, probeOf),
      cellOf: (row) => cellOf(this.#context, row),
      modelConfig: (model) => registry.modelConfig(model),
      limits: (name) => this.#provider(name).limits,
      takenSizes: (name) => takenSizes(writer.ledger, this.#provider(name)),
      jobsPerBatch: writer.meta.settings.jobsPerBatch,
      isHeld: (group) => this.#holds.isHeld(group),
      largest: (group) => this.#holds.largest(group),
      now: clock.now(),
    };
  }

  #probeStates(isPilot: boolean): (cell: PlannedCell) => ProbeState {
    const { ledger, meta } = this.#context.writer;
    return onceForEachCell((cell) => probeState(ledger, cell, { cells: meta.cells, isPilot }));
  }

  #leads(
    candidates: readonly number[],
    probeOf: (cell: PlannedCell) => ProbeState,
  ): (cell: PlannedCell) => Lead {
    const { ledger } = this.#context.writer;
    return onceForEachCell((cell) =>
      leadOf(probeOf(cell), () => {
        const waiting = candidates.filter((ordinal) => ledger.row(ordinal).planned.cell === cell.id).length;
        const provider = this.#provider(cell.provider);
        return cacheState(ledger, cell, provider, waiting, this.#context.clock.now());
      }),
    );
  }

  /** Runs a batch's task; whatever goes wrong in it is sorted here, once. */
  async #guard(nonce: string, work: () => Promise<ProviderError | undefined>): Promise<void> {
    const batch = this.#context.writer.ledger.batch(nonce);
    const group = groupOf(batch.provider, batch.model);
    try {
      const refusal = await work();
      if (refusal === undefined) {
        if (batch.state === 'closed') this.#holds.roomMade(group);
        else if (batch.batchId !== undefined) this.#holds.clear(group);
      } else if (refusal.retryable) {
        this.#holds.hold(group, {
          rows: batch.rows.length,
          smaller: refusal.code === 'queueFull',
          reason: refusal.userMessage,
          retryAfterMs: refusal.retryAfterMs,
          isUnreached: refusal.code === 'network',
        });
      } else {
        this.#refusal = refusal;
      }
      if (needsDecision(batch)) this.#givenUp.add(nonce);
    } catch (error) {
      // Whatever a call says that was broken off by our own stop says nothing of the batch.
      if (this.#context.stop.aborted && !(error instanceof StateError)) return;
      if (error instanceof ProviderError) {
        this.#refusal ??= error;
        this.#givenUp.add(nonce); // the same answer would come again
      } else {
        this.#fatal ??= error instanceof Error ? error : new BatchbookError('internal', describeCause(error));
        this.#context.requestStop();
      }
    } finally {
      this.#active.delete(nonce);
      this.#wakeUp();
    }
  }

  /** Nothing is being worked on, and nothing will be by waiting. */
  #idle(): boolean {
    const { ledger } = this.#context.writer;
    if (this.#active.size > 0) return false;
    if (ledger.openBatches().some(({ nonce }) => !this.#givenUp.has(nonce))) return false;
    if (ledger.cancelRequested && ledger.pendingRows().length > 0) return false;
    if (ledger.rows.some(isMoving)) return false;
    if (!this.#maySubmit()) return true;
    const rules = this.#rules();
    if (rules.candidates.length === 0) return true;
    // A hold may have run out since the last look at what fits: then there is something to send after all.
    return this.#holds.shortest() === undefined && packNext(ledger, rules) === undefined;
  }

  async #nextEvent(): Promise<void> {
    const { clock } = this.#context;
    const over = new AbortController();
    const held = this.#holds.shortest()?.ms ?? TICK_MS;
    await Promise.race([this.#wake.promise, clock.sleep(Math.min(TICK_MS, held), over.signal)]);
    over.abort();
    this.#wake = Promise.withResolvers();
  }

  #wakeUp(): void {
    this.#wake.resolve(undefined);
  }

  #ending(): RunEnding {
    const { writer } = this.#context;
    const { ledger } = writer;
    const pilot = pilotRows(ledger, writer.meta.settings.pilot);
    return endingOf(ledger, {
      stopped: this.#stopping() || this.#drain.aborted,
      refusal: this.#refusal,
      candidates: this.#rules().candidates,
      pilot,
      refusedRows: describeRefusals(this.#context, this.#probeStates(pilot !== undefined)),
      reservationOf: (ordinal) => this.#reservationOf(ordinal),
    });
  }

  /** What the next attempt of a row reserves, in nanodollars. */
  #reservationOf(ordinal: number): number {
    const { writer, registry, clock } = this.#context;
    const row = writer.ledger.row(ordinal);
    const cell = cellOf(this.#context, row);
    return nextAttempt(row, ordinal, cell, registry.modelConfig(cell.model), clock.now()).reservedNanoUsd;
  }

  async #loadProvider(name: string): Promise<Provider> {
    const provider = this.#reachability.watched(await this.#context.registry.providerNamed(name));
    this.#providers.set(name, provider);
    return provider;
  }

  #provider(name: string): Provider {
    const provider = this.#providers.get(name);
    if (provider === undefined)
      throw new ProviderError('notFound', name, `Provider "${name}" is not part of this run.`);
    return provider;
  }
}

/** Looked up once for each cell and model: nothing changes while one batch is packed. */
function onceForEachCell<T>(look: (cell: PlannedCell) => T): (cell: PlannedCell) => T {
  const known = new Map<string, T>();
  return (cell) => {
    const key = `${cell.id} ${cell.model}`;
    const seen = known.get(key) ?? look(cell);
    known.set(key, seen);
    return seen;
  };
}

/** Whether a row waits to be moved to another model: until then it is not sent. */
function isMoving({ status, movingTo }: LedgerRow): boolean {
  return status === 'pending' && movingTo !== undefined;
}
