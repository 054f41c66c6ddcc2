import { ThemeIcon, ViewColumn, window, type Disposable, type WebviewPanel } from 'vscode';
import type { HostChannel, Surface } from '../../protocol/channel.ts';
import { connectPage, type PageSource } from './connectPage.ts';

export interface PageOptions<S extends Surface> extends PageSource<S> {
  readonly onClose: () => void;
}

/** An editor tab that shows one of our pages. It is gone, and its channel with it, when the tab is closed. */
export class Page<S extends Surface> implements Disposable {
  readonly #panel: WebviewPanel;
  readonly #channel: HostChannel<S>;

  constructor(options: PageOptions<S>) {
    const { bundle, title } = options;
    this.#panel = window.createWebviewPanel(`batchbook.${bundle}`, title, ViewColumn.Active, {
      retainContextWhenHidden: false,
    });
    this.#panel.iconPath = new ThemeIcon('cloud-upload');
    this.#channel = connectPage<S>(this.#panel.webview, options);
    this.#panel.onDidDispose(() => {
      this.#channel.dispose();
      options.onClose();
    });
  }

  setState<K extends keyof S['states'] & string>(name: K, value: S['states'][K]): void {
    this.#channel.setState(name, value);
  }

  dispose(): void {
    this.#panel.dispose();
  }
}
