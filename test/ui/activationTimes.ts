import type { Workbench } from './workbench.ts';

/** Milliseconds of one activation, as the extension host measured them. */
export interface ActivationTimes {
  /** Reading and running the extension's entry. */
  readonly loadMs: number;
  /** Inside `activate`, until it returned. */
  readonly activateMs: number;
}

const EXTENSION = 'batchbook.batchbook';

/**
 * What VS Code's own "Startup Performance" says about an extension that is active in a window.
 *
 * Its column "Load Code" is not read: before it loads anything the host asks the window for translated messages, and a
 * busy window takes its time. The two marks around the loading alone are further down.
 *
 * @param window - A window in which the extension was activated.
 * @returns The times, in whole milliseconds.
 * @throws Error with the text when it does not say them.
 */
export async function activationTimes(window: Workbench): Promise<ActivationTimes> {
  await window.command('Developer: Startup Performance');
  await window.page.getByRole('tab', { name: /Startup Performance/ }).waitFor();
  // The text fills itself part by part.
  const until = Date.now() + 30_000;
  for (;;) {
    const text = await window.editorText();
    const times = timesIn(text);
    if (times !== undefined) return times;
    if (Date.now() > until)
      throw new Error(`VS Code does not say how long ${EXTENSION} took:\n${text.slice(0, 5_000)}`);
    await window.page.waitForTimeout(200);
  }
}

function timesIn(text: string): ActivationTimes | undefined {
  const row = text.split('\n').find((line) => line.startsWith(`| ${EXTENSION} `));
  const [, , , , activate] = row?.split('|') ?? [];
  const times = {
    loadMs: markOf(text, 'didLoadExtensionCode') - markOf(text, 'willLoadExtensionCode'),
    activateMs: Number(activate?.trim() ?? 'none'),
  };
  return Object.values(times).some((time) => Number.isNaN(time)) ? undefined : times;
}

function markOf(text: string, name: string): number {
  return Number(new RegExp(`^code/extHost/${name}/${EXTENSION}\\t(\\d+)`, 'm').exec(text)?.[1] ?? 'none');
}
