import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { RunStatus } from '../../../src/core/status.ts';
import type { Folder } from './folder.ts';

/** The command line as it ships. */
export const CLI = fileURLToPath(new URL('../../../dist/cli.cjs', import.meta.url));

/** Where nobody keeps a configuration file. */
const NO_CONFIG = fileURLToPath(new URL('../../fixtures/no-config', import.meta.url));

/** Makes every wait of the engine short: the first poll comes after 50 ms. */
export const FAST = ['--poll-interval', '0.05'] as const;

/** How long a test waits for what a process does, on a machine that may be busy with other tests; it fails for what it says. */
export const PATIENCE_MS = 25_000;

/** What a command has said and how it ended. */
export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Address of the pretend service. */
  readonly service?: string;
  /** Below the folder; default the folder itself. */
  readonly cwd?: string;
  /** Beside what every command has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where another person of this machine keeps what they have agreed to. */
  readonly stateHome?: string;
}

/** A command that is still running. */
export interface RunningCli {
  readonly pid: number;
  readonly stdin: Writable;
  /** What standard error has had so far. */
  readonly heardSoFar: string;
  /** Resolves when standard error has had this text. @throws when the command ends, or takes longer than `PATIENCE_MS`, first. */
  heard(text: string | RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Said>;
}

/** Starts `batchbook ...args` in a folder, without a terminal. */
export function startCli(folder: Folder, args: readonly string[], options: CliOptions = {}): RunningCli {
  assert.ok(existsSync(CLI), `${CLI} is not there. Build it first: npm run build`);
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: folder.path(options.cwd ?? '.'),
    env: {
      ...cleanEnvironment(options.service),
      ...(options.stateHome === undefined ? {} : { XDG_STATE_HOME: options.stateHome }),
      ...options.env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined); // it may end before it reads
  return new ListeningCli(child);
}

/** Runs `batchbook ...args` in a folder to its end, without a terminal and with nothing on standard input. */
export async function runCli(
  folder: Folder,
  args: readonly string[],
  options: CliOptions = {},
): Promise<Said> {
  const running = startCli(folder, args, options);
  running.stdin.end();
  return running.ended;
}

/** The status document that a command has printed; fails where anything else is on standard output. */
export function statusIn(said: Said): RunStatus {
  try {
    return JSON.parse(said.stdout) as RunStatus;
  } catch {
    assert.fail(`Standard output is no JSON document:\n${said.stdout}\nStandard error:\n${said.stderr}`);
  }
}

/** Fails with everything that the command said unless it ended with this code. */
export function assertCode(said: Said, code: number): void {
  assert.equal(said.code, code, `Ended ${String(said.code)}:\n${said.stdout}\n${said.stderr}`);
}

/** Ours alone: no keys, no addresses, no configuration, no colours of whoever runs the tests. */
export function cleanEnvironment(service?: string): NodeJS.ProcessEnv {
  const kept = [
    ...['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'NODE_V8_COVERAGE', 'NODE_COMPILE_CACHE'],
    'XDG_STATE_HOME', // the suite's own
  ];
  return {
    ...Object.fromEntries(kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
    ...(service === undefined ? {} : { BATCHBOOK_MOCK_SERVICE: service }),
    XDG_CONFIG_HOME: NO_CONFIG,
    APPDATA: NO_CONFIG,
  };
}

class ListeningCli implements RunningCli {
  readonly ended: Promise<Said>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #stdout = '';
  #stderr = '';

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  get pid(): number {
    assert.ok(this.#child.pid !== undefined);
    return this.#child.pid;
  }

  get stdin(): Writable {
    return this.#child.stdin;
  }

  get heardSoFar(): string {
    return this.#stderr;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async heard(text: string | RegExp): Promise<void> {
    const has = (): boolean =>
      typeof text === 'string' ? this.#stderr.includes(text) : text.test(this.#stderr);
    const late = AbortSignal.timeout(PATIENCE_MS);
    while (!has()) {
      const over = this.#child.exitCode !== null || this.#child.signalCode !== null || late.aborted;
      if (over && !has()) assert.fail(`Never heard ${String(text)}:\n${this.#stdout}\n${this.#stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
