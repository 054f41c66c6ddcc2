import { ThemeIcon, ViewColumn, window, type Disposable, type WebviewPanel } from 'vscode';
import type { HostChannel, Surface } from '../../protocol/channel.ts';
import { connectPage, type PageSource } from './connectPage.ts';

export interface PageOptions<S extends Surface> extends PageSource<S> {
  /** The tab to show it in; absent: a new one. */
  readonly panel?: WebviewPanel | undefined;
  /** Of a codicon, for its tab. */
  readonly icon: string;
  readonly onClose: () => void;
}

/** An editor tab that shows one of our pages. It is gone, and its channel with it, when the tab is closed. */
export class Page<S extends Surface> implements Disposable {
  readonly #panel: WebviewPanel;
  readonly #channel: HostChannel<S>;
  readonly #closed: Disposable;

  constructor(options: PageOptions<S>) {
    const { bundle, title, icon } = options;
    this.#panel =
      options.panel ??
      window.createWebviewPanel(panelType(bundle), title, ViewColumn.Active, {
        retainContextWhenHidden: false,
      });
    this.#panel.title = title;
    this.#panel.iconPath = new ThemeIcon(icon);
    this.#channel = connectPage<S>(this.#panel.webview, options);
    this.#closed = this.#panel.onDidDispose(() => {
      this.#channel.dispose();
      options.onClose();
    });
  }

  setState<K extends keyof S['states'] & string>(name: K, value: S['states'][K]): void {
    this.#channel.setState(name, value);
  }

  /** Says what is to be given back when the window is loaded anew, so that the tab can show the same again. */
  keep(kept: unknown): void {
    this.#channel.keep(kept);
  }

  /** Leaves the tab to another page. */
  leave(): WebviewPanel {
    this.#closed.dispose();
    this.#channel.dispose();
    return this.#panel;
  }

  /** Brings its tab to the front. */
  reveal(): void {
    this.#panel.reveal();
  }

  dispose(): void {
    this.#panel.dispose();
  }
}

/** How VS Code knows the tabs of a page, also after the window was loaded anew. */
export function panelType(bundle: string): string {
  return `batchbook.${bundle}`;
}
