import { fileURLToPath } from 'node:url';
import type { MockLedger } from '../../../src/providers/mock/mockLedger.ts';
import { startChildServer } from '../childServer.ts';
import type { FakeName } from './fakeServer.ts';
import type { SerialisablePlan } from './fakePlan.ts';
import type { Fault } from './faults.ts';

/** What a fake in a process of its own says when it is ready. */
export interface FakeReady {
  readonly origin: string;
  readonly key: string;
  readonly control: string;
}

/** A request that it has seen. */
export interface SeenCall {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly bytes: number;
}

/** A fake in a process of its own. */
export interface RunningFake extends Pick<FakeReady, 'origin' | 'key'>, AsyncDisposable {
  readonly name: FakeName;
  /** Forgets everything and begins anew, at the same address. */
  reset(plan: SerialisablePlan): Promise<void>;
  /** Adds faults, used up in their order. */
  fail(...faults: readonly Fault[]): Promise<void>;
  /** Time passes. */
  pass(ms: number): Promise<void>;
  ledger(): Promise<MockLedger>;
  /** Requests of an operation, oldest first. */
  seen(operation: string): Promise<readonly SeenCall[]>;
}

/** Starts the fake of a service in a process of its own, which ends with this one; see `startChildServer`. */
export async function startFake(name: FakeName, plan: SerialisablePlan = {}): Promise<RunningFake> {
  const script = fileURLToPath(new URL('serveFake.ts', import.meta.url));
  const { ready, stop } = await startChildServer<FakeReady>(script, [name, JSON.stringify(plan)]);
  const { origin, key, control } = ready;
  const call = async (path: string, body?: unknown): Promise<unknown> => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(control + path, init);
    if (!response.ok) throw new Error(`The fake of ${name} at ${path}: ${await response.text()}`);
    return response.json();
  };
  const tell = async (path: string, body: unknown): Promise<void> => {
    await call(path, body);
  };
  return {
    name,
    origin,
    key,
    reset: (fresh) => tell('/reset', fresh),
    fail: (...faults) => tell('/faults', faults),
    pass: (ms) => tell('/clock', ms),
    ledger: async () => (await call('/ledger')) as MockLedger,
    seen: async (operation) => {
      const calls = (await call('/requests')) as readonly SeenCall[];
      return calls.filter((one) => one.operation === operation);
    },
    [Symbol.asyncDispose]: stop,
  };
}
