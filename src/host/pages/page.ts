import { randomBytes } from 'node:crypto';
import {
  ThemeIcon,
  Uri,
  ViewColumn,
  window,
  env,
  type Disposable,
  type Webview,
  type WebviewPanel,
} from 'vscode';
import {
  HostChannel,
  type CallHandlers,
  type IntentHandlers,
  type Later,
  type Surface,
} from '../../protocol/channel.ts';

export interface PageOptions<S extends Surface> {
  readonly extensionUri: Uri;
  /** Name of the bundle below dist/webview, such as `confirm`. */
  readonly bundle: string;
  readonly title: string;
  readonly intents: IntentHandlers<S>;
  readonly calls: CallHandlers<S>;
  readonly onClose: () => void;
}

/** An editor tab that shows one of our pages. It is gone, and its channel with it, when the tab is closed. */
export class Page<S extends Surface> implements Disposable {
  readonly #panel: WebviewPanel;
  readonly #channel: HostChannel<S>;

  constructor(options: PageOptions<S>) {
    const { extensionUri, bundle, title } = options;
    const folder = Uri.joinPath(extensionUri, 'dist/webview');
    this.#panel = window.createWebviewPanel(`batchbook.${bundle}`, title, ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [folder],
      retainContextWhenHidden: false,
    });
    this.#panel.iconPath = new ThemeIcon('cloud-upload');
    const { webview } = this.#panel;
    this.#channel = new HostChannel<S>(
      {
        post: (message) => void webview.postMessage(message),
        onMessage: (listener) => {
          const subscription = webview.onDidReceiveMessage(listener);
          return () => {
            subscription.dispose();
          };
        },
      },
      options,
      later,
    );
    this.#panel.onDidDispose(() => {
      this.#channel.dispose();
      options.onClose();
    });
    webview.html = html(webview, folder, bundle, title);
  }

  setState<K extends keyof S['states'] & string>(name: K, value: S['states'][K]): void {
    this.#channel.setState(name, value);
  }

  dispose(): void {
    this.#panel.dispose();
  }
}

const later: Later = (ms, action) => {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
};

/** Scripts by nonce and styles by file only: nothing that stands in a file name or an answer can become either. */
function html(webview: Webview, folder: Uri, bundle: string, title: string): string {
  const nonce = randomBytes(16).toString('base64url');
  const url = (file: string): string => webview.asWebviewUri(Uri.joinPath(folder, file)).toString();
  const csp = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    `img-src ${webview.cspSource}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escape(env.language)}">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${csp}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${escape(title)}</title>
  <link rel="stylesheet" href="${url(`${bundle}.css`)}">
</head>
<body>
  <div id="page"></div>
  <script nonce="${nonce}" src="${url(`${bundle}.js`)}"></script>
</body>
</html>`;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
