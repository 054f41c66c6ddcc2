import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { cleanEnvironment } from '../support/cli/cli.ts';
import type { RunningMockService } from '../support/mockService/startMockService.ts';
import { POLL_SECONDS } from './sharedServer.ts';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.cjs');

/** A command in a terminal beside the window. */
export interface TerminalCommand extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Exit code; `null` when it was killed. */
  readonly ended: Promise<number | null>;
}

/** Starts `batchbook ...args` in a folder, on the suite's pretend service and at its pace. */
export function cliWith(
  folder: string,
  service: RunningMockService,
  ...args: readonly string[]
): TerminalCommand {
  const child = spawn(process.execPath, [CLI, ...args, '--poll-interval', POLL_SECONDS], {
    cwd: folder,
    env: cleanEnvironment(service.url),
    stdio: 'ignore',
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return {
    process: child,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
