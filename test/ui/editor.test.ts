import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { pageOf } from './editorPage.ts';
import { freshFolder, openWindow } from './sharedServer.ts';
import type { Workbench } from './workbench.ts';

const JOB = `{
  // Kept by hand.
  "version": 1,
  "title": "Letters",
  "defaults": { "model": "offline-extractive", "maxTokens": 500 }, // free
  "cells": [
    { "kind": "markdown", "text": "# Letters" },
    // The one that matters.
    {
      "kind": "files",
      "id": "letters",
      "files": ["letters/*.md"], // all of them
      "prompt": "Summarize {{file.name}}."
    },
    { "kind": "files", "id": "second", "files": ["letters/a.md"], "prompt": "Again." }
  ]
}
`;

const ALL_KINDS = {
  version: 1,
  title: 'All kinds',
  defaults: { model: 'offline-extractive', maxTokens: 500 },
  costLimitUsd: 5,
  cells: [
    { kind: 'markdown', text: '# All kinds\n\nOne of **each**.' },
    {
      kind: 'files',
      id: 'letters',
      files: ['letters/*.md', '!letters/old/**'],
      prompt: 'What does {{file.nam}} ask for?',
      output: 'out/{{file.path}}.md',
    },
    { kind: 'rows', id: 'mail', data: 'people.csv', key: 'email', prompt: 'Write to {{row.name}}.' },
    { kind: 'messages', id: 'hello', messages: [{ role: 'user', content: 'Hello' }] },
  ],
};

const LETTERS = {
  'letters/a.md': 'The first letter is about the harvest. It was late this year. Prices rose by a tenth.',
  'letters/b.md': 'The second letter asks for a loan. The barn needs a roof. The bank has not answered.',
};

describe('The job editor', function () {
  this.timeout(180_000);

  it('makes a job file from nothing and runs it, by keyboard alone', async () => {
    const folder = await freshFolder({ ...LETTERS, 'new.batch.json': '' });
    await using window = await openWindow(folder);
    await window.openFile('new.batch.json');
    const page = pageOf(window);
    const { keyboard } = window.page;
    await page.heading('What should happen to each file?').waitFor();
    await tabTo(window, 'Start With an Empty Cell');
    await keyboard.press('Enter');
    await page.cells.first().waitFor();
    // The new cell asks for its files first, then for its prompt.
    await tabTo(window, 'Add a file, folder or glob');
    await keyboard.type('letters/*.md');
    await keyboard.press('Enter');
    await page.cells.first().getByText('2 files').waitFor();
    await keyboard.press('Escape');
    await keyboard.press('Enter');
    await keyboard.type('Summarize {{');
    await page.body.getByRole('option', { name: /file\.name/ }).waitFor();
    await keyboard.press('Enter');
    await keyboard.type(' in one sentence.');
    await keyboard.press('Escape');
    await fileSays(
      window,
      folder,
      'new.batch.json',
      /"prompt": "Summarize \{\{file\.name\}\} in one sentence\."/,
    );
    await tabTo(window, /^Default model|^Model/, 'Shift+Tab');
    await keyboard.press('Enter');
    await keyboard.type('offline');
    await page.body
      .getByRole('option', { name: /offline-extractive/ })
      .first()
      .waitFor();
    await keyboard.press('Enter');
    await fileSays(window, folder, 'new.batch.json', /"model": "offline-extractive"/);
    await page.cells.first().waitFor();
    await tabTo(window, /, 1 of 1/);
    await keyboard.press('ControlOrMeta+Enter');
    await window.ownPage.getByText('What is worked on').waitFor();
    await tabTo(window, 'Send 2 Rows');
    await keyboard.press('Enter');
    await window.statusBarSays('2/2');
    await window.notification(/2 of 2 rows ok, free/).waitFor();
    await page.cells.first().getByText('2 of 2 ok').waitFor();
    await window.screenshot('editor-from-nothing');
    assert.deepEqual(window.violations, []);
  });

  it('changes no more than it has to, and undo and redo across ten mixed edits give back the bytes', async () => {
    const folder = await freshFolder({ ...LETTERS, 'letters.batch.json': JOB });
    await using window = await openWindow(folder);
    await window.openFile('letters.batch.json');
    const page = pageOf(window);
    await page.cell('letters').waitFor();
    const { keyboard } = window.page;
    const texts = [JOB];
    const step = async (edit: () => Promise<unknown>): Promise<void> => {
      await edit();
      texts.push(await savedAfter(window, folder, texts.at(-1) ?? ''));
    };
    await page.cell('letters').click({ position: { x: 300, y: 12 } });
    await page.cell('letters').focus();
    await step(() => keyboard.press('Alt+ArrowDown'));
    await step(async () => {
      await page.cell('letters').focus();
      await keyboard.press('a');
    });
    await step(async () => {
      await page.cell('letters').focus();
      await keyboard.press('m');
    });
    await step(async () => {
      await page.cells.first().focus();
      await keyboard.press('d');
      await keyboard.press('d');
    });
    await step(async () => {
      await page.cell('second').focus();
      await keyboard.press('Enter');
      await keyboard.press('ControlOrMeta+End');
      await keyboard.type('More');
      await keyboard.press('Escape');
    });
    await step(async () => {
      await page.cell('second').focus();
      await keyboard.press('b');
    });
    await step(async () => {
      await page.cell('second').focus();
      await keyboard.press('Alt+ArrowDown');
    });
    await step(async () => {
      await page
        .cell('second')
        .getByRole('textbox', { name: 'Add a file, folder or glob' })
        .fill('!letters/b.md');
      await keyboard.press('Enter');
    });
    await step(async () => {
      await page.cell('second').focus();
      await keyboard.press('Enter');
      await keyboard.type('So: ');
      await keyboard.press('Escape');
    });
    await step(async () => {
      await page.cell('second').focus();
      await keyboard.press('d');
      await keyboard.press('d');
    });
    assert.equal(texts.length, 11);
    assert.ok(texts.every((text) => text.includes('// Kept by hand.') && text.includes('}, // free')));
    await page.cells.first().focus();
    for (const text of texts.slice(0, -1).reverse()) await backTo(window, folder, 'ControlOrMeta+z', text);
    for (const text of texts.slice(1)) await backTo(window, folder, 'ControlOrMeta+Shift+z', text);
    assert.deepEqual(window.violations, []);
  });

  it('and the text editor beside it change the same file with no conflict, and nothing is lost', async () => {
    const folder = await freshFolder({
      ...LETTERS,
      'letters.batch.json': JOB,
      // A long line would lie below the page beside it.
      '.vscode/settings.json': { 'editor.wordWrap': 'on' },
    });
    await using window = await openWindow(folder);
    await window.openFile('letters.batch.json');
    const page = pageOf(window);
    await page.cell('letters').waitFor();
    // Each step once the one before is drawn: VS Code may leave a page over an editor that came too early.
    await window.command('View: Split Editor Right');
    await window.page.locator('iframe.webview.ready').nth(1).waitFor();
    await window.command('View: Reopen Editor With Text Editor');
    const text = window.page.locator('.editor-instance .monaco-editor').first();
    await text.waitFor();
    await window.page.locator('iframe.webview').nth(1).waitFor({ state: 'detached' });
    const { keyboard } = window.page;
    const words = (stem: string): string =>
      Array.from({ length: 50 }, (_, i) => `${stem}${String(i)} `).join('');
    /** A second press would be needed where a line is shown as several, and an edit of the page may come before it. */
    const toEndOfComment = async (last: string): Promise<void> => {
      await text.locator('.view-line', { hasText: last }).click();
      await keyboard.press('End');
    };
    const prompt = page.cell('letters').getByRole('textbox', { name: /^Prompt of/ });
    await prompt.click();
    await keyboard.press('ControlOrMeta+End');
    await keyboard.type(` ${words('p')}`);
    await toEndOfComment('Kept by hand.');
    await keyboard.type(` ${words('t')}`);
    for (let i = 0; i < 5; i++) {
      await prompt.click();
      await keyboard.press('ControlOrMeta+End');
      await keyboard.type(`q${String(i)}`);
      await toEndOfComment(i === 0 ? 't49' : `u${String(i - 1)}`);
      await keyboard.type(`u${String(i)}`);
    }
    const added = (stem: string): string =>
      Array.from({ length: 5 }, (_, i) => `${stem}${String(i)}`).join('');
    const wanted = JOB.replace('{{file.name}}."', `{{file.name}}. ${words('p')}${added('q')}"`).replace(
      'Kept by hand.',
      `Kept by hand. ${words('t')}${added('u')}`,
    );
    await backTo(window, folder, 'ControlOrMeta+s', wanted);
    assert.equal(await window.page.getByText(/newer|conflict|has changed/i).count(), 0);
    await window.screenshot('editor-beside-text');
    assert.deepEqual(window.violations, []);
  });

  it('shows what is wrong with a file that cannot be read, and leaves every byte of it', async () => {
    const broken = '\ufeff{ "version": 1,\r\n  "cells": [ { "kind": "files" "id": "a" } ]\r\n}\r\n';
    const folder = await freshFolder({ ...LETTERS, 'broken.batch.json': broken });
    await using window = await openWindow(folder);
    await window.openFile('broken.batch.json');
    const page = pageOf(window);
    await page.heading('broken.batch.json cannot be read').waitFor();
    await page.body.getByText('A comma is expected here.').waitFor();
    await window.screenshot('editor-broken');
    for (const key of ['a', 'b', 'd', 'd', 'm', 'Enter', 'ControlOrMeta+v', 'ControlOrMeta+s'])
      await window.page.keyboard.press(key);
    await page.body.locator('vscode-button', { hasText: 'Go to Line 2' }).click();
    await window.page.locator('.editor-instance .monaco-editor').first().waitFor();
    await window.page.keyboard.press('ControlOrMeta+s');
    assert.equal(await readFile(path.join(folder, 'broken.batch.json'), 'utf8'), broken);
    assert.deepEqual(window.violations, []);
  });

  it('takes a file that is dragged from the Explorer with Shift', async () => {
    const folder = await freshFolder({ ...LETTERS, 'other.md': 'Another one.', 'letters.batch.json': JOB });
    await using window = await openWindow(folder);
    await window.openFile('letters.batch.json');
    const page = pageOf(window);
    await page.cell('letters').getByText('2 files').waitFor();
    const { mouse, keyboard } = window.page;
    const file = await window.explorerItem('other.md').boundingBox();
    const field = page.cell('letters').locator('bb-glob-chips');
    const place = await field.boundingBox();
    assert.ok(file !== null && place !== null);
    await mouse.move(file.x + 30, file.y + 10);
    await mouse.down();
    await mouse.move(place.x + 200, place.y + 12, { steps: 10 });
    await window.page.getByText('to drop into editor').waitFor();
    await keyboard.down('Shift');
    // The window lets the page see the drag with one of the next moves.
    for (let i = 0; i < 40 && (await field.locator('.dropping').count()) === 0; i++)
      await mouse.move(place.x + 200 + (i % 2) * 6, place.y + 12, { steps: 3 });
    await field.locator('.dropping').waitFor();
    await mouse.up();
    await keyboard.up('Shift');
    await page.cell('letters').getByText('3 files').waitFor();
    await fileSays(
      window,
      folder,
      'letters.batch.json',
      /"files": \["letters\/\*\.md", "other\.md"\], \/\/ all of them/,
    );
    assert.deepEqual(window.violations, []);
  });

  it('comes back as it was after it was hidden', async () => {
    const folder = await freshFolder({ ...LETTERS, 'letters.batch.json': JOB });
    await using window = await openWindow(folder);
    await window.openFile('letters.batch.json');
    const page = pageOf(window);
    const prompt = page.cell('second').getByRole('textbox', { name: /^Prompt of/ });
    await prompt.click();
    await window.page.keyboard.press('Home');
    await window.page.keyboard.press('ArrowRight');
    await window.page.keyboard.press('Shift+ArrowRight');
    await window.page.keyboard.press('Shift+ArrowRight');
    const { cells } = page;
    const looks = (): Promise<unknown> =>
      page.body.evaluate(`(() => {
        const list = document.querySelector('.cells');
        const focused = document.activeElement;
        return {
          html: list.innerHTML.replaceAll(/<!--.*?-->/g, ''),
          scrollTop: list.scrollTop,
          field: focused.dataset.field,
          selection: focused.selection,
        };
      })()`);
    await cells.nth(2).getByText('1 row', { exact: true }).waitFor();
    const before = await atRest(window, looks);
    await window.openFile('letters/a.md');
    await window.page.locator('iframe.webview').first().waitFor({ state: 'detached' });
    await window.openFile('letters.batch.json');
    await cells.nth(2).getByText('1 row', { exact: true }).waitFor();
    assert.deepEqual(await atRest(window, looks), before);
    assert.deepEqual(window.violations, []);
  });

  it('can be read and used by everybody, in light, dark and high contrast', async () => {
    const folder = await freshFolder({
      ...LETTERS,
      'people.csv': 'name,email\nAda,ada@example.com\nGrace,grace@example.com\n',
      'all.batch.json': ALL_KINDS,
    });
    await using window = await openWindow(folder);
    await window.openFile('all.batch.json');
    const page = pageOf(window);
    await page.cell('letters').getByText('2 files').waitFor();
    await window.page.keyboard.press('Escape');
    for (const theme of ['Default Light Modern', 'Default Dark Modern', 'Default High Contrast'] as const) {
      await window.useTheme(theme);
      await page.cell('letters').getByText('2 files').waitFor();
      await window.screenshot(`editor-${theme.replace('Default ', '').replace(' Modern', '').toLowerCase()}`);
      assert.deepEqual(await window.accessibilityFindings(), [], theme);
    }
    const named = page.body.locator('button, input, select, [role=textbox]').filter({ visible: true });
    assert.ok((await named.count()) > 30);
    assert.deepEqual(window.violations, []);
  });
});

/** Goes on with Tab until an element of this name has the focus, as a person without a mouse does. */
async function tabTo(window: Workbench, name: string | RegExp, key = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let i = 0; i < 60; i++) {
    await window.page.keyboard.press(key);
    const focused = await focusedName(window);
    if (typeof name === 'string' ? focused === name : name.test(focused)) return;
    passed.push(focused);
  }
  assert.fail(
    `${String(name)} is not within reach of ${key}: ${passed.join(' | ')}. ${await window.evidence('tab-to')}`,
  );
}

async function focusedName(window: Workbench): Promise<string> {
  return window.ownPage.locator('body').evaluate(`(() => {
    let element = document.activeElement;
    while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return (element.getAttribute('aria-label') ?? element.textContent).trim().replaceAll(/\\s+/g, ' ');
  })()`);
}

/** What it is once it changes no more: a page takes in what comes, and keeps what it is, a moment later. */
async function atRest(window: Workbench, looks: () => Promise<unknown>): Promise<unknown> {
  for (let last = await looks(), i = 0; ; i++) {
    await window.page.waitForTimeout(400);
    const now = await looks();
    if (isDeepStrictEqual(last, now) || i === 20) return now;
    last = now;
  }
}

/** Saves until the file says it. */
async function fileSays(window: Workbench, folder: string, name: string, wanted: RegExp): Promise<void> {
  let text = '';
  for (let i = 0; i < 200; i++) {
    await window.page.keyboard.press('ControlOrMeta+s');
    text = await readFile(path.join(folder, name), 'utf8');
    if (wanted.test(text)) return;
    await window.page.waitForTimeout(100);
  }
  assert.fail(`${name} says ${text}\n${await window.evidence('file-says')}`);
}

/** The bytes on disk after an edit was saved. */
async function savedAfter(window: Workbench, folder: string, before: string): Promise<string> {
  for (let i = 0; i < 200; i++) {
    await window.page.keyboard.press('ControlOrMeta+s');
    const text = await readFile(path.join(folder, 'letters.batch.json'), 'utf8');
    if (text !== before && text !== '') return text;
    await window.page.waitForTimeout(100);
  }
  return assert.fail(`Nothing has changed: ${before}\n${await window.evidence('saved-after')}`);
}

/** Presses undo or redo once, and waits for the bytes. */
async function backTo(window: Workbench, folder: string, key: string, wanted: string): Promise<void> {
  await window.page.keyboard.press(key);
  let text = '';
  for (let i = 0; i < 200; i++) {
    await window.page.keyboard.press('ControlOrMeta+s');
    text = await readFile(path.join(folder, 'letters.batch.json'), 'utf8');
    if (text === wanted) return;
    await window.page.waitForTimeout(100);
  }
  assert.equal(text, wanted);
}
