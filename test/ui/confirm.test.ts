import assert from 'node:assert/strict';
import { freshFolder, freshService, openWindow } from './sharedServer.ts';
import type { Theme, Workbench } from './workbench.ts';

const THEMES: readonly Theme[] = ['Default Light Modern', 'Default Dark Modern', 'Default High Contrast'];
const HOSTILE = '<img src=x onerror=alert(1)>.md';

function contracts(): Readonly<Record<string, unknown>> {
  const many = Array.from({ length: 60 }, (_, i) => [
    `contracts/a/${String(i)}.md`,
    'A contract with words. '.repeat(10 + i),
  ]);
  return {
    ...(Object.fromEntries(many) as Record<string, string>),
    [`contracts/${HOSTILE}`]: 'A text whose name is meant to be more than a name.',
    'contracts/portal.md': 'Portal access\npassword: s3cr3t-w0rd\n',
    'contracts/empty.md': '',
    'contracts/archive/old.md': 'An old contract.',
    '.gitignore': 'contracts/archive\n',
    'terms.batch.json': {
      version: 1,
      title: 'Supplier contracts 2026',
      defaults: { model: 'mock-small' },
      costLimitUsd: 0.05,
      cells: [{ kind: 'files', id: 'terms', files: ['contracts'], prompt: 'List the terms.' }],
    },
  };
}

async function opened(folder: string): Promise<Workbench> {
  const window = await openWindow(folder);
  await window.command('Batchbook: Run Job File');
  await window.ownPage.locator('h1').waitFor();
  return window;
}

describe('The page before sending (P7)', function () {
  this.timeout(120_000);

  it('can be read and used by everybody, in every theme and at every width', async () => {
    await freshService();
    await using window = await opened(await freshFolder(contracts()));
    await window.ownPage.locator('summary').first().click();
    await window.ownPage.locator('.files li').first().waitFor();
    for (const theme of THEMES) {
      await window.useTheme(theme);
      for (const width of [1_300, 640]) {
        await window.page.setViewportSize({ width, height: 850 });
        await window.page.waitForTimeout(300); // the workbench lays its panes out anew
        await window.screenshot(
          `before-sending-${theme.replaceAll(' ', '-').toLowerCase()}-${String(width)}`,
        );
        assert.deepEqual(await window.accessibilityFindings(), [], `${theme}, ${String(width)}`);
        const sideways = await window.ownPage
          .locator('main')
          .evaluate(
            (main) =>
              (main as unknown as { scrollWidth: number; clientWidth: number }).scrollWidth -
              (main as unknown as { clientWidth: number }).clientWidth,
          );
        assert.ok(sideways <= 1, `it scrolls sideways by ${String(sideways)} px at ${String(width)}`);
      }
    }
    const controls = await window.ownPage.locator('vscode-button, summary').allInnerTexts();
    assert.ok(controls.length >= 7 && controls.every((name) => name.trim() !== ''), controls.join(' | '));
    assert.deepEqual(window.violations, []);
  });

  it('shows names as names, leaves out what looks like a secret, and sends the rest', async () => {
    const service = await freshService();
    await using window = await opened(await freshFolder(contracts()));
    const page = window.ownPage;
    await page.getByText('contracts/portal.md: a password').waitFor();
    await page.locator('summary', { hasText: '2 files' }).first().click();
    await page.locator('.files').getByText(HOSTILE).waitFor();
    assert.equal(await page.locator('main img').count(), 0);
    await window.confirm('Leave It Out');
    await page.getByText('Send 61 Rows').waitFor();
    await page.getByText('Each is left out by your choice').waitFor();
    await window.confirm('Send 61 Rows');
    await window.statusBarSays('61/61');
    const { batches } = await service.ledger();
    assert.equal(
      batches.reduce((sum, { rows }) => sum + rows.length, 0),
      61,
    );
  });

  it('is answered by Escape with no, and by nothing else that a hurried person does', async () => {
    const service = await freshService();
    await using window = await opened(await freshFolder(contracts()));
    const title = window.ownPage.locator('h1');
    assert.equal(
      await title.evaluate(
        (h1) =>
          h1 === (h1 as unknown as { ownerDocument: { activeElement: unknown } }).ownerDocument.activeElement,
      ),
      true,
    );
    await window.page.keyboard.press('Enter');
    await window.page.keyboard.press('Space');
    await title.waitFor();
    await window.page.keyboard.press('Escape');
    await title.waitFor({ state: 'detached' });
    assert.equal((await service.ledger()).batches.length, 0);
  });
});
