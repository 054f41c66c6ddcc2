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
import { findingMarks, hideFixes, setFindings, showFixes, type ShownFinding } from '../parts/findingMarks.ts';
import { promptTheme, variableMarks } from '../parts/promptTheme.ts';
import { smallestChange } from '../parts/smallestChange.ts';
import { variableCompletions, type Variable } from '../parts/variableCompletions.ts';

/** Markdown for its colours alone: the package made for it brings HTML, CSS and JavaScript with it. */
const markdown = new Language(defineLanguageFacet(), parser, [], 'markdown');

/** Changes that come from the document, not from a person here. */
const fromDocument = Annotation.define<boolean>();

/** A range of a text in UTF-16 units, as it was selected. */
export interface TextSelection {
  readonly anchor: number;
  readonly head: number;
}

export interface PromptViewOptions {
  /** Takes the editor's styles. */
  readonly root: ShadowRoot;
  readonly parent: Element;
  readonly text: string;
  readonly selection: TextSelection;
  readonly variables: () => readonly Variable[];
  /** Somebody has changed the text here. @param endsWord Whether what was typed ends a word. */
  readonly typed: (endsWord: boolean) => void;
  /** What is typed shall be sent now. */
  readonly flush: () => void;
  readonly tell: (name: 'bb-run' | 'bb-leave' | 'bb-fix', detail?: unknown) => void;
}

/** A prompt that is edited. */
export class PromptView {
  readonly #view: EditorView;
  readonly #options: PromptViewOptions;
  readonly #access = new Compartment();

  constructor(options: PromptViewOptions) {
    const { root, parent, text, selection } = options;
    this.#options = options;
    this.#view = new EditorView({
      root,
      parent,
      state: EditorState.create({
        doc: text,
        selection: within(selection, text.length),
        extensions: [this.#keys(), this.#behaviour()],
      }),
    });
  }

  get text(): string {
    return this.#view.state.doc.toString();
  }

  get selection(): TextSelection {
    const { anchor, head } = this.#view.state.selection.main;
    return { anchor, head };
  }
  set selection(selection: TextSelection) {
    this.#view.dispatch({ selection: within(selection, this.#view.state.doc.length) });
  }

  focus(): void {
    this.#view.focus();
  }

  /** Types a text where the caret is. */
  type(text: string): void {
    this.#view.dispatch(this.#view.state.replaceSelection(text), { userEvent: 'input.type' });
  }

  showAs(label: string, readOnly: boolean): void {
    this.#view.dispatch({
      effects: this.#access.reconfigure([
        EditorView.contentAttributes.of({ 'aria-label': label }),
        EditorState.readOnly.of(readOnly),
        EditorView.editable.of(!readOnly),
      ]),
    });
  }

  showFindings(findings: readonly ShownFinding[]): void {
    this.#view.dispatch({ effects: setFindings.of(findings) });
  }

  /** Takes what somebody else has changed into what is typed here. */
  merge(before: string, value: string): void {
    const now = this.text;
    const change = smallestChange(before, value);
    if (now === value || change === undefined) return;
    const theirs = ChangeSet.of(change, before.length);
    const ours = ChangeSet.of(smallestChange(before, now) ?? [], before.length);
    this.#view.dispatch({ changes: theirs.map(ours), annotations: fromDocument.of(true) });
  }

  destroy(): void {
    this.#view.destroy();
  }

  #keys(): Extension {
    const { flush, tell } = this.#options;
    return keymap.of([
      {
        key: 'Mod-Enter',
        run: () => {
          flush();
          tell('bb-run');
          return true;
        },
      },
      {
        key: 'Escape',
        run: (view) => {
          if (completionStatus(view.state) === 'active') return closeCompletion(view);
          if (hideFixes(view)) return true;
          flush();
          tell('bb-leave');
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
    const { variables, typed, flush, tell } = this.#options;
    return [
      markdown,
      promptTheme,
      variableMarks,
      EditorView.lineWrapping,
      // Every other line end is a character like any: places stay those of the document, and none is rewritten.
      EditorState.lineSeparator.of('\n'),
      EditorState.allowMultipleSelections.of(false),
      autocompletion({
        override: [variableCompletions(variables)],
        icons: false,
        // Its own keys would take Escape also while it only looks for something to offer.
        defaultKeymap: false,
        interactionDelay: 0,
      }),
      findingMarks((finding, fix) => {
        flush();
        tell('bb-fix', { finding, fix });
      }),
      this.#access.of([]),
      EditorView.updateListener.of(({ docChanged, transactions, state }) => {
        const own = transactions.filter((transaction) => transaction.annotation(fromDocument) !== true);
        if (!docChanged || own.every((transaction) => !transaction.docChanged)) return;
        const { head } = state.selection.main;
        typed(/\s$/.test(state.doc.sliceString(head - 1, head)));
      }),
      EditorView.domEventHandlers({
        blur: flush,
        // Undo belongs to the document: the browser's own would take back what others have written.
        beforeinput: (event) => {
          if (!event.inputType.startsWith('history')) return false;
          event.preventDefault();
          return true;
        },
      }),
    ];
  }
}

function within({ anchor, head }: TextSelection, most: number): TextSelection {
  return { anchor: Math.min(anchor, most), head: Math.min(head, most) };
}
