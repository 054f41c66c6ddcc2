import type { Locator } from 'playwright-core';
import type { Workbench } from './workbench.ts';

/** The page of the job editor in front, by what it shows. */
export function pageOf(window: Workbench): {
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
