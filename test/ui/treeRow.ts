import type { Workbench } from './workbench.ts';

/** A line of the Runs view, as it is seen and as it is heard. */
export interface TreeRow {
  readonly level: number;
  readonly label: string;
  readonly description: string;
  /** What a screen reader says. */
  readonly says: string;
}

/** The lines of the Runs view that are in sight, from top to bottom. */
export async function treeRows(window: Workbench): Promise<readonly TreeRow[]> {
  const rows = await window.run(/./).all();
  return Promise.all(
    rows.map(async (row) => ({
      level: Number(await row.getAttribute('aria-level')),
      label: await row.locator('.label-name').innerText(),
      description: (await row.locator('.label-description').allInnerTexts()).join(''),
      says: (await row.getAttribute('aria-label')) ?? '',
    })),
  );
}
