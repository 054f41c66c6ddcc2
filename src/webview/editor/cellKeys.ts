import type { CellView } from '../../protocol/editorSurface.ts';
import type { EditorModel } from './editorModel.ts';

/** A second D within this time deletes. */
const DOUBLE_MS = 800;

/** The keys of a notebook: while a cell has the focus, and those that mean the same in its fields. */
export class CellKeys {
  readonly #model: EditorModel;
  #firstD = { key: '', at: 0 };
  #lastProblem: string | undefined;

  constructor(model: EditorModel) {
    this.#model = model;
  }

  /** @param onCell The cell itself has the focus, none of its fields. */
  handle(event: KeyboardEvent, cell: CellView, onCell: boolean): void {
    const done = onCell
      ? this.#onCell(event, cell) || this.#anywhere(event, cell)
      : this.#anywhere(event, cell);
    if (done) event.preventDefault();
  }

  #anywhere(event: KeyboardEvent, cell: CellView): boolean {
    const model = this.#model;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      this.run(cell);
      return true;
    }
    if (event.key === 'F8') {
      this.#nextProblem(cell, event.shiftKey ? -1 : 1);
      return true;
    }
    if (event.key === 'Escape' && event.target instanceof HTMLElement && !event.target.matches('.cell')) {
      this.leave(cell);
      return true;
    }
    if (event.key === 'F2' && cell.kind !== 'markdown' && cell.kind !== 'unknown') {
      model.rename(cell.key);
      return true;
    }
    return false;
  }

  /** From a field back to its cell. */
  leave(cell: CellView): void {
    if (cell.kind === 'markdown') this.#model.show(cell.key);
    else this.#model.focus(cell.key);
  }

  #onCell(event: KeyboardEvent, cell: CellView): boolean {
    const { key } = event;
    const model = this.#model;
    if (event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      if (key !== 'ArrowUp' && key !== 'ArrowDown') return false;
      void model.move(cell.key, key === 'ArrowUp' ? -1 : 1);
      return true;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.shiftKey) {
      if (key !== 'Enter') return false;
      this.run(cell);
      this.#go(cell, 1);
      return true;
    }
    switch (key) {
      case 'ArrowUp':
        this.#go(cell, -1);
        return true;
      case 'ArrowDown':
        this.#go(cell, 1);
        return true;
      case 'Home':
        this.#go(cell, -Infinity);
        return true;
      case 'End':
        this.#go(cell, Infinity);
        return true;
      case 'ArrowLeft':
      case 'ArrowRight':
        model.fold(cell.key, key === 'ArrowLeft');
        return true;
      case 'Enter':
        this.#enter(cell);
        return true;
      case 'a':
        void model.insert('files', { before: cell.key });
        return true;
      case 'b':
        void model.insert('files', { after: cell.key });
        return true;
      case 'm':
        if (cell.kind === 'files' || cell.kind === 'rows') void model.turnInto(cell.key, 'markdown');
        return true;
      case 'd':
        this.#d(event, cell);
        return true;
      default:
        return false;
    }
  }

  #d(event: KeyboardEvent, cell: CellView): void {
    if (event.repeat) return;
    const second = this.#firstD.key === cell.key && event.timeStamp - this.#firstD.at < DOUBLE_MS;
    this.#firstD = { key: second ? '' : cell.key, at: event.timeStamp };
    if (second) void this.#model.remove(cell.key);
  }

  #enter(cell: CellView): void {
    const model = this.#model;
    if (cell.kind === 'markdown') model.write(cell.key);
    else if (cell.kind === 'unknown') model.channel.intent('openText', { line: cell.line, column: 1 });
    else {
      model.folded.delete(cell.key);
      model.focus(cell.key, cell.kind === 'messages' ? 'messages.0.content' : 'prompt');
    }
  }

  #go(cell: CellView, by: number): void {
    const { cells } = this.#model;
    const at = Math.min(Math.max(this.#model.indexOf(cell.key) + by, 0), cells.length - 1);
    const next = cells[at];
    if (next !== undefined) this.#model.focus(next.key);
  }

  /** Runs a cell; a note is shown as it reads. */
  run(cell: CellView): void {
    if (cell.kind === 'markdown') this.#model.show(cell.key);
    else if (cell.kind !== 'unknown') void this.#model.start({ what: 'cell', key: cell.key });
  }

  /** From problem to problem, in the order of the cells, round and round. */
  #nextProblem(cell: CellView, by: 1 | -1): void {
    const model = this.#model;
    const all = model.cells.flatMap(({ key }) => model.findings.of(key));
    const here = model.indexOf(cell.key);
    const last = all.findIndex(({ id, key }) => id === this.#lastProblem && key === cell.key);
    const following = all.findIndex(({ key }) => key !== null && model.indexOf(key) >= here);
    const from = last !== -1 ? last + by : by === 1 ? Math.max(following, 0) : following - 1;
    const next = all.at(from % all.length);
    this.#lastProblem = next?.id;
    model.showFinding(next);
  }
}
