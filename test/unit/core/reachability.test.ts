import assert from 'node:assert/strict';
import { ProviderError } from '../../../src/core/errors.ts';
import type { Provider } from '../../../src/core/provider.ts';
import { Reachability } from '../../../src/core/reachability.ts';
import { FakeClock } from '../../../src/testing/fakeClock.ts';

/** A provider with a secret that only its own methods can read. */
class Service {
  readonly name: string;
  readonly origin = 'https://service.test';
  readonly #results = ['a result'];
  fails: ProviderError | undefined;

  constructor(name: string) {
    this.name = name;
  }

  getBatch(): Promise<number> {
    return this.fails === undefined ? Promise.resolve(this.#results.length) : Promise.reject(this.fails);
  }

  *results(): Generator<string> {
    yield* this.#results;
  }
}

function watchedBy(reachability: Reachability, service: Service): Service {
  return reachability.watched(service as unknown as Provider) as unknown as Service;
}

describe('Whether services can be reached', () => {
  it('is told when the first of them cannot, and when all of them can again', async () => {
    const clock = new FakeClock({ autoAdvance: true });
    const told: (number | undefined)[] = [];
    const reachability = new Reachability(clock, (since) => told.push(since));
    const [a, b] = ['a', 'b'].map((name) => new Service(name)) as [Service, Service];
    const [watchedA, watchedB] = [watchedBy(reachability, a), watchedBy(reachability, b)];
    const network = new ProviderError('network', 'a', 'No network.');
    assert.equal(await watchedA.getBatch(), 1);
    a.fails = b.fails = network;
    await assert.rejects(watchedA.getBatch(), network);
    const since = clock.now();
    await clock.sleep(1_000);
    await assert.rejects(watchedA.getBatch(), network);
    await assert.rejects(watchedB.getBatch(), network);
    a.fails = undefined;
    b.fails = new ProviderError('ambiguous', 'b', 'The connection broke.');
    await watchedA.getBatch();
    await assert.rejects(watchedB.getBatch(), b.fails);
    assert.deepEqual(told, [since, since + 1_000]);
    b.fails = new ProviderError('unavailable', 'b', 'Out of order.');
    await assert.rejects(watchedB.getBatch(), b.fails);
    assert.deepEqual(told, [since, since + 1_000, undefined]);
  });

  it('leaves what is no call over the network as it is', () => {
    const reachability = new Reachability(new FakeClock(), () => undefined);
    const watched = watchedBy(reachability, new Service('a'));
    assert.deepEqual([watched.name, ...watched.results()], ['a', 'a result']);
  });
});
