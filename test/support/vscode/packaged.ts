import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../../..');

/**
 * Packages what the build has made as a `.vsix` and installs it the way a user does.
 *
 * @param serverDir - What `ensureServer` returned.
 * @param folder - Where the package and the installed extension go.
 * @returns The folder of installed extensions.
 */
export async function installPackaged(serverDir: string, folder: string): Promise<string> {
  const vsix = path.join(folder, 'batchbook.vsix');
  const extensionsDir = path.join(folder, 'extensions');
  await mkdir(extensionsDir, { recursive: true });
  await run('npm', ['run', 'package', '--ignore-scripts', '--', '-o', vsix], { cwd: ROOT });
  await run(
    process.execPath,
    [
      'out/server-main.js',
      ...['--install-extension', vsix, '--extensions-dir', extensionsDir],
      ...['--server-data-dir', path.join(folder, 'install-data'), '--accept-server-license-terms'],
    ],
    { cwd: serverDir, env: { ...process.env, NODE_OPTIONS: '' } },
  );
  return extensionsDir;
}
