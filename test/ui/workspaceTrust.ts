import type { Locator } from 'playwright-core';
import type { Workbench } from './workbench.ts';

/**
 * What a window shows of Restricted Mode. Only desktop VS Code asks in a dialog when a folder is opened; in a browser a
 * folder opens restricted, with this banner.
 */
export class WorkspaceTrust {
  readonly banner: Locator;
  readonly #window: Workbench;

  constructor(window: Workbench) {
    this.#window = window;
    this.banner = window.page.locator('.part.banner').getByText('Restricted Mode');
  }

  /** Trusts the folder as a person does: from the banner to the editor, and its button. */
  async grant(): Promise<void> {
    const { page } = this.#window;
    await page.locator('.part.banner').getByRole('button', { name: 'Manage' }).click();
    const editor = page.locator('.workspace-trust-editor');
    await editor.getByRole('button', { name: 'Trust', exact: true }).first().click();
    await this.#window.orEvidence('trust', this.banner.waitFor({ state: 'hidden' }));
    // It floats above the rest of the window.
    await page.getByRole('button', { name: /^Close Modal Editor/ }).click();
    await editor.waitFor({ state: 'hidden' });
  }
}
