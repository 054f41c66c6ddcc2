import path from 'node:path';
import { Disposable, l10n, Range, workspace, WorkspaceEdit, type TextDocument } from 'vscode';
import { isBatchbookError } from '../../core/errors.ts';
import { nanoFromUsd } from '../../core/money.ts';
import { CallError, type HostChannel } from '../../protocol/channel.ts';
import type {
  CellInputs,
  CellKey,
  CellOutcome,
  EditorSurface,
  EditResult,
  EstimateState,
} from '../../protocol/editorSurface.ts';
import type { CellOutcomes } from '../../workspace/cellOutcomes.ts';
import type { CellForecast } from '../../workspace/forecastCell.ts';
import type { InspectedCell, JobFileInspection } from '../../workspace/inspectJobFile.ts';
import type { JobDocument, PlacedProblem } from '../../workspace/jobDocument.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import type { Workspace } from '../../workspace/workspace.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { rangeOf, type JobFileProblems } from '../problems/jobFileProblems.ts';
import type { Report } from '../report.ts';
import type { RunsModel } from '../runs/runsModel.ts';
import { isOpen } from '../runs/runTraits.ts';
import { cellInputs, estimateState, noInputs } from './cellInputs.ts';
import { cellOutcome } from './cellOutcome.ts';
import { documentState, findingOf, openRun } from './documentState.ts';
import { modelsState } from './modelsState.ts';

type Engine = typeof import('../../workspace/jobDocument.ts') &
  typeof import('../../workspace/forecastCell.ts') &
  typeof import('../../workspace/cellOutcomes.ts');

export interface JobSessionDeps {
  readonly document: TextDocument;
  readonly root: Workspace;
  readonly engine: Engine;
  readonly model: RunsModel;
  /** The model that the person has set as the usual one. */
  readonly standardModel: string;
  readonly problems: JobFileProblems;
  readonly report: Report;
}

/** Of many cells, what they come to is shown in steps: each is a whole new state. */
const SHOW_FORECASTS_EVERY_MS = 700;

/**
 * One open job file, whatever number of editors shows it: takes in every change of its text, makes the edits of the
 * pages one after the other, and keeps the pages' states up to date.
 */
export class JobSession implements Disposable {
  readonly document: TextDocument;
  readonly root: Workspace;
  readonly #deps: JobSessionDeps;
  readonly #job: JobDocument;
  readonly #outcomes: CellOutcomes;
  readonly #channels = new Set<HostChannel<EditorSurface>>();
  readonly #subscriptions: Disposable;
  /** What was found in the text, as it was looked at last. */
  #inspected:
    | { readonly rev: number; readonly inspection: JobFileInspection; readonly keys: readonly CellKey[] }
    | undefined;
  #placed: readonly PlacedProblem[] = [];
  /** By what a forecast depends on. */
  readonly #forecasts = new Map<string, CellForecast>();
  #visible: readonly CellKey[] = [];
  #editing: Promise<unknown> = Promise.resolve();
  #forecasting = 0;
  #lookingAtOutcomes: Promise<void> | undefined;
  #outcomesAgain = false;
  #disposed = false;

  constructor(deps: JobSessionDeps) {
    const { document, root, engine, model, problems } = deps;
    this.#deps = deps;
    this.document = document;
    this.root = root;
    this.#job = new engine.JobDocument(document.getText());
    this.#outcomes = new engine.CellOutcomes(root, this.path);
    this.#subscriptions = Disposable.from(
      workspace.onDidChangeTextDocument((change) => {
        if (change.document === document) this.#takeIn();
      }),
      problems.onDidInspect((uri) => {
        if (uri.toString() === document.uri.toString()) this.#inspect();
      }),
      model.onDidChange(() => {
        this.#showRun();
        void this.#lookAtOutcomes();
      }),
      workspace.onDidGrantWorkspaceTrust(() => {
        this.#showDocument();
      }),
    );
    this.#inspect();
    void this.#lookAtOutcomes();
  }

  /** Of the job file, relative to the root, with `/`. */
  get path(): string {
    return path.relative(this.root.root, this.document.uri.fsPath).split(path.sep).join('/').normalize('NFC');
  }

  /** Shows everything to one more page. */
  attach(channel: HostChannel<EditorSurface>): void {
    this.#channels.add(channel);
    this.#showDocument();
    this.#showFindings();
    this.#showInputs();
    this.#showRun();
    void this.showModels();
    void this.#lookAtOutcomes();
  }

  /** @returns Whether any page is left. */
  detach(channel: HostChannel<EditorSurface>): boolean {
    this.#channels.delete(channel);
    return this.#channels.size > 0;
  }

  dispose(): void {
    this.#disposed = true;
    this.#subscriptions.dispose();
  }

  /**
   * Makes edits, all or none, after those that were asked for before.
   * @throws CallError `stale` where the document is not at `baseRev` any more, `invalid` where they cannot be made of it.
   */
  edit(baseRev: number, edits: Parameters<JobDocument['edit']>[1]): Promise<EditResult> {
    return this.#inOrder(async () => {
      this.#takeIn();
      const { changes, added } = this.#tried(() => this.#job.edit(baseRev, edits));
      const edit = new WorkspaceEdit();
      for (const { offset, length, text } of changes) {
        const range = new Range(this.document.positionAt(offset), this.document.positionAt(offset + length));
        edit.replace(this.document.uri, range, text);
      }
      await this.#apply(edit);
      return { rev: this.#job.rev, added };
    });
  }

  /** Repairs what a finding names, by ids of the findings that were shown last. @throws CallError as `edit`. */
  fix(baseRev: number, finding: string, fix: string): Promise<EditResult> {
    return this.#inOrder(async () => {
      this.#takeIn();
      if (this.#job.rev !== baseRev) throw new CallError('stale', 'The document has changed since.');
      const [rev, index] = finding.split(':').map(Number);
      const chosen = this.#placed[index ?? -1]?.problem.fixes?.[Number(fix)];
      if (chosen === undefined || rev !== baseRev || this.#inspected?.rev !== baseRev)
        throw new CallError('invalid', l10n.t('The file is being checked again. Try once more in a moment.'));
      const edit = new WorkspaceEdit();
      edit.replace(this.document.uri, rangeOf(chosen.range), chosen.text);
      await this.#apply(edit);
      return { rev: this.#job.rev, added: [] };
    });
  }

  /** Puts a whole text in the place of an empty one. @throws CallError as `edit`. */
  fill(baseRev: number, text: string): Promise<EditResult> {
    return this.#inOrder(async () => {
      if (this.#job.content.kind !== 'empty' || this.#job.rev !== baseRev)
        throw new CallError('stale', 'The file is not empty any more.');
      const edit = new WorkspaceEdit();
      edit.replace(this.document.uri, new Range(0, 0, this.document.lineCount, 0), text);
      await this.#apply(edit);
      return { rev: this.#job.rev, added: this.#keys() };
    });
  }

  /** The cell as it was inspected, with what it would come to. @throws CallError `invalid` where there is none. */
  cell(key: CellKey): { readonly cell: InspectedCell; readonly forecast: CellForecast | undefined } {
    const cell = this.#inspectedCell(key);
    if (cell === undefined) throw new CallError('invalid', 'The inputs of this cell are not known yet.');
    return { cell, forecast: this.#forecasts.get(this.#forecastKey(cell)) };
  }

  /** The cell's object in the file. */
  sourceOf(key: CellKey): Readonly<Record<string, unknown>> | undefined {
    const { content } = this.#job;
    return content.kind === 'cells' ? content.cells.find((cell) => cell.key === key)?.source : undefined;
  }

  /** The prompt of one row as it would be sent. @throws CallError `invalid` where the cell has no such row. */
  async preview(key: CellKey, index: number): ReturnType<Engine['renderPrompt']> {
    const { cell } = this.cell(key);
    return this.#deps.engine.renderPrompt(this.#forecastContext(), cell, index);
  }

  /** Cells on a screen: their inputs are read first. */
  setVisible(keys: readonly CellKey[]): void {
    this.#visible = keys;
    this.#deps.problems.hasten(this.document.uri);
  }

  /** Models and which of their services have a key. */
  async showModels(): Promise<void> {
    const models = this.root.registry.listModels();
    const keys = new Set<string>(['offline']);
    for (const name of new Set(models.map(({ provider }) => provider))) {
      const provider = models.find((model) => model.provider === name);
      const hasKey = await this.root.registry
        .providerOf(provider?.name ?? '')
        .then(({ hasKey: has = true }) => has)
        .catch(() => false);
      if (hasKey) keys.add(name);
    }
    this.#show('models', modelsState(models, keys));
  }

  /** The run of this file that is open, else its newest. */
  get run(): RunView | undefined {
    const own = this.#deps.model.runs.filter(
      ({ root, jobFile }) => root === this.root.root && jobFile === this.path,
    );
    return own.findLast(isOpen) ?? own.at(-1);
  }

  #keys(): readonly CellKey[] {
    const { content } = this.#job;
    return content.kind === 'cells' ? content.cells.map(({ key }) => key) : [];
  }

  #takeIn(): void {
    if (!this.#job.update(this.document.getText())) return;
    this.#showDocument();
  }

  #inspect(): void {
    const found = this.#deps.problems.inspectionOf(this.document.uri);
    if (found?.version !== this.document.version) return;
    this.#takeIn();
    const { inspection } = found;
    this.#inspected = { rev: this.#job.rev, inspection, keys: this.#keys() };
    this.#placed = inspection.problems
      .filter(({ file }) => file === this.path)
      .map((problem) => this.#job.place(problem));
    this.#showDocument();
    this.#showFindings();
    this.#showInputs();
    void this.#forecastAll();
    void this.#lookAtOutcomes();
  }

  #showDocument(): void {
    const state = documentState({
      rev: this.#job.rev,
      fileName: path.basename(this.document.uri.fsPath),
      text: this.#job.text,
      content: this.#job.content,
      trusted: workspace.isTrusted,
      inspected: (key) => this.#inspectedCell(key),
      standard: { model: this.#deps.standardModel, ...this.#deps.engine.JOB_STANDARDS },
    });
    this.#show('document', state);
  }

  #showFindings(): void {
    const rev = this.#inspected?.rev ?? 0;
    const findings = this.#placed.map((placed, i) => findingOf(placed, `${String(rev)}:${String(i)}`));
    this.#show('findings', { rev, findings });
  }

  #showInputs(): void {
    const inputs: Record<CellKey, CellInputs> = {};
    for (const [index, cell] of this.#inspected?.inspection.cells ?? []) {
      const key = this.#inspected?.keys[index];
      if (key !== undefined) inputs[key] = cellInputs(cell, this.#forecasts.get(this.#forecastKey(cell)));
    }
    const { content } = this.#job;
    if (content.kind === 'cells' && this.#inspected !== undefined)
      for (const { key, kind } of content.cells) inputs[key] ??= noInputs(kind);
    this.#show('inputs', inputs);
    this.#show('estimate', this.#estimate());
  }

  #estimate(): EstimateState {
    const { inspection } = this.#inspected ?? {};
    if (inspection === undefined) return { state: 'looking' };
    const error = inspection.problems.find(({ severity }) => severity === 'error');
    if (error !== undefined) return { state: 'blocked', message: error.message };
    const cells: { id: string; forecast: CellForecast }[] = [];
    for (const cell of inspection.cells.values()) {
      const forecast = this.#forecasts.get(this.#forecastKey(cell));
      if (forecast === undefined) return { state: 'looking' };
      cells.push({ id: cell.id, forecast });
    }
    const dates = [...inspection.cells.values()].flatMap(({ expanded }) => expanded?.model.pricesAsOf ?? []);
    const limit = inspection.jobFile?.costLimitUsd;
    return estimateState({
      cells,
      limitNanoUsd: limit === undefined ? undefined : nanoFromUsd(limit),
      pricesAsOf: dates.sort()[0],
    });
  }

  /** Reads inputs of one cell after the other, those on screen first; given up when the text has changed. */
  async #forecastAll(): Promise<void> {
    const turn = ++this.#forecasting;
    const { cells } = this.#inspected?.inspection ?? {};
    const isVisible = (index: number): boolean => this.#visible.includes(this.#inspected?.keys[index] ?? '');
    const order = [...(cells ?? [])].sort(([a], [b]) => Number(isVisible(b)) - Number(isVisible(a)));
    let shownAt = 0;
    try {
      for (const [, cell] of order) {
        const key = this.#forecastKey(cell);
        if (this.#forecasts.has(key)) continue;
        const forecast = await this.#deps.engine.forecastCell(this.#forecastContext(), cell);
        if (turn !== this.#forecasting || this.#disposed) return;
        this.#forecasts.set(key, forecast);
        if (Date.now() - shownAt < SHOW_FORECASTS_EVERY_MS) continue;
        this.#showInputs();
        shownAt = Date.now();
      }
      this.#showInputs();
    } catch (error) {
      this.#deps.report(error);
    }
  }

  /** What decides a forecast. Files that changed with their size unchanged are as many tokens as before, or nearly. */
  #forecastKey(cell: InspectedCell): string {
    const { jobFile } = this.#inspected?.inspection ?? {};
    const bytes = cell.rows.reduce((sum, { fileBytes = 0 }) => sum + fileBytes, 0);
    const source = jobFile?.cells.find(({ id }) => id === cell.id);
    return JSON.stringify([source, jobFile?.defaults, cell.rows.length, bytes]);
  }

  #forecastContext(): Parameters<Engine['forecastCell']>[0] {
    const { root, registry, clock } = this.root;
    const jobFile = this.#inspected?.inspection.jobFile ?? { version: 1, cells: [] };
    return { root, registry, jobFile, now: clock.now() };
  }

  #inspectedCell(key: CellKey): InspectedCell | undefined {
    const index = this.#inspected?.keys.indexOf(key) ?? -1;
    return this.#inspected?.inspection.cells.get(index);
  }

  #showRun(): void {
    const run = this.run;
    this.#show('run', run !== undefined && isOpen(run) ? plainTexts(openRun(run)) : null);
  }

  /** One look at a time; what changes meanwhile makes another. */
  #lookAtOutcomes(): Promise<void> {
    if (this.#lookingAtOutcomes !== undefined) {
      this.#outcomesAgain = true;
      return this.#lookingAtOutcomes;
    }
    this.#lookingAtOutcomes = this.#readOutcomes()
      .catch((error: unknown) => {
        if (!isBatchbookError(error)) this.#deps.report(error);
      })
      .finally(() => {
        this.#lookingAtOutcomes = undefined;
        if (this.#outcomesAgain && !this.#disposed) {
          this.#outcomesAgain = false;
          void this.#lookAtOutcomes();
        }
      });
    return this.#lookingAtOutcomes;
  }

  async #readOutcomes(): Promise<void> {
    const { content } = this.#job;
    if (content.kind !== 'cells') return;
    const ids = content.cells.flatMap(({ source }) =>
      typeof source['id'] === 'string' ? [source['id']] : [],
    );
    const newest = await this.#outcomes.newest(ids);
    const { jobFile } = this.#inspected?.inspection ?? {};
    const states: Record<CellKey, CellOutcome> = {};
    for (const { key, source } of content.cells) {
      const facts = newest.get(String(source['id']));
      const cell = jobFile?.cells.find(({ id }) => id !== undefined && id === source['id']);
      if (facts === undefined) continue;
      const stale =
        cell !== undefined &&
        cell.kind !== 'markdown' &&
        this.#deps.engine.isStale(facts.sent, { cell, defaults: jobFile?.defaults });
      states[key] = cellOutcome(facts, stale, this.root.clock.now());
    }
    this.#show('outcomes', states);
  }

  #show<K extends keyof EditorSurface['states']>(name: K, value: EditorSurface['states'][K]): void {
    for (const channel of this.#channels) channel.setState(name, value);
  }

  async #apply(edit: WorkspaceEdit): Promise<void> {
    if (edit.size === 0) return;
    // Refused where the document has changed since the edit was made.
    if (!(await workspace.applyEdit(edit))) throw new CallError('stale', 'The document has changed since.');
    this.#takeIn();
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#editing.then(work, work);
    this.#editing = result.catch(() => undefined); // the caller sees the failure
    return result;
  }

  #tried<T>(make: () => T): T {
    const { StaleEditError, RefusedEditError } = this.#deps.engine;
    try {
      return make();
    } catch (error) {
      if (error instanceof StaleEditError) throw new CallError('stale', error.message);
      if (error instanceof RefusedEditError) throw new CallError('invalid', error.message);
      throw error;
    }
  }
}
