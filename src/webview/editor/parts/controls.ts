import { css } from 'lit';

/** Fields and flat actions, as VS Code has them. */
export const controls = css`
  :host {
    --muted: color-mix(in srgb, currentColor 76%, transparent);
    --edge: var(
      --vscode-contrastBorder,
      var(--vscode-input-border, var(--vscode-widget-border, transparent))
    );
  }
  * {
    box-sizing: border-box;
  }
  .muted {
    color: var(--muted);
  }
  input,
  select,
  textarea {
    font: inherit;
    color: var(--vscode-input-foreground, inherit);
    background: var(--vscode-input-background, transparent);
    border: 1px solid var(--edge);
    border-radius: 4px;
    min-height: 26px;
    padding: 2px 6px;
    min-width: 0;
  }
  ::placeholder {
    color: var(--vscode-input-placeholderForeground, var(--muted));
  }
  button {
    font: inherit;
    color: inherit;
    background: none;
    border: 1px solid transparent;
    border-radius: 4px;
    cursor: pointer;
  }
  button.flat {
    min-height: 24px;
    padding: 0 6px;
    color: var(--vscode-textLink-foreground);
  }
  button.flat:hover {
    background: var(--vscode-toolbar-hoverBackground, transparent);
  }
  .icon {
    flex: none;
    width: 14px;
    height: 14px;
    vertical-align: -2px;
    fill: currentColor;
  }
  .icon.warning {
    color: var(--vscode-editorWarning-foreground);
  }
  .icon.error {
    color: var(--vscode-editorError-foreground);
  }
  :focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: -1px;
  }
`;
