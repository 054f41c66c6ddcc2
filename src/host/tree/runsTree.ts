import {
  commands,
  EventEmitter,
  l10n,
  window,
  type Disposable,
  type Event,
  type TreeDataProvider,
  type TreeItem,
  type TreeView,
} from 'vscode';
import type { ContextKey } from '../contributions.ts';
import type { Roots } from '../roots.ts';
import { isOpen } from '../runs/runTraits.ts';
import type { RunsModel } from '../runs/runsModel.ts';
import type { Strays } from '../runs/strays.ts';
import { itemOf } from './items.ts';
import { batchesOf, outcomesOf, parentOf, partsOf, topLevel, type Node } from './nodes.ts';
import { OutcomeRows } from './outcomeRows.ts';
import { RunCommands } from './runCommands.ts';

/** The Runs view: every run of the window's roots, live, with its outcomes, cells and batches. */
export class RunsTree implements TreeDataProvider<Node>, Disposable {
  readonly #model: RunsModel;
  readonly #roots: Roots;
  readonly #strays: Strays;
  readonly #changed = new EventEmitter<undefined>();
  readonly #view: TreeView<Node>;
  readonly #rows: OutcomeRows;
  readonly #runCommands: RunCommands;
  readonly #subscriptions: Disposable[];

  constructor(model: RunsModel, roots: Roots, strays: Strays, showRun: (runId: string) => void) {
    this.#model = model;
    this.#roots = roots;
    this.#strays = strays;
    this.#rows = new OutcomeRows(roots);
    this.#runCommands = new RunCommands(showRun);
    this.#view = window.createTreeView('batchbook.runs', { treeDataProvider: this, showCollapseAll: true });
    this.#subscriptions = [
      this.#view,
      this.#view.onDidChangeVisibility(({ visible }) => {
        model.setVisible(visible);
      }),
      model.onDidChange(() => {
        this.#update();
      }),
      strays.onDidChange(() => {
        this.#changed.fire(undefined);
      }),
    ];
    if (this.#view.visible) model.setVisible(true);
  }

  get onDidChangeTreeData(): Event<undefined> {
    return this.#changed.event;
  }

  getTreeItem(node: Node): TreeItem {
    return itemOf(node, { now: Date.now(), manyRoots: this.#roots.many });
  }

  async getChildren(node?: Node): Promise<Node[]> {
    switch (node?.kind) {
      case undefined:
        if (!this.#model.loaded) await this.#model.refresh();
        return this.#tops();
      case 'group':
        return node.runs.map((run) => ({ kind: 'run', run }));
      case 'run':
        return partsOf(node.run);
      case 'outcomes':
        return outcomesOf(node.run);
      case 'outcome':
        return [...(await this.#rows.of(node.run, node.status))];
      case 'cells':
        return node.run.cells.map((cell) => ({ kind: 'cell', run: node.run, cell }));
      case 'batches':
        return batchesOf(node.run);
      case 'batch':
        return (node.batch.candidates ?? []).map((candidate) => ({
          kind: 'candidate',
          run: node.run,
          batch: node.batch,
          candidate,
        }));
      case 'strays':
        return node.strays.map((stray) => ({ kind: 'stray', stray }));
      case 'row':
      case 'moreRows':
      case 'cell':
      case 'moreBatches':
      case 'candidate':
      case 'stray':
      case 'unreadable':
        return [];
    }
  }

  getParent(node: Node): Node | undefined {
    return parentOf(node, this.#tops());
  }

  /** The run that the person has selected; `undefined`: none, or something else. */
  get selectedRun(): Extract<Node, { kind: 'run' }> | undefined {
    return this.#view.selection.find((node) => node.kind === 'run');
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#runCommands.dispose();
    this.#changed.dispose();
  }

  #tops(): Node[] {
    return topLevel(this.#model.runs, this.#model.unreadable, this.#strays.all);
  }

  #update(): void {
    this.#runCommands.update(this.#model.runs);
    const active = this.#model.runs.filter((run) => isOpen(run) || run.holder !== undefined).length;
    this.#view.badge =
      active === 0
        ? undefined
        : {
            value: active,
            tooltip: active === 1 ? l10n.t('1 active run') : l10n.t('{0} active runs', active),
          };
    const loaded: ContextKey = 'batchbook.loaded';
    void commands.executeCommand('setContext', loaded, this.#model.loaded);
    this.#changed.fire(undefined);
  }
}
