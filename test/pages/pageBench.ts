import { mkdir } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { pageHtml } from '../../src/host/pages/pageHtml.ts';
import {
  HostChannel,
  type CallHandlers,
  type IntentHandlers,
  type Port,
  type Surface,
} from '../../src/protocol/channel.ts';
import { THEMES, type ThemeName } from './themes.ts';

/** Never reached: every request is answered here. */
const ORIGIN = 'https://page.test';
const BUNDLES = path.resolve(import.meta.dirname, '../../dist/webview');
const SCREENSHOTS = path.resolve(import.meta.dirname, 'screenshots');
const TEXTS = new URL('vscodeTexts.ts', import.meta.url).href;

/** Lets host modules that take nothing but texts from VS Code be imported from here on. */
export function provideTexts(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'vscode' ? { url: TEXTS, shortCircuit: true } : next(specifier, context),
  });
}

/** What the built page finds around it, in place of VS Code. */
const SURROUNDINGS = `
  globalThis.acquireVsCodeApi = () => ({
    postMessage: (message) => void tellHost(JSON.stringify(message)),
    getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
    setState: (state) => sessionStorage.setItem('state', JSON.stringify(state)),
  });
  addEventListener('securitypolicyviolation', (event) =>
    void tellViolation(event.effectiveDirective + ' ' + event.blockedURI));
`;

/** A built page of ours in a browser without VS Code, on the host's own HTML and one end of the real channel. */
export class PageBench<S extends Surface> implements AsyncDisposable {
  readonly page: Page;
  /** Reports of the content security policy and errors that nobody caught: no page of ours may cause either. */
  readonly complaints: string[];
  readonly #channel: HostChannel<S>;

  private constructor(page: Page, complaints: string[], channel: HostChannel<S>) {
    this.page = page;
    this.complaints = complaints;
    this.#channel = channel;
  }

  /** @param bundle Name below dist/webview, such as `confirm`. */
  static async open<S extends Surface>(
    browser: Browser,
    bundle: string,
    handlers: { readonly intents: IntentHandlers<S>; readonly calls: CallHandlers<S> },
  ): Promise<PageBench<S>> {
    const page = await browser.newPage({ viewport: { width: 1240, height: 800 } });
    page.setDefaultTimeout(10_000);
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    const channel = new HostChannel<S>(await portOf(page), handlers, (ms, action) => {
      const timer = setTimeout(action, ms);
      return () => {
        clearTimeout(timer);
      };
    });
    await page.exposeFunction('tellViolation', (violation: string) => complaints.push(violation));
    await page.addInitScript(SURROUNDINGS);
    const html = pageHtml({
      language: 'en',
      title: 'A page',
      cspSource: ORIGIN,
      nonce: 'of-this-test',
      script: `${ORIGIN}/${bundle}.js`,
      style: `${ORIGIN}/${bundle}.css`,
      texts: {},
    });
    await page.route(`${ORIGIN}/**`, async (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === '/') await route.fulfill({ contentType: 'text/html', body: html });
      else await route.fulfill({ path: path.join(BUNDLES, path.basename(pathname)) });
    });
    await page.goto(`${ORIGIN}/`);
    return new PageBench(page, complaints, channel);
  }

  setState<K extends keyof S['states'] & string>(name: K, value: S['states'][K]): void {
    this.#channel.setState(name, value);
  }

  keep(kept: unknown): void {
    this.#channel.keep(kept);
  }

  /** Sets the theme's variables as VS Code does: on the root element, which the policy lets a script do. */
  async useTheme(theme: ThemeName): Promise<void> {
    await this.page.evaluate(`
      document.documentElement.style.cssText = '';
      for (const [name, value] of Object.entries(${JSON.stringify(THEMES[theme])}))
        document.documentElement.style.setProperty('--vscode-' + name, value);
    `);
  }

  async screenshot(name: string): Promise<void> {
    await mkdir(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channel.dispose();
    await this.page.close();
  }
}

async function portOf(page: Page): Promise<Port> {
  const listeners = new Set<(message: unknown) => void>();
  await page.exposeFunction('tellHost', (message: string) => {
    for (const listener of listeners) listener(JSON.parse(message));
  });
  return {
    // A page that was closed meanwhile hears nothing, as in VS Code.
    post: (message) =>
      void page.evaluate(`postMessage(${JSON.stringify(message)}, '*')`).catch(() => undefined),
    onMessage: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
