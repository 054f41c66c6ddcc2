import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { cachedFolder, withRetries } from './cache.ts';
import { FILE_LOGGER } from './fileLogger.ts';
import { newestHostLog } from './hostLog.ts';

const run = promisify(execFile);

/** The npm package that carries VS Code's own server, workbench and extension host (MIT). */
const SERVER = {
  version: '4.139.1',
  integrity:
    'sha512-fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==',
};

/** Parts of the server that need a compiler, which is not asked for here, and what stands in for each. */
const STAND_INS = {
  // Without its compiled part the extension host would end itself at start.
  'node_modules/@vscode/native-watchdog/index.js': 'exports.start = () => {};\n',
  'node_modules/@vscode/spdlog/index.js': FILE_LOGGER,
} satisfies Readonly<Record<string, string>>;

/** How a server for one test round is started. */
export interface ServerOptions {
  /** Settings, logs and secrets of this round. */
  readonly dataDir: string;
  /** Where installed extensions are. */
  readonly extensionsDir: string;
  /** Machine settings on top of the ones that keep the workbench quiet. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** False opens folders without asking for trust; true leaves them in Restricted Mode. */
  readonly workspaceTrust?: boolean;
  /** True lets tests run inside the extension host; the workbench then shows no notifications. */
  readonly testsInside?: boolean;
  /** More environment for the server and so for the extension host. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A server that listens on loopback. */
export interface RunningServer {
  readonly pid: number;
  /** Host and port, as in a `vscode-remote://` address. */
  readonly authority: string;
  /** Everything the server printed so far; for the message about a failure. */
  output(): string;
  /** The ends of the logs of the extension host that logged last; for the message about a failure. */
  hostLog(): Promise<string>;
  /** Ends the server and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * The folder of VS Code's server, fetched from the npm registry on first use (about 120 MB, then 400 MB on disk).
 *
 * @returns Absolute path of the folder that holds `out/server-main.js`.
 */
export async function ensureServer(): Promise<string> {
  const serverDir = await cachedFolder(`server-${SERVER.version}`, async (folder) => {
    const archive = await withRetries('Fetching the VS Code server', () => fetchArchive(folder));
    await run('tar', ['-xzf', archive, '-C', folder, 'package/lib/vscode']);
    await rm(archive);
    const unpacked = path.join(folder, 'package/lib/vscode');
    await withRetries("Installing the server's libraries", () =>
      npm(['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], unpacked),
    );
    for (const entry of ['out', 'extensions', 'node_modules', 'package.json', 'product.json', 'resources'])
      await rename(path.join(unpacked, entry), path.join(folder, entry));
    await rm(path.join(folder, 'package'), { recursive: true });
  });
  for (const [name, text] of Object.entries(STAND_INS)) {
    const file = path.join(serverDir, name);
    if ((await readFile(file, 'utf8')) !== text) await writeFile(file, text);
  }
  return serverDir;
}

/**
 * Starts the server on a free port of loopback.
 *
 * @param serverDir - What `ensureServer` returned.
 * @param options - Folders and settings of this round.
 * @returns The server, once it listens.
 * @throws Error with the server's output when it ends before it listens.
 */
export async function startServer(serverDir: string, options: ServerOptions): Promise<RunningServer> {
  const machineDir = path.join(options.dataDir, 'data/Machine');
  await mkdir(machineDir, { recursive: true });
  await writeFile(
    path.join(machineDir, 'settings.json'),
    JSON.stringify({
      'chat.disableAIFeatures': true,
      'workbench.startupEditor': 'none',
      // Nothing of ours is there, and it takes a quarter of every picture.
      'workbench.secondarySideBar.defaultVisibility': 'hidden',
      ...options.settings,
    }),
  );
  // In the caller's process group, so that ending the group ends the server too.
  const child = spawn(process.execPath, serverArguments(options), {
    cwd: serverDir,
    env: { ...process.env, ...options.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const bound = /Server bound to .*?:(\d+)/.exec(output)?.[1];
      if (bound !== undefined) resolve(bound);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`The VS Code server ended with ${String(code)}\n${output}`));
    });
  });
  return {
    pid: child.pid ?? 0,
    authority: `127.0.0.1:${port}`,
    output: () => output,
    hostLog: () => newestHostLog(options.dataDir),
    stop: () => stop(child),
  };
}

function serverArguments(options: ServerOptions): string[] {
  return [
    'out/server-main.js',
    ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token'],
    ...['--server-data-dir', options.dataDir, '--extensions-dir', options.extensionsDir],
    ...['--accept-server-license-terms', '--telemetry-level', 'off', '--disable-getting-started-override'],
    // Without the driver the server ignores which extension and which tests it is asked to run.
    ...(options.testsInside === true ? ['--enable-smoke-test-driver'] : []),
    ...(options.workspaceTrust === true ? [] : ['--disable-workspace-trust']),
  ];
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(force);
}

async function fetchArchive(folder: string): Promise<string> {
  const { stdout } = await npm(
    ['pack', `code-server@${SERVER.version}`, '--json', '--pack-destination', folder],
    folder,
  );
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  if (packed === undefined) throw new Error(`npm pack named no file: ${stdout}`);
  const archive = path.join(folder, packed.filename);
  const hash = createHash('sha512');
  await pipeline(createReadStream(archive), hash);
  const integrity = `sha512-${hash.digest('base64')}`;
  if (integrity !== SERVER.integrity)
    throw new Error(`${packed.filename} has integrity ${integrity}, not ${SERVER.integrity}`);
  return archive;
}

/** npm on the Node that runs this: npm's own path is known inside an npm script, else it is on the PATH. */
function npm(args: readonly string[], cwd: string): Promise<{ stdout: string; stderr: string }> {
  const script = process.env['npm_execpath'];
  const options = { cwd, maxBuffer: 64 * 1024 * 1024 };
  return script?.endsWith('.js') === true
    ? run(process.execPath, [script, ...args], options)
    : run('npm', [...args], options);
}
