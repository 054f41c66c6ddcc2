import { randomBytes } from 'node:crypto';
import { env, l10n, ThemeIcon, Uri, ViewColumn, window, type Disposable, type WebviewPanel } from 'vscode';
import {
  HostChannel,
  type CallHandlers,
  type IntentHandlers,
  type Later,
  type Surface,
} from '../../protocol/channel.ts';
import { pageHtml } from './pageHtml.ts';

export interface PageOptions<S extends Surface> {
  readonly extensionUri: Uri;
  /** Name of the bundle below dist/webview, such as `confirm`. */
  readonly bundle: string;
  readonly title: string;
  /** Codicon of the tab. */
  readonly icon?: string;
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
    this.#panel.iconPath = new ThemeIcon(options.icon ?? 'cloud-upload');
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
    const url = (file: string): string => webview.asWebviewUri(Uri.joinPath(folder, file)).toString();
    webview.html = pageHtml({
      language: env.language,
      title,
      cspSource: webview.cspSource,
      nonce: randomBytes(16).toString('base64url'),
      script: url(`${bundle}.js`),
      style: url(`${bundle}.css`),
      texts: l10n.bundle ?? {},
    });
  }

  setState<K extends keyof S['states'] & string>(name: K, value: S['states'][K]): void {
    this.#channel.setState(name, value);
  }

  /** Brings the tab to the front, where it is. */
  reveal(): void {
    this.#panel.reveal();
  }

  dispose(): void {
    this.#panel.dispose();
  }
}

const later: Later = (ms, action) => {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
};
