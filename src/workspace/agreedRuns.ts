import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readFile, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { runLayout } from '../state/layout.ts';

/** A run by where it is. */
export interface RunPlace {
  /** Absolute path of the root. */
  readonly root: string;
  readonly stateDir: string;
  readonly runId: string;
}

/**
 * The runs that this person agreed to on this machine, window and command line alike (promise P7). Kept with the person
 * and never in a workspace: a folder that comes with a run of its own (a clone, an archive, a copy) must not send
 * anything because it says that somebody agreed. A run is known by its folder's path, its plan and its job file, so that
 * one that was changed, copied or moved is asked about again. Where nothing can be kept, every run is asked about.
 */
export class AgreedRuns {
  readonly #file: string | undefined;

  /** @param file Absolute path, made when first needed; `undefined`: nothing is kept. */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  async has(run: RunPlace): Promise<boolean> {
    const known = await this.#read();
    const fingerprint = known === '' ? undefined : await fingerprintOf(run).catch(() => undefined);
    return fingerprint !== undefined && known.split('\n').some((line) => line.startsWith(`${fingerprint} `));
  }

  /** From now on the run, as it is, is agreed to. Never throws: what cannot be kept is asked about again. */
  async add(run: RunPlace): Promise<void> {
    if (this.#file === undefined || (await this.has(run))) return;
    try {
      await mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 });
      const known = await this.#read();
      const begin = known === '' || known.endsWith('\n') ? '' : '\n'; // after a line that a crash cut off
      // Appended at once: other processes may do the same at the same time. The path is for people.
      const line = `${await fingerprintOf(run)} ${run.runId} ${JSON.stringify(run.root)}\n`;
      await appendFile(this.#file, begin + line, { mode: 0o600 });
    } catch {
      // Such as a home that cannot be written.
    }
  }

  async #read(): Promise<string> {
    return this.#file === undefined ? '' : readFile(this.#file, 'utf8').catch(() => '');
  }
}

/**
 * Where this person's agreements are kept: in `$XDG_STATE_HOME/batchbook`, else below `~/.local/state` (XDG Base
 * Directory Specification 0.8), `~/Library/Application Support` (macOS) or `%LOCALAPPDATA%` (Windows). `undefined` where
 * the person has no home.
 */
export function agreedRunsFile(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const named = env['XDG_STATE_HOME'] ?? '';
  const base = path.isAbsolute(named) ? named : platformBase(env, platform);
  return base === undefined ? undefined : path.join(base, 'batchbook', 'agreed-runs');
}

function platformBase(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): string | undefined {
  const home = homeOf();
  if (platform === 'win32') return env['LOCALAPPDATA'] ?? (home && path.join(home, 'AppData', 'Local'));
  return (
    home &&
    path.join(home, ...(platform === 'darwin' ? ['Library', 'Application Support'] : ['.local', 'state']))
  );
}

function homeOf(): string | undefined {
  try {
    return homedir() || undefined;
  } catch {
    return undefined; // a user without an entry, as some containers have
  }
}

/** Of what a run sends and where: fixed when it is made, and never rewritten. */
async function fingerprintOf({ root, stateDir, runId }: RunPlace): Promise<string> {
  const { meta, plan } = runLayout(stateDir, runId);
  const hash = createHash('sha256').update(`${await realpath(root)}\0${runId}\0`);
  for (const file of [meta, plan]) {
    const content = createHash('sha256');
    await pipeline(createReadStream(file), content);
    hash.update(content.digest());
  }
  return hash.digest('hex');
}
