import { syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import {
  Decoration,
  EditorView,
  MatchDecorator,
  ViewPlugin,
  type DecorationSet,
  type ViewUpdate,
} from '@codemirror/view';
import { markdownClasses, VARIABLE } from './promptStyles.ts';

/** What only a prompt that is edited has: caret, selection, underlines, and what floats over it. */
export const promptTheme: Extension = [
  EditorView.theme({
    '&.cm-focused': { outline: '1px solid var(--vscode-focusBorder)', outlineOffset: '-1px' },
    '.cm-content': { caretColor: 'var(--vscode-editorCursor-foreground, var(--vscode-foreground))' },
    '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-content ::selection': {
      backgroundColor: 'var(--vscode-editor-selectionBackground)',
    },
    '.cm-finding-error, .cm-finding-warning': {
      textDecorationLine: 'underline',
      textDecorationStyle: 'wavy',
      textUnderlineOffset: '3px',
      textDecorationSkipInk: 'none',
    },
    '.cm-finding-error': { textDecorationColor: 'var(--vscode-editorError-foreground)' },
    '.cm-finding-warning': { textDecorationColor: 'var(--vscode-editorWarning-foreground)' },
    '.cm-tooltip': {
      color: 'var(--vscode-editorHoverWidget-foreground, var(--vscode-foreground))',
      backgroundColor: 'var(--vscode-editorHoverWidget-background, var(--vscode-editorWidget-background))',
      border:
        '1px solid var(--vscode-contrastBorder, var(--vscode-editorHoverWidget-border, var(--vscode-widget-border)))',
      borderRadius: '4px',
      font: '13px/1.4 var(--vscode-font-family)',
      maxWidth: '480px',
    },
    '.cm-tooltip.cm-finding': { padding: '6px 8px' },
    '.cm-finding p': { margin: '0 0 4px', overflowWrap: 'anywhere' },
    '.cm-finding button': {
      font: 'inherit',
      color: 'var(--vscode-textLink-foreground)',
      background: 'none',
      border: '0',
      padding: '2px 0',
      marginRight: '12px',
      cursor: 'pointer',
    },
    '.cm-finding button:focus-visible': { outline: '1px solid var(--vscode-focusBorder)' },
    '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--vscode-editor-font-family, monospace)' },
    '.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px' },
    '.cm-tooltip-autocomplete ul li[aria-selected]': {
      color: 'var(--vscode-list-activeSelectionForeground)',
      background: 'var(--vscode-list-activeSelectionBackground)',
      outline: '1px solid var(--vscode-contrastActiveBorder, transparent)',
    },
    '.cm-completionDetail': {
      fontStyle: 'normal',
      color: 'color-mix(in srgb, currentColor 76%, transparent)',
      marginLeft: '16px',
    },
  }),
  syntaxHighlighting(markdownClasses),
];

const variables = new MatchDecorator({
  regexp: VARIABLE,
  decoration: Decoration.mark({ class: 'variable' }),
});

/** Marks what looks like a variable in the lines on screen; a key looks again at its own line only. */
export const variableMarks: Extension = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = variables.createDeco(view);
    }
    update(update: ViewUpdate): void {
      this.decorations = variables.updateDeco(update, this.decorations);
    }
  },
  { decorations: ({ decorations }) => decorations },
);
