import { randomBytes } from 'node:crypto';
import { env, l10n, Uri, type Webview } from 'vscode';
import {
  HostChannel,
  type CallHandlers,
  type IntentHandlers,
  type Later,
  type Surface,
} from '../../protocol/channel.ts';
import { pageHtml } from './pageHtml.ts';

export interface PageSource<S extends Surface> {
  readonly extensionUri: Uri;
  /** Name of the bundle below dist/webview, such as `confirm`. */
  readonly bundle: string;
  readonly title: string;
  readonly intents: IntentHandlers<S>;
  readonly calls: CallHandlers<S>;
}

/** Puts one of our pages into a webview, and returns the way to speak with it; to be disposed with the webview. */
export function connectPage<S extends Surface>(webview: Webview, source: PageSource<S>): HostChannel<S> {
  const { extensionUri, bundle, title } = source;
  const folder = Uri.joinPath(extensionUri, 'dist/webview');
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  const channel = new HostChannel<S>(
    {
      post: (message) => void webview.postMessage(message),
      onMessage: (listener) => {
        const subscription = webview.onDidReceiveMessage(listener);
        return () => {
          subscription.dispose();
        };
      },
    },
    source,
    later,
  );
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
  return channel;
}

const later: Later = (ms, action) => {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
};
