// Takes the arguments that `@vscode/test-electron` gives to desktop VS Code, and runs the same workbench and the same
// Node extension host as a server on loopback, shown by a browser without a window.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { format } from 'node:util';
import type { Page } from 'playwright-core';
import { ensureBrowser, launchBrowser } from './browser.ts';
import { ensureServer, startServer } from './server.ts';

const argv = process.argv.slice(2);
const folder = argv.find((argument) => !argument.startsWith('--'));
if (folder === undefined) throw new Error('Name the folder that the window opens.');

const dataDir = await mkdtemp(path.join(tmpdir(), 'batchbook-code-'));
const [serverDir, program] = await Promise.all([ensureServer(), ensureBrowser()]);
const server = await startServer(serverDir, {
  dataDir,
  extensionsDir: path.join(dataDir, 'extensions'),
  testsInside: true,
});
const browser = await launchBrowser(program);
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  process.exitCode = await runTestsIn(page, server.authority);
} catch (error) {
  process.stderr.write(`${format(error)}\nOutput of the VS Code server:\n${server.output()}\n`);
  process.exitCode = 1;
} finally {
  await browser.close();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
}

/** Opens the folder with the extension and the tests of the command line; resolves with the exit code of the run. */
async function runTestsIn(page: Page, authority: string): Promise<number> {
  const ended = new Promise<number>((resolve, reject) => {
    page.on('crash', () => {
      reject(new Error('The browser page with the workbench crashed.'));
    });
    page.on('close', () => {
      reject(new Error('The browser page with the workbench was closed.'));
    });
    page.exposeFunction('codeAutomationExit', resolve).catch(reject);
  });
  await page.exposeFunction('codeAutomationLog', (_type: string, parts: unknown[]) => {
    process.stdout.write(`${format(...parts)}\n`);
  });
  const payload = ['extensionDevelopmentPath', 'extensionTestsPath'].flatMap((name) =>
    valuesOf(name).map((value) => [name, `vscode-remote://${authority}${path.resolve(value)}`]),
  );
  const query = new URLSearchParams({
    folder: path.resolve(folder ?? '.'),
    payload: JSON.stringify(payload),
  });
  await page.goto(`http://${authority}/?${query.toString()}`);
  return ended;
}

function valuesOf(name: string): string[] {
  const head = `--${name}=`;
  return argv.filter((argument) => argument.startsWith(head)).map((argument) => argument.slice(head.length));
}
