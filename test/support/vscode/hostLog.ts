import { glob, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/** What the extension host itself logs, and what our extension does; VS Code's own extensions talk a lot. */
const LOGS = '*/exthost*/{remoteexthost.log,batchbook.batchbook/*.log}';

/** So much of the end of one log is shown. */
const TAIL_CHARACTERS = 1_500;

/**
 * The ends of the logs that the newest extension host of a server, and our extension in it, have written.
 *
 * @param dataDir - The folder of the server's data.
 * @returns Each log under its file name; empty when no extension host has logged anything.
 */
export async function newestHostLog(dataDir: string): Promise<string> {
  const logs = path.join(dataDir, 'data/logs');
  const files = await Array.fromAsync(glob(LOGS, { cwd: logs }));
  const dated = await Promise.all(
    files.map(async (file) => ({ file, changed: (await stat(path.join(logs, file))).mtimeMs })),
  );
  const [newest] = dated.sort((a, b) => b.changed - a.changed);
  if (newest === undefined) return '';
  const host = newest.file.split(path.sep).slice(0, 2).join(path.sep) + path.sep;
  const tails = files
    .filter((file) => file.startsWith(host))
    .map(async (file) => {
      const text = await readFile(path.join(logs, file), 'utf8');
      return text === '' ? '' : `${file}:\n${text.slice(-TAIL_CHARACTERS).trimEnd()}\n`;
    });
  return (await Promise.all(tails)).join('');
}
