import { isBatchbookError } from '../core/errors.ts';
import { isAnswer, kindOf } from '../core/probing.ts';
import type { DeletedRuns, RunOutputs } from '../state/deletedRuns.ts';
import type { RunReader, StateManager } from '../core/stateManager.ts';

/** What is asked of every run when another one is looked for, planned or checked: small enough to be kept of each. */
export interface RunFacts {
  readonly runId: string;
  /** Path of its job file relative to the root; `undefined` for a run of a program. */
  readonly jobFile: string | undefined;
  readonly confirmed: boolean;
  readonly finished: boolean;
  readonly spentNanoUsd: number;
  /** When its last ok row ended, epoch milliseconds; 0 without one. */
  readonly lastOkAt: number;
  /** Kinds of requests that it had an answer to, see `kindOf`. */
  readonly answeredKinds: readonly string[];
}

export interface IndexedRuns {
  /** Oldest first. */
  readonly runs: readonly RunFacts[];
  /** What cannot be read, and why. A plan that was never completed is neither here nor there. */
  readonly unreadable: readonly { readonly runId: string; readonly reason: string }[];
}

/** What runs have written last to a file. */
export interface WrittenFile {
  readonly sha256: string;
  /** Of the run that wrote it, as in `RunFacts`. */
  readonly jobFile: string | undefined;
}

interface Entry {
  /** Of the journal, looked at before it was read. */
  readonly bytes: number;
  readonly facts: RunFacts;
  /** Made when first asked for. */
  outputs: RunOutputs | undefined;
  /** Kept while the run is open, so that only what was appended is read. */
  readonly reader: RunReader | undefined;
}

/**
 * What is known of the runs of a root. Costs one look at the size of each journal where nothing has happened, else the
 * reading of what is new. It promises to be as new as the moment of the call, and keeps of a finished run its facts and
 * the paths it has written, never its rows.
 */
export class RunIndex {
  readonly #state: StateManager;
  readonly #deleted: Pick<DeletedRuns, 'all'>;
  readonly #entries = new Map<string, Entry>();
  #merged: { readonly parts: readonly RunOutputs[]; readonly all: ReadonlyMap<string, WrittenFile> } = {
    parts: [],
    all: new Map(),
  };
  #last: Promise<unknown> = Promise.resolve();

  /** @param deleted What is kept of runs that are gone. */
  constructor(state: StateManager, deleted: Pick<DeletedRuns, 'all'>) {
    this.#state = state;
    this.#deleted = deleted;
  }

  /** Every run that can be read; one that cannot is no reason to keep quiet about the others. */
  all(): Promise<IndexedRuns> {
    return this.#inOrder(async () => {
      const ids = await this.#state.listRuns();
      for (const known of this.#entries.keys()) if (!ids.includes(known)) this.#entries.delete(known);
      const runs: RunFacts[] = [];
      const unreadable: { runId: string; reason: string }[] = [];
      for (const runId of ids) {
        try {
          runs.push((await this.#look(runId)).facts);
        } catch (error) {
          if (!isBatchbookError(error)) throw error;
          if (error.code !== 'state') unreadable.push({ runId, reason: error.userMessage });
        }
      }
      return { runs, unreadable };
    });
  }

  /** Files that the runs of this root have written, also those that were deleted, by path: what was written last. */
  async written(): Promise<ReadonlyMap<string, WrittenFile>> {
    const { runs } = await this.all();
    const byRun = new Map(await this.#deleted.all());
    for (const { runId } of runs) {
      const entry = this.#entries.get(runId);
      if (entry !== undefined) byRun.set(runId, (entry.outputs ??= outputsOf(entry.reader)));
    }
    // Ids sort by when the runs were made.
    const parts = [...byRun].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, outputs]) => outputs);
    const { parts: before } = this.#merged;
    const same = parts.length === before.length && parts.every((part, i) => part === before[i]);
    if (!same) {
      const all = new Map<string, WrittenFile>();
      for (const { jobFile, written } of parts)
        for (const [path, sha256] of written) all.set(path, { sha256, jobFile });
      this.#merged = { parts, all };
    }
    return this.#merged.all;
  }

  /**
   * One run up to date, for looking at and not for keeping: while it is open it is the same reader for everybody.
   * @throws StateError where it cannot be read.
   */
  reader(runId: string): Promise<{ readonly reader: RunReader; readonly bytes: number }> {
    return this.#inOrder(async () => {
      const { facts, bytes, reader } = await this.#look(runId);
      return { bytes, reader: reader ?? (await this.#state.readRun(facts.runId)) };
    });
  }

  /** With the reader where the run is open or was read just now. */
  async #look(runId: string): Promise<Entry> {
    const known = this.#entries.get(runId);
    const bytes = await this.#state.journalBytes(runId);
    if (known?.bytes === bytes) return known;
    this.#entries.delete(runId); // should it fail, nothing is known
    const reader = known?.reader ?? (await this.#state.readRun(runId));
    await reader.refresh();
    const facts = factsOf(runId, reader);
    const looked = { bytes, facts, outputs: facts.finished ? outputsOf(reader) : undefined, reader };
    this.#entries.set(runId, facts.finished ? { ...looked, reader: undefined } : looked);
    return looked;
  }

  /** One look after the other, each beginning after it was asked for. */
  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined); // the caller sees the failure
    return result;
  }
}

function factsOf(runId: string, { meta, ledger }: RunReader): RunFacts {
  const answered = new Set(ledger.rows.filter(isAnswer).map(({ planned }) => planned.cell));
  return {
    runId,
    jobFile: meta.jobFile?.path,
    confirmed: ledger.confirmation !== undefined,
    finished: ledger.phase === 'finished',
    spentNanoUsd: ledger.money.spentNanoUsd,
    lastOkAt: ledger.rows.reduce(
      (last, row) => (row.status === 'ok' ? Math.max(last, row.finishedAt) : last),
      0,
    ),
    answeredKinds: meta.cells.filter(({ id }) => answered.has(id)).map(kindOf),
  };
}

/** What a run has written, the last of each file. */
export function outputsOf(reader: RunReader | undefined): RunOutputs {
  const written = new Map<string, string>();
  for (const row of reader?.ledger.rows ?? [])
    if (row.written?.path != null) written.set(row.written.path, row.written.sha256);
  return { jobFile: reader?.meta.jobFile?.path, written };
}
