import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Browser, Locator } from 'playwright-core';
import type { CellOutcome, Finding } from '../../src/protocol/editorSurface.ts';
import { accessibilityFindings } from '../support/accessibility.ts';
import { ensureBrowser, launchBrowser } from '../support/vscode/browser.ts';
import { EditorBench, HOSTILE, readyInputs, type CellSource } from './editorBench.ts';
import type { ThemeName } from './themes.ts';

const THEMES: readonly ThemeName[] = ['light', 'dark', 'contrast'];

/** How often a key comes that is held, as keyboards are set. */
const HELD_KEY_MS = 33;

const CELLS: readonly CellSource[] = [
  {
    kind: 'markdown',
    text: '# Supplier contracts 2026\n\nReads every signed contract under `contracts/`, takes out the terms legal asks about, and drafts the renewal letters that are due before 31 March.',
  },
  {
    kind: 'files',
    id: 'terms',
    files: ['contracts/**/*.pdf', '!contracts/archive/**'],
    prompt:
      'Read the contract **{{file.name}}** and take out the terms in the schema.\n\n- Cite the clause behind every value.\n- If a term is not in the contract, answer `null`. Never guess.',
    maxTokens: 2000,
    effort: 'low',
    enableCitations: true,
    responseSchema: { type: 'object', properties: { supplier: { type: 'string' } } },
    output: 'results/terms/{{file.path}}.json',
  },
  {
    kind: 'rows',
    id: 'letters',
    data: 'data/renewals.csv',
    key: 'supplier_id',
    model: 'gpt-6-luna',
    prompt: 'Write to {{row.contact}} at {{row.supplier}} in {{row.language}}.',
    output: 'letters/{{row.supplier_id}}.md',
  },
  {
    kind: 'messages',
    id: 'brief',
    model: 'gemini-3.8-flash',
    system: 'You write for a board that has five minutes.',
    messages: [
      {
        role: 'user',
        content: 'Our notice rules changed on 1 October 2026. Say in half a page what that means.',
      },
      { role: 'assistant', content: 'For which contracts?' },
    ],
  },
  { kind: 'unknown', id: 'later', from: 'a newer version' },
];

const MODELS = {
  note: 'Prices of 10 Nov 2026.',
  models: [
    ['claude-haiku-5-5', 'Anthropic', '$0.05 / $0.25', true],
    ['claude-sonnet-5-5', 'Anthropic', '$1.00 / $5.00', true],
    ['gpt-6-luna', 'OpenAI', '$0.05 / $0.25', false],
    ['gemini-3.8-flash', 'Google', '$0.38 / $1.88', true],
    ['of-tomorrow', 'Google', undefined, true],
    ['offline-extractive', 'Offline', 'free', true],
  ].map(([name, provider, price, keySet]) => ({
    name: String(name),
    provider: String(provider),
    takes: '1 M context. Text, images, PDF. Citations, schema. No temperature.',
    ...(price === undefined ? {} : { price: String(price) }),
    keySet: keySet === true,
    refuses: { temperature: `${String(provider)} takes no temperature for ${String(name)}.` },
    maxOutputTokens: 64_000,
    efforts: ['low', 'medium', 'high'],
  })),
};

const OUTCOME: CellOutcome = {
  runId: 'r1',
  running: false,
  counts: {
    ok: 2988,
    truncated: 4,
    refused: 2,
    invalid: 3,
    error: 3,
    cancelled: 0,
    submitted: 0,
    pending: 0,
  },
  total: 3000,
  summary: '2,988 of 3,000 ok',
  money: '$2.78 of $5.00',
  when: '12 Nov 2026, 14:02, took 1 h 9 min',
  stale: 'Stale: the prompt changed on 20 Nov.',
  columns: ['File', 'supplier', 'effective', 'notice_days'],
  firstRows: [
    ['adler-logistik/msa-2023.pdf', 'Adler Logistik GmbH', '2023-04-01', '90'],
    ['adler-logistik/sow-07.pdf', HOSTILE, '2024-09-15', '30'],
  ],
  rerunnable: 8,
};

describe('The built page of the job editor', function () {
  this.timeout(60_000);
  let browser: Browser;

  before(async () => {
    browser = await launchBrowser(await ensureBrowser());
  });
  after(() => browser.close());

  /** The page with something in every part of it. */
  async function populated(): Promise<EditorBench> {
    const host = await EditorBench.open(browser, CELLS);
    const { bench } = host;
    bench.setState('models', MODELS);
    bench.setState('inputs', {
      [host.key(1)]: readyInputs(3000),
      [host.key(2)]: readyInputs(118, {
        count: '118 rows',
        columns: ['supplier_id', 'supplier', 'contact', 'notice_days'],
        table: [
          ['S-1042', 'Adler Logistik GmbH', HOSTILE, '90'],
          ['S-1077', 'Aurora Print ApS', 'Jonas Krag', '60'],
        ],
        outputs: ['letters/S-1042.md'],
      }),
      [host.key(3)]: readyInputs(1, { outputs: [] }),
    });
    bench.setState('estimate', {
      state: 'ready',
      rows: 3119,
      expected: '$2.75',
      worst: '$3.79',
      waves: 'The limit cuts the run into 3 waves.',
      cells: ['terms', 'letters', 'brief'].map((id) => ({
        id,
        rows: '3,000',
        input: '45.1 M',
        output: '1.9 M',
        expected: '$2.74',
        worst: '$3.76',
      })),
      note: 'Batch prices of 10 Nov 2026, half of the usual.',
    });
    bench.setState('outcomes', { [host.key(1)]: OUTCOME });
    bench.setState('findings', { rev: 1, findings: [finding(host.key(2), 'output', 'warning')] });
    host.show();
    await bench.page.locator('.cell').first().waitFor();
    return host;
  }

  function finding(key: string | null, field: string, severity: Finding['severity']): Finding {
    return {
      id: `f-${String(key)}-${field}`,
      severity,
      message: `Something about ${field} is not right.`,
      key,
      path: [field],
      line: 14,
      column: 32,
      fixes: [{ id: 'x', title: `Repair ${field}` }],
    };
  }

  it('can be read and used by everybody, in every theme, at 1,240 and at 400 pixels', async function () {
    this.timeout(180_000);
    await using host = await populated();
    const { bench } = host;
    const { page } = bench;
    await page.locator('.cell').nth(1).focus();
    for (const theme of THEMES) {
      await bench.useTheme(theme);
      for (const width of [1_240, 400]) {
        await page.setViewportSize({ width, height: width === 400 ? 2_600 : 1_900 });
        await bench.screenshot(`editor-${theme}-${String(width)}`);
        assert.deepEqual(await accessibilityFindings(page.mainFrame()), [], `${theme}, ${String(width)}`);
        const sideways = await page.evaluate<number>(
          `Math.max(...[document.documentElement, ...document.querySelectorAll('.cells, .nb-bar, .body')]
            .map((element) => element.scrollWidth - element.clientWidth))`,
        );
        assert.ok(sideways <= 0, `It scrolls sideways by ${String(sideways)} px at ${String(width)}.`);
      }
    }
    const named = await page.getByRole('button', { name: /\S/ }).count();
    assert.ok(named >= 60, `Only ${String(named)} buttons have a name.`);
    assert.equal(named, await page.getByRole('button').count());
    assert.deepEqual(bench.complaints, []);
  });
  it('has the manners of a notebook: moves, inserts, deletes, moves cells, folds, renames', async () => {
    await using host = await populated();
    const { page } = host.bench;
    const { keyboard } = page;
    const focused = (): Promise<string> =>
      page.evaluate<string>(`document.activeElement.closest('.cell')?.dataset.key ?? ''`);
    await page.locator('.cell').first().focus();
    await keyboard.press('ArrowDown');
    assert.equal(await focused(), host.key(1));
    await keyboard.press('b');
    await until(() => host.document.cells.length === 6);
    assert.deepEqual(host.order, ['markdown', 'terms', 'new-6', 'letters', 'brief', 'later']);
    await page.locator(`.cell[data-key="${host.key(2)}"]:focus`).waitFor();
    await keyboard.press('Alt+ArrowUp');
    await until(() => host.order[1] === 'new-6');
    await page.locator(`.cell[data-key="${host.key(1)}"][data-index="1"]:focus`).waitFor();
    await keyboard.press('d');
    await keyboard.press('ArrowDown');
    await keyboard.press('d');
    await keyboard.press('ArrowUp');
    assert.equal(host.document.cells.length, 6);
    await keyboard.press('d');
    await keyboard.press('d');
    await until(() => host.document.cells.length === 5);
    await page.locator(`.cell[data-key="${host.key(1)}"][data-index="1"]:focus`).waitFor();
    assert.deepEqual(host.order, ['markdown', 'terms', 'letters', 'brief', 'later']);
    await keyboard.press('ArrowLeft');
    await page.locator('.cell:focus').getByRole('button', { name: 'Unfold terms' }).waitFor();
    await keyboard.press('ArrowRight');
    await keyboard.press('F2');
    await page.getByRole('textbox', { name: 'Id of the cell' }).fill('contracts');
    await keyboard.press('Enter');
    await until(() => host.order[1] === 'contracts');
    await page.locator(`.cell[data-key="${host.key(1)}"]:focus`).waitFor();
    await keyboard.press('m');
    await until(() => host.document.cells[1]!.kind === 'markdown');
    assert.deepEqual(host.bench.complaints, []);
  });

  it('goes into a cell with Enter, out with Escape, and runs it with what was typed', async () => {
    await using host = await populated();
    const { page } = host.bench;
    host.bench.setState('findings', { rev: 1, findings: [] });
    await page.locator('.cell').nth(1).focus();
    await page.keyboard.press('Enter');
    await page.locator('bb-prompt-editor:focus-within').waitFor();
    await page.keyboard.press('Control+End');
    await page.keyboard.type(' Now.');
    await page.keyboard.press('Control+Enter');
    await until(() => host.under('run').length === 1);
    assert.match(JSON.stringify(host.document.cells[1]!.source['prompt']), /Now\./);
    assert.deepEqual(host.under('run'), [{ what: 'cell', key: host.key(1) }]);
    const names = host.asked.map(({ name }) => name).filter((name) => name !== 'visible');
    assert.deepEqual([...new Set(names)], ['edit', 'run']);
    await page.keyboard.press('Escape');
    await page.locator(`.cell[data-key="${host.key(1)}"]:focus`).waitFor();
    await page.keyboard.press('Shift+Enter');
    await until(() => host.under('run').length === 2);
    await page.locator(`.cell[data-key="${host.key(2)}"]:focus`).waitFor();
  });

  it('copies, cuts and pastes cells', async () => {
    await using host = await populated();
    const { page } = host.bench;
    await page.locator('.cell').nth(1).focus();
    await page.keyboard.press('Control+c');
    await until(() => host.under('copy').length === 1);
    await page.keyboard.press('Control+v');
    await until(() => host.under('paste').length === 1);
    assert.equal((host.under('paste')[0] as { at: number }).at, 2);
    await page.locator(`.cell[data-key="${host.key(2)}"]:focus`).waitFor();
    await page.keyboard.press('Control+x');
    await until(() => host.document.cells.length === 5);
    assert.equal(host.under('copy').length, 2);
  });

  it('sends an edit again when the document has moved on, and drops it when its cell is gone', async () => {
    await using host = await populated();
    const { page } = host.bench;
    let moves = 0;
    host.beforeEdit = () => {
      if (moves++ === 0) host.change({ fileName: 'renamed.batch.json' });
    };
    const output = page.getByRole('textbox', { name: 'Output path' }).first();
    await output.fill('elsewhere/{{file.path}}.md');
    await output.press('Enter');
    await until(() => host.document.cells[1]!.source['output'] === 'elsewhere/{{file.path}}.md');
    assert.equal(host.under('edit').length, 2);
    moves = 0;
    host.beforeEdit = () => {
      if (moves++ === 0) host.change({ cells: host.document.cells.filter(({ id }) => id !== 'terms') });
    };
    await output.fill('nowhere.md');
    await output.press('Enter');
    await until(() => host.document.cells.length === 4);
    await page.getByRole('textbox', { name: 'Output path' }).nth(1).waitFor();
    assert.equal(host.under('edit').length, 3);
    assert.deepEqual(host.bench.complaints, []);
  });

  it('keeps what is typed, and where the focus is, when the document changes from outside', async () => {
    await using host = await populated();
    const { page } = host.bench;
    const output = page.getByRole('textbox', { name: 'Output path' }).first();
    await output.fill('half typ');
    host.change({ cells: host.document.cells.toSpliced(0, 1) });
    await page.locator('.cell.markdown').waitFor({ state: 'detached' });
    assert.equal(await output.inputValue(), 'half typ');
    assert.equal(await page.evaluate('document.activeElement.value'), 'half typ');
  });

  it('shows what is hostile as text, and neither runs, fetches nor follows anything of it', async () => {
    await using host = await populated();
    const { page } = host.bench;
    host.change({
      cells: host.document.cells.map((cell) =>
        cell.kind === 'markdown'
          ? {
              ...cell,
              source: {
                ...cell.source,
                text: `${HOSTILE} [x](javascript:alert(1)) ![p](https://evil.example/p.png)`,
              },
            }
          : cell,
      ),
    });
    await page
      .getByRole('button', { name: /^Preview with/ })
      .first()
      .click();
    await page.locator('.quote').getByText('for row 0').waitFor();
    assert.match(await page.locator('.quote').innerText(), /https:\/\/evil\.example/);
    assert.equal(await page.locator('img, a[href], .md script, .md [style]').count(), 0);
    await page.locator('td', { hasText: '<img src=x' }).first().waitFor();
    assert.deepEqual(host.bench.complaints, []);
  });

  it('says where a file cannot be read, and lets nothing be edited', async () => {
    await using host = await EditorBench.open(browser, []);
    const { bench } = host;
    bench.setState('document', {
      kind: 'broken',
      rev: 2,
      fileName: 'a.batch.json',
      trusted: true,
      message: 'A comma is missing.',
      line: 31,
      column: 7,
      excerpt: [
        { line: 30, text: '  "prompt": "Summarize."' },
        { line: 31, text: '  "output": "x"' },
      ],
    });
    const go = bench.page.locator('vscode-button', { hasText: 'Go to Line 31' });
    await go.waitFor();
    await bench.screenshot('editor-broken');
    assert.equal(await bench.page.locator('input, textarea, [role=toolbar]').count(), 0);
    await go.click();
    await until(() => host.under('openText').length === 1);
    assert.deepEqual(host.under('openText'), [{ line: 31, column: 7 }]);
    assert.deepEqual(await accessibilityFindings(bench.page.mainFrame()), []);
  });

  it('offers beginnings for an empty file', async () => {
    await using host = await EditorBench.open(browser, []);
    host.bench.setState('document', { kind: 'empty', rev: 1, fileName: 'a.batch.json', trusted: true });
    await host.bench.page.getByRole('button', { name: /^Classify/ }).click();
    await until(() => host.under('begin').length === 1);
    await host.bench.screenshot('editor-empty');
    assert.deepEqual(host.under('begin'), [{ baseRev: 1, template: 'classify' }]);
    assert.deepEqual(await accessibilityFindings(host.bench.page.mainFrame()), []);
  });

  it('overrides what a cell inherits, marks it, and goes back to the default', async () => {
    await using host = await populated();
    const { bench } = host;
    const { page } = bench;
    const terms = page.locator('.cell').nth(1);
    const edited = (): unknown => host.under('edit').at(-1);
    const set = (path: readonly string[], value?: unknown): unknown => [
      { op: 'set', key: host.key(1), path, ...(value === undefined ? {} : { value }) },
    ];
    const option = (label: string): Locator => terms.locator('.option', { hasText: label });
    for (const [label, name, value] of [
      ['Files named by .gitignore', 'gitignore', false],
      ['Files that exist', 'overwrite', true],
      ['Row check', 'echo', true],
    ] as const) {
      assert.equal(await option(label).locator('.act').count(), 0, label);
      await terms.getByRole('checkbox', { name: label }).click();
      await until(() => isDeepStrictEqual(edited(), set([name], value)));
      await option(label).and(page.locator('.overridden')).waitFor();
      await terms.getByRole('button', { name: `${label}: use the default` }).click();
      await until(() => isDeepStrictEqual(edited(), set([name])));
      await terms.locator(`[data-field="${name}"]:focus`).waitFor();
    }
    await terms.getByRole('button', { name: 'Retries' }).click();
    const cutOff = terms.getByRole('textbox', { name: 'Retries: Cut off' });
    await terms.locator('[data-field="retry.truncated"]:focus').waitFor();
    assert.equal(await cutOff.getAttribute('placeholder'), '1');
    await cutOff.fill('4');
    await page.keyboard.press('Enter');
    await until(() => isDeepStrictEqual(edited(), set(['retry'], { truncated: 4 })));
    await terms.getByRole('textbox', { name: 'Retries: No answer came' }).fill('0');
    await page.keyboard.press('Enter');
    await until(() => isDeepStrictEqual(edited(), set(['retry'], { truncated: 4, missing: 0 })));
    await option('No answer came').and(page.locator('.overridden')).waitFor();
    await terms.getByRole('button', { name: 'Cut off: use the default' }).click();
    await until(() => isDeepStrictEqual(edited(), set(['retry'], { missing: 0 })));
    await bench.screenshot('editor-retries');
    await terms.getByRole('button', { name: 'No answer came: use the default' }).click();
    await until(() => isDeepStrictEqual(edited(), set(['retry'])));
    await page.getByRole('button', { name: '4 at once' }).click();
    const settings = page.getByRole('dialog', { name: 'Settings of the job file' });
    await settings.getByRole('textbox', { name: 'Retries: Service failed' }).fill('5');
    await page.keyboard.press('Enter');
    await until(() =>
      isDeepStrictEqual(edited(), [
        { op: 'set', key: null, path: ['defaults', 'retry'], value: { transient: 5 } },
      ]),
    );
    await settings.getByRole('checkbox', { name: 'Row check' }).click();
    await until(() =>
      isDeepStrictEqual(edited(), [{ op: 'set', key: null, path: ['defaults', 'echo'], value: true }]),
    );
    await bench.screenshot('editor-settings');
    assert.deepEqual(await accessibilityFindings(page.mainFrame()), []);
    assert.deepEqual(bench.complaints, []);
  });

  it('has an outline that goes to a cell, and draws it only while it is open', async () => {
    await using host = await populated();
    const { bench } = host;
    const { page } = bench;
    assert.equal(await page.locator('#outline *').count(), 0);
    await page.locator('.cell').nth(1).focus();
    await page.getByRole('button', { name: 'Outline' }).click();
    const outline = page.getByRole('menu', { name: 'Outline' });
    const names = await outline.getByRole('menuitem').allInnerTexts();
    assert.deepEqual(
      names.map((name) => name.split('\n')[0]),
      ['Supplier contracts 2026', 'terms', 'letters', 'brief', 'later'],
    );
    await outline
      .getByRole('menuitem', { name: /^terms/ })
      .and(page.locator(':focus'))
      .waitFor();
    await bench.screenshot('editor-outline');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator(`.cell[data-key="${host.key(3)}"]:focus`).waitFor();
    await page.locator('#outline *').first().waitFor({ state: 'detached' });
    assert.deepEqual(bench.complaints, []);
  });

  it('edits but runs nothing in Restricted Mode', async () => {
    await using host = await populated();
    const { page } = host.bench;
    host.change({ trusted: false });
    await page.locator('vscode-button', { hasText: 'Manage Workspace Trust' }).click();
    await until(() => host.under('manageTrust').length === 1);
    await page.getByRole('button', { name: 'Run All' }).click({ force: true });
    await page.locator('.cell').nth(1).focus();
    await page.keyboard.press('Control+Enter');
    await page.getByRole('textbox', { name: 'Output path' }).first().fill('a.md');
    await page.keyboard.press('Enter');
    await until(() => host.under('edit').length === 1);
    assert.deepEqual(host.under('run'), []);
    await page.locator('.cell').nth(1).focus();
    await page.keyboard.press('Control+Enter');
    await page.getByText('Not run: This folder is not trusted.').waitFor();
    assert.deepEqual(host.under('run'), []);
    await host.bench.screenshot('editor-restricted');
  });

  it('chooses a model from a list that can be searched, and offers to set a key that is missing', async () => {
    await using host = await populated();
    const { page } = host.bench;
    const button = page.getByRole('button', { name: /^Default model/ });
    await button.click();
    await page.getByRole('combobox', { name: /^Search/ }).fill('luna');
    await host.bench.screenshot('editor-models');
    assert.deepEqual(await accessibilityFindings(page.mainFrame()), []);
    await page.keyboard.press('Enter');
    await until(() => host.under('edit').length === 1);
    assert.deepEqual(host.under('edit'), [
      [{ op: 'set', key: null, path: ['defaults', 'model'], value: 'gpt-6-luna' }],
    ]);
    assert.equal(await page.getByRole('combobox', { name: /^Search/ }).isVisible(), false);
    await button.click();
    await page.getByRole('combobox', { name: /^Search/ }).fill('of-tomorrow');
    await page.keyboard.press('Enter');
    await page.getByRole('combobox', { name: /^Search/ }).fill('luna');
    await page.getByRole('button', { name: /Set API Key/ }).click();
    await until(() => host.under('setApiKey').length === 1);
    assert.deepEqual(host.under('setApiKey'), [{ provider: 'OpenAI' }]);
    assert.equal(host.under('edit').length, 1);
  });

  it('has one tab stop in the toolbar, and menus for the ways to run and to stop', async () => {
    await using host = await populated();
    const { page } = host.bench;
    await page.getByRole('button', { name: 'Run All' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page
      .getByRole('menuitem', { name: /^Run All/ })
      .and(page.locator(':focus'))
      .waitFor();
    await host.bench.screenshot('editor-run-menu');
    assert.deepEqual(await accessibilityFindings(page.mainFrame()), []);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'More ways to run' }).and(page.locator(':focus')).waitFor();
    assert.equal(await page.locator('.nb-bar [tabindex="0"]').count(), 1);
    await page.keyboard.press('End');
    await page.getByRole('button', { name: 'More actions' }).and(page.locator(':focus')).waitFor();
    await page.getByRole('button', { name: /Estimate/ }).click();
    await host.bench.screenshot('editor-estimate');
    await page.getByRole('textbox', { name: 'Cost limit in dollars' }).fill('7.5');
    await page.keyboard.press('Enter');
    await until(() => host.under('edit').length === 1);
    assert.deepEqual(host.under('edit'), [[{ op: 'set', key: null, path: ['costLimitUsd'], value: 7.5 }]]);
    await page.keyboard.press('Escape');
    host.bench.setState('run', {
      runId: 'r2',
      state: 'running',
      summary: '1,512 of 3,119',
      money: '$1.40 of $5.00',
      timeLeft: 'about 25 min left',
      drivenHere: true,
    });
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('menuitem', { name: /^Cancel at Provider/ }).click();
    await until(() => host.under('cancelAtProvider').length === 1);
  });

  it('comes back as it was after it was hidden: cells, scroll, folds, focus and selection', async () => {
    await using host = await populated();
    const { page } = host.bench;
    await page.setViewportSize({ width: 1240, height: 700 });
    // Without the theme, which VS Code sets before a page begins and this bench after.
    await page.reload();
    await page.locator('.cell').first().focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowLeft', 'ArrowDown']) await page.keyboard.press(key);
    const output = page.locator('.cell.is-on').getByRole('textbox', { name: 'Max tokens' });
    await output.focus();
    await page.keyboard.type('1234');
    await page.keyboard.press('Shift+ArrowLeft');
    await page.keyboard.press('Shift+ArrowLeft');
    host.change({ cells: host.document.cells });
    const read = (): Promise<unknown> =>
      page.evaluate(`({
        cells: [...document.querySelectorAll('.cell')].map((cell) => cell.dataset.key + getComputedStyle(cell).transform),
        scrollTop: document.querySelector('.cells').scrollTop,
        field: document.activeElement.dataset.field,
        text: document.querySelector('.cells').innerText,
      })`);
    await until(() =>
      page.evaluate<boolean>(
        `(({ page } = {}) => page?.field === 'maxTokens' && page.scrollTop === document.querySelector('.cells').scrollTop)(JSON.parse(sessionStorage.getItem('state')) ?? {})`,
      ),
    );
    const before = await read();
    await page.reload();
    await until(() => page.evaluate<boolean>(`document.activeElement?.dataset?.field === 'maxTokens'`));
    await until(async () => JSON.stringify(await read()) === JSON.stringify(before)).catch(() => undefined);
    assert.deepEqual(await read(), before);
  });

  it('is quick with 500 cells', async () => {
    const cells = Array.from({ length: 500 }, (_, i): CellSource => ({
      ...CELLS[1 + (i % 3)]!,
      id: `cell-${String(i)}`,
    }));
    await using host = await EditorBench.open(browser, cells);
    const { page } = host.bench;
    await page.evaluate(`
      globalThis.firstPaint = new Promise((resolve) => {
        const began = performance.now();
        addEventListener('message', () => { globalThis.came ??= performance.now(); }, { capture: true });
        new MutationObserver((_, observer) => {
          if (!document.querySelector('.cell')) return;
          observer.disconnect();
          requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - (globalThis.came ?? began))));
        }).observe(document, { childList: true, subtree: true });
      });
      undefined;
    `);
    host.bench.setState(
      'inputs',
      Object.fromEntries(host.document.cells.map(({ key }) => [key, readyInputs(20_000)])),
    );
    host.show();
    const firstPaint = await page.evaluate<number>('firstPaint');
    await page.locator('.cell').first().focus();
    await page.evaluate(`
      globalThis.times = [];
      addEventListener('keydown', ({ timeStamp }) => {
        requestAnimationFrame(() => setTimeout(() => times.push(performance.now() - timeStamp)));
      }, { capture: true });
      undefined;
    `);
    const step = async (every: number): Promise<string> => {
      await page.evaluate('times.length = 0');
      for (let i = 0; i < 100; i++) await page.keyboard.press('ArrowDown', { delay: every });
      await until(() => page.evaluate<boolean>('times.length === 100'));
      const times = (await page.evaluate<number[]>('times')).sort((a, b) => a - b);
      return `p50 ${times[50]!.toFixed(0)} ms, p95 ${times[95]!.toFixed(0)} ms`;
    };
    const held = await step(HELD_KEY_MS);
    const flooded = await step(0);
    await page.locator(`.cell[data-key="${host.key(200)}"]:focus`).waitFor();
    const drawn = await page.locator('.cell').count();
    assert.ok(drawn < 20, `${String(drawn)} of 500 cells are drawn.`);
    assert.equal(await page.locator('.cm-editor').count(), 0, 'A prompt that nobody is near has its editor.');
    await page.keyboard.press('Enter');
    await page.locator('.cell.is-on .cm-focused').waitFor();
    process.stdout.write(
      `      500 cells: first paint ${firstPaint.toFixed(0)} ms, key to paint of a held key ${held}, of keys as quick as they are taken ${flooded}, ${String(drawn)} cells drawn\n`,
    );
  });

  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    for (let i = 0; i < 200 && !(await condition()); i++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    assert.ok(await condition(), 'It did not come about.');
  }
});
