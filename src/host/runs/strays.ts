import { EventEmitter, type Disposable, type Event } from 'vscode';
import type { StrayBatch } from '../../workspace/batchesAtProviders.ts';
import type { Workspace } from '../../workspace/workspace.ts';

/** A batch at a provider that no run here knows, seen from one of the window's roots. */
export interface Stray {
  readonly root: Workspace;
  readonly batch: StrayBatch;
}

/** What the last look at the providers has found. Nobody looks by themselves: it takes keys and the network. */
export class Strays implements Disposable {
  #all: readonly Stray[] = [];
  readonly #changed = new EventEmitter<void>();

  get all(): readonly Stray[] {
    return this.#all;
  }
  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  set(found: readonly Stray[]): void {
    this.#all = found;
    this.#changed.fire();
  }

  /** A run here has taken it over. */
  remove(batch: StrayBatch): void {
    this.set(this.#all.filter((stray) => stray.batch !== batch));
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
