import { Disposable, EventEmitter, RelativePattern, Uri, workspace, type Event } from 'vscode';
import { isBatchbookError } from '../../core/errors.ts';
import type { RunView, RunWatch } from '../../workspace/runWatch.ts';
import type { Roots } from '../roots.ts';

/** How often journals are looked at by themselves; a watcher usually tells sooner, but not on every file system. */
const LOOK_EVERY_MS = 2_000;
/** Changes that come together are shown together. */
const GATHER_MS = 150;

/** What cannot be shown, and why. */
export interface Unreadable {
  readonly root: string;
  /** `undefined`: the whole root. */
  readonly runId: string | undefined;
  readonly reason: string;
}

interface WatchedRoot {
  readonly watch: RunWatch;
  readonly watcher: Disposable;
}

/** All runs of this window's roots, live, whoever drives them. The one source of tree, status bar and notifications. */
export class RunsModel implements Disposable {
  readonly #roots: Roots;
  readonly #watched = new Map<string, WatchedRoot>();
  readonly #changed = new EventEmitter<void>();
  readonly #folders: Disposable;
  #runs: readonly RunView[] = [];
  #unreadable: readonly Unreadable[] = [];
  #loaded = false;
  #visible = false;
  #refreshing: Promise<void> | undefined;
  #again = false;
  #gather: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(roots: Roots) {
    this.#roots = roots;
    this.#folders = workspace.onDidChangeWorkspaceFolders(() => {
      this.touch();
    });
  }

  /** Fires after `runs` or `unreadable` changed, and once when they were first read. */
  get onDidChange(): Event<void> {
    return this.#changed.event;
  }
  /** Oldest first. */
  get runs(): readonly RunView[] {
    return this.#runs;
  }
  get unreadable(): readonly Unreadable[] {
    return this.#unreadable;
  }
  get loaded(): boolean {
    return this.#loaded;
  }

  find(runId: string): RunView | undefined {
    return this.#runs.find((run) => run.runId === runId);
  }

  /** Whether a run is not there any more. One that only cannot be read still is. */
  isGone(runId: string): boolean {
    const mayBe = this.#unreadable.some((one) => one.runId === undefined || one.runId === runId);
    return this.#loaded && !mayBe && this.find(runId) === undefined;
  }

  /** Whether somebody looks at the list: then it is kept up to date also while no run is open. */
  setVisible(visible: boolean): void {
    this.#visible = visible;
    if (visible) this.touch();
  }

  /** Something may have changed: looks soon. */
  touch(): void {
    if (this.#disposed) return;
    this.#gather ??= setTimeout(() => {
      this.#gather = undefined;
      void this.refresh();
    }, GATHER_MS);
  }

  /** Looks now; resolves when `runs` is what the disk says. Never rejects: what went wrong is in `unreadable`. */
  refresh(): Promise<void> {
    if (this.#refreshing !== undefined) {
      this.#again = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#gather);
    clearTimeout(this.#look);
    this.#folders.dispose();
    for (const { watcher } of this.#watched.values()) watcher.dispose();
    this.#changed.dispose();
  }

  async #refresh(): Promise<void> {
    do {
      this.#again = false;
      await this.#readRoots();
    } while (this.#wantsAgain());
    clearTimeout(this.#look);
    if (!this.#isDisposed() && (this.#visible || this.#runs.some(mayChange)))
      this.#look = setTimeout(() => void this.refresh(), LOOK_EVERY_MS);
  }

  // As methods: another call may have changed the fields while this one waited, which the compiler does not see.
  #wantsAgain(): boolean {
    return this.#again && !this.#disposed;
  }
  #isDisposed(): boolean {
    return this.#disposed;
  }

  async #readRoots(): Promise<void> {
    const runs: RunView[] = [];
    const unreadable: Unreadable[] = [];
    const roots = await this.#roots.all();
    this.#forgetBut(roots.map(({ root }) => root));
    for (const { root } of roots) {
      try {
        const list = await (await this.#watchedRoot(root)).refresh();
        runs.push(...list.runs);
        unreadable.push(...list.unreadable.map((one) => ({ root, ...one })));
      } catch (error) {
        if (!isBatchbookError(error)) throw error;
        unreadable.push({ root, runId: undefined, reason: error.userMessage });
      }
    }
    if (this.#isDisposed()) return;
    runs.sort((a, b) => a.createdAt - b.createdAt);
    const same =
      this.#loaded &&
      sameItems(runs, this.#runs) &&
      JSON.stringify(unreadable) === JSON.stringify(this.#unreadable);
    [this.#runs, this.#unreadable, this.#loaded] = [runs, unreadable, true];
    if (!same) this.#changed.fire();
  }

  #forgetBut(roots: readonly string[]): void {
    for (const [root, { watcher }] of this.#watched) {
      if (roots.includes(root)) continue;
      watcher.dispose();
      this.#watched.delete(root);
    }
  }

  async #watchedRoot(root: string): Promise<RunWatch> {
    const known = this.#watched.get(root);
    if (known !== undefined) return known.watch;
    const { RunWatch } = await import('../../workspace/runWatch.ts');
    const watch = new RunWatch(this.#roots.at(root));
    const watcher = workspace.createFileSystemWatcher(
      new RelativePattern(Uri.file(root), '.batchbook/runs/*/{journal.jsonl,lease/*.json}'),
    );
    const touch = (): void => {
      this.touch();
    };
    const listeners = [watcher.onDidChange(touch), watcher.onDidCreate(touch), watcher.onDidDelete(touch)];
    this.#watched.set(root, { watch, watcher: Disposable.from(watcher, ...listeners) });
    return watch;
  }
}

/** A finished run changes only when somebody touches it, which the watcher tells. */
function mayChange({ status, holder }: RunView): boolean {
  return holder !== undefined || (status.state !== 'finished' && status.state !== 'planned');
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
