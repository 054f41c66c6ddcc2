// `npm run code`: opens examples/ with the extension. Desktop VS Code where there is one (BATCHBOOK_VSCODE, or `code` on
// the PATH), else the workbench of the tests, served at an address of this machine until Ctrl+C.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { CACHE_DIR } from '../test/support/vscode/cache.ts';
import { installPackaged } from '../test/support/vscode/packaged.ts';
import { ensureServer, startServer } from '../test/support/vscode/server.ts';
import { ROOT } from './bundles.ts';

const FOLDER = path.join(ROOT, 'examples');

await promisify(execFile)(process.execPath, ['scripts/build.ts'], { cwd: ROOT });
const desktop = await findDesktop();
if (desktop === undefined) await serve();
else await openDesktop(desktop);

async function openDesktop(program: string): Promise<void> {
  console.log(`Opening ${FOLDER} in ${program}`);
  const child = spawn(program, [`--extensionDevelopmentPath=${ROOT}`, '--new-window', FOLDER], {
    stdio: 'inherit',
    shell: process.platform === 'win32', // there `code` is a batch file
  });
  await once(child, 'exit');
}

async function serve(): Promise<void> {
  const folder = path.join(CACHE_DIR, 'code');
  const serverDir = await ensureServer();
  await rm(path.join(folder, 'extensions'), { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const extensionsDir = await installPackaged(serverDir, folder);
  // Settings and keys that somebody makes here are there again the next time.
  const server = await startServer(serverDir, { dataDir: path.join(folder, 'data'), extensionsDir });
  const query = new URLSearchParams({ folder: FOLDER });
  console.log(`Open http://${server.authority}/?${query.toString()}\nCtrl+C ends it.`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await server.stop();
}

async function findDesktop(): Promise<string | undefined> {
  const named = process.env['BATCHBOOK_VSCODE'] ?? '';
  if (named !== '' && named !== 'download') return named;
  const names = process.platform === 'win32' ? ['code.cmd'] : ['code'];
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    // npm puts this project's own programs first; VS Code is none of them.
    if (folder === '' || folder.includes('node_modules')) continue;
    for (const name of names) {
      const program = path.join(folder, name);
      if (await isProgram(program)) return program;
    }
  }
  return undefined;
}

async function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
