import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A server of the tests in a process of its own. */
export interface ChildServer<Ready> {
  /** What it printed when it was ready. */
  readonly ready: Ready;
  readonly pid: number;
  /** Ends it, and resolves once it has ended. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a script with this Node that prints one line of JSON when it is ready, and ends when its standard input does. It
 * runs in its own process group, so that it survives whatever kills its clients, and ends with the process that started
 * it.
 */
export async function startChildServer<Ready>(
  script: string,
  args: readonly string[],
): Promise<ChildServer<Ready>> {
  const child = spawn(process.execPath, [script, ...args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout);
  const first = await Promise.race([once(lines, 'line'), exited.then(() => undefined)]);
  if (first === undefined || child.pid === undefined) throw new Error(`${script} ended before it was ready.`);
  return {
    ready: JSON.parse(String(first[0])) as Ready,
    pid: child.pid,
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

/** For such a script: says that it is ready, and ends the process when the one that started it has ended. */
export function serveParent(ready: unknown): void {
  process.stdin.resume().once('end', () => process.exit(0));
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}
