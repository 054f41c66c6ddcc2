import * as l10n from '@vscode/l10n';
import type { PageChannel } from '../../protocol/channel.ts';
import type {
  CellInputs,
  CellKey,
  CellOutcome,
  CellView,
  DocumentState,
  Edit,
  EditorSurface,
  EditResult,
  EstimateState,
  Finding,
  FindingsState,
  Json,
  JsonPath,
  ModelsState,
  OpenRun,
  RunIntent,
  TemplateId,
  JsonObject,
} from '../../protocol/editorSurface.ts';
import { EditQueue } from './editQueue.ts';
import { FindingIndex } from './findingIndex.ts';
import { holdInWords, type Hold } from './toolbar/holdInWords.ts';
import type { KeptUi } from './keptUi.ts';

/** A kind of cell that can be inserted. */
export type NewKind = Exclude<CellView['kind'], 'unknown'>;

/** Where a cell is put: beside one that exists, or at the end. */
export type Place = { readonly before: CellKey } | { readonly after: CellKey } | 'end';

/** What shall have the focus as soon as it is drawn: a cell, or a field of it. */
export interface FocusWish {
  readonly key: CellKey;
  readonly field?: string;
}

type CellsDocument = Extract<DocumentState, { kind: 'cells' }>;

/**
 * What the page shows: the newest states, and what belongs to the page alone (focus, folds, what is open). Everything
 * that changes the document goes through one queue, after what was typed before it.
 */
export class EditorModel {
  document: DocumentState | undefined;
  findings = new FindingIndex([]);
  inputs: Readonly<Record<CellKey, CellInputs>> = {};
  estimate: EstimateState = { state: 'looking' };
  outcomes: Readonly<Record<CellKey, CellOutcome>> = {};
  run: OpenRun | null = null;
  models: ModelsState = { models: [], note: '' };

  readonly channel: PageChannel<EditorSurface>;
  readonly folded: Set<CellKey>;
  /** Markdown cells that show their text. */
  readonly written = new Set<CellKey>();
  /** Cells that show how often rows are tried again, without saying it. */
  readonly retried = new Set<CellKey>();
  /** The row whose prompt is shown, by cell. */
  readonly previewed: Map<CellKey, number>;
  renamed: CellKey | undefined;
  active: CellKey | undefined;
  wish: FocusWish | undefined;
  /** Grows with all that cells and bars show but folds and the like: where the focus goes, nothing is drawn anew. */
  shown = 0;
  /** Keys and clicks so far: whoever has done something since a change was asked for keeps the focus where it is. */
  acts = 0;
  /** The revision that the findings and the estimate are of. */
  #checkedRev = 0;
  /** Why what was asked for last was not done, as a person reads it; empty: it was. */
  trouble = '';

  readonly #queue = new EditQueue();
  readonly #redraw: () => void;
  readonly #flushTyping: () => void;

  /**
   * @param redraw Asks for the page to be drawn anew.
   * @param flushTyping Sends what is typed and not yet sent.
   */
  constructor(
    channel: PageChannel<EditorSurface>,
    kept: KeptUi,
    redraw: () => void,
    flushTyping: () => void,
  ) {
    this.channel = channel;
    this.folded = new Set(kept.folded);
    this.previewed = new Map(kept.previewed);
    this.active = kept.active;
    this.#redraw = redraw;
    this.#flushTyping = flushTyping;
  }

  /** Takes in the states of the host from here on. */
  listen(): void {
    this.channel.on('document', (document) => {
      this.document = document;
      this.#queue.documentCame(document);
      this.#forgetGone();
      this.redraw();
    });
    this.channel.on('findings', ({ rev, findings }: FindingsState) => {
      this.findings = new FindingIndex(findings);
      this.#checkedRev = rev;
      this.redraw();
    });
    this.#show('inputs');
    this.#show('estimate');
    this.#show('outcomes');
    this.#show('run');
    this.#show('models');
    this.channel.hello();
  }

  get cells(): readonly CellView[] {
    return this.document?.kind === 'cells' ? this.document.cells : [];
  }

  /** Why nothing can run, or `undefined`. */
  get hold(): Hold | undefined {
    if (this.document?.trusted === false) return 'trust';
    // What was wrong with an older text may be mended: whoever runs it is told by the host, which looks again.
    const isChecked = this.#checkedRev === this.document?.rev;
    if (isChecked && (this.findings.hasErrors || this.estimate.state === 'blocked')) return 'errors';
    return this.run === null ? undefined : 'open';
  }

  indexOf(key: CellKey | undefined): number {
    return this.cells.findIndex((cell) => cell.key === key);
  }

  /** Draws everything anew. */
  redraw(): void {
    this.shown += 1;
    this.#redraw();
  }

  /** What the page alone knows of how a cell is shown. */
  uiOf(key: CellKey): readonly unknown[] {
    const { folded, written, retried, renamed, previewed } = this;
    return [folded.has(key), written.has(key), retried.has(key), renamed === key, previewed.get(key)];
  }

  /** Puts the focus on a cell, or on a field of it, with the next drawing. */
  focus(key: CellKey, field?: string): void {
    this.active = key;
    this.wish = field === undefined ? { key } : { key, field };
    this.#redraw();
  }

  fold(key: CellKey, folded: boolean): void {
    if (folded) this.folded.add(key);
    else this.folded.delete(key);
    this.redraw();
  }

  /** Shows the text of a note, to be edited. */
  write(key: CellKey): void {
    this.folded.delete(key);
    this.written.add(key);
    this.focus(key, 'text');
  }

  /** Shows a note as it reads. */
  show(key: CellKey): void {
    this.#flushTyping();
    this.written.delete(key);
    this.focus(key);
  }

  /** Lets the id of a cell be typed. */
  rename(key: CellKey): void {
    this.renamed = key;
    this.focus(key, 'id');
  }

  /** Leads to a problem: to its field where it has one on the page, else to its cell, else to its place in the text. */
  showFinding(finding: Finding | undefined): void {
    if (finding === undefined) return;
    const { key, path, line, column } = finding;
    if (key === null) {
      this.channel.intent('openText', { line, column });
      return;
    }
    this.folded.delete(key);
    const depth = path[0] === 'messages' ? 3 : path[0] === 'retry' ? 2 : 1;
    this.focus(key, path.slice(0, depth).join('.'));
  }

  /** Sets a value of a cell, or outside the cells; `undefined` removes it. */
  set(key: CellKey | null, path: JsonPath, value: Json | undefined): void {
    void this.#change(
      (document) =>
        key === null || document.cells.some((cell) => cell.key === key)
          ? [{ op: 'set', key, path, ...(value === undefined ? {} : { value }) }]
          : undefined,
      false,
    );
  }

  /**
   * Sets a value that is made of others beside it: of those that stand there when it is sent.
   * @param of Called with the object of the cell, or with the defaults of the job.
   */
  setFrom(key: CellKey | null, path: JsonPath, of: (source: JsonObject) => Json | undefined): void {
    void this.#change((document) => {
      const source =
        key === null ? document.job.defaults : document.cells.find((cell) => cell.key === key)?.source;
      if (source === undefined) return undefined;
      const value = of(source);
      return [{ op: 'set', key, path, ...(value === undefined ? {} : { value }) }];
    }, false);
  }

  async insert(kind: NewKind, place: Place): Promise<void> {
    const { acts } = this;
    const result = await this.#change((document) => {
      const at = atOf(document, place);
      return at === undefined ? undefined : [{ op: 'insert', at, kind }];
    });
    this.#focusAdded(result, acts, kind);
  }

  async remove(key: CellKey): Promise<void> {
    const at = this.indexOf(key);
    const next = this.cells[at + 1] ?? this.cells[at - 1];
    // At once: with the cell its focus would be gone, and keys that come meanwhile would be nobody's.
    if (next !== undefined) this.focus(next.key);
    await this.#change((document) =>
      document.cells.some((cell) => cell.key === key) ? [{ op: 'remove', keys: [key] }] : undefined,
    );
  }

  /** @param by 1: one place down, -1: one place up. */
  async move(key: CellKey, by: 1 | -1): Promise<void> {
    const { acts } = this;
    await this.#change((document) => {
      const from = document.cells.findIndex((cell) => cell.key === key);
      const to = from + by;
      return from === -1 || to < 0 || to >= document.cells.length ? undefined : [{ op: 'move', key, to }];
    });
    // A cell that changes its place may lose the focus on its way.
    if (acts === this.acts || document.activeElement === document.body) this.focus(key);
  }

  async turnInto(key: CellKey, kind: 'markdown' | 'files'): Promise<void> {
    const { acts } = this;
    await this.#change(() => [{ op: 'turnInto', key, kind }]);
    if (acts === this.acts) this.focus(key);
  }

  async copy(key: CellKey): Promise<void> {
    await this.#typed();
    await this.#told(this.channel.call('copy', { keys: [key] }));
  }

  async cut(key: CellKey): Promise<void> {
    await this.copy(key);
    await this.remove(key);
  }

  async paste(place: Place): Promise<void> {
    const { acts } = this;
    const result = await this.#ask((document) => {
      const at = document.kind === 'cells' ? atOf(document, place) : 0;
      return at === undefined ? undefined : this.channel.call('paste', { baseRev: document.rev, at });
    });
    this.#focusAdded(result, acts);
  }

  fix(finding: string, fix: string): void {
    void this.#ask(({ rev }) => this.channel.call('fix', { baseRev: rev, finding, fix }));
  }

  pickFiles(key: CellKey): void {
    void this.#ask(({ rev }) => this.channel.call('pickFiles', { baseRev: rev, key }));
  }

  dropFiles(key: CellKey, uris: string): void {
    void this.#ask(({ rev }) => this.channel.call('dropFiles', { baseRev: rev, key, uris }));
  }

  async begin(template: TemplateId): Promise<void> {
    const { acts } = this;
    const begun = this.#ask(({ rev }) => this.channel.call('begin', { baseRev: rev, template }));
    this.#focusAdded(await begun, acts);
  }

  /** Runs with everything that was typed before; says why where something holds the run. */
  async start(intent: RunIntent): Promise<void> {
    await this.#typed();
    const { hold } = this;
    this.trouble = hold === undefined ? '' : l10n.t('Not run: {0}', holdInWords(this, hold));
    if (hold === undefined) this.channel.intent('run', intent);
    else this.redraw();
  }

  /** Rows of a pilot, where the file does not say. */
  get pilotRows(): number {
    if (this.document?.kind !== 'cells') return USUAL_PILOT;
    const { pilot, standard } = this.document.job;
    return (pilot ?? standard.pilot) || USUAL_PILOT;
  }

  #change(
    make: (document: CellsDocument) => readonly Edit[] | undefined,
    afterTyping = true,
  ): Promise<EditResult | undefined> {
    return this.#ask((document) => {
      const edits = document.kind === 'cells' ? make(document) : undefined;
      return edits && this.channel.call('edit', { baseRev: document.rev, edits });
    }, afterTyping);
  }

  #ask(
    attempt: (document: DocumentState) => Promise<EditResult> | undefined,
    afterTyping = true,
  ): Promise<EditResult | undefined> {
    if (afterTyping) this.#flushTyping();
    return this.#told(this.#queue.send(attempt));
  }

  async #typed(): Promise<void> {
    this.#flushTyping();
    await this.#queue.idle();
  }

  /** What failed is said on the page; it is no reason for the page to stop. */
  async #told<T>(asked: Promise<T>): Promise<T | undefined> {
    try {
      const result = await asked;
      this.trouble = '';
      return result;
    } catch (error) {
      this.trouble = l10n.t('Not changed: {0}', error instanceof Error ? error.message : String(error));
      return undefined;
    } finally {
      this.redraw();
    }
  }

  /** @param acts As it was when the change was asked for. */
  #focusAdded(result: EditResult | undefined, acts: number, kind?: NewKind): void {
    const key = result?.added.at(-1);
    if (key === undefined) return;
    if (kind === 'markdown') this.written.add(key);
    if (acts === this.acts) this.focus(key);
  }

  #show(name: 'inputs' | 'estimate' | 'outcomes' | 'run' | 'models'): void {
    this.channel.on(name, (value) => {
      Object.assign(this, { [name]: value });
      this.redraw();
    });
  }

  #forgetGone(): void {
    if (this.document?.kind !== 'cells') return;
    const keys = new Set(this.cells.map(({ key }) => key));
    for (const kept of [this.folded, this.written, this.retried, this.previewed])
      for (const key of [...kept.keys()]) if (!keys.has(key)) kept.delete(key);
    if (this.active === undefined || !keys.has(this.active)) this.active = this.cells[0]?.key;
  }
}

const USUAL_PILOT = 20;

function atOf({ cells }: CellsDocument, place: Place): number | undefined {
  if (place === 'end') return cells.length;
  const before = 'before' in place;
  const at = cells.findIndex(({ key }) => key === (before ? place.before : place.after));
  return at === -1 ? undefined : at + (before ? 0 : 1);
}
