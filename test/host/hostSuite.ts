import { readdir } from 'node:fs/promises';
import path from 'node:path';
import Mocha from 'mocha';
import { TallyReporter } from '../support/tallyReporter.ts';

/**
 * What VS Code calls in its extension host: runs every test file beside this one.
 *
 * @throws Error when a test failed, or when there was none.
 */
export async function run(): Promise<void> {
  const mocha = new Mocha({
    ui: 'bdd',
    reporter: TallyReporter,
    timeout: 30_000,
    forbidOnly: true,
    forbidPending: true,
  });
  // This module is bundled as CommonJS, where there is a __dirname.
  const files = (await readdir(__dirname, { recursive: true })).filter((file) => file.endsWith('.test.cjs'));
  for (const file of files.sort()) mocha.addFile(path.join(__dirname, file));
  await mocha.loadFilesAsync();
  const failures = await new Promise<number>((resolve) => {
    mocha.run(resolve);
  });
  if (failures > 0) throw new Error(`${String(failures)} tests failed in the extension host`);
  if (files.length === 0) throw new Error('The extension host saw no test');
}
