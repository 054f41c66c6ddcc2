import {
  autocompletion,
  closeCompletion,
  completionKeymap,
  completionStatus,
  startCompletion,
} from '@codemirror/autocomplete';
import { standardKeymap } from '@codemirror/commands';
import { defineLanguageFacet, Language } from '@codemirror/language';
import { Annotation, ChangeSet, Compartment, EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { parser } from '@lezer/markdown';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { findingMarks, hideFixes, setFindings, showFixes, type ShownFinding } from './findingMarks.ts';
import { promptStyles, promptTheme, variableMarks } from './promptTheme.ts';
import { smallestChange } from './smallestChange.ts';
import { LONGEST_AT_REST, textAtRest } from './textAtRest.ts';
import { TypedText } from './typedText.ts';
import { variableCompletions, type Variable } from './variableCompletions.ts';

/** Markdown for its colours alone: the package made for it brings HTML, CSS and JavaScript with it. */
const markdown = new Language(defineLanguageFacet(), parser, [], 'markdown');

/** Changes that come from the document, not from a person here. */
const fromDocument = Annotation.define<boolean>();

/**
 * A field for prompts: Markdown in the colours of the theme, variables with completion, findings underlined. What is
 * typed is sent by word or after a pause; undo is the document's own. Until somebody comes near it, it is the text alone.
 *
 * Events: `bb-change {value}`, `bb-leave`, `bb-run`, `bb-fix {finding, fix}`.
 */
export class PromptEditor extends LitElement {
  static override readonly properties = {
    value: { type: String },
    label: { type: String },
    variables: { attribute: false },
    findings: { attribute: false },
    readOnly: { type: Boolean },
  };
  static override readonly styles = promptStyles;

  declare value: string;
  declare label: string;
  declare variables: readonly Variable[];
  declare findings: readonly ShownFinding[];
  declare readOnly: boolean;
  readonly #attributes = new Compartment();
  readonly #editable = new Compartment();
  #typed: TypedText | undefined;
  #view: EditorView | undefined;
  #wanted: { readonly anchor: number; readonly head: number } | undefined;

  constructor() {
    super();
    this.value = '';
    this.label = '';
    this.variables = [];
    this.findings = [];
    this.readOnly = false;
  }

  /** Places in the text, UTF-16 units. Set before it is shown, it holds from the first moment. */
  get selection(): { readonly anchor: number; readonly head: number } {
    const { anchor, head } = this.#view?.state.selection.main ?? this.#wanted ?? { anchor: 0, head: 0 };
    return { anchor, head };
  }
  set selection({ anchor, head }: { readonly anchor: number; readonly head: number }) {
    this.#wanted = { anchor, head };
    const most = this.#view?.state.doc.length ?? 0;
    this.#view?.dispatch({ selection: { anchor: Math.min(anchor, most), head: Math.min(head, most) } });
  }

  override focus(): void {
    if (this.hasUpdated) this.#opened()?.focus();
    else void this.updateComplete.then(() => this.#opened()?.focus());
  }

  /** Sends what is typed and not yet sent. */
  flush(): void {
    this.#typed?.flush();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.flush();
    this.#typed?.dispose();
    this.#wanted = this.selection;
    this.#view?.destroy();
    this.#view = undefined;
    this.#typed = undefined;
  }

  override render(): TemplateResult {
    return html`${this.#view === undefined ? this.#atRest() : nothing}
      <div class="place"></div>`;
  }

  #atRest(): TemplateResult {
    // Opened by what comes before a press, so that the press finds the editor and places its caret.
    return html`<div
      class="at-rest"
      role="textbox"
      tabindex="0"
      aria-multiline="true"
      aria-label=${this.label}
      aria-readonly=${this.readOnly ? 'true' : 'false'}
      @pointermove=${this.#opened}
      @focus=${() => {
        this.focus();
      }}
    >
      ${textAtRest(this.value)}
    </div>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (this.#view === undefined) {
      const isMarked = this.findings.some(({ span }) => span !== undefined);
      if (isMarked || this.value.length > LONGEST_AT_REST) this.#opened();
      return;
    }
    if (changed.has('value')) this.#takeIn(this.value);
    if (changed.has('label'))
      this.#view.dispatch({ effects: this.#attributes.reconfigure(this.#labelled()) });
    if (changed.has('readOnly')) this.#view.dispatch({ effects: this.#editable.reconfigure(this.#access()) });
    if (changed.has('findings')) this.#view.dispatch({ effects: setFindings.of(this.findings) });
  }

  /** The editor, made now if it is not there yet. */
  readonly #opened = (): EditorView | undefined => {
    const root = this.shadowRoot ?? undefined;
    if (root !== undefined && this.isConnected && this.#view === undefined) {
      this.#view = this.#open(root);
      this.requestUpdate();
    }
    return this.#view;
  };

  #open(root: ShadowRoot): EditorView {
    const most = this.value.length;
    const { anchor, head } = this.#wanted ?? { anchor: 0, head: 0 };
    this.#typed = new TypedText(
      this.value,
      (value) => {
        this.#tell('bb-change', { value });
      },
      (ms, action) => {
        const timer = setTimeout(action, ms);
        return () => {
          clearTimeout(timer);
        };
      },
    );
    const view = new EditorView({
      root,
      parent: root.querySelector('.place') ?? root,
      state: EditorState.create({
        doc: this.value,
        selection: { anchor: Math.min(anchor, most), head: Math.min(head, most) },
        extensions: [this.#keys(), this.#behaviour()],
      }),
    });
    view.dispatch({ effects: setFindings.of(this.findings) });
    return view;
  }

  #keys(): Extension {
    return keymap.of([
      {
        key: 'Mod-Enter',
        run: () => {
          this.flush();
          this.#tell('bb-run');
          return true;
        },
      },
      {
        key: 'Escape',
        run: (view) => {
          if (completionStatus(view.state) === 'active') return closeCompletion(view);
          if (hideFixes(view)) return true;
          this.flush();
          this.#tell('bb-leave');
          return true;
        },
      },
      { key: 'Mod-.', run: showFixes },
      { key: 'Ctrl-Space', run: startCompletion },
      ...completionKeymap,
      ...standardKeymap.filter(({ key }) => key !== 'Tab'),
    ]);
  }

  #behaviour(): Extension {
    return [
      markdown,
      promptTheme,
      variableMarks,
      EditorView.lineWrapping,
      // Every other line end is a character like any: places stay those of the document, and none is rewritten.
      EditorState.lineSeparator.of('\n'),
      EditorState.allowMultipleSelections.of(false),
      autocompletion({
        override: [variableCompletions(() => this.variables)],
        icons: false,
        // Its own keys would take Escape also while it only looks for something to offer.
        defaultKeymap: false,
        interactionDelay: 0,
      }),
      findingMarks((finding, fix) => {
        this.flush();
        this.#tell('bb-fix', { finding, fix });
      }),
      this.#attributes.of(this.#labelled()),
      this.#editable.of(this.#access()),
      EditorView.updateListener.of(({ docChanged, transactions, state }) => {
        const own = transactions.filter((transaction) => transaction.annotation(fromDocument) !== true);
        if (!docChanged || own.every((transaction) => !transaction.docChanged)) return;
        const { head } = state.selection.main;
        this.#typed?.typed(() => state.doc.toString(), /\s$/.test(state.doc.sliceString(head - 1, head)));
      }),
      EditorView.domEventHandlers({
        blur: () => {
          this.flush();
        },
        // Undo belongs to the document: the browser's own would take back what others have written.
        beforeinput: (event) => {
          if (!event.inputType.startsWith('history')) return false;
          event.preventDefault();
          return true;
        },
      }),
    ];
  }

  /** What the document says, into what is typed here. */
  #takeIn(value: string): void {
    const [view, typed] = [this.#view, this.#typed];
    const before = typed?.said(value);
    if (view === undefined || typed === undefined || before === undefined) return;
    const now = view.state.doc.toString();
    const change = smallestChange(before, value);
    const local = smallestChange(before, now);
    if (now !== value && change !== undefined) {
      const theirs = ChangeSet.of(change, before.length);
      const ours = ChangeSet.of(local ?? [], before.length);
      view.dispatch({ changes: theirs.map(ours), annotations: fromDocument.of(true) });
    }
    typed.merged(view.state.doc.toString());
  }

  #labelled(): Extension {
    return EditorView.contentAttributes.of({ 'aria-label': this.label });
  }

  #access(): Extension {
    return [EditorState.readOnly.of(this.readOnly), EditorView.editable.of(!this.readOnly)];
  }

  #tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }
}

customElements.define('bb-prompt-editor', PromptEditor);
