import { tagHighlighter, tags } from '@lezer/highlight';
import { css } from 'lit';

/** What looks like a variable in a prompt. */
export const VARIABLE = /(?<!\\)\{\{[^{}\n]*\}\}/g;

/** The classes of what Markdown has in it. */
export const markdownClasses = tagHighlighter([
  { tag: tags.heading, class: 'md-heading' },
  { tag: tags.strong, class: 'md-strong' },
  { tag: tags.emphasis, class: 'md-emphasis' },
  { tag: [tags.link, tags.url], class: 'md-link' },
  { tag: tags.monospace, class: 'md-code' },
  { tag: [tags.quote, tags.processingInstruction], class: 'md-mark' },
]);

/** The colours and measures of the window's own editor, for a prompt that is edited and for one at rest. */
export const promptStyles = css`
  :host {
    display: block;
    min-width: 0;
  }
  .at-rest,
  .cm-editor {
    color: var(--vscode-editor-foreground, var(--vscode-foreground));
    background: var(--vscode-input-background, var(--vscode-editor-background));
    border: 1px solid
      var(--vscode-contrastBorder, var(--vscode-input-border, var(--vscode-widget-border, transparent)));
    border-radius: 4px;
    font-size: var(--vscode-editor-font-size, 13px);
  }
  .at-rest,
  .cm-editor .cm-scroller {
    font-family: var(--vscode-editor-font-family, monospace);
    line-height: 1.45;
    max-height: 58em;
    overflow: auto;
  }
  .at-rest,
  .cm-editor .cm-content {
    padding: 6px 0;
  }
  .at-rest > div,
  .cm-editor .cm-line {
    padding: 0 8px;
  }
  .at-rest {
    box-sizing: border-box;
    cursor: text;
    tab-size: 4;
    word-break: break-word;
    overflow-wrap: anywhere;
  }
  .at-rest > div {
    white-space: break-spaces;
  }
  .md-heading {
    font-weight: 600;
    color: var(--vscode-settings-headerForeground, inherit);
  }
  .md-strong {
    font-weight: 600;
  }
  .md-emphasis {
    font-style: italic;
  }
  .md-link {
    color: var(--vscode-textLink-foreground);
  }
  .md-code {
    color: var(--vscode-textPreformat-foreground);
  }
  .md-mark {
    color: color-mix(in srgb, currentColor 76%, transparent);
  }
  .variable,
  .variable > * {
    color: var(--vscode-debugTokenExpression-name, var(--vscode-textLink-foreground));
  }
`;
