import type { Workbench } from './workbench.ts';

/** Opens a folder of the Explorer, where it is not open yet. */
export async function expandFolder(window: Workbench, name: string): Promise<void> {
  const folder = window.explorerItem(name);
  if ((await folder.getAttribute('aria-expanded')) === 'true') return;
  await folder.click();
  await folder.and(window.page.locator('[aria-expanded="true"]')).waitFor();
}

/** The words in the context menu of a file or folder of the Explorer, from top to bottom. */
export async function contextMenuOf(window: Workbench, name: string): Promise<readonly string[]> {
  await window.explorerItem(name).click({ button: 'right' });
  const labels = window.page.locator('.context-view .monaco-menu .action-label:not(.separator)');
  await labels.first().waitFor();
  const words = await labels.allInnerTexts();
  await window.page.keyboard.press('Escape');
  await labels.first().waitFor({ state: 'detached' });
  return words;
}
