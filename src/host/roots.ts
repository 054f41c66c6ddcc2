import path from 'node:path';
import { Uri, workspace, type WorkspaceFolder } from 'vscode';
import { scaledClock, systemClock, type Clock } from '../core/clock.ts';
import { ValidationError } from '../core/errors.ts';
import type { ServiceAccess } from '../core/serviceAccess.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { SettingProblems, providerSettings } from './providerSettings.ts';
import type { ReadSettings } from './settings.ts';

/** Seconds of the first poll when nothing else is asked for; see `--poll-interval` of the command line. */
const NOMINAL_POLL_S = 5;

/** The roots of this window: where runs of its folders and their job files are kept. */
export class Roots {
  readonly #access: ServiceAccess;
  readonly #settings: ReadSettings;
  readonly #clock: Clock;
  readonly #problems = new SettingProblems();
  /** By root: one `Workspace` each, however many folders and files lead to it. */
  readonly #opened = new Map<string, Workspace>();

  constructor(access: ServiceAccess, settings: ReadSettings) {
    this.#settings = settings;
    this.#access = access;
    // Set by test suites only, which cannot wait for the pace of real services.
    const seconds = Number(process.env['BATCHBOOK_POLL_INTERVAL']);
    this.#clock = seconds > 0 ? scaledClock(systemClock, seconds / NOMINAL_POLL_S) : systemClock;
  }

  /** The root of every folder of the window, and of every job file seen so far. */
  async all(): Promise<readonly Workspace[]> {
    for (const folder of workspace.workspaceFolders ?? [])
      if (folder.uri.scheme === 'file') await this.#open(folder);
    return [...this.#opened.values()];
  }

  /**
   * The root of a file.
   * @param file Absolute path.
   * @throws ValidationError `usage` where it is in no folder of this window.
   */
  of(file: string): Promise<Workspace> {
    const folder = workspace.getWorkspaceFolder(Uri.file(file));
    if (folder === undefined) {
      throw new ValidationError(
        'usage',
        `${file} is in no folder of this window. Open its folder: Batchbook keeps its runs there.`,
      );
    }
    return this.#open(folder, file);
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

  async #open(folder: WorkspaceFolder, file?: string): Promise<Workspace> {
    const { openWorkspace } = await import('../workspace/openWorkspace.ts');
    const mockService = process.env['BATCHBOOK_MOCK_SERVICE'];
    const fresh = await openWorkspace({
      cwd: folder.uri.fsPath,
      folder: folder.uri.fsPath,
      clock: this.#clock,
      kind: 'window',
      access: this.#access,
      settings: () => providerSettings(this.#settings),
      ...(file === undefined ? {} : { about: file }),
      ...(mockService === undefined ? {} : { mockService }),
    });
    const root = path.resolve(fresh.root);
    const known = this.#opened.get(root);
    if (known !== undefined) return known;
    this.#opened.set(root, fresh);
    this.#problems.tell(fresh.registry.problems);
    return fresh;
  }
}
