import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createBrotliDecompress } from 'node:zlib';
import { chromium, type Browser } from 'playwright-core';
import { cachedFolder } from './cache.ts';

const run = promisify(execFile);

/** A browser that can be started on this machine. */
export interface BrowserProgram {
  readonly executablePath: string;
  /** Environment it needs beyond the process's own. */
  readonly env: Readonly<Record<string, string>>;
}

const INSTALLED: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: [
    '/usr/bin/google-chrome',
    '/usr/bin/microsoft-edge',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
  ],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
};

/** The packaged one names folders that exist on AWS only. */
const FONTS_CONF = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family><family>Liberation Mono</family></prefer></alias>
</fontconfig>
`;

/**
 * Finds a browser: the one named by `BATCHBOOK_BROWSER`, an installed Chrome, Edge or Chromium, else (Linux on x64) the
 * one that an npm package carries, unpacked into the cache.
 *
 * @returns The browser and the environment it needs.
 * @throws Error that says what to install when there is none.
 */
export async function ensureBrowser(): Promise<BrowserProgram> {
  const named = process.env['BATCHBOOK_BROWSER'];
  if (named !== undefined && named !== '') return { executablePath: named, env: {} };
  const installed = INSTALLED[process.platform]?.find((file) => existsSync(file));
  if (installed !== undefined) return { executablePath: installed, env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      'The editor tests need Google Chrome, Microsoft Edge or Chromium: install one, or name it in BATCHBOOK_BROWSER.',
    );
  return unpackPackagedBrowser();
}

/**
 * Starts a browser without a window.
 *
 * @param program - What `ensureBrowser` found.
 * @returns The browser, which the caller closes.
 */
export async function launchBrowser(program: BrowserProgram): Promise<Browser> {
  return chromium.launch({
    executablePath: program.executablePath,
    env: { ...process.env, ...program.env },
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}

async function unpackPackagedBrowser(): Promise<BrowserProgram> {
  // The package would unpack into the shared temporary folder, and its libraries only on AWS.
  const main = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const packageDir = path.resolve(path.dirname(main), '..');
  const { version } = JSON.parse(await readFile(path.join(packageDir, 'package.json'), 'utf8')) as {
    version: string;
  };
  const folder = await cachedFolder(`chromium-${version}`, async (target) => {
    const executable = path.join(target, 'chromium');
    await inflate(path.join(packageDir, 'bin/chromium.br'), executable);
    await chmod(executable, 0o755);
    for (const archive of ['al2023', 'fonts', 'swiftshader']) {
      const tar = path.join(target, `${archive}.tar`);
      await inflate(path.join(packageDir, `bin/${archive}.tar.br`), tar);
      const into = archive === 'swiftshader' ? target : path.join(target, archive);
      await mkdir(into, { recursive: true });
      await run('tar', ['-xf', tar, '-C', into]);
      await rm(tar);
    }
  });
  await writeFile(path.join(folder, 'fonts/fonts.conf'), FONTS_CONF);
  const inherited = process.env['LD_LIBRARY_PATH'];
  const libraries = path.join(folder, 'al2023/lib');
  return {
    executablePath: path.join(folder, 'chromium'),
    env: {
      LD_LIBRARY_PATH: inherited === undefined ? libraries : `${libraries}:${inherited}`,
      FONTCONFIG_PATH: path.join(folder, 'fonts'),
    },
  };
}

async function inflate(source: string, target: string): Promise<void> {
  await pipeline(createReadStream(source), createBrotliDecompress(), createWriteStream(target));
}
