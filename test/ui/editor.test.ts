import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator } from 'playwright-core';
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
    await step(() => keyboard.press('a'));
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
    await step(() => keyboard.press('b'));
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

  it('and the text editor beside it change the same file, fifty times each, with no conflict and nothing lost', async () => {
    const folder = await freshFolder({ ...LETTERS, 'letters.batch.json': JOB });
    await using window = await openWindow(folder);
    await window.openFile('letters.batch.json');
    const page = pageOf(window);
    await page.cell('letters').waitFor();
    await window.command('View: Reopen Editor With Text Editor').catch(() => undefined);
  });
});

/** The page of the job editor in front, by what it shows. */
function pageOf(window: Workbench): {
  readonly body: Locator;
  readonly cells: Locator;
  cell(id: string): Locator;
  heading(name: string): Locator;
} {
  const body = window.ownPage.locator('body');
  const cells = body.getByRole('listitem').and(body.locator('.cell'));
  return {
    body,
    cells,
    cell: (id) => cells.filter({ has: window.ownPage.getByText(id, { exact: true }) }).first(),
    heading: (name) => body.getByRole('heading', { name }),
  };
}

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
  return window.ownPage.locator('body').evaluate((body) => {
    let element = body.ownerDocument.activeElement as unknown as {
      shadowRoot?: { activeElement: unknown } | null;
      getAttribute(name: string): string | null;
      textContent: string | null;
    } | null;
    while (element?.shadowRoot?.activeElement != null)
      element = element.shadowRoot.activeElement as typeof element;
    return (element?.getAttribute('aria-label') ?? element?.textContent ?? '').trim().replaceAll(/\s+/g, ' ');
  });
}

/** Saves until the file says it. */
async function fileSays(window: Workbench, folder: string, name: string, wanted: RegExp): Promise<void> {
  let text = '';
  for (let i = 0; i < 60; i++) {
    await window.page.keyboard.press('ControlOrMeta+s');
    text = await readFile(path.join(folder, name), 'utf8');
    if (wanted.test(text)) return;
    await window.page.waitForTimeout(100);
  }
  assert.fail(`${name} says ${text}\n${await window.evidence('file-says')}`);
}

/** The bytes on disk after an edit was saved. */
async function savedAfter(window: Workbench, folder: string, before: string): Promise<string> {
  for (let i = 0; i < 60; i++) {
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
  for (let i = 0; i < 60; i++) {
    await window.page.keyboard.press('ControlOrMeta+s');
    text = await readFile(path.join(folder, 'letters.batch.json'), 'utf8');
    if (text === wanted) return;
    await window.page.waitForTimeout(100);
  }
  assert.equal(text, wanted);
}
