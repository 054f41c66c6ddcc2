import { commands, Disposable } from 'vscode';
import type { RunView } from '../../workspace/runWatch.ts';

/**
 * The command behind the line of a run. It has no arguments and asks no selection, since VS Code forgets both while a tree
 * is drawn anew: what was clicked is its name.
 */
export function commandOfRun(runId: string): string {
  return `_batchbook.showProgress/${runId}`;
}

/** Registers a command for each run there is, and takes those of runs that are gone away. */
export class RunCommands implements Disposable {
  readonly #show: (runId: string) => void;
  readonly #registered = new Map<string, Disposable>();

  /** @param show - Called with the run that was clicked. */
  constructor(show: (runId: string) => void) {
    this.#show = show;
  }

  update(runs: readonly RunView[]): void {
    const ids = new Set(runs.map(({ runId }) => runId));
    for (const id of ids)
      if (!this.#registered.has(id))
        this.#registered.set(
          id,
          commands.registerCommand(commandOfRun(id), () => {
            this.#show(id);
          }),
        );
    for (const [id, registered] of this.#registered) {
      if (ids.has(id)) continue;
      registered.dispose();
      this.#registered.delete(id);
    }
  }

  dispose(): void {
    Disposable.from(...this.#registered.values()).dispose();
  }
}
