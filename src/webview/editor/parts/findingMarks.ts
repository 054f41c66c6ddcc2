import { StateEffect, StateField, type EditorState, type Extension } from '@codemirror/state';
import {
  Decoration,
  EditorView,
  hoverTooltip,
  keymap,
  showTooltip,
  type Command,
  type DecorationSet,
  type Tooltip,
} from '@codemirror/view';

/** A problem of a text, as the page has it. */
export interface ShownFinding {
  readonly id: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly span?: { readonly start: number; readonly end: number };
  readonly fixes: readonly { readonly id: string; readonly title: string }[];
}

export const setFindings = StateEffect.define<readonly ShownFinding[]>();
const showAt = StateEffect.define<number | null>();

/** Findings whose places move with the text until newer ones come. */
const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (before, { changes, effects, newDoc }) => {
    const fresh = effects.find((effect) => effect.is(setFindings));
    if (fresh === undefined) return before.map(changes);
    const spans = fresh.value.flatMap((finding) => {
      const { start, end } = finding.span ?? { start: 0, end: 0 };
      const to = Math.min(end, newDoc.length);
      if (start >= to) return [];
      const mark = Decoration.mark({ class: `cm-finding-${finding.severity}`, finding });
      return [mark.range(start, to)];
    });
    return Decoration.set(spans, true);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Where fixes are shown because somebody asked for them. */
const shownAt = StateField.define<number | null>({
  create: () => null,
  update: (before, { effects, docChanged, selection }) => {
    const asked = effects.find((effect) => effect.is(showAt));
    if (asked !== undefined) return asked.value;
    return docChanged || selection !== undefined ? null : before;
  },
});

/** Underlines findings; pointing at one, or Ctrl/Cmd+. within one, says what is wrong and offers what repairs it. */
export function findingMarks(fix: (finding: string, fix: string) => void): Extension {
  const tooltipAt = (state: EditorState, position: number, focus: boolean): Tooltip | null => {
    const found = findingAt(state, position);
    return found === undefined
      ? null
      : {
          pos: found.from,
          end: found.to,
          above: false,
          create: (view) => ({ dom: wordsOf(found.finding, view, focus, fix) }),
        };
  };
  return [
    marks,
    shownAt,
    hoverTooltip((view, position) => tooltipAt(view.state, position, false)),
    showTooltip.compute([shownAt, marks], (state) => {
      const position = state.field(shownAt);
      return position === null ? null : tooltipAt(state, position, true);
    }),
    keymap.of([
      {
        key: 'Escape',
        run: (view) => {
          if (view.state.field(shownAt) === null) return false;
          view.dispatch({ effects: showAt.of(null) });
          return true;
        },
      },
    ]),
  ];
}

/** Shows what is wrong at the caret, with what repairs it. */
export const showFixes: Command = (view) => {
  const { head } = view.state.selection.main;
  if (findingAt(view.state, head) === undefined) return false;
  view.dispatch({ effects: showAt.of(head) });
  return true;
};

function findingAt(
  state: EditorState,
  position: number,
): { readonly finding: ShownFinding; readonly from: number; readonly to: number } | undefined {
  const cursor = state.field(marks).iter();
  for (; cursor.value !== null; cursor.next()) {
    const { from, to, value } = cursor;
    if (from <= position && position <= to)
      return { finding: (value.spec as { readonly finding: ShownFinding }).finding, from, to };
  }
  return undefined;
}

function wordsOf(
  { id, message, fixes }: ShownFinding,
  view: EditorView,
  focus: boolean,
  fix: (finding: string, fix: string) => void,
): HTMLElement {
  const dom = document.createElement('div');
  dom.className = 'cm-finding';
  dom.setAttribute('role', 'dialog');
  dom.setAttribute('aria-label', message);
  const words = document.createElement('p');
  words.textContent = message;
  dom.append(words);
  const close = (): void => {
    view.dispatch({ effects: showAt.of(null) });
    view.focus();
  };
  for (const { id: fixId, title } of fixes) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = title;
    button.addEventListener('click', () => {
      close();
      fix(id, fixId);
    });
    dom.append(button);
  }
  dom.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    close();
  });
  if (focus)
    requestAnimationFrame(() => {
      dom.querySelector('button')?.focus();
    });
  return dom;
}
