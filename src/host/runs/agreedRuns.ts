import type { Memento } from 'vscode';

const KEY = 'batchbook.agreedRuns';
/** Enough for years; the oldest are forgotten first, and then asked about again. */
const KEPT = 2_000;

/**
 * The runs that somebody agreed to on this machine, kept by VS Code and not in the workspace: a folder that comes with a
 * run of its own (a copied or planted `.batchbook`) must not send anything because it says that somebody agreed.
 */
export class AgreedRuns {
  readonly #memento: Memento;

  /** @param memento VS Code's global state of the extension. */
  constructor(memento: Memento) {
    this.#memento = memento;
  }

  has(runId: string): boolean {
    return this.#ids().includes(runId);
  }

  async add(runId: string): Promise<void> {
    const ids = this.#ids();
    if (!ids.includes(runId)) await this.#memento.update(KEY, [...ids, runId].slice(-KEPT));
  }

  #ids(): readonly string[] {
    return this.#memento.get<readonly string[]>(KEY, []);
  }
}
