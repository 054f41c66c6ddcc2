// How long the packaged extension takes to activate: loading its entry plus the time inside `activate`, as VS Code itself
// measures it, in nine fresh windows. Prints the times; asserts nothing.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBrowser, launchBrowser } from '../support/vscode/browser.ts';
import { installPackaged } from '../support/vscode/packaged.ts';
import { ensureServer, startServer } from '../support/vscode/server.ts';
import { Workbench } from '../ui/workbench.ts';

const WINDOWS = 9;

const folder = await mkdtemp(path.join(tmpdir(), 'batchbook-activation-'));
const serverDir = await ensureServer();
const browser = await launchBrowser(await ensureBrowser());
const extensionsDir = await installPackaged(serverDir, folder);
const server = await startServer(serverDir, { dataDir: path.join(folder, 'data'), extensionsDir });
try {
  const examples = path.join(folder, 'examples');
  await cp(path.resolve(import.meta.dirname, '../../examples'), examples, { recursive: true });
  const times: number[] = [];
  for (let i = 0; i < WINDOWS; i++) {
    await using window = await Workbench.open(browser, server, examples);
    await window.showRuns(); // activates it
    await window.command('Developer: Show Running Extensions');
    const row = window.page.locator('.runtime-extensions-editor .extension').filter({ hasText: 'batchbook' });
    await window.says(row, /Activation: \d+ ?ms/);
    times.push(Number(/Activation: (\d+) ?ms/.exec((await row.first().textContent()) ?? '')?.[1]));
  }
  const sorted = times.toSorted((a, b) => a - b);
  process.stdout.write(
    `activation in ${String(WINDOWS)} windows: ${sorted.join(', ')} ms; median ${String(sorted[(WINDOWS - 1) / 2])} ms\n`,
  );
} finally {
  await browser.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
