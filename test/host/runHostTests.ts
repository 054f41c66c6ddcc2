// Runs test/host/*.test.ts inside a real extension host: desktop VS Code where one is named, else the workbench of
// test/support/vscode.
//
// BATCHBOOK_VSCODE: path of a VS Code program, or `download` for the version that engines.vscode names.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { glob } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { CACHE_DIR } from '../support/vscode/cache.ts';

const root = path.resolve(import.meta.dirname, '../..');
const suiteDir = path.join(CACHE_DIR, 'host-suite');
const workspace = await mkdtemp(path.join(tmpdir(), 'batchbook-workspace-'));
/** What a person has agreed to is kept here, not in the home of whoever runs the suite. */
const state = await mkdtemp(path.join(tmpdir(), 'batchbook-state-'));
process.env['XDG_STATE_HOME'] = state;

try {
  await bundleSuite();
  const exitCode = await runTests({
    ...(await chooseEditor()),
    extensionDevelopmentPath: root,
    extensionTestsPath: path.join(suiteDir, 'hostSuite.cjs'),
    launchArgs: [workspace, '--disable-extensions'],
    extensionTestsEnv: { BATCHBOOK_TALLY: process.env['BATCHBOOK_TALLY'] },
  });
  process.exitCode = exitCode;
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
} finally {
  for (const folder of [workspace, state]) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** One file a test file: an extension host of any age runs them, whatever it thinks of TypeScript. */
async function bundleSuite(): Promise<void> {
  await rm(suiteDir, { recursive: true, force: true });
  await mkdir(suiteDir, { recursive: true });
  const tests = await Array.fromAsync(glob('test/host/**/*.test.ts', { cwd: root }));
  await build({
    absWorkingDir: root,
    entryPoints: ['test/host/hostSuite.ts', ...tests],
    outbase: 'test/host',
    outdir: suiteDir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    external: ['vscode', 'mocha'],
    // CommonJS has no import.meta, which libraries that find files ask for.
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    sourcemap: 'inline',
  });
}

async function chooseEditor(): Promise<{ vscodeExecutablePath?: string; version?: string }> {
  const named = process.env['BATCHBOOK_VSCODE'] ?? '';
  if (named === 'download' || (named === '' && process.platform === 'win32')) {
    const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
      engines: { vscode: string };
    };
    return { version: manifest.engines.vscode.replace(/^\^/, '') };
  }
  return { vscodeExecutablePath: named === '' ? path.join(root, 'test/support/vscode/code') : named };
}
