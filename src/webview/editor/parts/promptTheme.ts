import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import {
  Decoration,
  EditorView,
  MatchDecorator,
  ViewPlugin,
  type DecorationSet,
  type ViewUpdate,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';

const EDGE =
  '1px solid var(--vscode-contrastBorder, var(--vscode-input-border, var(--vscode-widget-border, transparent)))';

/** The colours and measures of the window's own editor. */
export const promptTheme: Extension = [
  EditorView.theme({
    '&': {
      color: 'var(--vscode-editor-foreground, var(--vscode-foreground))',
      backgroundColor: 'var(--vscode-input-background, var(--vscode-editor-background))',
      border: EDGE,
      borderRadius: '4px',
      fontSize: 'var(--vscode-editor-font-size, 13px)',
    },
    '&.cm-focused': { outline: '1px solid var(--vscode-focusBorder)', outlineOffset: '-1px' },
    '.cm-scroller': {
      fontFamily: 'var(--vscode-editor-font-family, monospace)',
      lineHeight: '1.45',
      maxHeight: '58em',
      overflow: 'auto',
    },
    '.cm-content': {
      padding: '6px 0',
      caretColor: 'var(--vscode-editorCursor-foreground, var(--vscode-foreground))',
    },
    '.cm-line': { padding: '0 8px' },
    '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-content ::selection': {
      backgroundColor: 'var(--vscode-editor-selectionBackground)',
    },
    '.cm-variable': {
      color: 'var(--vscode-debugTokenExpression-name, var(--vscode-textLink-foreground))',
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
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: tags.heading, fontWeight: '600', color: 'var(--vscode-settings-headerForeground, inherit)' },
      { tag: tags.strong, fontWeight: '600' },
      { tag: tags.emphasis, fontStyle: 'italic' },
      { tag: [tags.link, tags.url], color: 'var(--vscode-textLink-foreground)' },
      { tag: tags.monospace, color: 'var(--vscode-textPreformat-foreground)' },
      {
        tag: [tags.quote, tags.processingInstruction],
        color: 'color-mix(in srgb, currentColor 76%, transparent)',
      },
    ]),
  ),
];

const variables = new MatchDecorator({
  regexp: /(?<!\\)\{\{[^{}\n]*\}\}/g,
  decoration: Decoration.mark({ class: 'cm-variable' }),
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
