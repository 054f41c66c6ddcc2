import { isBatchbookError } from '../core/errors.ts';
import type { HolderInfo, RunReader } from '../core/stateManager.ts';
import type { RunStatus } from '../core/status.ts';
import { isLate } from '../core/usualDurations.ts';
import type { Workspace } from './workspace.ts';

/** A run as a list shows it: a complete snapshot, replaced as a whole when anything of it changes. */
export interface RunView {
  readonly runId: string;
  readonly root: string;
  readonly title: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Relative to the root; `undefined` for a run of a program. */
  readonly jobFile: string | undefined;
  readonly status: RunStatus;
  /** What people call the one service that its rows go to; `undefined` where there are several, or none of the network. */
  readonly service: string | undefined;
  /** Rows by cell, in the order of the job file. */
  readonly cells: readonly CellView[];
  /** Who drives it, as far as can be told from here; `undefined` when nobody does. */
  readonly holder: HolderInfo | undefined;
  /** How often it was taken up, from 1; 0: nobody can tell any more. */
  readonly epoch: number;
  /** Whether a person has agreed to what it sends (promise P7). */
  readonly confirmed: boolean;
  /** Whether its driver went away without being told to stop, so that it may go on where it was. */
  readonly interrupted: boolean;
  /** When its last row ended, or it was made; epoch milliseconds. */
  readonly changedAt: number;
}

export interface CellView {
  readonly id: string;
  readonly model: string;
  readonly total: number;
  readonly ended: number;
}

export interface RunList {
  /** Oldest first. */
  readonly runs: readonly RunView[];
  readonly unreadable: readonly { readonly runId: string; readonly reason: string }[];
}

interface Known {
  readonly bytes: number;
  /** `undefined`: nothing to show, or unreadable for `reason`. */
  readonly view: RunView | undefined;
  readonly reason?: string;
  /** Whether its holder may change although its journal does not. */
  readonly open: boolean;
}

/**
 * All runs of a root, kept up to date whoever drives them: this process, another window or a command line. Reads what
 * was appended to journals, and one size of each where nothing was; writes nothing.
 */
export class RunWatch {
  readonly #workspace: Workspace;
  readonly #known = new Map<string, Known>();
  #refreshing: Promise<RunList> | undefined;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** Looks at every run. Views of runs in which nothing happened are the same objects as before. */
  refresh(): Promise<RunList> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<RunList> {
    const ids = await this.#workspace.state.listRuns();
    for (const known of this.#known.keys()) if (!ids.includes(known)) this.#known.delete(known);
    for (const runId of ids) this.#known.set(runId, await this.#look(runId));
    const all = [...this.#known].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      runs: all.flatMap(([, { view }]) => (view === undefined ? [] : [view])),
      unreadable: all.flatMap(([runId, { reason }]) => (reason === undefined ? [] : [{ runId, reason }])),
    };
  }

  async #look(runId: string): Promise<Known> {
    const known = this.#known.get(runId);
    const size = await this.#workspace.state.journalBytes(runId);
    if (known?.bytes === size && !known.open) return known;
    try {
      const { reader, bytes } = await this.#workspace.index.reader(runId);
      const news = known?.bytes !== bytes;
      if (news) this.#workspace.durations.note(reader);
      const last = await reader.holder();
      const holder = isLive(last) ? last : undefined;
      if (known?.view !== undefined && !news && sameHolder(known.view.holder, holder)) {
        if (!this.#becameLate(known.view.status)) return known;
      }
      const view = await this.#view(reader, holder, last?.epoch ?? 0);
      // A plan that nobody agreed to and nobody is at: what a crash before the first submission left.
      const left = !view.confirmed && holder === undefined;
      return {
        bytes,
        view: left ? undefined : view,
        open: view.status.state !== 'finished' || holder !== undefined,
      };
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
      // `state`: a plan that was never completed.
      const reason = error.code === 'state' ? {} : { reason: error.userMessage };
      return { bytes: size, view: undefined, open: false, ...reason };
    }
  }

  /** Nothing has happened, and that is the news. */
  #becameLate({ batches }: RunStatus): boolean {
    const { clock, durations } = this.#workspace;
    return batches.some(
      ({ ageMs, acceptedAt, late, provider, model }) =>
        ageMs !== undefined &&
        acceptedAt !== undefined &&
        late === undefined &&
        isLate(clock.now() - acceptedAt, durations.usual(provider, model)),
    );
  }

  #serviceOf({ meta, ledger }: RunReader): string | undefined {
    const names = new Set(
      [...meta.cells, ...ledger.batches.values()].map((of: { readonly provider: string }) => of.provider),
    );
    const [name] = names;
    if (name === undefined || names.size > 1) return undefined;
    return this.#workspace.registry.services.find((service) => service.name === name)?.title;
  }

  async #view(reader: RunReader, holder: HolderInfo | undefined, epoch: number): Promise<RunView> {
    const { meta, ledger } = reader;
    const status = await this.#workspace.statusOf(reader);
    const byCell = Map.groupBy(ledger.rows, (row) => row.planned.cell);
    return {
      runId: meta.runId,
      root: this.#workspace.root,
      title: meta.title,
      createdAt: meta.createdAt,
      jobFile: meta.jobFile?.path,
      status,
      service: this.#serviceOf(reader),
      cells: meta.cells.map(({ id, model }) => {
        const rows = byCell.get(id) ?? [];
        const waiting = rows.filter((row) => row.status === 'pending' || row.status === 'submitted');
        return { id, model, total: rows.length, ended: rows.length - waiting.length };
      }),
      holder,
      epoch,
      confirmed: ledger.confirmation !== undefined,
      interrupted: holder === undefined && wasInterrupted(reader),
      changedAt: ledger.rows.reduce((last, row) => Math.max(last, row.finishedAt), meta.createdAt),
    };
  }
}

function isLive(holder: HolderInfo | undefined): boolean {
  return holder?.liveness === 'alive' || holder?.liveness === 'unproved';
}

function sameHolder(a: HolderInfo | undefined, b: HolderInfo | undefined): boolean {
  return a?.epoch === b?.epoch && a?.liveness === b?.liveness && a?.offlineSince === b?.offlineSince;
}

/**
 * Its driver died, or was a window that closed. What a person stopped, or a run that waits for a person, was not
 * interrupted; nor was a command that ended by Ctrl+C.
 */
function wasInterrupted({ ledger }: RunReader): boolean {
  if (ledger.confirmation === undefined) return false;
  if (ledger.phase === 'running' || ledger.phase === 'cancelling') return true;
  const byItself = ledger.phase === 'stopped' && ledger.endCode === undefined && !ledger.stoppedByPerson;
  return byItself && ledger.lastHolder?.startsWith('window ') === true;
}
