import type { Clock } from './clock.ts';
import { isBatchbookError } from './errors.ts';
import type { Provider } from './provider.ts';

/** Calls that go over the network. */
const CALLS = [
  'countTokens',
  'createBatch',
  'findBatches',
  'listBatches',
  'getBatch',
  'cancelBatch',
  'deleteArtifacts',
] as const satisfies readonly (keyof Provider)[];

/**
 * Whether the services of a run can be reached, as the calls to them tell. It changes nothing of a call: what failed is
 * made again by whoever made it.
 */
export class Reachability {
  readonly #clock: Clock;
  readonly #onChange: (offlineSince: number | undefined) => void;
  /** By provider that cannot be reached: since when, epoch milliseconds. */
  readonly #offline = new Map<string, number>();
  #told: number | undefined;

  /** @param onChange Told since when services cannot be reached, and `undefined` once all that are called can. */
  constructor(clock: Clock, onChange: (offlineSince: number | undefined) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The same provider, whose calls are looked at. */
  watched(provider: Provider): Provider {
    if (provider.origin === undefined) return provider;
    const calls = new Map<PropertyKey, unknown>(
      CALLS.map((name) => [name, this.#watchedCall(provider, name)]),
    );
    return new Proxy(provider, {
      get: (target, name) => {
        const value: unknown = calls.get(name) ?? Reflect.get(target, name, target);
        // Its methods may use private fields, which only the provider itself has.
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  #watchedCall(provider: Provider, name: (typeof CALLS)[number]): unknown {
    if (provider[name] === undefined) return undefined;
    const method = (provider[name] as (...args: unknown[]) => Promise<unknown>).bind(provider);
    return async (...args: unknown[]): Promise<unknown> => {
      try {
        const result = await method(...args);
        this.#reached(provider.name);
        return result;
      } catch (error) {
        const code = isBatchbookError(error) ? error.code : undefined;
        if (code === 'network') this.#failed(provider.name);
        // A refusal is an answer; of what is ambiguous nobody knows whether there was one.
        else if (code !== undefined && code !== 'ambiguous') this.#reached(provider.name);
        throw error;
      }
    };
  }

  #failed(provider: string): void {
    if (this.#offline.has(provider)) return;
    this.#offline.set(provider, this.#clock.now());
    this.#tell();
  }

  #reached(provider: string): void {
    if (this.#offline.delete(provider)) this.#tell();
  }

  #tell(): void {
    const since = this.#offline.size === 0 ? undefined : Math.min(...this.#offline.values());
    if (since === this.#told) return;
    this.#told = since;
    this.#onChange(since);
  }
}
