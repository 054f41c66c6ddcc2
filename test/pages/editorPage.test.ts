import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import type { CellOutcome, Finding } from '../../src/protocol/editorSurface.ts';
import { accessibilityFindings } from '../support/accessibility.ts';
import { ensureBrowser, launchBrowser } from '../support/vscode/browser.ts';
import { EditorBench, HOSTILE, readyInputs, type CellSource } from './editorBench.ts';
import type { ThemeName } from './themes.ts';

const THEMES: readonly ThemeName[] = ['light', 'dark', 'contrast'];

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

describe('The built page of the job editor (P8)', function () {
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

  it('can be read and used by everybody, in every theme, at 1,240 and at 400 pixels', async () => {
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
});
