import { EARLY_HELLO_SCRIPT } from '../../protocol/earlyHello.ts';

export interface PageParts {
  /** BCP 47, such as `en`. */
  readonly language: string;
  readonly title: string;
  /** Where styles, fonts and pictures may come from. */
  readonly cspSource: string;
  /** Made anew for each page. */
  readonly nonce: string;
  readonly script: string;
  readonly style: string;
  /** Translations of the page's own labels, in the form of an l10n bundle; none where English is shown. */
  readonly texts: Readonly<Record<string, unknown>>;
}

/** Scripts by nonce and styles by file only: nothing that stands in a file name or an answer can become either. */
export function pageHtml({ language, title, cspSource, nonce, script, style, texts }: PageParts): string {
  const csp = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
    `img-src ${cspSource}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escape(language)}">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${csp}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${escape(title)}</title>
  <script nonce="${nonce}">${EARLY_HELLO_SCRIPT}</script>
  <link rel="stylesheet" href="${escape(style)}">
</head>
<body>
  <div id="page" data-texts="${escape(JSON.stringify(texts))}"></div>
  <script nonce="${nonce}" src="${escape(script)}"></script>
</body>
</html>`;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
