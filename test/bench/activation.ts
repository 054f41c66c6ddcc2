// `npm run bench:activation`: how long the packaged extension takes to load and to activate in a window that is opened
// anew on a folder with a finished run: nine windows, each with an extension host of its own, and their median.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureBrowser, launchBrowser } from '../support/vscode/browser.ts';
import { installPackaged } from '../support/vscode/packaged.ts';
import { ensureServer, startServer } from '../support/vscode/server.ts';
import { activationTimes, type ActivationTimes } from '../ui/activationTimes.ts';
import { Workbench } from '../ui/workbench.ts';

const WINDOWS = 9;
const ROOT = path.resolve(import.meta.dirname, '../..');

const base = await realpath(await mkdtemp(path.join(tmpdir(), 'batchbook-activation-')));
try {
  const measured = await measure(await folderWithRun());
  say(`${String(WINDOWS)} windows; milliseconds as VS Code reports them`);
  say('window         load  activate  together');
  for (const [i, times] of measured.entries()) say(line(String(i + 1), times));
  const median = {
    loadMs: medianOf(measured.map(({ loadMs }) => loadMs)),
    activateMs: medianOf(measured.map(({ activateMs }) => activateMs)),
  };
  say(line('median', median, medianOf(measured.map(together))));
} finally {
  await rm(base, { recursive: true, force: true, maxRetries: 5 });
}

/** What most windows find: a folder that was worked in before. */
async function folderWithRun(): Promise<string> {
  const folder = path.join(base, 'workspace');
  await mkdir(folder);
  for (const name of ['summaries.batch.json', 'texts'])
    await cp(path.join(ROOT, 'examples', name), path.join(folder, name), { recursive: true });
  const args = ['dist/cli.cjs', 'run', path.join(folder, 'summaries.batch.json')];
  await promisify(execFile)(process.execPath, [...args, '--workspace', folder, '--yes'], { cwd: ROOT });
  return folder;
}

async function measure(folder: string): Promise<readonly ActivationTimes[]> {
  const [serverDir, program] = await Promise.all([ensureServer(), ensureBrowser()]);
  const extensionsDir = await installPackaged(serverDir, base);
  const server = await startServer(serverDir, { dataDir: path.join(base, 'data'), extensionsDir });
  const browser = await launchBrowser(program);
  try {
    const measured: ActivationTimes[] = [];
    while (measured.length < WINDOWS) {
      await using window = await Workbench.open(browser, server, folder);
      await window.showRuns();
      await window.run(/finished/).waitFor();
      measured.push(await activationTimes(window));
    }
    return measured;
  } finally {
    await browser.close();
    await server.stop();
  }
}

function together({ loadMs, activateMs }: ActivationTimes): number {
  return loadMs + activateMs;
}

function line(name: string, times: ActivationTimes, sum = together(times)): string {
  const figures = [times.loadMs, times.activateMs, sum];
  return `${name.padEnd(8)} ${figures.map((figure) => String(figure).padStart(10)).join('')}`;
}

/** The middle one of an odd number of figures. */
function medianOf(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? NaN;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
