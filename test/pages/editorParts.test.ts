import assert from 'node:assert/strict';
import path from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { pageHtml } from '../../src/host/pages/pageHtml.ts';
import { accessibilityFindings } from '../support/accessibility.ts';
import { ensureBrowser, launchBrowser } from '../support/vscode/browser.ts';
import { THEMES, type ThemeName } from './themes.ts';

const ORIGIN = 'https://parts.test';
const ROOT = path.resolve(import.meta.dirname, '../..');
const NAMES = ['promptEditor', 'schemaEditor', 'globChips', 'matchList'];
const STYLE =
  'body{margin:16px;color:var(--vscode-foreground);background:var(--vscode-editor-background);font:13px/1.4 var(--vscode-font-family)}#page>*{margin-bottom:16px}';

interface Heard {
  readonly name: string;
  readonly detail: unknown;
}

describe('The fields of the job editor, each on its own', function () {
  this.timeout(60_000);
  let browser: Browser;
  let script: string;

  before(async () => {
    const { outputFiles } = await build({
      absWorkingDir: ROOT,
      stdin: {
        contents: NAMES.map((name) => `import './src/webview/editor/parts/${name}.ts';`).join('\n'),
        resolveDir: ROOT,
      },
      bundle: true,
      platform: 'browser',
      target: 'es2022',
      format: 'iife',
      minify: true,
      write: false,
    });
    script = outputFiles[0]!.text;
    browser = await launchBrowser(await ensureBrowser());
  });
  after(() => browser.close());

  async function open(): Promise<{ page: Page; complaints: string[] } & AsyncDisposable> {
    const page = await browser.newPage({ viewport: { width: 1_240, height: 900 } });
    page.setDefaultTimeout(10_000);
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.exposeFunction('tellViolation', (violation: string) => complaints.push(violation));
    await page.addInitScript(`
      globalThis.acquireVsCodeApi = () => ({ postMessage: () => undefined });
      globalThis.heard = [];
      for (const name of ['bb-change', 'bb-leave', 'bb-run', 'bb-fix', 'bb-drop', 'bb-pick', 'bb-open'])
        addEventListener(name, ({ detail }) => heard.push({ name, detail: detail ?? null }));
      addEventListener('keydown', ({ key, ctrlKey }) => { if (ctrlKey) heard.push({ name: 'key', detail: key }); });
      addEventListener('securitypolicyviolation', (event) =>
        void tellViolation(event.effectiveDirective + ' ' + event.blockedURI));
      globalThis.put = (name, properties) => {
        const element = Object.assign(document.createElement(name), properties);
        document.getElementById('page').append(element);
        return element.updateComplete;
      };`);
    const body = pageHtml({
      language: 'en',
      title: 'Fields',
      cspSource: ORIGIN,
      nonce: 'of-this-test',
      script: `${ORIGIN}/parts.js`,
      style: `${ORIGIN}/parts.css`,
      texts: {},
    });
    await page.route(`${ORIGIN}/**`, async (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === '/parts.js')
        await route.fulfill({ contentType: 'text/javascript; charset=utf-8', body: script });
      else if (pathname === '/parts.css') await route.fulfill({ contentType: 'text/css', body: STYLE });
      else await route.fulfill({ contentType: 'text/html', body });
    });
    await page.goto(`${ORIGIN}/`);
    await useTheme(page, 'dark');
    return { page, complaints, [Symbol.asyncDispose]: () => page.close() };
  }

  async function useTheme(page: Page, theme: ThemeName): Promise<void> {
    await page.evaluate(`for (const [name, value] of Object.entries(${JSON.stringify(THEMES[theme])}))
      document.documentElement.style.setProperty('--vscode-' + name, value);`);
  }

  const put = (page: Page, name: string, properties: object): Promise<unknown> =>
    page.evaluate(`put(${JSON.stringify(name)}, ${JSON.stringify(properties)})`);
  const heard = (page: Page): Promise<Heard[]> => page.evaluate<Heard[]>('heard');
  const finding = {
    id: 'f1',
    severity: 'error',
    message: 'A file row has no file.nmae.',
    span: { start: 5, end: 18 },
    fixes: [{ id: 'x1', title: 'Change to file.name' }],
  };

  it('keep to the content policy and can be used by everybody, in every theme', async () => {
    await using on = await open();
    const { page } = on;
    await put(page, 'bb-prompt-editor', {
      label: 'Prompt',
      value: 'Read {{file.nmae}}.',
      findings: [finding],
    });
    await put(page, 'bb-glob-chips', { label: 'Patterns', globs: ['a/**/*.pdf', '!a/old/**'], findings: [] });
    const schema = { type: 'object', properties: { total: { type: 'number' } }, required: ['total'] };
    await put(page, 'bb-schema-editor', { label: 'Answer', schema, findings: [] });
    await put(page, 'bb-match-list', {
      inputs: {
        ...{ state: 'ready', rows: 1, leftOut: 1, count: '1 file', bytes: '12 kB', tokens: '3,000 tokens' },
        ...{ columns: [], table: [], outputs: [], estimate: '', worst: '' },
        first: [{ index: 0, name: 'a/offer.pdf', size: '12 kB', tokens: '3,000' }],
        firstLeftOut: [
          { index: 1, name: 'a/scan.pdf', size: '', tokens: '', reason: 'Larger than the model takes.' },
        ],
      },
    });
    await page.locator('.cm-finding-error').waitFor();
    for (const theme of Object.keys(THEMES) as ThemeName[]) {
      await useTheme(page, theme);
      await page.screenshot({
        path: path.join(import.meta.dirname, `screenshots/editor-parts-${theme}.png`),
      });
      await page.setViewportSize({ width: 400, height: 900 });
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 400, theme);
      await page.screenshot({
        path: path.join(import.meta.dirname, `screenshots/editor-parts-${theme}-400.png`),
      });
      await page.setViewportSize({ width: 1_240, height: 900 });
      assert.deepEqual(await accessibilityFindings(page.mainFrame()), [], theme);
    }
    assert.ok((await page.getByRole('button', { name: /\S/ }).count()) >= 8);
    assert.deepEqual(on.complaints, []);
  });

  it('show a prompt at rest as it is when it is edited, which begins where somebody comes near', async () => {
    await using on = await open();
    const { page } = on;
    const value =
      '# Read **{{file.name}}** well\n\n- *Cite* `null`, [here](x){{row.a}}\t{{x}}  two \n> ' +
      'Long words and longer ones. '.repeat(12);
    await put(page, 'bb-prompt-editor', { label: 'Prompt', value });
    const prompt = page.getByRole('textbox', { name: 'Prompt' });
    const looks = (lines: string): Promise<unknown> =>
      page.evaluate(`(() => {
        const host = document.querySelector('bb-prompt-editor');
        const lines = [...host.shadowRoot.querySelectorAll('${lines}')];
        const colours = lines.map((line) => {
          const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
          const found = [];
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const { color, fontWeight, fontStyle, fontFamily } = getComputedStyle(node.parentElement);
            for (const character of node.data) found.push([character, color, fontWeight, fontStyle, fontFamily].join());
          }
          return found;
        });
        const places = lines.map((line) => [line.getBoundingClientRect().top, line.getBoundingClientRect().height]);
        return { colours, places, height: host.getBoundingClientRect().height };
      })()`);
    const atRest = await looks('.at-rest > div');
    assert.equal(await page.locator('.cm-editor').count(), 0);
    await prompt.hover({ position: { x: 40, y: 40 } });
    await page.locator('.cm-editor').waitFor();
    assert.equal(await page.locator('.at-rest').count(), 0);
    assert.deepEqual(await looks('.cm-line'), atRest);
    await page.evaluate(`document.querySelector('bb-prompt-editor').remove()`);
    await put(page, 'bb-prompt-editor', { label: 'Prompt', value });
    await page.keyboard.press('Tab');
    await page.locator('.cm-focused').waitFor();
    await page.keyboard.type('Now ');
    assert.deepEqual((await heard(page)).at(-1), { name: 'bb-change', detail: { value: `Now ${value}` } });
    assert.deepEqual(on.complaints, []);
  });

  it('let the keys of VS Code pass', async () => {
    await using on = await open();
    const { page } = on;
    await put(page, 'bb-prompt-editor', { label: 'Prompt', value: 'one' });
    await put(page, 'bb-glob-chips', { label: 'Patterns', globs: [] });
    await put(page, 'bb-schema-editor', {
      label: 'Answer',
      schema: { properties: { a: { type: 'string' } } },
    });
    for (const name of ['Prompt', 'Add a file, folder or glob', 'Name of a']) {
      await page.getByRole('textbox', { name, exact: true }).focus();
      await page.keyboard.press('Control+z');
    }
    const keys = (await heard(page)).filter(({ name, detail }) => name === 'key' && detail === 'z');
    assert.equal(keys.length, 3);
  });

  it('close what is wrong with a word before they leave the prompt', async () => {
    await using on = await open();
    const { page } = on;
    const mute = { ...finding, fixes: [] };
    await put(page, 'bb-prompt-editor', { label: 'Prompt', value: 'Read {{file.nmae}}.', findings: [mute] });
    await page.evaluate(`{ const field = document.querySelector('bb-prompt-editor');
      field.selection = { anchor: 8, head: 8 }; field.focus(); }`);
    await page.keyboard.press('Control+.');
    await page.getByRole('dialog', { name: mute.message }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal((await heard(page)).filter(({ name }) => name === 'bb-leave').length, 0);
    await page.keyboard.press('Escape');
    assert.equal((await heard(page)).filter(({ name }) => name === 'bb-leave').length, 1);
  });

  it('rewrite no line end that nobody has touched', async () => {
    await using on = await open();
    const { page } = on;
    await put(page, 'bb-prompt-editor', { label: 'Prompt', value: 'one\r\ntwo' });
    await page.evaluate(`document.querySelector('bb-prompt-editor').selection = { anchor: 8, head: 8 }`);
    await page.getByRole('textbox', { name: 'Prompt' }).focus();
    await page.keyboard.type('s ');
    assert.deepEqual(
      (await heard(page)).filter(({ name }) => name === 'bb-change'),
      [{ name: 'bb-change', detail: { value: 'one\r\ntwos ' } }],
    );
  });

  it('complete a variable, and let Tab leave the prompt', async () => {
    await using on = await open();
    const { page } = on;
    const variables = [{ name: 'file.name', example: 'a.pdf' }, { name: 'file.text' }];
    await put(page, 'bb-prompt-editor', { label: 'Prompt', value: '', variables });
    await put(page, 'button', { textContent: 'Behind' });
    const prompt = page.getByRole('textbox', { name: 'Prompt' });
    await prompt.focus();
    await page.keyboard.type('Read {{na');
    await page.getByRole('option', { name: '{{file.name}}' }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.variable', { hasText: '{{file.name}}' }).waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Behind');
    assert.deepEqual((await heard(page)).at(-1), {
      name: 'bb-change',
      detail: { value: 'Read {{file.name}}' },
    });
  });

  it('keep what is typed and what somebody else has changed meanwhile', async () => {
    await using on = await open();
    const { page } = on;
    await put(page, 'bb-prompt-editor', { label: 'Prompt', value: 'one\ntwo' });
    await page.evaluate(`document.querySelector('bb-prompt-editor').selection = { anchor: 7, head: 7 }`);
    await page.getByRole('textbox', { name: 'Prompt' }).focus();
    await page.keyboard.type('s');
    await page.evaluate(`document.querySelector('bb-prompt-editor').value = 'zero\\none\\ntwo'`);
    await page.getByText('zero').waitFor();
    await page.keyboard.type('! ');
    assert.deepEqual((await heard(page)).at(-1), {
      name: 'bb-change',
      detail: { value: 'zero\none\ntwos! ' },
    });
  });

  it('take globs that are pasted, dropped, and away again', async () => {
    await using on = await open();
    const { page } = on;
    await put(page, 'bb-glob-chips', { label: 'Patterns', globs: ['a/*.pdf'], findings: [] });
    await page.evaluate(`{
      globalThis.bring = (Kind, name, key, type, text) => {
        const data = new DataTransfer();
        data.setData(type, text);
        const event = new Kind(name, { [key]: data, bubbles: true, cancelable: true, composed: true });
        document.querySelector('bb-glob-chips').shadowRoot.querySelector('.of-new input').dispatchEvent(event);
      };
      bring(ClipboardEvent, 'paste', 'clipboardData', 'text/plain', 'b/{x,y}.md, !c/**\\nd.txt'); }`);
    await page.getByRole('button', { name: 'd.txt', exact: true }).waitFor();
    await page.evaluate(`bring(DragEvent, 'drop', 'dataTransfer', 'text/uri-list', 'file:///w/e.md')`);
    await page.getByRole('button', { name: 'Remove b/{x,y}.md' }).click();
    await page.keyboard.press('Delete');
    assert.deepEqual(await heard(page), [
      { name: 'bb-change', detail: { globs: ['a/*.pdf', 'b/{x,y}.md', '!c/**', 'd.txt'] } },
      { name: 'bb-drop', detail: { uris: 'file:///w/e.md' } },
      { name: 'bb-change', detail: { globs: ['a/*.pdf', '!c/**', 'd.txt'] } },
      { name: 'bb-change', detail: { globs: ['a/*.pdf', 'd.txt'] } },
    ]);
  });

  it('keep the focus where a field is renamed, added or removed', async () => {
    await using on = await open();
    const { page } = on;
    const schema = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'number' } } };
    await put(page, 'bb-schema-editor', { label: 'Answer', schema, findings: [] });
    const focused = (): Promise<unknown> =>
      page.evaluate(
        `document.querySelector('bb-schema-editor').shadowRoot.activeElement?.getAttribute('aria-label')`,
      );
    await page.getByRole('textbox', { name: 'Name of a' }).fill('total');
    await page.keyboard.press('Enter');
    await page.getByRole('group', { name: 'total', exact: true }).waitFor();
    assert.equal(await focused(), 'Name of total');
    await page.getByRole('button', { name: 'Add Field', exact: true }).click();
    await page.getByRole('textbox', { name: 'Name of field' }).waitFor();
    assert.equal(await focused(), 'Name of field');
    await page.getByRole('button', { name: 'Remove total' }).click();
    assert.equal(await focused(), 'Remove b');
    await page.getByRole('button', { name: 'Remove field' }).click();
    assert.equal(await focused(), 'Remove b');
  });

  it('leave what is typed at a field with it when somebody else inserts one above', async () => {
    await using on = await open();
    const { page } = on;
    const properties = { a: { type: 'string' }, b: { type: 'number' } };
    const schema = { type: 'object', properties };
    await put(page, 'bb-schema-editor', { label: 'Answer', schema, findings: [] });
    const take = (changed: object): Promise<unknown> =>
      page.evaluate(`{
        const editor = document.querySelector('bb-schema-editor');
        editor.schema = ${JSON.stringify({ type: 'object', properties: changed })};
        editor.updateComplete;
      }`);
    await page.getByRole('textbox', { name: 'Description of b' }).focus();
    await page.keyboard.type('How ');
    const first = { type: 'object', properties: { inside: { type: 'string' } } };
    await take({ first, ...properties });
    await page.getByRole('textbox', { name: 'Name of first.inside' }).waitFor();
    await page.keyboard.type('many');
    await take({ first, a: properties.a, number: properties.b });
    await page.getByRole('textbox', { name: 'Name of number' }).waitFor();
    assert.equal(
      await page.evaluate(
        `document.querySelector('bb-schema-editor').shadowRoot.activeElement?.getAttribute('aria-label')`,
      ),
      'Description of number',
    );
    assert.equal(await page.getByRole('textbox', { name: 'Description of a' }).inputValue(), '');
    await page.keyboard.press('Enter');
    assert.deepEqual((await heard(page)).at(-1), {
      name: 'bb-change',
      detail: {
        schema: {
          type: 'object',
          properties: {
            first,
            a: { type: 'string' },
            number: { type: 'number', description: 'How many' },
          },
        },
      },
    });
    await page.keyboard.type('?');
    const said = (await heard(page)).length;
    await take(properties);
    await page.getByRole('textbox', { name: 'Name of b' }).waitFor();
    assert.deepEqual((await heard(page)).slice(said), [], 'A field that is gone has come back.');
  });

  it('keep text that is not JSON, and say where it is wrong', async () => {
    await using on = await open();
    const { page } = on;
    await put(page, 'bb-schema-editor', { label: 'Answer', schema: { type: 'object' }, findings: [] });
    await page.getByRole('button', { name: 'JSON Schema' }).click();
    const text = page.getByRole('textbox', { name: 'JSON Schema of the answer' });
    const wrong = '{\n  "type": "object"\n  "title": "A"\n}';
    await text.fill(wrong);
    await text.blur();
    await page.getByText('Line 3, column 3: a comma is missing.').waitFor();
    await page.evaluate(
      `{ const editor = document.querySelector('bb-schema-editor'); editor.schema = { type: 'array' }; globalThis.done = editor.updateComplete; }`,
    );
    await page.evaluate('done');
    assert.equal(await text.inputValue(), wrong);
    assert.deepEqual(await heard(page), []);
    await text.fill(wrong.replace('"\n  "t', '",\n  "t'));
    await text.blur();
    assert.deepEqual(await heard(page), [
      { name: 'bb-change', detail: { schema: { type: 'object', title: 'A' } } },
    ]);
  });

  it('close the text of a schema that was removed elsewhere, but not what is typed in it', async () => {
    await using on = await open();
    const { page } = on;
    const take = (schema?: object): Promise<unknown> =>
      page.evaluate(
        `Object.assign(document.querySelector('bb-schema-editor'), { schema: ${JSON.stringify(schema)} }).updateComplete`,
      );
    const schema = { type: 'object', title: 'A' };
    await put(page, 'bb-schema-editor', { label: 'Answer', schema, findings: [] });
    await page.getByRole('button', { name: 'JSON Schema' }).click();
    const text = page.getByRole('textbox', { name: 'JSON Schema of the answer' });
    await text.focus();
    await take();
    await page.getByRole('button', { name: 'Add Schema' }).and(page.locator(':focus')).waitFor();
    assert.equal(await text.count(), 0);
    await take(schema);
    await page.getByRole('button', { name: 'JSON Schema' }).click();
    await text.fill('{ "title": "B" }');
    await take();
    await page.getByText('The schema was removed elsewhere.').waitFor();
    assert.equal(await text.inputValue(), '{ "title": "B" }');
    await text.blur();
    assert.deepEqual(await heard(page), [{ name: 'bb-change', detail: { schema: { title: 'B' } } }]);
    await page.getByText('The schema was removed elsewhere.').waitFor({ state: 'detached' });
  });

  it('make a schema from an example', async () => {
    await using on = await open();
    const { page } = on;
    await put(page, 'bb-schema-editor', { label: 'Answer', findings: [] });
    await page.evaluate(`document.querySelector('bb-schema-editor').exampleOf = async (example) =>
      ({ type: 'object', properties: Object.fromEntries(Object.keys(JSON.parse(example)).map((name) => [name, { type: 'number' }])) })`);
    await page.getByRole('button', { name: 'From an Example…' }).click();
    const example = page.getByRole('textbox', { name: 'Example of an answer, as JSON' });
    await example.fill('{ "total": }');
    await page.getByRole('button', { name: 'Use as Schema' }).click();
    await page.getByText('Line 1, column 12: a value is missing.').waitFor();
    await example.fill('{ "total": 1 }');
    await page.getByRole('button', { name: 'Use as Schema' }).click();
    await page.getByRole('textbox', { name: 'Name of total' }).waitFor();
    assert.deepEqual(await heard(page), [
      {
        name: 'bb-change',
        detail: { schema: { type: 'object', properties: { total: { type: 'number' } } } },
      },
    ]);
  });

  it('paint a key in a prompt of 10,000 characters, measured beside a plain field', async () => {
    await using on = await open();
    const { page } = on;
    const value = 'Read **this** {{file.name}}.\n'.repeat(350);
    await put(page, 'bb-prompt-editor', { label: 'Prompt', value });
    await put(page, 'textarea', { ariaLabel: 'Plain', rows: 40, value });
    await page.evaluate(`{ globalThis.times = [];
      addEventListener('keydown', () => { const from = performance.now();
        requestAnimationFrame(() => setTimeout(() => times.push(performance.now() - from))); }, true); }`);
    for (const name of ['Plain', 'Prompt']) {
      await page.evaluate('times.length = 0');
      await page.getByRole('textbox', { name }).focus();
      for (let keys = 1; keys <= 60; keys++) {
        await page.keyboard.press('a');
        await page.evaluate(`new Promise((done) => {
          const look = () => (times.length === ${String(keys)} ? done() : setTimeout(look, 5));
          look(); })`);
      }
      const times = (await page.evaluate<number[]>('times')).sort((one, other) => one - other);
      process.stdout.write(
        `      key to paint, ${name}: p50 ${times[30]!.toFixed(1)} ms, p95 ${times[57]!.toFixed(1)} ms\n`,
      );
    }
  });

  it('page through 20,000 lines', async () => {
    await using on = await open();
    const { page } = on;
    const ready = {
      state: 'ready',
      rows: 20_000,
      leftOut: 0,
      count: '20,000 files',
      bytes: '1 GB',
      tokens: '',
    };
    const lists = {
      first: [],
      firstLeftOut: [],
      columns: [],
      table: [],
      outputs: [],
      estimate: '',
      worst: '',
    };
    await put(page, 'bb-match-list', { inputs: { ...ready, ...lists } });
    await page.evaluate(`document.querySelector('bb-match-list').load = async (offset, limit) => ({ total: 20000,
      lines: Array.from({ length: limit }, (_, i) => (
        { index: offset + i, name: 'file-' + (offset + i), size: '1 kB', tokens: '9' })) })`);
    await page.getByRole('button', { name: 'Show All 20,000' }).click();
    await page.getByText('file-0', { exact: true }).waitFor();
    await page.evaluate(`{ const list = document.querySelector('bb-match-list').shadowRoot.querySelector('.all');
      list.scrollTo(0, list.scrollHeight); }`);
    await page.getByText('file-19999', { exact: true }).click();
    assert.ok((await page.locator('.all .line').count()) < 100);
    assert.deepEqual(await heard(page), [{ name: 'bb-open', detail: { index: 19_999 } }]);
    assert.deepEqual(on.complaints, []);
  });
});
