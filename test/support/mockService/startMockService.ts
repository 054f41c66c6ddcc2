import { fileURLToPath } from 'node:url';
import type { MockLedger } from '../../../src/providers/mock/mockLedger.ts';
import type { MockFaults, MockServiceOptions } from '../../../src/providers/mock/mockOptions.ts';
import { startChildServer } from '../childServer.ts';

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

/** Starts the service; see `startChildServer`. */
export async function startMockService(options: SerialisableOptions = {}): Promise<RunningMockService> {
  const script = fileURLToPath(new URL('server.ts', import.meta.url));
  const { ready, stop } = await startChildServer<{ readonly port: number }>(script, [
    '--options',
    JSON.stringify(options),
  ]);
  const url = `http://127.0.0.1:${String(ready.port)}`;
  const post = async (path: string, body: unknown): Promise<void> => {
    const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`The mock service answered ${String(response.status)} to ${path}.`);
  };
  return {
    url,
    ledger: async () => (await fetch(`${url}/ledger`)).json() as Promise<MockLedger>,
    configure: (changed) => post('/options', changed),
    reset: (fresh) => post('/reset', fresh),
    stop,
  };
}
