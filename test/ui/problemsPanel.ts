import type { Workbench } from './workbench.ts';

/** The Problems panel of a window. */
export class ProblemsPanel {
  readonly #window: Workbench;

  constructor(window: Workbench) {
    this.#window = window;
  }

  /** Brings the panel to the front. */
  async show(): Promise<void> {
    await this.#window.command('Problems: Focus on Problems View');
    await this.#window.page.locator('.markers-panel').waitFor();
  }

  /** Waits until a problem is listed whose words, as a screen reader says them, hold this text. */
  async says(text: string | RegExp): Promise<void> {
    const row = this.#window.page.locator('.markers-panel').getByRole('treeitem', { name: text }).first();
    await this.#window.orEvidence('problems', row.waitFor());
  }
}
