import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { MockLedger } from '../../../src/providers/mock/mockLedger.ts';
import type { MockFaults, MockServiceOptions } from '../../../src/providers/mock/mockOptions.ts';

/** Options without their functions, which cannot be given to another process. */
export type SerialisableOptions = Omit<MockServiceOptions, 'outcome' | 'answer' | 'faults'> & {
  readonly faults?: {
    readonly [K in keyof MockFaults]: Exclude<MockFaults[K], (...args: never[]) => unknown>;
  };
};

/** The pretend service in its own process. */
export interface RunningMockService {
  /** Origin for `overHttp`. */
  readonly url: string;
  ledger(): Promise<MockLedger>;
  /** Changes options for what happens from now on, see `MockService.configure`. */
  configure(options: SerialisableOptions): Promise<void>;
  /** Forgets everything and begins anew with these options. */
  reset(options: SerialisableOptions): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the service. It runs in its own process group, so it survives whatever kills its clients, and ends with the
 * process that started it.
 */
export async function startMockService(options: SerialisableOptions = {}): Promise<RunningMockService> {
  const script = fileURLToPath(new URL('server.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [script, '--exit-with-parent', '--options', JSON.stringify(options)],
    {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout);
  const first = await Promise.race([once(lines, 'line'), exited.then(() => undefined)]);
  if (first === undefined) throw new Error('The mock service ended before it was ready.');
  const { port } = JSON.parse(String(first[0])) as { port: number };
  const url = `http://127.0.0.1:${String(port)}`;
  const post = async (path: string, body: unknown): Promise<void> => {
    const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`The mock service answered ${String(response.status)} to ${path}.`);
  };
  return {
    url,
    ledger: async () => (await fetch(`${url}/ledger`)).json() as Promise<MockLedger>,
    configure: (changed) => post('/options', changed),
    reset: (fresh) => post('/reset', fresh),
    async stop() {
      await post('/shutdown', {});
      await exited;
    },
  };
}
