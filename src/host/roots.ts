import path from 'node:path';
import { Uri, workspace, type Disposable, type WorkspaceFolder } from 'vscode';
import { scaledClock, systemClock, type Clock } from '../core/clock.ts';
import { ValidationError } from '../core/errors.ts';
import type { ServiceAccess } from '../core/serviceAccess.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { SettingProblems, providerSettings } from './providerSettings.ts';
import type { ReadSettings } from './settings.ts';

/** Seconds of the first poll when nothing else is asked for; see `--poll-interval` of the command line. */
const NOMINAL_POLL_S = 5;

/** The roots of this window: where runs of its folders and their job files are kept. */
export class Roots implements Disposable {
  readonly #access: ServiceAccess;
  readonly #settings: ReadSettings;
  readonly #clock: Clock;
  readonly #problems = new SettingProblems();
  /** By root: one `Workspace` each, however many folders and files lead to it. */
  readonly #opened = new Map<string, Workspace>();
  /** By folder of the window: its root, looked for once. */
  readonly #ofFolder = new Map<string, Promise<string>>();
  readonly #subscription: Disposable;

  constructor(access: ServiceAccess, settings: ReadSettings) {
    this.#settings = settings;
    this.#access = access;
    // Set by test suites only, which cannot wait for the pace of real services.
    const seconds = Number(process.env['BATCHBOOK_POLL_INTERVAL']);
    this.#clock = seconds > 0 ? scaledClock(systemClock, seconds / NOMINAL_POLL_S) : systemClock;
    this.#subscription = workspace.onDidChangeWorkspaceFolders(() => {
      this.#forgetClosed();
    });
  }

  /** The root of every folder of the window, and of every job file in them seen so far. */
  async all(): Promise<readonly Workspace[]> {
    for (const folder of fileFolders()) await this.#open(await this.#rootOf(folder));
    return [...this.#opened.values()];
  }

  /**
   * The root of a file.
   * @param file Absolute path.
   * @throws ValidationError `usage` where it is in no folder of this window.
   */
  async of(file: string): Promise<Workspace> {
    const folder = workspace.getWorkspaceFolder(Uri.file(file));
    if (folder === undefined) {
      throw new ValidationError(
        'usage',
        `${file} is in no folder of this window. Open its folder: Batchbook keeps its runs there.`,
      );
    }
    return this.#open(await findRoot(folder, file));
  }

  /** Whether the root at a path is open in this window. */
  has(root: string): boolean {
    return this.#opened.has(root);
  }

  /** The opened root at a path. @throws ValidationError `usage` where there is none. */
  at(root: string): Workspace {
    const opened = this.#opened.get(root);
    if (opened === undefined) throw new ValidationError('usage', `${root} is not open in this window.`);
    return opened;
  }

  /** Lets every root see what the person has changed in the settings of services and models. */
  settingsChanged(): void {
    for (const { registry } of this.#opened.values()) {
      registry.renew();
      this.#problems.tell(registry.problems);
    }
  }

  /** Whether more than one root is open, so that each run has to say where it is. */
  get many(): boolean {
    return this.#opened.size > 1;
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #rootOf(folder: WorkspaceFolder): Promise<string> {
    const key = folder.uri.fsPath;
    const root = this.#ofFolder.get(key) ?? findRoot(folder);
    this.#ofFolder.set(key, root);
    root.catch(() => this.#ofFolder.delete(key)); // whoever waits for it is told
    return root;
  }

  async #open(root: string): Promise<Workspace> {
    const known = this.#opened.get(root);
    if (known !== undefined) return known;
    const { openRoot } = await import('../workspace/openWorkspace.ts');
    const mockService = process.env['BATCHBOOK_MOCK_SERVICE'];
    const fresh = await openRoot(root, {
      clock: this.#clock,
      kind: 'window',
      access: this.#access,
      settings: () => providerSettings(this.#settings),
      ...(mockService === undefined ? {} : { mockService }),
    });
    const first = this.#opened.get(root) ?? fresh; // somebody else may have been quicker
    this.#opened.set(root, first);
    if (first === fresh) this.#problems.tell(fresh.registry.problems);
    return first;
  }

  /** A root whose folder has left the window is shown no more; a run of it that is driven goes on. */
  #forgetClosed(): void {
    this.#ofFolder.clear();
    const folders = fileFolders().map(({ uri }) => uri.fsPath);
    for (const root of this.#opened.keys()) {
      const belongs = folders.some((folder) => isWithin(root, folder) || isWithin(folder, root));
      if (!belongs) this.#opened.delete(root);
    }
  }
}

function fileFolders(): readonly WorkspaceFolder[] {
  return (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
}

async function findRoot(folder: WorkspaceFolder, file?: string): Promise<string> {
  const { rootOf } = await import('../workspace/openWorkspace.ts');
  const { fsPath } = folder.uri;
  const about = file === undefined ? {} : { about: file };
  return path.resolve(await rootOf({ cwd: fsPath, folder: fsPath, ...about }));
}

function isWithin(outer: string, inner: string): boolean {
  const relative = path.relative(outer, inner);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
