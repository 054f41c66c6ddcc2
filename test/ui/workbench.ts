import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';
import { accessibilityFindings } from '../support/accessibility.ts';
import { extensionHostsOf } from '../support/vscode/extensionHosts.ts';
import type { RunningServer } from '../support/vscode/server.ts';

const SCREENSHOTS = path.resolve(import.meta.dirname, 'screenshots');
/** A first window on a busy machine takes this long; what else comes late comes sooner. */
const PATIENCE_MS = 45_000;
/** That all of a window has come is told by what it shows. */
const ARRIVED = { waitUntil: 'commit', timeout: PATIENCE_MS } as const;

/** Whether a text stands in what the window keeps of its workspace, where quotes are escaped several times over. */
const WRITTEN_DOWN = String.raw`async (text) => {
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith('vscode-web-state-db')) continue;
    const db = await new Promise((resolve) => {
      indexedDB.open(name).onsuccess = (event) => resolve(event.target.result);
    });
    const values = await new Promise((resolve) => {
      db.transaction('ItemTable').objectStore('ItemTable').getAll().onsuccess = (event) =>
        resolve(event.target.result);
    });
    db.close();
    if (values.some((value) => String(value).replaceAll('\\', '').includes(text))) return true;
  }
  return false;
}`;

export type Theme = 'Default Light Modern' | 'Default Dark Modern' | 'Default High Contrast';

/** A window of VS Code as a person uses it: by what it shows. */
export class Workbench implements AsyncDisposable {
  #page: Page;
  #address = '';
  readonly #context: BrowserContext;
  readonly #server: RunningServer | undefined;
  readonly #closing: (() => Promise<void>)[] = [];
  /** Reports of the content security policy, which no page of ours may cause. */
  readonly violations: string[] = [];

  private constructor(context: BrowserContext, page: Page, server: RunningServer | undefined) {
    this.#context = context;
    this.#server = server;
    this.#page = page;
    this.#listen();
  }

  get page(): Page {
    return this.#page;
  }

  #listen(): void {
    this.#page.on('console', (message) => {
      const text = message.text();
      if (
        /Content Security Policy/.test(text) &&
        /vscode-webview|(?:confirm|editor|progress|results)\.(?:js|css)/.test(text + message.location().url)
      )
        this.violations.push(text);
    });
  }

  /** Opens a window and waits until our view is there. */
  static async open(browser: Browser, server: RunningServer, folder: string): Promise<Workbench> {
    const query = new URLSearchParams({ folder });
    return Workbench.openAddress(browser, `http://${server.authority}/?${query.toString()}`, server);
  }

  static async openAddress(browser: Browser, address: string, server?: RunningServer): Promise<Workbench> {
    const context = await browser.newContext({ viewport: { width: 1300, height: 850 } });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const window = new Workbench(context, page, server);
    await page.goto(address, ARRIVED);
    await window.isReady();
    return window;
  }

  onClose(action: () => Promise<void>): void {
    this.#closing.push(action);
  }

  async isReady(): Promise<void> {
    await this.page
      .getByRole('tab', { name: /^Batchbook/ })
      .first()
      .waitFor({ timeout: PATIENCE_MS });
  }

  /** Runs a command as from the palette. */
  async command(title: string): Promise<void> {
    await this.#fromQuickInput('F1', `>${title}`, title);
  }

  /** The workbench may take a key before it listens, or fill its input a second time while somebody types: then again. */
  async #fromQuickInput(key: string, text: string, row: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.page.keyboard.press(key);
      try {
        await this.quickInput.waitFor({ timeout: 5_000 });
        await this.quickInput.fill(text);
        await this.quickPickRow(row).click({ timeout: 5_000 });
        return;
      } catch (error) {
        if (attempt === 4) throw new Error(await this.evidence('palette'), { cause: error });
        await this.page.keyboard.press('Escape');
      }
    }
  }

  get quickInput(): Locator {
    return this.page
      .locator('.quick-input-widget input[type="text"], .quick-input-widget input[type="password"]')
      .first();
  }

  quickPickRow(text: string | RegExp): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
  }

  async pick(text: string | RegExp): Promise<void> {
    await this.quickPickRow(text).click();
  }

  /** Answers an input box. */
  async type(text: string): Promise<void> {
    await this.quickInput.fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** A line of the Explorer, by its file name. */
  explorerItem(name: string): Locator {
    return this.page.locator('.explorer-folders-view').getByRole('treeitem', { name, exact: true });
  }

  /** Selects files and folders of the Explorer, then chooses from their context menu. */
  async chooseInExplorer(names: readonly string[], menuItem: string): Promise<void> {
    // A list that has just been read anew may have lost what was selected in it before.
    for (let attempt = 1; !(await this.#areSelected(names)); attempt++) {
      if (attempt > 5) throw new Error(await this.evidence('selection'));
      for (const [i, name] of names.entries())
        await this.explorerItem(name).click({ modifiers: i === 0 ? [] : ['ControlOrMeta'] });
    }
    await this.explorerItem(names.at(-1) ?? '').click({ button: 'right' });
    const menu = this.page.locator('.context-view .monaco-menu');
    const item = menu.getByRole('menuitem', { name: menuItem, exact: true });
    await item.waitFor();
    // A menu takes no mouse for the first 100 ms that it is open: then it is still there, and takes the next click.
    for (let attempt = 1; await menu.isVisible(); attempt++) {
      if (attempt > 10) throw new Error(`${await this.evidence('menu')}: ${await menu.innerHTML()}`);
      await item
        .click({ timeout: 2_000 })
        .then(() => menu.waitFor({ state: 'detached', timeout: 1_000 }))
        .catch(() => undefined);
    }
  }

  async #areSelected(names: readonly string[]): Promise<boolean> {
    const states = await Promise.all(
      names.map((name) => this.explorerItem(name).getAttribute('aria-selected')),
    );
    return states.every((state) => state === 'true');
  }

  /** A sentence or button that the Runs view shows while it has no runs. */
  welcome(text: string): Locator {
    return this.page.locator('.welcome-view').getByText(text).first();
  }

  /** Brings the Runs view to the front. */
  async showRuns(): Promise<void> {
    // By its command: a click on the tab of a view that a reloaded window is just restoring would hide it.
    await this.command('Batchbook: Focus on Runs View');
    await this.page
      .locator('.pane-header, .composite.title')
      .filter({ hasText: 'Runs', visible: true })
      .first()
      .waitFor();
  }

  /** Brings the Explorer to the front. */
  async explorerTab(): Promise<void> {
    await this.command('View: Show Explorer');
    await this.page.locator('.explorer-folders-view').waitFor();
  }

  /** A line of the Runs view, by the words a screen reader says. */
  run(name: string | RegExp): Locator {
    return this.page.locator('.customview-tree').getByRole('treeitem', { name });
  }

  /** Our item in the status bar. */
  get statusBar(): Locator {
    return this.page.locator('[id="batchbook.batchbook.batchbook.status"]');
  }

  async statusBarSays(text: string | RegExp): Promise<void> {
    await this.says(this.statusBar, text);
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-toast').filter({ hasText: text }).first();
  }

  /** Presses a button of a notification or a modal dialog. */
  async press(button: string | RegExp): Promise<void> {
    await this.page
      .locator('.notification-toast, .monaco-dialog-box')
      .getByRole('button', { name: button })
      .first()
      .click();
  }

  /** The page of ours that is in front. */
  get ownPage(): FrameLocator {
    return this.page.frameLocator('iframe.webview').frameLocator('iframe#active-frame');
  }

  /**
   * What axe finds serious or critical in the page of ours that is in front.
   * @throws when axe sees next to nothing, where it could find nothing either.
   */
  async accessibilityFindings(): Promise<readonly string[]> {
    const frame = await (await this.ownPage.locator('main').elementHandle()).ownerFrame();
    assert.ok(frame);
    return accessibilityFindings(frame);
  }

  /** Waits for the page before sending and presses a button on it. */
  async confirm(button: string | RegExp): Promise<void> {
    await this.ownPage.locator('h1').waitFor();
    await this.ownPage.locator('vscode-button').filter({ hasText: button }).click();
  }

  /** The whole text of the editor in front: what a person copies. */
  async editorText(): Promise<string> {
    await this.page.locator('.editor-instance .monaco-editor').first().click();
    await this.page.keyboard.press('ControlOrMeta+a');
    return this.selectedText();
  }

  /** What is selected in the text that has the focus: what a person copies. */
  async selectedText(): Promise<string> {
    await this.#context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await this.page.keyboard.press('ControlOrMeta+c');
    return this.page.evaluate(() =>
      (
        globalThis as unknown as { navigator: { clipboard: { readText(): Promise<string> } } }
      ).navigator.clipboard.readText(),
    );
  }

  async openFile(name: string): Promise<void> {
    await this.#fromQuickInput('ControlOrMeta+p', name, name.split('/').at(-1) ?? name);
    await this.page
      .getByRole('tab', { name: new RegExp(escaped(name.split('/').at(-1) ?? name)) })
      .first()
      .waitFor();
  }

  /** Waits until VS Code has written down something that it would need to show the same again after a reload. */
  async hasKept(text: string): Promise<void> {
    // It writes while the window itself has the focus, and not a page in it.
    await this.explorerTab();
    const until = Date.now() + PATIENCE_MS;
    while (!(await this.page.evaluate<boolean>(`(${WRITTEN_DOWN})(${JSON.stringify(text)})`))) {
      if (Date.now() > until) assert.fail(`${text} is not kept. ${await this.evidence('kept')}`);
      await this.page.waitForTimeout(250);
    }
  }

  async reload(): Promise<void> {
    await this.page.reload(ARRIVED);
    await this.isReady();
  }

  /**
   * The page dies without a word, and the person opens the same window again. The server keeps the old extension host,
   * in case the connection comes back.
   */
  async reopenAfterCrash(): Promise<void> {
    const url = this.#page.url();
    const crashed = new Promise((resolve) => this.#page.once('crash', resolve));
    const session = await this.#context.newCDPSession(this.#page);
    void session.send('Page.crash').catch(() => undefined); // nobody is left to answer
    await crashed;
    this.#page = await this.#context.newPage();
    this.#listen();
    await this.#page.goto(url, ARRIVED);
    await this.isReady();
  }

  /** Closes the window, as a person does. */
  async leave(): Promise<void> {
    this.#address = this.#page.url();
    await this.#page.close({ runBeforeUnload: true });
  }

  /** Opens it again. */
  async comeBack(): Promise<void> {
    this.#page = await this.#context.newPage();
    this.#listen();
    await this.#page.goto(this.#address, ARRIVED);
    await this.isReady();
  }

  async useTheme(theme: Theme): Promise<void> {
    await this.command('Preferences: Color Theme');
    await this.quickInput.fill(theme.replace('Default ', ''));
    await this.page.keyboard.press('Enter');
  }

  async screenshot(name: string): Promise<string> {
    await mkdir(SCREENSHOTS, { recursive: true });
    const file = path.join(SCREENSHOTS, `${name}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  /** Waits until an element has a text, and says what it had instead. */
  async says(element: Locator, text: string | RegExp, timeout = PATIENCE_MS): Promise<void> {
    const until = Date.now() + timeout;
    let last = '';
    do {
      last = (
        (await element
          .first()
          .textContent({ timeout: 1_000 })
          .catch(() => null)) ?? ''
      ).trim();
      if (typeof text === 'string' ? last.includes(text) : text.test(last)) return;
      await this.page.waitForTimeout(50);
    } while (Date.now() < until);
    assert.fail(`It says "${last}", not ${String(text)}. ${await this.evidence('says')}`);
  }

  /** Adds the evidence to the failure of a wait. */
  async orEvidence(name: string, wait: Promise<void>): Promise<void> {
    try {
      await wait;
    } catch (error) {
      throw new Error(await this.evidence(name), { cause: error });
    }
  }

  /** For the message of a failure: a picture, and what server and extensions have logged. */
  async evidence(name: string): Promise<string> {
    const picture = await this.screenshot(`failure-${name}-${String(Date.now())}`);
    const server = this.#server;
    if (server === undefined) return `See ${picture}`;
    return `See ${picture}\n${server.output().slice(-2_000)}\n${await server.hostLog()}`;
  }

  /** Process ids of the extension hosts of this window's server that live. */
  async extensionHosts(): Promise<readonly number[]> {
    return this.#server === undefined ? [] : extensionHostsOf(this.#server.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    for (const action of this.#closing) await action();
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
