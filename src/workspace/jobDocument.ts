import { findNodeAtLocation, type Node } from 'jsonc-parser';
import type { Problem, SourceRange } from '../core/errors.ts';
import { DEFAULT_RETRY } from '../core/plan.ts';
import { carryKeys } from '../jobfile/edit/cellKeys.ts';
import {
  applyEdit,
  cellsOf,
  EditError,
  kindOf,
  objectOf,
  type CellKey,
  type Edit,
  type JsonPath,
  type KeyedJob,
} from '../jobfile/edit/cellEdits.ts';
import { applyChanges, reconcile, type TextChange } from '../jobfile/edit/reconcile.ts';
import { decodedOffset, LineIndex, parseJsonPath } from '../jobfile/ranges.ts';
import { JOB_FILE_DEFAULTS, type CellKind } from '../jobfile/schema.ts';
import { parseJsonc } from '../jobfile/syntax.ts';

/** What holds where a job file is silent. */
export const JOB_STANDARDS = {
  maxTokens: JOB_FILE_DEFAULTS.maxTokens,
  maxConcurrent: JOB_FILE_DEFAULTS.maxConcurrent,
  pilot: JOB_FILE_DEFAULTS.pilot,
  retry: DEFAULT_RETRY,
} as const;

/** What a job file says, however wrong, as an editor of its cells sees it. */
export type JobContent =
  | {
      readonly kind: 'cells';
      /** The document as a value. */
      readonly value: Readonly<Record<string, unknown>>;
      readonly cells: readonly KeyedCell[];
    }
  | { readonly kind: 'empty' }
  /** Its text cannot be read, so that nothing of it may be written. */
  | { readonly kind: 'broken'; readonly message: string; readonly range: SourceRange };

export interface KeyedCell {
  readonly key: CellKey;
  readonly kind: CellKind | 'unknown';
  readonly source: Readonly<Record<string, unknown>>;
  /** Where it begins, counted from 1. */
  readonly line: number;
}

/** A problem in terms of cells. */
export interface PlacedProblem {
  readonly problem: Problem;
  /** `null`: outside the cells. */
  readonly key: CellKey | null;
  /** Inside the cell, else inside the file. */
  readonly path: JsonPath;
  /** Where in the text of a string value, in UTF-16 units. */
  readonly span: { readonly start: number; readonly end: number } | undefined;
}

/** Edits that were made for another revision of the document than there is. */
export class StaleEditError extends Error {
  override readonly name = 'StaleEditError';
}

/** Edits that cannot be made of this document, whatever its revision. */
export class RefusedEditError extends Error {
  override readonly name = 'RefusedEditError';
}

type State =
  | { readonly kind: 'cells'; readonly job: KeyedJob; readonly nodes: readonly Node[]; readonly root: Node }
  | Exclude<JobContent, { readonly kind: 'cells' }>;

/**
 * The text of a job file while it is edited, by cells here and as text elsewhere. Each cell has a key that it keeps
 * through all changes; an edit changes the smallest part of the text, and none where the text cannot be read.
 */
export class JobDocument {
  #text: string;
  #state: State;
  #rev = 1;
  #keys = 0;
  /** The cells as they were last read: a text that is broken for a while, as while somebody types, loses no key. */
  #known: readonly { readonly key: CellKey; readonly cell: unknown }[] = [];
  /** Keys that go with a text that was made here and may come back as the document's. */
  #expected: { readonly text: string; readonly keys: readonly CellKey[] } | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#state = this.#read(text);
  }

  /** Grows with every change, whoever made it. */
  get rev(): number {
    return this.#rev;
  }

  get text(): string {
    return this.#text;
  }

  get content(): JobContent {
    if (this.#state.kind !== 'cells') return this.#state;
    const { job, nodes } = this.#state;
    const lines = new LineIndex(this.#text);
    return {
      kind: 'cells',
      value: job.value,
      cells: cellsOf(job.value).map((cell, i): KeyedCell => ({
        key: job.keys[i] ?? '',
        kind: kindOf(cell) ?? 'unknown',
        source: objectOf(cell),
        line: lines.range(nodes[i]?.offset ?? 0, 0).line,
      })),
    };
  }

  /** Takes in what the document says now. @returns Whether that is another text. */
  update(text: string): boolean {
    if (text === this.#text) return false;
    this.#text = text;
    this.#state = this.#read(text);
    this.#rev += 1;
    return true;
  }

  /**
   * What edits change in the text; the document has it only when it comes back by `update`.
   * @throws StaleEditError, RefusedEditError.
   */
  edit(
    baseRev: number,
    edits: readonly Edit[],
  ): { readonly changes: readonly TextChange[]; readonly added: readonly CellKey[] } {
    if (baseRev !== this.#rev) throw new StaleEditError('The document has changed since.');
    if (this.#state.kind === 'broken')
      throw new RefusedEditError('The job file cannot be read, so it is not written.');
    const before: KeyedJob = this.#state.kind === 'cells' ? this.#state.job : { value: {}, keys: [] };
    let job = before;
    try {
      for (const edit of edits) job = applyEdit(job, edit, () => this.#freshKey());
    } catch (error) {
      if (error instanceof EditError) throw new RefusedEditError(error.message);
      throw error;
    }
    const changes = reconcile(this.#text, job.value);
    this.#expected = { text: applyChanges(this.#text, changes), keys: job.keys };
    return { changes, added: job.keys.filter((key) => !before.keys.includes(key)) };
  }

  /** Where a problem stands. */
  place(problem: Problem): PlacedProblem {
    const path = parseJsonPath(problem.path);
    const [first, index, ...rest] = path;
    const isInCell = this.#state.kind === 'cells' && first === 'cells' && typeof index === 'number';
    const key = isInCell && this.#state.kind === 'cells' ? (this.#state.job.keys[index] ?? null) : null;
    return { problem, key, path: key === null ? path : rest, span: this.#spanOf(path, problem.range) };
  }

  /** The index of a cell; -1 where it is not there any more. */
  indexOf(key: CellKey): number {
    return this.#state.kind === 'cells' ? this.#state.job.keys.indexOf(key) : -1;
  }

  #spanOf(path: JsonPath, range: SourceRange): PlacedProblem['span'] {
    if (this.#state.kind !== 'cells') return undefined;
    const node = findNodeAtLocation(this.#state.root, [...path]);
    if (node?.type !== 'string') return undefined;
    const lines = new LineIndex(this.#text);
    const start = lines.offset(range.line, range.column) - node.offset - 1;
    const end = lines.offset(range.endLine, range.endColumn) - node.offset - 1;
    const raw = this.#text.slice(node.offset + 1, node.offset + node.length - 1);
    // A problem of the whole value has its quotes within its range.
    if (start < 0 || end > raw.length) return undefined;
    return { start: decodedOffset(raw, start), end: decodedOffset(raw, end) };
  }

  #read(text: string): State {
    if (text.trim() === '') return { kind: 'empty' };
    const syntax = parseJsonc(text);
    if (!syntax.ok) {
      const [first] = syntax.problems;
      const range = first?.range ?? { line: 1, column: 1, endLine: 1, endColumn: 1 };
      return { kind: 'broken', message: first?.message ?? 'This is not JSON.', range };
    }
    const { root } = syntax;
    const lines = new LineIndex(text);
    const list = findNodeAtLocation(root, ['cells']);
    const misplaced =
      root.type !== 'object' ? root : list !== undefined && list.type !== 'array' ? list : undefined;
    if (misplaced !== undefined) {
      const message = root.type === 'object' ? '"cells" is a list of cells.' : 'A job file is an object.';
      const range = lines.range(misplaced.offset, misplaced.offset + misplaced.length);
      return { kind: 'broken', message, range };
    }
    const value = objectOf(syntax.value);
    const cells = cellsOf(value);
    const keys =
      this.#expected?.text === text
        ? this.#expected.keys
        : carryKeys(this.#known, cells, () => this.#freshKey());
    this.#expected = undefined;
    this.#known = cells.map((cell, i) => ({ key: keys[i] ?? '', cell }));
    return { kind: 'cells', job: { value, keys }, nodes: list?.children ?? [], root };
  }

  #freshKey(): CellKey {
    this.#keys += 1;
    return `c${String(this.#keys)}`;
  }
}
