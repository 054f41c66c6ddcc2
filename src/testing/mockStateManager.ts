import { StateError } from '../core/errors.ts';
import type { ResultLocation, RunEvent } from '../core/events.ts';
import type { PlannedRow } from '../core/plan.ts';
import { RunLedger } from '../core/runLedger.ts';
import type {
  DriveOptions,
  NewRun,
  PendingRequest,
  RunMeta,
  RunReader,
  RunRequest,
  RunWriter,
  StateManager,
  StoredResult,
} from '../core/stateManager.ts';
import { DEFAULT_RETRY } from '../core/plan.ts';

interface MemoryRun {
  readonly meta: RunMeta;
  readonly plan: readonly PlannedRow[];
  readonly events: { readonly event: RunEvent; readonly epoch: number }[];
  readonly results: StoredResult[];
  readonly requests: PendingRequest[];
  readonly listeners: Set<() => void>;
  epoch: number;
  held: boolean;
}

/**
 * Runs kept in memory, for tests of what stands above the state. It promises what `StateManager` says but durability;
 * spooled bodies are kept as text under `payloads`.
 */
export class MockStateManager implements StateManager {
  readonly #runs = new Map<string, MemoryRun>();
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Spooled request bodies by nonce. */
  readonly payloads = new Map<string, string>();

  createRun({ meta, plan }: NewRun): Promise<void> {
    const rows = [...plan];
    this.#runs.set(meta.runId, {
      meta,
      plan: rows,
      events: [
        { event: { e: 'runCreated', at: meta.createdAt, rows: rows.length, planSha256: '' }, epoch: 0 },
      ],
      results: [],
      requests: [],
      listeners: new Set(),
      epoch: 0,
      held: false,
    });
    return Promise.resolve();
  }

  journalBytes(runId: string): Promise<number> {
    return Promise.resolve(this.#runs.get(runId)?.events.length ?? 0);
  }

  exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#turns.set(name, mine);
    return mine;
  }

  listRuns(): Promise<readonly string[]> {
    return Promise.resolve([...this.#runs.keys()].sort());
  }

  /** The journal of a run so far, for assertions. */
  eventsOf(runId: string): readonly RunEvent[] {
    return this.#run(runId).events.map(({ event }) => event);
  }

  readRun(runId: string): Promise<RunReader> {
    const run = this.#run(runId);
    const ledger = replay(run);
    let applied = run.events.length;
    return Promise.resolve({
      meta: run.meta,
      ledger,
      refresh: () => {
        const fresh = run.events.slice(applied);
        applied = run.events.length;
        for (const { event, epoch } of fresh) ledger.apply(event, epoch);
        return Promise.resolve(fresh.length > 0);
      },
      holder: () => Promise.resolve(undefined),
      readResult: (location) => resultAt(run, location),
    });
  }

  async driveRun(runId: string, options: DriveOptions): Promise<RunWriter> {
    const run = this.#run(runId);
    if (run.held && options.takeOver !== true)
      throw new StateError('leaseHeld', 'This run is being driven already.');
    run.held = true;
    const epoch = ++run.epoch;
    const ledger = replay(run, options);
    const changed = new Set<() => void>();
    let offlineSince: number | undefined;
    const assertHolder = (): Promise<void> =>
      run.epoch === epoch
        ? Promise.resolve()
        : Promise.reject(new StateError('leaseLost', 'Another driver has taken this run over.'));
    const append = async (...events: readonly RunEvent[]): Promise<void> => {
      await assertHolder();
      for (const event of events) {
        run.events.push({ event, epoch });
        ledger.apply(event, epoch);
      }
      for (const listener of changed) listener();
    };
    await append({ e: 'leaseTaken', at: run.meta.createdAt, holder: options.kind });
    return {
      meta: run.meta,
      ledger,
      epoch,
      append,
      assertHolder,
      tellOffline: (since) => {
        offlineSince = since;
        for (const listener of changed) listener();
      },
      get offlineSince() {
        return offlineSince;
      },
      appendResults: async (results) => {
        await assertHolder();
        return results.map((result): ResultLocation => [run.results.push(result) - 1, 1, 0]);
      },
      syncResults: assertHolder,
      readResult: (location) => resultAt(run, location),
      openPayload: (nonce) => {
        let text = '';
        return Promise.resolve({
          path: nonce,
          write: (part: string) => {
            text += part;
            return Promise.resolve();
          },
          finish: () => {
            this.payloads.set(nonce, text);
            return Promise.resolve({ bytes: Buffer.byteLength(text), sha256: '' });
          },
        });
      },
      removePayload: (nonce) => {
        this.payloads.delete(nonce);
        return Promise.resolve();
      },
      pendingRequests: () => Promise.resolve([...run.requests]),
      removeRequest: (id) => {
        run.requests.splice(0, run.requests.length, ...run.requests.filter((request) => request.id !== id));
        return Promise.resolve();
      },
      onChange: (listener) => subscribe(changed, listener),
      onWake: (listener) => subscribe(run.listeners, listener),
      release: () => {
        if (run.epoch === epoch) run.held = false;
        return Promise.resolve();
      },
    };
  }

  request(runId: string, request: RunRequest): Promise<string> {
    const run = this.#run(runId);
    const id = String(run.events.length + run.requests.length).padStart(26, '0');
    run.requests.push({ ...request, id });
    for (const listener of run.listeners) listener();
    return Promise.resolve(id);
  }

  #run(runId: string): MemoryRun {
    const run = this.#runs.get(runId);
    if (run === undefined) throw new StateError('state', `There is no run ${runId}.`);
    return run;
  }
}

function replay(run: MemoryRun, options: Pick<DriveOptions, 'money'> = {}): RunLedger {
  const ledger = new RunLedger({
    plan: run.plan,
    retryOf: (cell) => run.meta.cells.find((c) => c.id === cell)?.retry ?? DEFAULT_RETRY,
    limitNanoUsd: run.meta.settings.limitNanoUsd,
    ...(options.money === undefined ? {} : { money: options.money }),
  });
  for (const { event, epoch } of run.events) ledger.apply(event, epoch);
  return ledger;
}

function resultAt(run: MemoryRun, [index]: ResultLocation): StoredResult {
  const result = run.results[index];
  if (result === undefined) throw new StateError('corruptState', `There is no result ${String(index)}.`);
  return result;
}

function subscribe(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
