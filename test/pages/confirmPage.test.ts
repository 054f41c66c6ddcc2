import assert from 'node:assert/strict';
import type { Browser, Locator } from 'playwright-core';
import type { ConfirmDecision, PlanQuestionDeps } from '../../src/host/confirm/planQuestion.ts';
import type { CallHandlers } from '../../src/protocol/channel.ts';
import { parseGroup, type ConfirmSurface } from '../../src/protocol/confirmSurface.ts';
import type { JobPlan } from '../../src/workspace/planJobFile.ts';
import { accessibilityFindings } from '../support/accessibility.ts';
import { HOSTILE, planOf } from '../support/confirmPlans.ts';
import { ensureBrowser, launchBrowser } from '../support/vscode/browser.ts';
import { PageBench, provideTexts } from './pageBench.ts';
import type { ThemeName } from './themes.ts';

const THEMES: readonly ThemeName[] = ['light', 'dark', 'contrast'];
const WIDTHS = [1_240, 400];
const TURNED = 'contracts/adler-logistik/\u202egnp.exe\n.md';
const UNBROKEN = 'w'.repeat(200);

/** A plan with something in every part of the page. */
function fullPlan(changes: Partial<JobPlan> = {}): JobPlan {
  const folders = ['adler-logistik', 'aurora-print', 'baltic-pack', 'lumen', 'pirin-soft'];
  const sources = folders.flatMap((folder, f) =>
    Array.from({ length: 17 + 5 * f }, (_, i) => ({
      source: `contracts/${folder}/${String(2_026 - i)}-framework-agreement.pdf`,
      bytes: 310_000 + 9_001 * i,
    })),
  );
  return planOf({
    sources: [
      { source: TURNED, bytes: 400 },
      { source: `contracts/adler-logistik/${HOSTILE}`, bytes: 600 },
      { source: `contracts/adler-logistik/${UNBROKEN}.md`, bytes: 600 },
      ...sources,
      ...Array.from({ length: 20 }, (_, i) => ({ source: `more/${String(i)}/terms.md`, bytes: 4_000 })),
    ],
    likelySecrets: [
      { source: 'contracts/lumen/portal-access.md', what: 'a password' },
      { source: 'contracts/pirin-soft/api-annex.md', what: 'an API key or token' },
      { source: `contracts/lumen/${UNBROKEN}.md`, what: 'a password' },
    ],
    leftOut: [
      ...Array.from({ length: 412 }, (_, i) => ({
        cell: 'terms',
        path: `contracts/archive/${String(i)}.pdf`,
        reason: 'gitignored' as const,
        why: 'is named by a .gitignore file',
      })),
      { cell: 'terms', path: 'contracts/empty.md', reason: 'empty' as const, why: 'is empty (0 bytes)' },
    ],
    notices: ['terms: temperature is left out, because claude-haiku-5-5 does not take it.'],
    ...changes,
    summary: {
      rowsReused: 118,
      waves: 2,
      earlierNanoUsd: 1_520_000_000,
      destinations: planOf().summary.destinations.map((destination) => ({
        ...destination,
        origin: 'https://proxy.example',
        isVendor: false,
      })),
      ...changes.summary,
    },
  });
}

interface Asked extends AsyncDisposable {
  readonly bench: PageBench<ConfirmSurface>;
  readonly decisions: ConfirmDecision[];
  readonly opened: string[];
  readonly reported: unknown[];
}

describe('The built page before sending (P7)', function () {
  this.timeout(60_000);
  let browser: Browser;
  let PlanQuestion: typeof import('../../src/host/confirm/planQuestion.ts').PlanQuestion;

  before(async () => {
    provideTexts();
    ({ PlanQuestion } = await import('../../src/host/confirm/planQuestion.ts'));
    browser = await launchBrowser(await ensureBrowser());
  });
  after(() => browser.close());

  /** @param files Instead of the question's own lists. */
  async function ask(
    request: PlanQuestionDeps['request'],
    files?: CallHandlers<ConfirmSurface>['files']['handle'],
  ): Promise<Asked> {
    const decisions: ConfirmDecision[] = [];
    const opened: string[] = [];
    const reported: unknown[] = [];
    const question = new PlanQuestion({
      request,
      show: (state) => {
        bench.setState('plan', state);
      },
      open: async (paths) => void opened.push(...paths),
      decide: (decision) => decisions.push(decision),
      report: (error) => reported.push(error),
    });
    const bench = await PageBench.open<ConfirmSurface>(browser, 'confirm', {
      intents: question.intents,
      calls: files === undefined ? question.calls : { files: { parse: parseGroup, handle: files } },
    });
    await bench.useTheme('dark');
    question.show();
    await bench.page.locator('h1').waitFor();
    return { bench, decisions, opened, reported, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
  }

  const unchanged = { plan: fullPlan(), replan: () => Promise.reject(new Error('nothing is replanned')) };

  it('can be read and used by everybody, in every theme, at 1,240 and at 400 pixels', async () => {
    await using asked = await ask(unchanged);
    const { page } = asked.bench;
    await page.locator('summary').first().click();
    await page.locator('.files li').first().waitFor();
    for (const theme of THEMES) {
      await asked.bench.useTheme(theme);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        await asked.bench.screenshot(`before-sending-${theme}-${String(width)}`);
        assert.deepEqual(await accessibilityFindings(page.mainFrame()), [], `${theme}, ${String(width)}`);
        const sideways = await page.evaluate<number>(
          `Math.max(...[document.documentElement, ...document.querySelectorAll('main, footer')]
            .map((element) => element.scrollWidth - element.clientWidth))`,
        );
        assert.ok(sideways <= 0, `It scrolls sideways by ${String(sideways)} px at ${String(width)}.`);
      }
    }
    const named = page.getByRole('button', { name: /\S/ });
    assert.equal(await named.count(), await page.locator('vscode-button').count());
    assert.equal(await named.count(), 5);
    assert.equal(await page.locator('summary', { hasText: /\S/ }).count(), 5 + 20 + 2);
    assert.deepEqual(asked.bench.complaints, []);
  });

  it('shows what is hostile in a name, and does nothing that it says', async () => {
    await using asked = await ask(unchanged);
    const { page } = asked.bench;
    await page.locator('summary', { hasText: 'adler-logistik' }).click();
    await page.locator('.files').getByText(HOSTILE).waitFor();
    await page.locator('.files').getByText('\ufffdgnp.exe\ufffd.md').waitFor();
    assert.equal(await page.locator('img').count(), 0);
    assert.deepEqual(asked.bench.complaints, []);
  });

  it('says that a list could not be read, and asks again when it is opened again', async () => {
    let asks = 0;
    await using asked = await ask(unchanged, () => {
      if (++asks === 1) throw new Error('The list is not there yet.');
      return { files: [{ name: 'terms.md', size: '4.0 kB' }], more: '' };
    });
    const folder = asked.bench.page.locator('summary').first();
    await folder.click();
    await asked.bench.page.getByText('This list could not be read.').waitFor();
    await folder.click();
    await folder.click();
    await asked.bench.page.locator('.files').getByText('terms.md').waitFor();
    assert.equal(asks, 2);
  });

  it('has its focus on the title, and every control within reach of the keyboard', async () => {
    await using asked = await ask(unchanged);
    const { page } = asked.bench;
    assert.equal(await page.evaluate('document.activeElement.localName'), 'h1');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    assert.deepEqual(asked.decisions, []);
    const reached: string[] = [];
    for (let i = 0; i < 4; i++) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate<string>('document.activeElement.textContent.trim()'));
    }
    assert.deepEqual(
      reached.map((text) => text.replaceAll(/\s+/g, ' ').slice(0, 14)),
      ['Look at Them', 'Leave Them Out', 'contracts/adle', 'contracts/auro'],
    );
    await page.keyboard.press('Space');
    await page.locator('.files li').first().waitFor();
    // The footer comes last: from the end, backwards.
    await button(asked, 'Cancel').focus();
    for (const name of ['Pilot of 20 First', 'Send 3,000 Rows']) {
      await page.keyboard.press('Shift+Tab');
      assert.equal(await page.evaluate('document.activeElement.textContent.trim()'), name);
    }
    await page.keyboard.press('Enter');
    await until(() => asked.decisions.length === 1);
    assert.deepEqual(asked.decisions, [{ kind: 'send', plan: unchanged.plan }]);
  });

  it('is cancelled by Escape', async () => {
    await using asked = await ask(unchanged);
    await asked.bench.page.keyboard.press('Escape');
    await until(() => asked.decisions.length === 1);
    assert.deepEqual(asked.decisions, [{ kind: 'cancel' }]);
  });

  it('sends nothing while what looks like secrets is being left out, then sends the rest', async () => {
    const replanned = Promise.withResolvers<JobPlan>();
    const changes: unknown[] = [];
    await using asked = await ask({
      plan: fullPlan(),
      replan: (change) => {
        changes.push(change);
        return replanned.promise;
      },
    });
    const { page } = asked.bench;
    await button(asked, 'Look at Them').click();
    await until(() => asked.opened.length === 3);
    await button(asked, 'Leave Them Out').click();
    await page.locator('vscode-button[disabled]', { hasText: 'Send 3,000 Rows' }).waitFor();
    await button(asked, 'Send 3,000 Rows').click({ force: true });
    const rest = fullPlan({ likelySecrets: [], summary: { ...fullPlan().summary, rowsToSend: 2_998 } });
    replanned.resolve(rest);
    await page.locator('vscode-button:not([disabled])', { hasText: 'Send 2,998 Rows' }).waitFor();
    assert.equal(await page.getByRole('status').first().textContent(), '3 inputs are left out.');
    assert.equal(await page.evaluate('document.activeElement.localName'), 'h1');
    assert.equal(await button(asked, 'Leave Them Out').count(), 0);
    assert.deepEqual(asked.decisions, []);
    await button(asked, 'Send 2,998 Rows').click();
    await until(() => asked.decisions.length === 1);
    assert.deepEqual(asked.decisions, [{ kind: 'send', plan: rest }]);
    assert.deepEqual(changes, [{ leaveOut: fullPlan().likelySecrets.map(({ source }) => source) }]);
  });

  it('shows everything again when VS Code makes it anew', async () => {
    await using asked = await ask(unchanged);
    await asked.bench.page.reload();
    await button(asked, 'Send 3,000 Rows').waitFor();
  });

  function button({ bench }: Asked, name: string): Locator {
    return bench.page.locator('vscode-button', { hasText: name });
  }

  async function until(condition: () => boolean): Promise<void> {
    for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 25));
    assert.ok(condition(), 'It did not come about.');
  }
});
