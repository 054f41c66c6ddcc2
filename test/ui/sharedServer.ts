import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { startMockService, type RunningMockService } from '../support/mockService/startMockService.ts';
import { ensureBrowser, launchBrowser } from '../support/vscode/browser.ts';
import { installPackaged } from '../support/vscode/packaged.ts';
import {
  ensureServer,
  startServer,
  type RunningServer,
  type ServerOptions,
} from '../support/vscode/server.ts';
import { Workbench } from './workbench.ts';

/** Seconds of the first poll in all windows and commands of this suite. */
export const POLL_SECONDS = '0.2';

interface Shared {
  readonly folder: string;
  readonly serverDir: string;
  readonly extensionsDir: string;
  readonly browser: Browser;
  readonly service: RunningMockService;
  readonly server: RunningServer;
}

let shared: Promise<Shared> | undefined;
let folders = 0;

/** One packaged extension, one server, one browser and one pretend service for the whole suite. */
function sharedOnes(): Promise<Shared> {
  shared ??= (async () => {
    const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'batchbook-ui-')));
    const [serverDir, program] = await Promise.all([ensureServer(), ensureBrowser()]);
    const [extensionsDir, browser, service] = await Promise.all([
      installPackaged(serverDir, folder),
      launchBrowser(program),
      startMockService(),
    ]);
    const server = await startServer(serverDir, {
      dataDir: path.join(folder, 'data'),
      extensionsDir,
      env: { BATCHBOOK_MOCK_SERVICE: service.url, BATCHBOOK_POLL_INTERVAL: POLL_SECONDS },
    });
    return { folder, serverDir, extensionsDir, browser, service, server };
  })();
  return shared;
}

after(async () => {
  if (shared === undefined) return;
  const { browser, server, service, folder } = await shared;
  await browser.close();
  await server.stop();
  await service.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** The pretend service, forgetful of earlier tests. */
export async function freshService(
  options: Parameters<RunningMockService['reset']>[0] = {},
): Promise<RunningMockService> {
  const { service } = await sharedOnes();
  await service.reset(options);
  return service;
}

/** A folder of one test. @param files Path below it → content; an object is written as JSON. */
export async function freshFolder(files: Readonly<Record<string, unknown>>): Promise<string> {
  const { folder } = await sharedOnes();
  const root = path.join(folder, `workspace-${String(++folders)}`);
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(
      file,
      typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 2)}\n`,
    );
  }
  return root;
}

/** A copy of the examples that ship. */
export async function freshExamples(): Promise<string> {
  const root = await freshFolder({ 'readme.md': 'A copy of the examples.\n' });
  const source = path.resolve(import.meta.dirname, '../../examples');
  const made = ['.batchbook', 'results', 'summaries'].map((name) => path.join(source, name));
  await cp(source, root, { recursive: true, filter: (file) => !made.includes(file) });
  return root;
}

/** A window on a folder, in a browser profile of its own. */
export async function openWindow(folder: string): Promise<Workbench> {
  const { browser, server } = await sharedOnes();
  return Workbench.open(browser, server, folder);
}

/** A window at the address that a server has printed. */
export async function openAddress(address: string): Promise<Workbench> {
  const { browser } = await sharedOnes();
  return Workbench.openAddress(browser, address);
}

/** The same on a server of its own, for what is set when a server starts. It ends with the window. */
export async function openOwnServer(
  folder: string,
  options: Pick<ServerOptions, 'settings' | 'env' | 'workspaceTrust'>,
): Promise<Workbench> {
  const { folder: base, serverDir, extensionsDir, browser } = await sharedOnes();
  const dataDir = await mkdtemp(path.join(base, 'data-'));
  const server = await startServer(serverDir, {
    dataDir,
    extensionsDir,
    ...options,
    env: { BATCHBOOK_POLL_INTERVAL: POLL_SECONDS, ...options.env },
  });
  const window = await Workbench.open(browser, server, folder);
  window.onClose(() => server.stop());
  return window;
}
